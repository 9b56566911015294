"""Regions of a volume, as people write them: ``z0:z1,y0:y1,x0:x1``, in voxels, ends excluded."""

import re

from tomobench.desk.errors import UserError

_RANGE = re.compile(r"\s*([0-9]*)\s*:\s*([0-9]*)\s*")


def slices(text: str | None, shape: tuple[int, ...]) -> tuple[slice, ...]:
    """The three slices (z, y, x) that a region asks of an array of this shape; None asks for all.

    ``:`` alone, or a missing end, goes to the edge. Raises UserError for anything else, and for a
    region that is empty or reaches beyond the array.
    """
    if text is None:
        return tuple(slice(0, edge) for edge in shape)
    parts = [part for part in map(_RANGE.fullmatch, text.split(",")) if part]
    if len(parts) != 3 or text.count(",") != 2:
        raise UserError(f"region {text!r}: write it as z0:z1,y0:y1,x0:x1, e.g. 0:64,:,128:256")
    return tuple(
        _slice(text, axis, part[1], part[2], edge)
        for axis, part, edge in zip("zyx", parts, shape, strict=True)
    )


def _slice(text: str, axis: str, begin: str, end: str, edge: int) -> slice:
    start, stop = int(begin or 0), int(end or edge)
    if not start < stop <= edge:
        raise UserError(
            f"region {text!r}: {axis} from {start} to {stop} is empty or beyond 0 to {edge}"
        )
    return slice(start, stop)
