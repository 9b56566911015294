"""What writers must keep to in a layout: several at once, from the list of what is unsafe by design; and one, plane by plane."""

from tomobench.bench.layout import Layout, Shape, say
from tomobench.desk.judge.tiers import UNSAFE_WAYS


def share(layout: Layout) -> str:
    """What two writers must not have in common: a shard, or a chunk."""
    return "shard" if layout.shards else "chunk"


def advice(layout: Layout) -> str:
    """What to keep to, and why, in a sentence without its end."""
    what = share(layout)
    reasons = {why for way, why in UNSAFE_WAYS.items() if way.endswith(f"in one {what}")}
    return (
        f"Align parallel writers to {what}s ({say(layout.shards or layout.chunks)}): {'; '.join(sorted(reasons))}, "
        "so what another wrote meanwhile is lost without an error"
    )


SLABS = {
    "written": (
        "Fill it plane by plane: each {what} is one plane thick",
        "Fill it in slabs of {thick} planes, as thick as a {what}: plane by plane, each {what} is written {thick} times",
    ),
    "read": (
        "Read it plane by plane, too",
        "Read planes that follow each other {thick} at a time: one by one, zarr 3 decodes each chunk {thick} times",
    ),
}
"""What is said of objects of one plane, and of thicker ones. Arithmetic, of each plane that cuts an object. The suites
``ways`` and ``selections`` count it."""


def slabs(layout: Layout, shape: Shape) -> str:
    """How thick a slab of a volume (z, y, x) to write and to read at once, and what planes cost instead; sentences
    without the end of the last."""
    edges = {"written": layout.shards or layout.chunks, "read": layout.chunks}
    thick = {way: min(one[0], shape[0]) for way, one in edges.items()}
    return ". ".join(
        SLABS[way][planes > 1].format(thick=planes, what=share(layout))
        for way, planes in thick.items()
    )
