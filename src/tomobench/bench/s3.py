"""S3 from a benchmark's side: the place that the desk half has ready, and the clients to use it
with.

The clients, and what is held equal:

``s3fs``
    as it comes. Its ``max_concurrency`` is the pinned release's default, 10, for both lines: s3fs
    asks for an object's size (HEAD) before each GET of the whole of it, so that it could fetch a
    large one in parts.
``s3fs one request``
    with ``max_concurrency=1``: a whole object is one GET, as in s3fs before 2026.3 and in obstore.
``obstore``
    zarr 3's ObjectStore; 2.18 has none.

How much is asked for at once, by default: 2.18 asks fsspec for all chunks together (fsspec goes on
with 1280 at a time), zarr 3 for 10 (``async.concurrency``); botocore, below s3fs, has 10
connections (``max_pool_connections``); obstore has no limit of its own. Raised: both 64 where there
is one.
"""

import contextlib
import json
import logging
import os
from dataclasses import dataclass
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client as Connection

from tomobench.bench.blame import NotMeasured

#: The environment variable in which asv's plugin says where it can be asked: a port and a key.
SERVICE = "TOMOBENCH_S3_SERVICE"
#: asv's name for the variable that says on which server, where it is not the default one.
SERVER = "s3_server"
S3FS, ONE_REQUEST, OBSTORE = "s3fs", "s3fs one request", "obstore"
CLIENTS = (S3FS, ONE_REQUEST, OBSTORE)
#: Requests and connections at once, where concurrency is raised.
RAISED = 64


class NoPlace(NotMeasured):
    """There is no S3 server to use; the message says why."""


@dataclass(frozen=True)
class Place:
    """Where stores go on S3: ``prefix`` is empty or ends with a slash."""

    url: str
    bucket: str
    prefix: str
    access_key: str
    secret_key: str
    token: str | None
    region: str

    def path(self, name: str) -> str:
        """A name below the prefix as s3fs takes it."""
        return f"{self.bucket}/{self.prefix}{name}"


class ServiceClient:
    """The desk half, for one process: what it is asked for ends with the process at the latest.

    Raises NotImplementedError when there is none: when benchmarks are not run by this repository's
    asv.
    """

    def __init__(self):
        if not (where := os.environ.get(SERVICE)):
            raise NotImplementedError(
                "no S3 server: run the benchmarks through asv, in this repository's environment"
            )
        port, key = where.split(":")
        with _reaching():
            self._connection = Connection(("127.0.0.1", int(port)), authkey=bytes.fromhex(key))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._connection.close()

    def place(self) -> Place:
        """The server itself, with nothing in between."""
        return Place(**self._ask("place"))

    def network(self, round_trip: float, rate: float | None) -> Place:
        """The server through a network: seconds, and bytes a second (None: no limit)."""
        return Place(**self._ask("network", round_trip=round_trip, rate=rate))

    def noted(self, what: str) -> bool:
        """Whether a process of this run has noted it."""
        return self._ask("noted", what=what)["noted"]

    def note(self, what: str) -> None:
        """Tell the other processes of this run."""
        self._ask("note", what=what)

    def watched(self) -> Place:
        """The server through a proxy of our own that counts requests, and can spoil answers."""
        return Place(**self._ask("watch"))

    def reset(self) -> None:
        """The proxy counts from nothing."""
        self._ask("reset")

    def counts(self) -> dict:
        """What has passed the proxy: requests by kind, fetched and written (bytes), connections; and
        how many answers were spoilt."""
        return self._ask("counts")

    def spoil(self, fault: str | None, times: int = 1) -> None:
        """The proxy spoils the answers to the next requests that are about voxels."""
        self._ask("fault", kind=fault, times=times)

    def _ask(self, do: str, **what) -> dict:
        with _reaching():
            self._connection.send_bytes(json.dumps({"do": do, **what}).encode())
            answer = json.loads(self._connection.recv_bytes())
        if "error" in answer:
            raise NoPlace(answer["error"])
        if "impossible" in answer:
            raise NotImplementedError(answer["impossible"])
        return answer


@contextlib.contextmanager
def _reaching():
    try:
        yield
    except (OSError, EOFError, AuthenticationError) as error:
        reason = f"{type(error).__name__}: {error}".removesuffix(": ")
        raise NoPlace(f"asv, which has the S3 server, is out of reach ({reason})") from error


class Client:
    """One client at a place: its connections, and the stores it opens there.

    ``raised``: see the module. Raises NotImplementedError where the line has no such client.
    """

    def __init__(self, adapter, place: Place, name: str, raised: bool = False):
        self._adapter, self._place = adapter, place
        self._fs = None if name == OBSTORE else _s3fs(place, name, adapter.ASYNCHRONOUS, raised)
        if raised:
            adapter.raise_concurrency(RAISED)
        if self._fs is None:
            self.store("")  # n/a now, not at the first read

    def store(self, name: str):
        """A store of the adapter's at a name below the place's prefix."""
        if self._fs is None:
            return self._adapter.object_store(self._place, name)
        return self._adapter.remote(self._fs, self._place.path(name))

    def forget(self) -> None:
        """Forget listings: the next opening asks the server for all that it needs."""
        if self._fs is not None:
            self._fs.invalidate_cache()


def file_system(place: Place):
    """A plain s3fs file system at the place, to put things there and to clean up."""
    return _s3fs(place, ONE_REQUEST, asynchronous=False, raised=True)


def _s3fs(place: Place, name: str, asynchronous: bool, raised: bool):
    # Not at the top: it takes a second and 30 MiB, which the suites of memory would see.
    from s3fs import S3FileSystem

    # An asynchronous S3FileSystem can't close its connections at its end, and each says so.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    config = {"s3": {"addressing_style": "path"}}
    return S3FileSystem(
        key=place.access_key,
        secret=place.secret_key,
        token=place.token,
        client_kwargs={"endpoint_url": place.url, "region_name": place.region},
        config_kwargs=config | ({"max_pool_connections": RAISED} if raised else {}),
        asynchronous=asynchronous,
        skip_instance_cache=True,
        **({"max_concurrency": 1} if name == ONE_REQUEST else {}),
    )
