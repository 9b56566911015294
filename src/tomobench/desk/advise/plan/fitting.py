"""Costs that are nearest to measured times, and what work and waits take together.

What is made small is the sum of log²(p / t), p predicted and t measured, in which each cell weighs
alike, and twice as long counts as half as long does. It is non-negative least squares (SciPy's nnls),
again and again with weights from the step before. By itself, so that answers can be kept.
"""

from typing import Any

import numpy as np

from tomobench.desk.results import answers

#: Steps of the fits: on the committed results, predictions move by less than 0.01 % after five, and
#: where requests wait after twenty.
STEPS, STEPS_WITH_WAITS = 12, 30

Equations = tuple[list[list[float]], list[float]]
"""How much there is of each cost in each cell, and the cells' times in seconds."""


@answers.kept
def costs(several: list[Equations]) -> list[list[float] | None]:
    """The costs that solve each best; None where there are no cells."""
    return [
        _solved(np.array(matrix), np.array(times)) if times else None for matrix, times in several
    ]


def _solved(matrix: np.ndarray, times: np.ndarray) -> list[float]:
    predicted = times
    for _ in range(STEPS):
        found = _nearest(matrix, times, _weights(np.maximum(predicted, times / 1000), times))
        predicted = matrix @ found
    return found.tolist()


def _nearest(matrix: np.ndarray, times: np.ndarray, heavy: np.ndarray) -> np.ndarray:
    """The costs, none below 0, that make the weighted rows of a matrix nearest to times."""
    from scipy.optimize import nnls  # half a second; not needed where the answer is kept

    weighted = matrix * heavy[:, None]
    scale = weighted.max(axis=0)
    scale[scale == 0] = np.inf  # nothing measured needs it: it costs nothing
    return nnls(weighted / scale, times * heavy)[0] / scale


def _weights(predicted: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Weights with which a step of least squares goes down the slope of the sum of log²(p / t)."""
    off = predicted / times - 1
    near = np.abs(off) < 1e-6  # where log(1 + off) / off is 1
    slope = np.log1p(off) / np.where(near, 1, off)
    return np.sqrt(np.where(near, 1, slope) / (predicted * times))


@answers.kept
def costs_with_waits(rows: list[list[float]], amounts: list[list[float]]) -> list[float]:
    """The costs of work that is done while requests wait (:func:`together`), the last one of what is
    added to that. ``rows``: what was measured, the time on a disk, waits, rounds, and requests in a
    round; ``amounts``: how much there is of each cost."""
    measured, local, *flow = np.array(rows).T
    *work, making = np.array(amounts).T
    matrix = np.stack(work, axis=1)
    found = np.zeros(len(work) + 1)
    for _ in range(STEPS_WITH_WAITS):
        busy = local + matrix @ found[:-1]
        predicted = together(busy, *flow) + making * found[-1]
        slopes = np.column_stack([matrix * _slope(busy, *flow)[:, None], making])
        # As if times grew with the work as they do here.
        rest = np.maximum(measured - predicted + slopes @ found, 0)
        found = _nearest(slopes, rest, _weights(predicted, measured))
    return found.tolist()


def together(busy: Any, waiting: Any, rounds: Any, at_once: Any) -> Any:
    """Seconds that take so many of work and of waits, in so many rounds of so many requests.

    The first round has nothing to do while it waits. After it, requests go round between a wait and
    the one client that does the work of each: a closed queue, by mean value analysis (Reiser and
    Lavenberg, J. ACM 27, 1980) with Schweitzer's approximation, which makes it a quadratic equation.
    One request at once is the sum; very many are the longer of the two.
    """
    apart = busy + waiting
    overlapped = (apart + _root(busy, waiting, at_once)) / 2
    return apart / rounds + (1 - 1 / rounds) * overlapped


def _root(busy: Any, waiting: Any, at_once: Any) -> Any:
    return np.sqrt((busy - waiting) ** 2 + 4 * busy * waiting / at_once)


def _slope(busy: Any, waiting: Any, rounds: Any, at_once: Any) -> Any:
    """By how much :func:`together` grows with the work."""
    root = np.maximum(_root(busy, waiting, at_once), 1e-12)
    overlapped = (1 + (busy - waiting + 2 * waiting / at_once) / root) / 2
    return 1 / rounds + (1 - 1 / rounds) * overlapped
