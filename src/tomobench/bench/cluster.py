"""A Dask cluster that runs already: told of the release under test, and asked whether it is the one to be measured with."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tomobench.bench import adapters, beside, blame, release
from tomobench.bench.blame import NotMeasured
from tomobench.bench.cache import CHOSEN, root
from tomobench.bench.store import scratch


@contextlib.contextmanager
def existing(client_of, address: str, processes: int) -> Iterator:
    """The cluster at an address. Raises NotMeasured where it is not there, is of another release, or has another disk."""
    try:
        client = client_of(address, timeout=beside.PATIENCE)
    except (OSError, ValueError) as error:
        raise NotMeasured(f"the Dask cluster at {address} does not answer: {error}") from None
    with client:
        _introduce(client, address)
        threads = client.nthreads()
        if not threads:
            raise NotMeasured(f"the cluster at {address} has no workers")
        if len(threads) != processes:
            raise NotImplementedError(f"the cluster at {address} has {len(threads)} workers")
        if (most := max(threads.values())) > 1:
            raise NotImplementedError(f"workers of {address} have {most} threads, not one each")
        yield client


def _introduce(client, address: str) -> None:
    """Tell the scheduler and the workers of the release: all of them load what is sent to them.

    Raises NotMeasured where one of them has another one, in another configuration, or does not see the client's files.
    """
    again = "start its scheduler and workers again"
    with scratch() as folder:
        (token := folder / "token").write_text(folder.name)
        told = release.variables(), str(token)
        try:
            found = [
                client.run_on_scheduler(_release, *told),
                *client.run(_release, *told).values(),
            ]
        except Exception as error:  # noqa: BLE001 - whatever their imports raise
            raise NotMeasured(
                f"not all of the cluster at {address} can import tomobench and zarr: {blame.say(error)}"
            ) from None
    wanted = release.asked()
    if other := {one.version for one in found} - {wanted.version}:
        raise NotMeasured(
            f"the cluster at {address} has zarr {', '.join(sorted(other))}, not {wanted.version}: {again}"
        )
    if any(one.wheel != wanted.wheel for one in found):
        raise NotMeasured(
            f"the cluster at {address} has another wheel of zarr {wanted.version}: {again}"
        )
    if any(one.configuration != _configuration() for one in found):
        raise NotMeasured(f"zarr is configured otherwise on the cluster at {address}: {again}")
    if any(one.seen != folder.name for one in found):
        raise NotMeasured(
            f"not all of the cluster at {address} sees the files in {root()}: "
            f"let {CHOSEN} name a folder that its machines and this one share"
        )


class _Has(NamedTuple):
    """What a process of a cluster has: the version and the wheel of zarr, its configuration, and what it sees in a file of
    the client's; None where there is none."""

    version: str
    wheel: str
    configuration: str
    seen: str | None


def _release(variables: dict[str, str], token: str) -> _Has:
    """What there is here; the file is ``token``."""
    release.join(variables)
    try:
        seen = Path(token).read_text()
    except OSError:
        seen = None
    version = adapters.load().zarr.__version__
    return _Has(version, release.asked().wheel, _configuration(), seen)


def _configuration() -> str:
    """zarr's configuration in this process; 2.18 has none. Where it was looked for (ZARR_ROOT_CONFIG) is no part of it."""
    found = getattr(getattr(adapters.load().zarr, "config", None), "config", {})
    settings = {name: value for name, value in found.items() if name != "root_config"}
    return json.dumps(settings, sort_keys=True, default=str)
