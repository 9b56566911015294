"""A user's own S3 service: tried before anything runs, and left as it was found."""

import subprocess
import sys
import time

import pytest

from tomobench.desk.errors import UserError
from tomobench.desk.servers import place, server


class Interrupted(Exception):
    """A block did not end well."""


@pytest.fixture(scope="module")
def service():
    """A service that stands for the user's, with a bucket and one object in it."""
    with server.seaweedfs() as s3:
        client = s3.client()
        client.create_bucket(Bucket="bucket")
        client.put_object(Bucket="bucket", Key="tomobench/theirs", Body=b"precious")
        yield s3


@pytest.fixture
def settings(service, monkeypatch):
    """The environment in which a user names the service."""
    monkeypatch.setenv("TOMOBENCH_S3_URL", service.url)
    monkeypatch.setenv("TOMOBENCH_S3_BUCKET", "bucket")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", service.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", service.secret_key)
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def keys(service) -> list[str]:
    return [one["Key"] for one in service.client().list_objects_v2(Bucket="bucket")["Contents"]]


def test_a_run_leaves_a_bucket_as_it_was(service, settings):
    with pytest.raises(Interrupted), place.ready() as one, place.ready() as two:
        assert one.prefix != two.prefix
        client = one.endpoint.client()
        for number in range(1010):  # more than a page of a listing
            client.put_object(Bucket=one.bucket, Key=f"{one.prefix}a/{number}", Body=b"x")
        assert len(keys(service)) == 1000
        raise Interrupted
    assert keys(service) == ["tomobench/theirs"]


def test_nothing_stays_of_the_check(service, settings):
    with place.ready():
        assert keys(service) == ["tomobench/theirs"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("TOMOBENCH_S3_BUCKET", "", "TOMOBENCH_S3_BUCKET is not: set it"),
        ("AWS_SECRET_ACCESS_KEY", "wrong", "can't be used: .*SignatureDoesNotMatch"),
        ("TOMOBENCH_S3_URL", "http://127.0.0.1:9", "can't be used: Could not connect"),
        ("TOMOBENCH_S3_URL", "nowhere", "is no address of an S3 service"),
        ("AWS_PROFILE", "nobody", "the settings for AWS can't be used: .*nobody"),
    ],
)
def test_a_place_that_can_not_be_used_is_said_in_a_line(settings, name, text, message):
    settings.setenv(name, text)
    with pytest.raises(UserError, match=message) as error, place.ready():
        pass
    assert "\n" not in str(error.value)


def test_without_settings_a_server_is_started(monkeypatch):
    monkeypatch.delenv("TOMOBENCH_S3_URL", raising=False)
    with place.ready() as own:
        own.endpoint.client().put_object(Bucket=own.bucket, Key=f"{own.prefix}a", Body=b"x")
        assert own.path("a") == "tomobench/a"


def test_a_bucket_is_as_it_was_when_the_run_is_killed(service, settings):
    program = (
        "import time; from tomobench.desk.servers import place\n"
        "with place.ready() as one:\n"
        "    client = one.endpoint.client()\n"
        "    client.put_object(Bucket=one.bucket, Key=f'{one.prefix}a', Body=b'x')\n"
        "    print(flush=True); time.sleep(600)"
    )
    run = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    run.stdout.readline()
    assert len(keys(service)) == 2
    run.kill()
    run.communicate()
    deadline = time.monotonic() + 20
    while keys(service) != ["tomobench/theirs"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
