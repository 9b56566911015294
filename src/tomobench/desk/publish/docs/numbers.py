"""How a document writes a number: the filters of its template."""

from collections.abc import Iterable
from statistics import median


def ms(seconds: float, spec: str = ",.0f") -> str:
    """Seconds as milliseconds."""
    return format(seconds * 1e3, spec)


def f(value: float, spec: str = ",.0f") -> str:
    """A number, as format() takes its digits."""
    return format(value, spec)


def percent(share: float, spec: str = ".0f") -> str:
    """A share in per cent, without the sign."""
    return format(share * 100, spec)


def span(values: Iterable[float], spec: str = ".0f", times: float = 1) -> str:
    """The least and the largest value, one where they round to the same: ``0.9 to 1.1``."""
    ordered = sorted(values)
    ends = (format(end * times, spec) for end in (ordered[0], ordered[-1]))
    return " to ".join(dict.fromkeys(ends))


def factor(values: Iterable[float]) -> str:
    """The largest value over the least: ``1.57``."""
    ordered = sorted(values)
    return format(ordered[-1] / ordered[0], ".2f")


def figures(value: float, digits: int = 2) -> str:
    """A number with so many significant digits: 22, 4.6, 0.96."""
    rounded = float(f"{value:.{digits}g}")
    return f"{value:#.{digits}g}".rstrip(".") if abs(rounded) < 10**digits else f"{value:,.0f}"


def pairs(share: str) -> str:
    """A share of pairs in words: 12/18 as ``12 times of 18``."""
    return share.replace("/", " times of ")


FILTERS = {
    "ms": ms,
    "f": f,
    "percent": percent,
    "span": span,
    "factor": factor,
    "figures": figures,
    "pairs": pairs,
    "median": median,
}
"""By the name that a template gives them."""
