"""Ways of writing: in which pieces a volume goes into an array, who writes them, and where their edges lie.

Arithmetic alone, no store needed: :mod:`tomobench.bench.crews` has the writers.
"""

from dataclasses import dataclass
from itertools import product

from tomobench.bench.layout import Label, Layout, Shape

Piece = tuple[slice, ...]
"""What one assignment writes: a slice along z, y and x."""
Number = tuple[int, ...]
"""A number along each axis, in a grid of pieces, of chunks or of shards."""

#: How much one assignment writes: a plane (one z), a slab (all y and x, as thick as a chunk), a chunk, a shard.
STEPS = [Label(name) for name in ("plane", "slab", "chunk", "shard")]
#: Who writes: how many at once, and whether they share a process.
WRITERS = {
    Label("one writer"): (1, "threads"),
    Label("2 threads"): (2, "threads"),
    Label("4 threads"): (4, "threads"),
    Label("2 processes"): (2, "processes"),
    Label("4 processes"): (4, "processes"),
}
SHARDS, CHUNKS, NOTHING = ALIGNMENTS = [Label(name) for name in ("shards", "chunks", "nothing")]


@dataclass(frozen=True)
class Way:
    """A way of writing a whole volume.

    ``step``: of STEPS. ``writer``: of WRITERS. ``aligned`` to

    - ``shards``: each shard has one writer (where there are no shards, each chunk), and a piece ends where it does;
    - ``chunks``: each chunk has one writer, but the chunks of a shard have several, in turn (a piece of a shard's size
      begins a chunk further along z);
    - ``nothing``: pieces begin half a chunk further along z, and neighbours have different writers.
    """

    step: str
    writer: str = "one writer"
    aligned: str = SHARDS

    @property
    def workers(self) -> int:
        return WRITERS[Label(self.writer)][0]

    @property
    def in_processes(self) -> bool:
        return WRITERS[Label(self.writer)][1] == "processes"

    def __str__(self):
        return f"{self.step} by {self.step}, {self.writer}, aligned to {self.aligned}"


def shares(way: Way, shape: Shape, layout: Layout) -> list[list[Piece]]:
    """For each worker the pieces that it writes, in order. Together they are the volume, each voxel once.

    Raises NotImplementedError, with the reason, for a way that the layout does not have, or has under another name.
    """
    if reason := _impossible(way, layout):
        raise NotImplementedError(reason)
    dealt: list[list[Piece]] = [[] for _ in range(way.workers)]
    turns: dict[Number, int] = {}
    for place, piece in _numbered(way, shape, layout):
        unit = _unit(way, layout)
        # What lies in one unit goes to one worker.
        owner = tuple(s.start // u for s, u in zip(piece, unit)) if unit else place
        turn = turns.setdefault(owner, len(turns))
        # Neighbours along any axis have different writers, where they are to meet.
        dealt[(turn if way.aligned == SHARDS else sum(owner)) % way.workers].append(piece)
    if not all(dealt):
        raise NotImplementedError(f"there is not a share for each of {way.workers} writers")
    return dealt


def pieces(way: Way, shape: Shape, layout: Layout) -> list[Piece]:
    """What each assignment writes, in (z, y, x) order."""
    return [piece for _, piece in _numbered(way, shape, layout)]


def shared(dealt: list[list[Piece]], layout: Layout) -> int:
    """How many objects (shards, else chunks) several workers change."""
    edges = layout.shards or layout.chunks
    writers: dict[Number, set[int]] = {}
    for worker, share in enumerate(dealt):
        for piece in share:
            for place in product(*(_met(s, edge) for s, edge in zip(piece, edges))):
                writers.setdefault(place, set()).add(worker)
    return sum(len(several) > 1 for several in writers.values())


def _impossible(way: Way, layout: Layout) -> str | None:
    inside = bool(layout.shards) and layout.shards != layout.chunks
    if way.step == "shard" and not layout.shards:
        return "this layout has no shards"
    if way.aligned == CHUNKS and not inside:
        return "a shard is one chunk here: as aligned to shards"
    if way.aligned == CHUNKS and way.workers == 1 and way.step != "shard":
        return "one writer's pieces are aligned to shards too"
    thickness = (layout.shards or layout.chunks)[0]
    if way.aligned == CHUNKS and way.step == "shard" and thickness == layout.chunks[0]:
        return "a shard is one chunk thick here"
    if way.aligned == NOTHING and way.step == "plane" and way.workers == 1:
        return "a plane lies in one layer of chunks, wherever it begins"
    return None


def _edges(step: str, shape: Shape, layout: Layout) -> Shape:
    chunks, whole = layout.chunks, shape
    return {
        "plane": (1, *whole[1:]),
        "slab": (chunks[0], *whole[1:]),
        "chunk": chunks,
        "shard": layout.shards or chunks,
    }[step]


def _first(way: Way, layout: Layout) -> int:
    """How thick the first piece is where pieces are not on their own grid; else 0."""
    if way.step == "plane":
        return 0
    if way.aligned == NOTHING:
        return layout.chunks[0] // 2
    return layout.chunks[0] if way.aligned == CHUNKS and way.step == "shard" else 0


def _unit(way: Way, layout: Layout) -> Shape | None:
    """The boxes that have one writer; None where each piece may have its own."""
    if way.aligned == NOTHING or (way.aligned == CHUNKS and way.step == "shard"):
        return None
    return layout.shards or layout.chunks if way.aligned == SHARDS else layout.chunks


def _numbered(way: Way, shape: Shape, layout: Layout) -> list[tuple[Number, Piece]]:
    """The pieces, each with its place in their grid."""
    edges, first = _edges(way.step, shape, layout), _first(way, layout)
    axes = [
        list(enumerate(_cut(length, edge, first if axis == 0 else 0)))
        for axis, (length, edge) in enumerate(zip(shape, edges))
    ]
    found = []
    for several in product(*axes):
        place, piece = zip(*several)
        found.append((place, piece))
    return found


def _cut(length: int, edge: int, first: int) -> list[slice]:
    starts = [*([0] if first else []), *range(first, length, edge)]
    return [slice(a, b) for a, b in zip(starts, [*starts[1:], length])]


def _met(piece: slice, edge: int) -> range:
    return range(piece.start // edge, -(-piece.stop // edge))
