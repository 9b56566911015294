"""Results of releases that the history no longer has, as of a wheel that was removed, and what asv rm leaves behind.

They break nothing: asv publish and asv run EXISTING leave them out, and say so.
"""

import functools
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from asv.commands import run as run_command
from asv.commands.publish import Publish
from asv.commands.rm import Rm
from asv.console import log
from asv.results import iter_results
from asv.util import UserError as AsvUserError
from asv_runner.console import get_answer_default

from tomobench.bench.cache import discard
from tomobench.desk import files
from tomobench.desk.asv import matching
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results import parsed
from tomobench.desk.results import reading as results
from tomobench.desk.results.reading import RACE_ABOUT, RACES


def leave_out() -> None:
    """Have asv pass over releases that the history does not know, and asv rm remove all of a result."""
    if hasattr(Rm.run, "removes_all"):
        return
    run_command.get_existing_hashes = _known_alone(run_command.get_existing_hashes)
    Publish.iter_results = staticmethod(_known_results(Publish.iter_results))
    Rm.run = classmethod(_remove)


def _known_alone(existing):
    @functools.wraps(existing)
    def known(results_dir):
        found, root = existing(results_dir), lock.find_root()
        if Path(results_dir).resolve() != results.results_folder(root).resolve():
            return found  # of the commits of a clone
        history = lock.load(root)
        left = {one for one in found if not history.has(one)}
        _say(left)
        return [one for one in found if one not in left]

    return known


def _known_results(every):
    @functools.wraps(every)
    def known(conf, repo, range_spec=None):
        left, endless = set(), {}
        for one in every(conf, repo, range_spec):
            if not repo.knows(one.commit_hash):
                left.add(one.commit_hash)
            # asv's search for steps takes all memory over an infinite value.
            elif benchmark := parsed.infinite(one):
                endless[f"{one.commit_hash}, {one.env_name}"] = benchmark
            else:
                yield one
        if not hasattr(conf, "removed_are_said"):  # asv reads the results several times
            conf.removed_are_said = True
            _say(left)
            for name, benchmark in endless.items():
                log.warning(
                    f"results of {name} are left out: {benchmark} has an infinite value, measure it again"
                )

    return known


def _say(left: Iterable[str]) -> None:
    for one in sorted(left):
        log.warning(
            f"results of {one} are left out: there is no such release (asv rm commit_hash={one} removes them)"
        )


def _useless_races(machines: Iterable[Path]) -> list[Path]:
    """The races of these machines that compare nothing any more: the history lacks all their releases but one."""
    history = lock.load(lock.find_root())
    found = []
    for about in (path for machine in machines for path in machine.glob(f"{RACES}/*/{RACE_ABOUT}")):
        with suppress(
            UserError, LookupError, TypeError
        ):  # one that can't be read is said to be damaged elsewhere
            if sum(history.has(one) for one in files.parsed(about)["releases"]) < 2:
                found.append(about.parent)
    return found


def _remove(cls: type[Rm], conf: Any, patterns: Iterable[str], y: bool = True) -> None:
    """asv rm: of each result that is meant the benchmarks that are meant, and what was kept beside a file that goes."""
    folder = Path(conf.results_dir)
    found = matching.of_results(conf, patterns, iter_results(str(folder)))
    log.info(f"Removing {sum(map(len, found.values()))} benchmarks in {len(found)} files")
    if not (y or _is_sure()):
        return
    before = set(folder.glob("*/*.json"))
    for result, names in found.items():
        for name in names:
            result.remove_result(name)
        result.save(str(folder))  # one without any benchmark is no file, nor is what was beside it
    _remove_races(before - set(folder.glob("*/*.json")))


_remove.__dict__["removes_all"] = True


def _is_sure() -> bool:
    log.flush()
    try:
        answer: str = get_answer_default("Perform operations", "n")
    except EOFError:
        raise AsvUserError(
            "nothing is removed without an answer: -y removes without asking"
        ) from None
    return answer.lower().startswith("y")


def _remove_races(gone: set[Path]) -> None:
    for race in _useless_races({path.parent for path in gone}):
        discard(race)
        log.info(f"Removed the race {race.name}: the history has fewer than two of its releases")
