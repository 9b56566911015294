"""What a project has to compare: its series, with the noise of their machine."""

import re
from collections.abc import Set
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tomobench.bench.release import CONFIGURATION
from tomobench.desk.errors import UserError
from tomobench.desk.judge import noise, raced, series
from tomobench.desk.judge.findings import Steps
from tomobench.desk.judge.series import Series
from tomobench.desk.measure.race import turns
from tomobench.desk.measure.race.turns import Race
from tomobench.desk.releases import installed, lock
from tomobench.desk.releases.history import History
from tomobench.desk.results import calibration
from tomobench.desk.results import reading as results
from tomobench.desk.results.choosing import Held, held


@dataclass(frozen=True, repr=False)
class Project:
    """The results of a repository. ``folder``: where they are; ``history``: the releases they are
    of; ``races``: by machine."""

    folder: Path
    history: History
    reading: results.Reading
    races: dict[str, list[Race]] = field(default_factory=dict)

    @property
    def machines(self) -> list[str]:
        """Names of the machines with results."""
        return sorted({*(sheet.machine for sheet in self.reading.sheets), *self.races})

    def held(self, releases: set[str | None], volume: str | None) -> Held:
        """What each machine has of these releases (hashes), on a volume; None: on any."""
        sheets = (sheet for sheet in self.reading.sheets if sheet.release in releases)
        found = held(sheet for sheet in sheets if volume in (None, sheet.volume))
        for name, races in self.races.items():
            if any(releases & {*race.about.releases} for race in races):
                found.setdefault(name, set())
        return found

    def series(self, machine: str) -> list[Series]:
        """The series of a machine, by volume and environment."""
        sheets = [sheet for sheet in self.reading.sheets if sheet.machine == machine]
        return series.build(sheets, self.history, self._runners(machine))

    def raced(self, machine: str) -> list[Series]:
        """The races of a machine as series. What a later race compares, an earlier one does not."""
        found: list[Series] = []
        for race in reversed(self.races.get(machine, [])):
            one = raced.series(race, self.reading.benchmarks, self.history)
            if one is not None:
                same = [later for later in found if later.environment == one.environment]
                found.append(replace(one, elsewhere=raced.pairs(same)))
        return found

    def all_series(self, machine: str) -> list[Series]:
        """The series of a machine, and its races; a pair that a race compares is compared there alone."""
        raced_ones = self.raced(machine)
        plain = [
            replace(
                one,
                elsewhere=raced.pairs(
                    other for other in raced_ones if other.measured_in == one.measured_in
                ),
            )
            for one in self.series(machine)
        ]
        return plain + raced_ones

    def steps(self, machine: str, beside: Set[str] = frozenset()) -> list[Steps]:
        """Each series of a machine, and each of its races, with the releases of branch main and those (hashes)
        ``beside`` it."""
        main = [release.hash for release in self.history.branch("main")]
        own = frozenset(release.hash for release in self.history.releases if release.own)
        records = self.spreads(machine)
        return [
            Steps(one, noise.of(one, records), main, own)
            for one in (series.of_releases({*main, *beside}) for series in self.all_series(machine))
        ]

    def spreads(self, machine: str) -> list[calibration.Spread]:
        """The calibration of a machine, empty if it has none. Raises UserError for a damaged
        one."""
        return calibration.load(self.folder / machine / calibration.FILE)

    def unknown_releases(self, machine: str) -> list[str]:
        """Releases with results that the history does not know, as those of a removed wheel."""
        known = {release.hash for release in self.history.releases}
        measured = {one.release for one in self.reading.sheets if one.machine == machine}
        return sorted(measured - known)

    def _runners(self, machine: str) -> dict[tuple[Any, ...], str]:
        """asv_runner's version by (machine, environment, release), from what was recorded as
        installed."""
        found = {}
        for path in (self.folder / machine).glob(f"*{installed.ENDING}"):
            release, _, environment = path.name.removesuffix(installed.ENDING).partition("-")
            listing = path.read_text(encoding="utf-8", errors="replace")
            if version := re.search(r"^asv[_-]runner==(\S+)", listing, re.MULTILINE):
                found[machine, environment, release] = version[1]
        return found


def load(root: Path) -> Project:
    """Read the results of the repository ``root``. Raises UserError if there are none."""
    found = load_folder(results.results_folder(root), lock.load(root))
    if not found.reading.sheets and not found.races:
        raise UserError(
            "; ".join(
                found.reading.damaged
                or ["there are no results of today's benchmarks: measure some with asv run"]
            )
        )
    return found


def load_folder(folder: Path, history: History) -> Project:
    """Read the results in a folder, if there are any."""
    reading = results.examine_folder(folder).as_zarr_comes
    return Project(folder, history, reading, _races(folder, reading))


def _races(folder: Path, reading: results.Reading) -> dict[str, list[Race]]:
    """The races with turns, by machine; those that can't be read are among what is damaged."""
    found: dict[str, list[Race]] = {}
    for path in sorted(folder.glob(f"*/{turns.FOLDER}/*/{turns.ABOUT}")):
        try:
            machine = path.relative_to(folder).parts[0]
            race = turns.open_race(path.parent, machine)
            if race.about.described:
                turns.require_described(race, _described(race, folder / machine))
            # One under a configuration that somebody chose says nothing of zarr as it comes.
            if race.cells and CONFIGURATION not in race.about.environment:
                found.setdefault(machine, []).append(race)
        except UserError as error:
            reading.damaged.append(str(error))
    return {name: sorted(of, key=lambda one: one.about.started) for name, of in found.items()}


def _described(race: Race, machine: Path) -> dict[str, Any]:
    """What a machine's folder says of the machine of a race. Raises UserError where that can't be known."""
    try:
        return results.described_machine(machine)
    except UserError as problem:
        raise UserError(f"{machine.name}: {problem}, so its race {race.id} is left out") from None
