"""The most that a layout may take, and what is said of one that takes more."""

from math import prod

from tomobench.bench.layout import Layout
from tomobench.desk import digits
from tomobench.desk.advise.evidence.expected import Cuts
from tomobench.desk.advise.plan import lattice
from tomobench.desk.advise.plan.question import Question


def kept(question: Question, objects, size, memory, units) -> dict[str, tuple]:
    """By name: whether layouts (arrays), or one, are within a limit; and what is said of others.

    ``size``: bytes of a chunk's voxels. ``units``: chunks, or shards, that are written.
    """
    most, workers = question.limits, question.use.workers
    return {
        "--max-objects": (
            objects <= most.objects,
            f"a tomogram of more than {most.objects:,.0f} objects",
        ),
        "--max-chunk": (size <= most.chunk, f"chunks of more than {_size(most.chunk)}"),
        "--max-memory": (
            memory <= most.memory,
            f"an access that needs more than {_size(most.memory)} of memory",
        ),
        "workers": (
            units >= workers,
            f"fewer chunks or shards than {workers} workers, so that two would write into one",
        ),
    }


def beyond(question: Question, layout: Layout, objects: float, memory: float) -> str | None:
    """The limit that a layout of so many objects and bytes of memory exceeds, in words; None for none."""
    size = prod(layout.chunks) * question.itemsize
    (units,) = lattice.units(question.shape, Cuts.of([layout]))
    found = kept(question, objects, size, memory, units)
    return next((reason for within, reason in found.values() if not within), None)


def _size(nbytes: float) -> str:
    return f"{nbytes:,.0f} bytes" if nbytes < 2**20 else digits.size(nbytes)
