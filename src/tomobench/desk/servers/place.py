"""A place for stores: an S3 service, a bucket, and a prefix of the run's own.

The service is one that tomobench starts (server.py), or the user's: ``TOMOBENCH_S3_URL`` says where
it is, ``TOMOBENCH_S3_BUCKET`` which bucket; credentials and region come from where AWS's own tools
find them (``AWS_ACCESS_KEY_ID``, ``AWS_PROFILE``, ``AWS_REGION``, …).

In a user's bucket, only what is below the run's prefix is ever written, listed or deleted.
"""

import contextlib
import datetime
import logging
import os
import secrets
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError

from tomobench.desk.errors import UserError
from tomobench.desk.servers import janitor, server
from tomobench.desk.servers.endpoint import REGION, Endpoint

URL, BUCKET = "TOMOBENCH_S3_URL", "TOMOBENCH_S3_BUCKET"
#: The servers that can be started, by name.
SERVERS = {"seaweedfs": server.seaweedfs, "ceph": server.ceph}
#: The bucket in a server of our own, and the folder in a user's bucket.
NAME = "tomobench"
#: Seconds for a user's service to accept a connection, and to answer.
PATIENCE = 10

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServerPlace:
    """Where stores go: ``prefix`` is empty, or ends with a slash."""

    endpoint: Endpoint
    bucket: str
    prefix: str

    def path(self, name: str) -> str:
        """The name with bucket and prefix before it, as s3fs takes it."""
        return f"{self.bucket}/{self.prefix}{name}"


@contextlib.contextmanager
def ready(kind: str = "seaweedfs"):
    """A place for the length of the block: the user's, if there is one, else a server of a kind.

    kind: a name in :data:`SERVERS`. Raises UserError if the server can't be started, or if the
    user's place can't be written, read and deleted from.
    """
    if url := os.environ.get(URL):
        with _users(_endpoint(url), _bucket()) as place:
            yield place
    else:
        with SERVERS[kind]() as endpoint:
            endpoint.client().create_bucket(Bucket=NAME)
            yield ServerPlace(endpoint, NAME, "")


def _bucket() -> str:
    if bucket := os.environ.get(BUCKET):
        return bucket
    raise UserError(
        f"{URL} is set, {BUCKET} is not: set it to a bucket there that you may write to"
    )


def _endpoint(url: str) -> Endpoint:
    """The user's service, with what AWS's own tools would use there."""
    import botocore.session  # as in endpoint.py

    session = botocore.session.get_session()
    try:
        found = session.get_credentials()
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region") or REGION
        keys = found and found.get_frozen_credentials()
    except BotoCoreError as error:
        raise UserError(f"the settings for AWS can't be used: {error}") from error
    if keys is None:
        raise UserError(
            f"no credentials for {url}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        )
    return Endpoint(url, keys.access_key, keys.secret_key, region, keys.token)


@contextlib.contextmanager
def _users(endpoint: Endpoint, bucket: str):
    now = datetime.datetime.now(datetime.UTC)
    place = ServerPlace(endpoint, bucket, f"{NAME}/{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}/")
    client = _client(endpoint)
    _check(client, place)
    # For the person who cleans up after a machine that went down.
    _log.warning("writing below %s%s at %s", f"{bucket}/", place.prefix, endpoint.url)
    with janitor.cleaning_up(endpoint, bucket, place.prefix):
        yield place


def _client(endpoint: Endpoint):
    try:
        return endpoint.client(connect_timeout=PATIENCE, read_timeout=PATIENCE)
    except ValueError as error:
        raise UserError(f"{URL} is no address of an S3 service: {error}") from error


def _check(client, place: ServerPlace) -> None:
    """Write, read and delete one small object of our own. Raises UserError if any of that fails."""
    what = {"Bucket": place.bucket, "Key": f"{place.prefix}check"}
    wanted = secrets.token_bytes(16)
    where = f"bucket {place.bucket} at {place.endpoint.url}"
    try:
        client.put_object(Body=wanted, **what)
        found = client.get_object(**what)["Body"].read()
        client.delete_object(**what)
    except (BotoCoreError, ClientError) as error:
        raise UserError(f"{where} can't be used: {error}") from error
    if found != wanted:
        raise UserError(f"{where} can't be used: it gave back other bytes than were written")
