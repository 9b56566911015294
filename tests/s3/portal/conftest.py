"""The portal on 127.0.0.1: its API, a real S3 server, and a proxy before that for faults."""

import json
import urllib.error
import urllib.request

import pytest

from tests.made.waiting import until
from tests.s3.portal import faulting_proxy, graphql_server, published
from tomobench.desk.servers import server
from tomobench.desk.volumes import transfer


@pytest.fixture(scope="session")
def s3():
    """A SeaweedFS of these tests' own."""
    with server.seaweedfs() as running:
        yield running


@pytest.fixture(scope="session")
def bucket(s3):
    """A client of the server, whose bucket of the portal is public and holds the tomogram."""
    client = s3.client()
    client.create_bucket(Bucket=published.BUCKET)
    policy = json.dumps({"Version": "2012-10-17", "Statement": [public(published.BUCKET)]})
    client.put_bucket_policy(Bucket=published.BUCKET, Policy=policy)
    for key, body in published.objects():
        client.put_object(Bucket=published.BUCKET, Key=key, Body=body)
        _wait_until_given(f"{s3.url}/{published.BUCKET}/{key}", body)
    return client


def _wait_until_given(url: str, body: bytes) -> None:
    """Until anyone reads there what was put: a busy server takes a while to say so everywhere."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def is_given() -> bool:
        try:
            with direct.open(url) as answer:
                return answer.read() == body
        except urllib.error.HTTPError:
            return False

    until(is_given)


def public(name: str) -> dict:
    """Anyone may read and list this bucket, as AWS's policy language says it."""
    resources = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"]
    actions = ["s3:GetObject", "s3:ListBucket"]
    return {"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resources}


@pytest.fixture
def proxy(s3, bucket):
    """Between the client and the S3 server."""
    with faulting_proxy.serving(faulting_proxy.Proxy(s3.url)) as serving:
        yield serving


@pytest.fixture
def portal(proxy, monkeypatch):
    """The API and the bucket, found through the environment; patience is short."""
    records = published.records(f"{proxy.url}/{published.BUCKET}")
    monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(transfer, "PATIENCE", 0.7)
    monkeypatch.setattr(transfer, "ATTEMPTS", 2)
    monkeypatch.setattr(transfer, "LONGEST_PAUSE", 0.1)
    with graphql_server.serving(graphql_server.Portal(records)) as serving:
        monkeypatch.setenv("TOMOBENCH_PORTAL_URL", serving.url)
        yield serving


@pytest.fixture(autouse=True)
def own_cache(cache_folder):
    """Every test of the portal has an empty cache."""
