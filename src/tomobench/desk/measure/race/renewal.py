"""One renewal: a fresh set of workers, and every cell timed by all of them, taking turns.

A fresh process has its memory, its hash seed and its threads' luck for as long as it lives: in the
design's trial single processes differed by 15 %. Only new processes average that out, so a renewal counts
as one observation (estimate.py). Starting costs a second a release; a renewal pays it once, not once a
cell.

Who goes when has a cost. One wheel under two names, raced on a machine whose two cores others filled (22
cells × 8 renewals, orders all drawn at random): a call that came second in its turn took 5.1 % ± 1.4 %
longer. In twos, an order and its reverse (16 cells × 12 renewals), 9.7 % ± 0.9 %: then every other first call
comes right after the same release's last, whose caches it finds warm. So turns come in fours: an order
drawn at random, its reverse, the reverse, the order. Each release is ahead of each other one equally
often, and of two releases each follows itself equally often; the cost is in both and leaves the ratio.
Which release was started first made no difference: ln(ratio) +0.041 ± 0.042 and +0.018 ± 0.050 in the one,
+0.001 ± 0.025 and +0.046 ± 0.029 in the other (python -m studies.machine.race_bias tells).
"""

import contextlib
import math
import random
import tempfile
import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tomobench.bench.blame import Whose
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race.turns import Renewal, Turn
from tomobench.desk.measure.race.worker import Disturbed, Entry, Failed, NotApplicable, Worker

TURNS, FEWEST = 32, 8
"""How many turns a cell takes in a renewal, and the fewest, where turns are slow. Multiples of four."""

BUDGET = 1.0
"""Seconds of turns a cell and renewal, for each release in the race, beyond the fewest turns."""

WARMUP = 2
"""Turns of a cell at the start of each renewal that are not counted: first calls find cold caches and
threads not yet started."""

SHORTEST = 2e-3
"""Seconds that a turn is to last at least: a shorter call is repeated within the turn, as often for
every release."""

MOST_CALLS = 200


@dataclass(frozen=True)
class Runnable:
    """A cell as a worker opens it. ``name``: as in turns.Turn; ``id``: name-index, as asv_runner has
    it; ``timeout``: the benchmark's own, in seconds."""

    name: str
    id: str
    timeout: float


