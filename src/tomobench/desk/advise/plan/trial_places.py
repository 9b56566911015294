"""Where an access is read when it is tried: places that are drawn, the same for every layout."""

import random

from tomobench.bench.layout import Shape
from tomobench.desk.advise.evidence import expected
from tomobench.desk.advise.evidence import use as uses

Place = list[int | list[int]]


def drawn(name: str, shape: Shape, count: int, seed: str) -> list[Place]:
    """Selections of an access of a use, along z, y and x: an index, or [start, stop].

    Each place is as likely as any other. A whole volume has one, ``count`` times.
    """
    draw = random.Random(f"{seed} {name}")
    selected = uses.selections(name)
    return [
        [_along(draw, one, length) for one, length in zip(selected, shape)] for _ in range(count)
    ]


def _along(draw: random.Random, selected, length: int) -> int | list[int]:
    if selected == expected.ALL:
        return [0, length]
    if selected == expected.ONE:
        return draw.randrange(length)
    edge = min(selected, length)
    start = draw.randint(0, length - edge)
    return [start, start + edge]
