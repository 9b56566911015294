"""The memory that a read takes at its peak: the answer, and the chunks in hand.

zarr 2.18 holds all encoded chunks that it fetched, and decodes them one by one. zarr 3 works on
``at_once`` chunks: encoded and decoded; of shards it holds all that it fetched of one. Held against the counts
of traced memory in the committed results, which have one chunk in hand (tests/unit/advise/test_memory.py).
"""

from math import prod

from tomobench.bench import access
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence import fetches, work
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.advise.evidence.fetches import Fetcher
from tomobench.desk.advise.evidence.work import Work

#: What zarr 3 itself keeps for a chunk that it works on: (peak - answer - chunks) / chunks of slices
#: through 16³ chunks, results/reference, zarr 3.4.2.
OF_A_CHUNK = 2048


def of(done: Work, fetched: float, itemsize: int, layout: Layout, line: str, at_once: int) -> float:
    """Bytes at the peak of one access.

    done: the work of its one part. fetched: bytes. itemsize: bytes of a voxel. line: "2.18" or "3".
    at_once: chunks that zarr 3 works on at a time (its async.concurrency).
    """
    answer = done.asked * itemsize
    hand = min(done.chunks, at_once if line == "3" else 1)
    decoded = prod(layout.chunks) * itemsize
    if line == "2.18":
        return answer + hand * decoded + fetched
    encoded = fetched if layout.shards else hand * fetched / max(1, done.chunks)
    return answer + hand * decoded + encoded + OF_A_CHUNK * done.chunks


def held_against_counts(evidence: Evidence, release: str) -> list[float]:
    """Of each single read whose peak a release (a hash) was counted at: what is said here over that."""
    line = evidence.history.find(release).line
    reader = Fetcher(evidence.history.name_of(release))
    found = []
    for one in evidence.of(release).values():
        for (metric, name, layout), counted in one.counts.items():
            if metric != "peak_memory" or name not in access.READS or layout not in one.stored:
                continue
            parts = access.READS[name](one.shape, layout)
            if len(parts) == 1 and not parts[0].orthogonal:
                density = one.stored[layout] / prod(one.shape)
                nbytes = fetches.of(parts, one.shape, layout, density, reader).bytes
                done = work.of(parts, layout)
                found.append(of(done, nbytes, one.itemsize, layout, line, 1) / counted)
    return found
