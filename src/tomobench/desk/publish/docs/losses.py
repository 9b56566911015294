"""What a document may ask about what is lost, and about calls that raise, of the committed results."""

import re
from collections.abc import Callable, Iterable, Mapping

from tomobench.bench import calls, old_data
from tomobench.desk.judge.tiers import UNSAFE_WAYS
from tomobench.desk.publish.docs.some import SMALL, some
from tomobench.desk.releases.history import History, order

OUTCOME = "calls.Calls.track_outcome("
"""How the name of a cell begins that says how a call ends."""


class Losses:
    """``releases``: those of the main branch, as ``Queries.releases``. ``values``: by volume, release's hash and cell.

    Raises UserError, with what was asked, wherever nothing is found.
    """

    def __init__(
        self,
        history: History,
        releases: Callable[[], list[str]],
        values: Mapping[tuple[str, str, str], float],
    ):
        self._history, self._releases, self._values = history, releases, values

    def losing(self, pattern: str) -> list[str]:
        """The releases, yanked ones too, that lose something in the cells that a regular expression finds, oldest first."""
        found = {
            release
            for (where, release, name), value in self._values.items()
            if where == SMALL and value > 0 and re.fullmatch(pattern, name)
        }
        releases = [*self._history.yanked(), *self._history.branch("main")]
        ordered = sorted((one for one in releases if one.hash in found), key=order)
        return some([one.version for one in ordered], f"no release loses anything in {pattern}")

    def calls_changed(self, releases: Iterable[str]) -> list[str]:
        """The calls that do not end alike in all of these releases that have them."""
        held = {self._history.find(one).hash for one in releases}
        ends: dict[str, set[float]] = {}
        for (where, release, name), value in self._values.items():
            if where == SMALL and release in held and name.startswith(OUTCOME):
                ends.setdefault(name[len(OUTCOME) : -1], set()).add(value)
        return some(sorted(name for name in ends if len(ends[name]) > 1), "all calls end alike")

    def outcome(self, call: str, release: str) -> float | None:
        """How a call ends in a release: ``calls.WORKED``, ``RAISED`` or ``WRONG``; None where the release does not have it."""
        return self._values.get((SMALL, self._history.find(release).hash, f"{OUTCOME}{call})"))

    def broken_by(self, release: str, still: str = "") -> list[str]:
        """The calls that raise in a release of the main branch and worked in the one before; and ``still`` raise in another."""
        names = self._releases()
        before = names[names.index(release) - 1]
        ends = {calls.RAISED: [release, still or release], calls.WORKED: [before]}
        found = [
            call
            for call in self.calls_changed([before, release])
            if all(self.outcome(call, one) == end for end in ends for one in ends[end])
        ]
        return some(found, f"{release} broke no call")

    def calls(self) -> list[str]:
        """The calls that the suite ``calls`` tries."""
        return list(calls.CALLS)

    def old_writers(self) -> list[str]:
        """Whose arrays the suite ``olddata`` reads."""
        return [str(one) for one in old_data.WRITERS]

    def unsafe_ways(self) -> dict[str, list[str]]:
        """Why ways of writing are unsafe by design, and for each reason those ways."""
        found: dict[str, list[str]] = {}
        for way, reason in UNSAFE_WAYS.items():
            found.setdefault(reason, []).append(way)
        return found
