"""Codec pipelines: what zarr 3 codes and decodes chunks with, and whether that was at work.

A pipeline may leave the work to zarr's own without a word: zarrs does so with a store that it does not know, and the
fused pipeline with one that has no synchronous calls. So every access is watched, and is n/a where another one worked.
"""

import importlib.metadata
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np

from tomobench.bench import adapters, beside, blame, entries, exact, release, starts
from tomobench.bench.layout import Label
from tomobench.bench.store import ARRAY, Store, anew, scratch, whole, wrong_voxels

#: Counted up when what is metered or checked changes.
VERSION = 2
DEFAULT, FUSED = Label("default"), Label("fused")


@dataclass(frozen=True)
class Pipeline:
    """``path``: in zarr's configuration, None for its own choice. ``package``: which, and in whose folder beside the line.

    ``works``: the functions of which one starts whenever it does the work. ``opaque``: why Python sees nothing of it.
    """

    path: str | None
    works: tuple[str, ...]
    package: tuple[str, str] | None = None
    opaque: str | None = None


def _zarrs(folder: str) -> Pipeline:
    works = ("ZarrsCodecPipeline.read", "ZarrsCodecPipeline.write")
    unseen = "zarrs is Rust: Python sees neither its functions nor its memory"
    return Pipeline("zarrs.pipeline.ZarrsCodecPipeline", works, ("zarrs", folder), unseen)


_BATCHED = ("BatchedCodecPipeline.read_batch", "BatchedCodecPipeline.write_batch")
#: By the name that asv shows; zarrs by its version, as each is for other releases of zarr.
PIPELINES = {
    DEFAULT: Pipeline(None, _BATCHED),
    FUSED: Pipeline(
        "zarr.core.codec_pipeline.FusedCodecPipeline",
        ("FusedCodecPipeline.read_sync", "FusedCodecPipeline.write_sync"),
    ),
    Label("zarrs 0.1.5"): _zarrs("zarrs-0.1"),
    Label("zarrs 0.2.3"): _zarrs("readers"),
}
#: zarr's plainest, by name: what the others are checked with, whichever of them zarr chooses by itself.
REFERENCE = Label("reference")
_KNOWN = {
    **PIPELINES,
    REFERENCE: Pipeline("zarr.core.codec_pipeline.BatchedCodecPipeline", _BATCHED),
}
#: The accesses, as tomobench.bench.exact names them.
ACCESSES = [
    Label(name) for name in ("read whole", "read XY slice", "read 64³ unaligned", "write whole")
]
#: What is found on disk, by watching Python; the rest is counted on a file system of ours.
WATCHED = ("function_starts", "peak_memory")
#: How voxels come back: written by the pipeline and read by the reference, or the other way round.
WAYS = [Label("written"), Label("read")]


@contextmanager
def using(name: str) -> Iterator[None]:
    """Within the block arrays are opened with a pipeline.

    Raises NotImplementedError, with the reason, where the release has no such pipeline, or the package wants another
    release; tomobench.bench.blame.NotMeasured where the package is not installed.
    """
    pipeline = _KNOWN[Label(name)]
    if pipeline.package and release.asked().line == "3":
        _require(*pipeline.package)
    with adapters.load().pipeline(pipeline.path):
        yield


def _require(package: str, folder: str) -> None:
    from packaging.requirements import Requirement  # not at the top: line 3 alone has it

    path = beside.folder(folder)
    (found,) = importlib.metadata.distributions(name=package, path=[path])
    for asked in map(Requirement, found.requires or []):
        if asked.name == "zarr" and not asked.specifier.contains(
            release.asked().version, prereleases=True
        ):
            raise NotImplementedError(f"{package} {found.version} asks for zarr {asked.specifier}")
    beside.importable(folder)


