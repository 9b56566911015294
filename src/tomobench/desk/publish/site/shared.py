"""The results that several pages show: read once, and made into series once, each time asv publishes."""

from collections import Counter
from collections.abc import Callable, Set
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from asv.console import log

from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination
from tomobench.desk.judge import verdict as verdicts
from tomobench.desk.judge.findings import Steps
from tomobench.desk.judge.project import Project, load_folder
from tomobench.desk.judge.series import Series
from tomobench.desk.releases.history import History


class Shared(Project):
    """A project whose series and steps are kept: each page asks for them anew."""

    @cached_property
    def _kept(self) -> dict[tuple, list]:
        return {}

    def series(self, machine: str) -> list[Series]:
        """As Project.series."""
        return self._once(("runs", machine), lambda: super(Shared, self).series(machine))

    def raced(self, machine: str) -> list[Series]:
        """As Project.raced."""
        return self._once(("races", machine), lambda: super(Shared, self).raced(machine))

    def steps(self, machine: str, beside: Set[str] = frozenset()) -> list[Steps]:
        """As Project.steps. Its comparisons are made once, too: the Steps keep them."""
        key = "steps", machine, frozenset(beside)
        return self._once(key, lambda: super(Shared, self).steps(machine, beside))

    def _once[T](self, key: tuple, make: Callable[[], list[T]]) -> list[T]:
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]


@lru_cache(maxsize=1)
def project(conf, repo) -> Project:
    """The results that asv's ``conf`` names, and the history in its ``repo``: the same for every page.

    asv makes both anew each time it publishes. Raises UserError as load_folder does.
    """
    return Shared(**vars(load_folder(Path(conf.results_dir), repo.history)))


def names(history: History) -> dict[str, str]:
    """What asks for each release (a hash), in an address and of a command: its version, or its hash where several
    wheels have that version."""
    count = Counter(one.version for one in history.releases)
    return {
        one.hash: one.version if count[one.version] == 1 else one.hash for one in history.releases
    }


@dataclass(frozen=True)
class Judged:
    """What is said of every release on branch main, on one machine: the answer, the verdict on it, and which
    releases (hashes) were measured at all."""

    answer: examination.Answer
    verdict: verdicts.Verdict
    measured: frozenset[str]

    def of(self, release: str, history: History) -> tuple[verdicts.Verdict, examination.Answer]:
        """The verdict and answer of one release (a hash) alone. What was compared is that of all."""
        answer = self.answer
        own = replace(
            answer,
            question=replace(answer.question, releases=[release]),
            gaps=[],
            notes=[],
            findings=[one for one in answer.findings if one.release == release],
            wrong=[one for one in answer.wrong if one.release == release],
            facts=[one for one in answer.facts if one.release == release],
            work=[one for one in answer.work if one.release == release],
            apart=[one for one in answer.apart if one.release == release],
        )
        return verdicts.of(own, history), own


@lru_cache(maxsize=1)
def judged(conf, repo) -> dict[str, Judged]:
    """Of each machine with something to compare: what each release changed. The one with most results first.

    Raises UserError as load_folder and acknowledged.load do.
    """
    found: dict[str, Judged] = {}
    kept = project(conf, repo)
    accepted = acknowledged.load(repo.root, repo.history)
    main = [one.hash for one in repo.history.branch("main")]
    count: Counter[str] = Counter()
    for sheet in kept.reading.sheets:
        count[sheet.machine] += len(sheet.places)
    for machine in sorted(kept.machines, key=lambda name: -count[name]):
        try:
            answer = examination.examine(kept, examination.Query(machine, main), accepted)
        except UserError as reason:
            log.warning(f"The site says nothing of what changed on {machine}: {reason}")
            continue
        series = kept.all_series(machine)
        measured = frozenset(release for one in series for release in one.releases)
        found[machine] = Judged(answer, verdicts.of(answer, repo.history), measured)
    return found