class Renewing:
    """The workers of one renewal, and what they said. Leaving the ``with`` block ends them all."""

    def __init__(
        self, number: int, entries: list[Entry], benchmarks: Path, volume: str, draw: random.Random
    ):
        self.number, self.volume, self.draw = number, volume, draw
        self.turns: list[Turn] = []
        self.untimed: list[tuple[str, str, str, str]] = []
        self.seconds: dict[str, float] = {}
        self.disturbed: dict[str, str] = {}
        self._entries, self._benchmarks = entries, benchmarks
        self._exits = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start the workers, one after the other in random order.

        Raises UserError when one can't import the suites.
        """
        begun = time.monotonic()
        folder = self._exits.enter_context(tempfile.TemporaryDirectory(prefix="tomobench-race-"))
        order = self.draw.sample(self._entries, len(self._entries))
        self.workers: dict[str, Worker] = {}
        try:
            for entry in order:
                worker = Worker(entry, self._benchmarks, Path(folder))
                self._exits.callback(worker.end)
                try:
                    worker.wait_until_ready()
                except Failed as error:
                    raise UserError(
                        f"the benchmarks can't be started with release {entry.release}: {error}"
                    ) from None
                self.workers[entry.release] = worker
        except BaseException:
            self._exits.close()
            raise
        self.startup = time.monotonic() - begun
        return self

    def __exit__(self, *exception: object) -> None:
        self._exits.close()

    def race(self, cell: Runnable, left_out: Container[str] = ()) -> None:
        """Time one cell with every release that can, but those left out.

        Where the machine was in the way, nothing is kept of the cell in this renewal, and why is in ``disturbed``.
        """
        begun, turns, untimed = time.monotonic(), list(self.turns), list(self.untimed)
        racing: dict[str, Worker] = {}
        try:
            self._open(cell, left_out, racing)
            if racing:
                self._take_turns(cell, racing)
        except Disturbed as reason:
            self.turns, self.untimed = turns, untimed
            self.disturbed[cell.name] = str(reason)
            return
        finally:
            for worker in racing.values():
                worker.close(cell.timeout)
        self.seconds[cell.name] = round(time.monotonic() - begun, 3)

    def notes(self) -> Renewal:
        """What is kept beside the turns."""
        return Renewal(
            self.number, list(self.workers), self.untimed, self.seconds, round(self.startup, 3)
        )

    def _open(self, cell: Runnable, left_out: Container[str], racing: dict[str, Worker]) -> None:
        for release in self.draw.sample(sorted(self.workers), len(self.workers)):
            if release in left_out:
                continue
            worker = self.workers[release]
            with self._noting(cell, release):
                worker.open(cell.id, cell.timeout)
                racing[release] = worker

    def _take_turns(self, cell: Runnable, racing: dict[str, Worker]) -> None:
        calls, releases = 1, len(racing)
        for turn, order in zip(range(-WARMUP, 0), self._orders(racing)):
            begun = time.monotonic()
            calls = _calls(self._turn(turn, order, calls, cell, racing))
        took = time.monotonic() - begun
        for turn, order in zip(range(_turns(took, releases)), self._orders(racing)):
            self._turn(turn, order, calls, cell, racing)

    def _orders(self, releases: Iterable[str]) -> Iterator[list[str]]:
        """Orders for turn after turn: one drawn at random, its reverse twice, itself, and so on."""
        names = sorted(releases)
        while True:
            order = self.draw.sample(names, len(names))
            yield from (order, order[::-1], order[::-1], order)

    def _turn(
        self, number: int, order: list[str], calls: int, cell: Runnable, racing: dict[str, Worker]
    ) -> list[Turn]:
        """Every release that is still in the race once, in this order."""
        taken = []
        for place, release in enumerate(one for one in order if one in racing):
            with self._noting(cell, release, racing):
                seconds = racing[release].time(calls, cell.timeout)
                taken.append(
                    Turn(
                        self.number, number, place, cell.name, self.volume, release, calls, seconds
                    )
                )
        self.turns += taken
        return taken

    @contextlib.contextmanager
    def _noting(
        self, cell: Runnable, release: str, racing: dict[str, Any] | None = None
    ) -> Iterator[None]:
        """A release that can't go on leaves this cell, with its turns; the others go on.

        Raises Disturbed where that is not the release's doing, or is not seen a second time.
        """
        try:
            yield
        except Failed as error:
            if racing:
                racing.pop(release, None)
            kind = Whose.NOBODY if isinstance(error, NotApplicable) else Whose.RELEASE
            if isinstance(error, Disturbed) or (
                kind is Whose.RELEASE and not self._fails_again(cell, release)
            ):
                raise Disturbed(f"{release}: {error}") from None
            self.untimed.append((release, cell.name, str(kind), str(error)))
            self.turns = [t for t in self.turns if (t.release, t.benchmark) != (release, cell.name)]

    def _fails_again(self, cell: Runnable, release: str) -> bool:
        """In a fresh process of the release's. Raises Disturbed where the machine is in the way."""
        worker = self.workers[release]
        try:
            worker.open(cell.id, cell.timeout)
            worker.time(1, cell.timeout)
        except Disturbed:
            raise
        except Failed:
            return True
        worker.close(cell.timeout)
        return False


def _calls(turn: list[Turn]) -> int:
    """Calls a turn, so that the quickest release's turn lasts long enough."""
    quickest = min((one.seconds for one in turn), default=SHORTEST)
    return min(MOST_CALLS, max(1, math.ceil(SHORTEST / max(quickest, 1e-9))))


def _turns(seconds: float, releases: int) -> int:
    """How many turns, when one takes so many seconds."""
    return max(FEWEST, min(TURNS, 4 * int(BUDGET * releases / max(seconds, 1e-9) / 4)))