def at_work(act: Callable[[], object]) -> tuple[set[Label], object]:
    """The names of the pipelines that worked while ``act`` ran, in all threads, and what it returned."""
    with starts.noting() as noted:
        result = act()
    started = {code.co_qualname for code in noted}
    return {name for name, one in PIPELINES.items() if started & set(one.works)}, result


def require_at_work(name: str, act: Callable[[], object]):
    """What ``act`` returns. Raises NotImplementedError where it was not the pipeline that worked, or not it alone.

    zarr's own choice may be any of its own, and leave the work to any: it is another only where a package did it.
    """
    found, result = at_work(act)
    pipeline = _KNOWN[Label(name)]
    others = [one for one in found if _is_another(PIPELINES[one], pipeline)]
    handed_over = not found and pipeline.path is not None
    if release.asked().line == "3" and (others or handed_over):
        how = f"the {others[0]} pipeline" if others else "zarr's asynchronous calls"
        raise NotImplementedError(f"{name} leaves the work on this store to {how}")
    return result


def _is_another(worked: Pipeline, asked: Pipeline) -> bool:
    return worked.package is not None if asked.path is None else worked.works != asked.works


def figures(store: Store, name: str, one: str) -> dict[str, dict]:
    """Of an access ("read XY slice", "write whole") what there is of the metrics of :func:`tomobench.bench.exact.figure`,
    counted and watched apart: keys "counted" and "watched", each with figures, or why there are none."""
    path = store.folder / f"pipeline-{name.replace(' ', '-')}-{VERSION}.json"
    return entries.found_once(path, one, lambda kept: _figures(whole(store), name, kept))


def figure(store: Store, name: str, one: str, metric: str):
    """One figure. Raises as :func:`blame.require`."""
    found = figures(store, name, one)
    return blame.require(found["watched" if metric in WATCHED else "counted"])[metric]


def wrong(store: Store, name: str, way: str) -> int:
    """How many voxels are wrong that the pipeline wrote and the reference reads, or the other way round."""
    voxels = np.array(store.voxels)
    with scratch() as folder:
        writes, reads = (name, REFERENCE) if way == WAYS[0] else (REFERENCE, name)
        path = adapters.load().disk(folder / ARRAY)
        with using(writes):
            array = adapters.load().create(path, voxels.shape, voxels.dtype, store.layout)
            require_at_work(writes, lambda: array.__setitem__(..., voxels))
        with using(reads):
            back = require_at_work(reads, lambda: adapters.load().open_array(path, "r")[...])
        return wrong_voxels(np.asarray(back), voxels)


def _figures(store: Store, name: str, kept: Collection[str]) -> dict[str, dict]:
    accesses = [one for one in ACCESSES if one not in kept]
    counted = {one: entries.look(_counted, store, name, one) for one in accesses}
    adapters.load().pin_in_loop()  # for good
    work = exact.work_alone if kept else exact.work
    watched = {one: entries.look(_watched, store, name, one, work) for one in accesses}
    return {
        one: {
            "counted": entries.confirmed(counted[one], _anew, _counted, store, name, one),
            "watched": entries.confirmed(watched[one], _anew, _watched, store, name, one),
        }
        for one in accesses
    }


def _anew(find: Callable[..., dict], store: Store, name: str, one: str) -> dict:
    with anew(store) as fresh:
        return find(fresh, name, one)


def _counted(store: Store, name: str, one: str) -> dict:
    """Requests and bytes of an access, on the file system that counts."""
    with using(name):
        job = exact.jobs(store)[one]
        return exact.requests(
            replace(job, act=lambda ready: require_at_work(name, lambda: job.act(ready)))
        )


def _watched(store: Store, name: str, one: str, work: Callable[..., dict] = exact.work) -> dict:
    """Function starts and memory of an access, on disk."""
    if reason := PIPELINES[Label(name)].opaque:
        raise NotImplementedError(reason)
    with using(name):
        job = exact.jobs(store)[one]
        with job.place() as folder:
            require_at_work(name, lambda: job.act(exact.ready(job, folder)))
        return work(job)
