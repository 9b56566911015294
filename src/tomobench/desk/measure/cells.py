"""Exact cells of commits, counted one commit after the other, and kept: a commit is counted once.

A commit is installed as releases are, and counted by the worker that races them (desk/measure/race/worker.py), on the
very suites that asv runs. Values are kept in ``.asv/upstream/values/<sha>.json``.
"""

import contextlib
import hashlib
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asv import util
from asv.benchmarks import Benchmarks
from asv.config import Config
from asv.repo import Repo, get_repo

from tomobench.bench import cache
from tomobench.bench.cache import whole_file
from tomobench.bench.release import CONFIGURATION, folders
from tomobench.desk import options
from tomobench.desk.asv import commits
from tomobench.desk.asv.running import INTERRUPTED, on_volume
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race.field import cells_of, environment_of, ready_for
from tomobench.desk.measure.race.renewal import Runnable
from tomobench.desk.measure.race.worker import Disturbed, Failed, NotApplicable, Worker
from tomobench.desk.releases.commits import Unbuildable
from tomobench.desk.releases.release import Release
from tomobench.desk.results import configuration

VALUES = Path(".asv", "upstream", "values")
COUNTED, NA, FAILED = "counted", "n/a", "failed"


@dataclass(frozen=True)
class CellValue:
    """What a commit gives in a cell. ``state``: COUNTED, NA or FAILED; ``value``: NaN but where it was counted;
    ``reason``: why there is none."""

    state: str
    value: float = math.nan
    reason: str = ""


class Counting:
    """Counts cells of commits on a volume, within :func:`counting`. ``benchmarks``: asv's descriptions, by name."""

    def __init__(self, root: Path, conf: Config, volume: str, first: str, pattern: str):
        self._root, self._conf, self._volume = root, conf, volume
        self._repo: Repo = get_repo(conf)
        self._environment = environment_of(conf)
        self.benchmarks = Benchmarks.discover(
            conf, self._repo, [self._environment], [first], regex=pattern
        )
        self.cells: dict[str, Runnable] = cells_of(
            self.benchmarks, conf, lambda type_: type_ == "track"
        )
        self._wheels: set[str] = set()

    def measure(self, sha: str, cells: Iterable[str]) -> dict[str, CellValue]:
        """The values of these cells (as asv spells them) on a commit. Raises Unbuildable where it can't be made
        ready, and UserError where the machine is in the way."""
        asked = {name: self._key(name) for name in cells}
        kept = self._kept(sha)
        if missing := [name for name, key in asked.items() if key not in kept]:
            for name, found in self._counted(self._release(sha), missing):
                kept[asked[name]] = [found.state, found.value, found.reason]
                self._keep(sha, kept)
        return {name: CellValue(*kept[key]) for name, key in asked.items()}

    def known(self, sha: str, cell: str) -> bool:
        """Whether the value of a cell is kept."""
        return self._key(cell) in self._kept(sha)

    def end(self) -> None:
        """Remove the stores that the commits wrote: their values are kept."""
        for wheel in self._wheels:
            for place in folders("stores", wheel):
                cache.discard(place)

    def _release(self, sha: str) -> Release:
        try:
            answer: Release = self._repo.release(sha)
            return answer
        except commits.Skipped as error:
            raise Unbuildable(str(error)) from None
        except util.UserError as error:
            raise _ours(error) from None

    def _counted(self, release: Release, cells: list[str]) -> Iterator[tuple[str, CellValue]]:
        try:
            entry, _ = ready_for(self._conf, self._environment, self._repo, release)
        except commits.Skipped as error:
            raise Unbuildable(f"{release.hash[:9]}: {error}") from None
        except util.UserError as error:
            raise _ours(error) from None
        self._wheels.add(release.sha256)
        folder = self._root / VALUES
        folder.mkdir(parents=True, exist_ok=True)
        worker = Worker(entry, Path(self._conf.benchmark_dir), folder)
        try:
            try:
                worker.wait_until_ready()
            except Disturbed as error:
                raise UserError(f"{release.hash[:9]} was not measured: {error}") from None
            except Failed as error:
                raise Unbuildable(f"{release.hash[:9]}: {error}") from None
            for name in cells:
                yield name, self._value(worker, self.cells[name], release)
        finally:
            worker.end()

    def _value(self, worker: Worker, cell: Runnable, release: Release) -> CellValue:
        """What fails is looked at twice, the second time in a fresh fork."""
        try:
            with contextlib.suppress(Failed):
                return _once(worker, cell)
            return _once(worker, cell)
        except Disturbed as error:
            raise UserError(f"{release.hash[:9]} was not measured: {error}") from None
        except Failed as error:
            return CellValue(FAILED, reason=_of_no_machine(str(error)))

    def _key(self, cell: str) -> str:
        """What a value depends on beside the commit."""
        version = self.benchmarks[cell.partition("(")[0]]["version"]
        configured = self._environment.env_vars.get(CONFIGURATION)
        said = f" {configured}" if configured else ""
        return f"{self._volume} {version} {self._locks()}{said} {cell}"

    def _locks(self) -> str:
        """A digest of the packages beside zarr."""
        lines = self._conf.lines
        texts = [(self._root / lines[one]["requirements"]).read_bytes() for one in sorted(lines)]
        return hashlib.sha256(b"".join(texts)).hexdigest()[:8]

    def _kept(self, sha: str) -> dict[str, list[Any]]:
        try:
            answer: dict[str, list[Any]] = json.loads(
                (self._root / VALUES / f"{sha}.json").read_text(encoding="utf-8")
            )
            return answer
        except (FileNotFoundError, ValueError):
            return {}

    def _keep(self, sha: str, values: dict[str, list[Any]]) -> None:
        with whole_file(self._root / VALUES / f"{sha}.json", "w") as file:
            json.dump(values, file, indent=1, ensure_ascii=False)


@contextlib.contextmanager
def counting(
    root: Path, place: str, volume: str, first: str, cells: Iterable[str]
) -> Iterator[Counting]:
    """Within the block: commits of the clone at ``place`` can be counted in these cells, spelt as asv has them.

    ``first``: a sha on which the suites import. What is said meanwhile goes to stderr. Raises UserError for a cell
    that there is not.
    """
    cells = list(cells)
    with contextlib.redirect_stdout(sys.stderr), session(root), on_volume(volume):
        conf = configuration.load(root, commits.CONFIGURATION)
        conf.repo = place
        try:
            found = Counting(root, conf, volume, first, options.pattern(cells))
        except util.UserError as error:
            raise _ours(error) from None
        for cell in cells:
            if cell not in found.cells:
                raise UserError(
                    f"there is no cell {cell!r} that is counted: cells are spelt as asv's --bench finds them"
                )
        try:
            yield found
        finally:
            found.end()


def _of_no_machine(reason: str) -> str:
    """A reason without the folder of this machine's cache: it is kept in committed tables."""
    return reason.replace(f"{cache.root()}{os.sep}", "")


def _ours(error: util.UserError) -> BaseException:
    """What an error of asv's is to us."""
    said = str(error)
    return KeyboardInterrupt() if said == INTERRUPTED else UserError(said.partition("\n")[0])


def _once(worker: Worker, cell: Runnable) -> CellValue:
    try:
        worker.open(cell.id, cell.timeout)
        value = worker.value(cell.timeout)
    except NotApplicable as reason:
        return CellValue(NA, reason=str(reason))
    worker.close(cell.timeout)
    return CellValue(NA) if math.isnan(value) else CellValue(COUNTED, value)
