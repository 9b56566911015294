"""What each way of writing asks for and moves, and whether it loses voxels. Exact, no clock.

Written is a quarter, along each axis, of the store's volume and of its chunks and shards: what is asked for, and what is
moved for a byte of voxels, are those of the whole, at a 64th of the price. Where several workers change one object, each
has read it before another has written it (``pause``): then it is sure that they meet, and voxels are lost, or are not.
"""

from collections.abc import Container
from dataclasses import replace
from math import prod

import numpy as np

from tomobench.bench import adapters, blame, entries
from tomobench.bench.crews import MEMORY, REQUESTS, Crew, Spot, crew
from tomobench.bench.layout import Layout
from tomobench.bench.store import ARRAY, Store, scratch, wrong_voxels
from tomobench.bench.ways import ALIGNMENTS, SHARDS, STEPS, WRITERS, Way, pieces, shared, shares

#: Counted up when what is counted changes: figures kept under another number are not used.
VERSION = 1
MEMORY_VERSION = 2
#: What part of each edge is written.
PART = 4
#: Seconds in which all others have read what they are to change: some times what the slowest takes to ask.
PAUSE = 0.005
#: How often ways that may lose voxels are tried until they do.
TRIES = 2
#: All ways, by the name that asv shows.
WAYS = {
    str(way): way
    for way in (
        Way(*one) for one in ((s, w, a) for s in STEPS for w in WRITERS for a in ALIGNMENTS)
    )
}
#: Bytes that a way may move through the codec: a GiB takes ten seconds or more.
MOST = 2**30
#: The ways that are written in full: by one writer, and by processes that each have shards of their own.
FULL = [Way(step) for step in STEPS] + [Way("chunk", "4 threads"), Way("chunk", "4 processes")]


def figure(store: Store, name: str, metric: str) -> float:
    """A figure of a way. Raises NotImplementedError where there is none, else as :func:`blame.require`.

    Metrics: requests (of all kinds); bytes_fetched, bytes_written and amplification (the larger of them over the bytes of
    voxels), where no object has two writers, else None; voxels_lost: 0 or 1, None where objects have two writers and none
    was lost in TRIES: they may have missed each other; share_lost: an example, by luck.
    """
    path = store.folder / f"ways-{VERSION}.json"
    entry = entries.found_once(path, name, lambda kept: _figures(store, kept))
    found = blame.require(entry)[metric]
    if found is None:
        raise NotImplementedError("it depends on who writes last")
    return found


def quarter(store: Store) -> tuple[np.ndarray, Layout]:
    """The voxels in the middle of a volume, and the layout, both PART times smaller along each axis."""
    edges = [max(1, length // PART) for length in store.shape]
    starts = [(length - edge) // 2 for length, edge in zip(store.shape, edges)]
    middle = tuple(slice(a, a + edge) for a, edge in zip(starts, edges))
    layout = store.layout
    chunks = tuple(max(1, edge // PART) for edge in layout.chunks)
    shards = layout.shards and tuple(
        chunk * (shard // whole)
        for chunk, shard, whole in zip(chunks, layout.shards, layout.chunks)
    )
    return np.array(store.voxels[middle]), replace(layout, chunks=chunks, shards=shards)


def _figures(store: Store, kept: Container[str]) -> dict[str, dict]:
    voxels, layout = quarter(store)
    with crew(voxels) as writers:
        found = {
            name: entries.look(_way, writers, voxels, layout, way)
            for name, way in WAYS.items()
            if name not in kept
        }
    return {
        name: entries.confirmed(one, _once_more, voxels, layout, name)
        for name, one in found.items()
    }


def _once_more(voxels: np.ndarray, layout: Layout, name: str) -> dict:
    with crew(voxels) as writers:
        return _way(writers, voxels, layout, WAYS[name])


def _way(writers: Crew, voxels: np.ndarray, layout: Layout, way: Way) -> dict:
    met = shared(shares(way, voxels.shape, layout), layout)
    if not met and way.workers > 1 and way.aligned != SHARDS:
        raise NotImplementedError("no object has two writers: as aligned to shards")
    for _ in range(TRIES if met else 1):
        found = _once(writers, voxels, layout, way, PAUSE if met else 0)
        if found["voxels_lost"]:
            break
    if met:
        found |= dict.fromkeys(("bytes_fetched", "bytes_written", "amplification"))
        found["voxels_lost"] = found["voxels_lost"] or None
    return found


def _once(writers: Crew, voxels: np.ndarray, layout: Layout, way: Way, pause: float) -> dict:
    adapter = adapters.load()
    with scratch() as folder:
        took = writers.write(way, layout, Spot(folder, ARRAY, REQUESTS, pause))
        back = np.asarray(adapter.open_array(adapter.disk(folder / ARRAY), "r")[...])
    lost = wrong_voxels(back, voxels)
    return {
        "requests": sum(took.requests.values()),
        "bytes_fetched": took.fetched,
        "bytes_written": took.written,
        "amplification": max(took.fetched, took.written) / voxels.nbytes,
        "voxels_lost": int(lost > 0),
        "share_lost": lost / voxels.size,
    }


def require_quick(store: Store, way: Way) -> None:
    """Raise NotImplementedError where a way moves more than MOST bytes of voxels through the codec: each piece moves
    all of the shards (else chunks) that it meets."""
    edges = store.layout.shards or store.layout.chunks
    moved = store.voxels.itemsize * sum(
        prod(-(-s.stop // e) * e - s.start // e * e for s, e in zip(piece, edges))
        for piece in pieces(way, store.shape, store.layout)
    )
    if moved > MOST:
        raise NotImplementedError(f"not tried: it moves {moved / 2**30:.0f} GiB through the codec")


def peak_memory(store: Store, way: Way) -> int:
    """The peak of traced memory, in bytes, of writing the whole volume to disk, one chunk at a time on one thread in each
    process; of processes the sum. Kept as figures are.

    Raises NotImplementedError for threads (it depends on which of them meet), and as :func:`require_quick`.
    """
    path = store.folder / f"ways-memory-{MEMORY_VERSION}.json"
    found = entries.found_once(path, str(way), lambda kept: _memories(store, kept))
    return blame.require(found)["peak_memory"]


def _memories(store: Store, kept: Container[str]) -> dict[str, dict]:
    with crew(np.array(store.voxels)) as writers:
        found = {
            str(way): entries.look(_memory, writers, store, way)
            for way in FULL
            if str(way) not in kept
        }
    return {
        name: entries.confirmed(one, _memory_once_more, store, WAYS[name])
        for name, one in found.items()
    }


def _memory_once_more(store: Store, way: Way) -> dict:
    with crew(np.array(store.voxels)) as writers:
        return _memory(writers, store, way)


def _memory(writers: Crew, store: Store, way: Way) -> dict:
    if way.workers > 1 and not way.in_processes:
        raise NotImplementedError("the memory of threads depends on which of them meet")
    shares(way, store.shape, store.layout)
    require_quick(store, way)
    with scratch() as folder:  # threads are started, what is imported late is there
        writers.write(
            Way("shard" if way.step == "shard" else "chunk", way.writer),
            store.layout,
            Spot(folder, ARRAY),
        )
    with scratch() as folder:
        return {
            "peak_memory": writers.write(way, store.layout, Spot(folder, ARRAY, MEMORY)).peak_memory
        }
