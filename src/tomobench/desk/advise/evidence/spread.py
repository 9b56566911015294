"""Places that stand for a whole grid: few of many, in each part of every axis, at no constant step."""

from itertools import count
from math import prod

import numpy as np

from tomobench.bench.layout import Shape

#: The bases of the places, along z, y and x.
_BASES = (2, 3, 5)
#: The first place of the sequence that is taken: it and the next lie opposite each other on every axis.
_FIRST = 2


def places(grid: Shape, most: int, before: int = 0) -> list[tuple[int, ...]]:
    """So many places of a grid (z, y, x), or all if it has no more, spread evenly along each axis.

    Those of a Halton sequence: along an axis, a count's digits in a base of its own, mirrored at the
    point. Bases without a common divisor repeat no pattern, so every place is met in the end.
    ``before``: how many of the sequence are left out, where others were looked at.
    """
    if prod(grid) <= most:
        return list(np.ndindex(*grid))
    found: dict[tuple[int, ...], None] = {}
    for n in count(_FIRST + before):
        found[tuple(int(_mirrored(n, base) * length) for base, length in zip(_BASES, grid))] = None
        if len(found) == most:
            break
    return list(found)


def _mirrored(number: int, base: int) -> float:
    """A number's digits in a base, mirrored at the point: 6, 110 in base 2, is 0.011, three eighths."""
    share, digit = 0.0, 1.0
    while number:
        number, rest = divmod(number, base)
        digit /= base
        share += rest * digit
    return share
