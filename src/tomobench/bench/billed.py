"""What each access of a store is billed on S3: requests by kind, bytes, connections. No clock.

Counted where nothing goes past: by a proxy before the server that reads along (the desk half's
``watching``), so s3fs and obstore are counted alike, and so is what s3fs adds of its own. A client
that is new for each access, an array that is open already (but in the opening); each result is
checked bit for bit. All accesses of a store are counted in one pass for each client, and kept
beside the store; with the versions of the client's packages in the name.
"""

import importlib.metadata
import os
from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from tomobench.bench import access, adapters, blame, entries, remote
from tomobench.bench.s3 import OBSTORE, SERVER, Client, ServiceClient
from tomobench.bench.store import FailedCheck, Store, compared, wrong_voxels

#: Counted up when what is counted changes: figures kept under another number are not used.
VERSION = 1
OPEN, WRITE = "open array", "write whole"
#: The accesses, by the name that asv shows.
ACCESSES = (OPEN, *(f"read {name}" for name in access.READS_ON_S3), WRITE)
#: The kinds of request that have a figure of their own, and all others.
KINDS = ("get", "range get", "head", "list", "put", "post")
OTHERS = "others"


@dataclass(frozen=True)
class BilledAccess:
    """``prepare(store of the adapter's)`` makes ready; ``act`` alone is counted.

    ``check(result, sound)`` raises FailedCheck; ``sound()`` is the store past the proxy.
    """

    prepare: Callable
    act: Callable
    check: Callable


def conditions(client: str) -> str:
    """What else figures over S3 depend on, as a part of a file's name: the server, the client and its
    package.

    Raises NotImplementedError where the line has no such package.
    """
    package = "obstore" if client == OBSTORE else "s3fs"
    server = os.environ.get(SERVER, "default").replace(":", "-")
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise NotImplementedError(f"this line has no {package}") from None
    return f"{server}-{client.replace(' ', '-')}-{version}"


def figure(store: Store, client: str, name: str, metric: str) -> int:
    """A figure of an access. Raises NotImplementedError where the line has no such client, or there is no server to
    ask; else as :func:`blame.require`.

    Metrics: KINDS and OTHERS (requests), bytes_out (bodies of the objects fetched), bytes_in (bodies
    of those written), connections.
    """
    path = store.folder / f"billed-{VERSION}-{conditions(client)}.json"
    found = entries.found_once(path, name, lambda kept: _all(store, client, kept))
    return blame.require(found)[metric]


def _all(store: Store, client: str, kept: Container[str]) -> dict[str, dict]:
    with ServiceClient() as service:
        first = {
            name: entries.look(_counted, service, store, client, name)
            for name in ACCESSES
            if name not in kept
        }
    return {
        name: entries.confirmed(found, _once_more, store, client, name)
        for name, found in first.items()
    }


def _once_more(store: Store, client: str, name: str) -> dict:
    with ServiceClient() as service:
        return _counted(service, store, client, name)


def _counted(service: ServiceClient, store: Store, client: str, name: str) -> dict:
    adapter, server = adapters.load(), service.place()
    stored = remote.checked(adapter, service, store, client)
    target = remote.new_name() if name == WRITE else stored
    job = _job(adapter, store, client, name)
    watched = Client(adapter, service.watched(), client)
    try:
        ready = job.prepare(watched.store(target))
        watched.forget()
        service.reset()
        result = job.act(ready)
        counts = service.counts()
        job.check(result, lambda: Client(adapter, server, client).store(target))
    finally:
        if name == WRITE:
            remote.remove(server, target)
    return _figures(counts)


def _figures(counts: dict) -> dict:
    requests = counts["requests"]
    return {
        **{kind: requests.get(kind, 0) for kind in KINDS},
        OTHERS: sum(number for kind, number in requests.items() if kind not in KINDS),
        "bytes_out": counts["fetched"],
        "bytes_in": counts["written"],
        "connections": counts["connections"],
    }


def _job(adapter, store: Store, client: str, name: str) -> BilledAccess:
    if name == OPEN:
        return _open(adapter, store)
    return (
        _write(adapter, store)
        if name == WRITE
        else _read(adapter, store, name.removeprefix("read "))
    )


def _open(adapter, store: Store) -> BilledAccess:
    def check(array, sound):
        if array.shape != store.shape:
            raise FailedCheck(f"its shape is {array.shape}")

    return BilledAccess(
        lambda target: target, lambda target: adapter.open_array(target, "r"), check
    )


def _read(adapter, store: Store, name: str) -> BilledAccess:
    parts = access.READS_ON_S3[name](store.shape, store.layout)

    def check(found, sound):
        wanted = (part.read(store.voxels) for part in parts)
        if wrong := sum(wrong_voxels(np.asarray(got), want) for got, want in zip(found, wanted)):
            raise FailedCheck(f"{wrong} wrong voxels")

    return BilledAccess(
        lambda target: adapter.open_array(target, "r"),
        lambda array: [part.read(array) for part in parts],
        check,
    )


def _write(adapter, store: Store) -> BilledAccess:
    voxels = np.array(store.voxels)

    def act(target):
        adapter.create(target, voxels.shape, voxels.dtype, store.layout)[...] = voxels

    return BilledAccess(
        lambda target: target, act, lambda result, sound: compared(adapter, sound(), voxels)
    )
