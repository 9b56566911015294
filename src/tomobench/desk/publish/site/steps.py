"""asv's search for steps, where there can be one, and in fewer messages.

asv 0.6.6 hands each series over alone, also one whose values are all the same, as most counts are. Here a
graph's series go to a process together, and what never changed goes to none.
"""

import functools
from collections.abc import Callable
from typing import Any

from asv.graph import Graph


class _Together:
    """What asv takes for a pool: keeps each call for the true one, which gets all in one message."""

    def __init__(self) -> None:
        self._calls: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []
        self._sent: Any = None

    def apply_async(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        """The answer to come; the steps themselves, a list, where they are plain."""
        if (known := _without_search(*arguments)) is not None:
            return known
        self._calls.append((function, arguments))
        return _Answer(self, len(self._calls) - 1)

    def send(self, pool: Any) -> None:
        if self._calls:
            self._sent = pool.apply_async(_all, (self._calls,))

    def answers(self) -> list[Any]:
        answers: list[Any] = self._sent.get()
        return answers


class _Answer:
    """The answer to one of the calls, as a pool's."""

    def __init__(self, of: _Together, place: int):
        self._of, self._place = of, place

    def get(self) -> Any:
        return self._of.answers()[self._place]


def _without_search(series: list[tuple[int, Any, Any]]) -> list[tuple[Any, ...]] | None:
    """The steps of a series (revision, value, weight) without a change, as asv finds them: one, or none
    where it has no value. None for other series.

    As asv has it, None, NaN and what has no positive weight is missing.
    """
    there = [
        (revision, value)
        for revision, value, weight in series
        if value is not None and value == value and (weight is None or not weight <= 0)
    ]
    if not there:
        return []
    (first, value), (last, _) = there[0], there[-1]
    if any(other != value for _, other in there):
        return None
    return [(first, last + 1, float(value), value, 0.0)]


def _all(calls: list[tuple[Callable[..., Any], tuple[Any, ...]]]) -> list[Any]:
    return [function(*arguments) for function, arguments in calls]


def _in_one_message(detect: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(detect)
    def detected(graph: Graph, pool: Any = None) -> None:
        if pool is None:
            detect(graph)
            return
        together = _Together()
        detect(graph, together)
        together.send(pool)

    detected.__dict__["in_one_message"] = True
    return detected


if not hasattr(Graph.detect_steps, "in_one_message"):
    Graph.detect_steps = _in_one_message(Graph.detect_steps)
