"""Results of releases that the history no longer has, as of a wheel that was removed, and what asv rm leaves behind.

They break nothing: asv publish and asv run EXISTING leave them out, and say so.
"""

import functools
from collections.abc import Iterable
from pathlib import Path

from asv.commands import run as run_command
from asv.commands.publish import Publish
from asv.commands.rm import Rm
from asv.console import log

from tomobench.desk.releases import lock
from tomobench.desk.results import reading as results

#: The endings of what is kept beside a result file.
RECORDS = (".installed.txt", ".failures.txt")


def leave_out() -> None:
    """Have asv pass over releases that the history does not know, and asv rm remove all of a result."""
    if hasattr(Rm.run, "removes_all"):
        return
    run_command.get_existing_hashes = _known_alone(run_command.get_existing_hashes)
    Publish.iter_results = staticmethod(_known_results(Publish.iter_results))
    Rm.run = classmethod(_with_records(Rm.run.__func__))


def _known_alone(existing):
    @functools.wraps(existing)
    def known(results_dir):
        found, root = existing(results_dir), lock.find_root()
        if Path(results_dir).resolve() != Path(results.config(root).results_dir).resolve():
            return found  # of the commits of a clone
        history = lock.load(root)
        left = {one for one in found if not history.has(one)}
        _say(left)
        return [one for one in found if one not in left]

    return known


def _known_results(every):
    @functools.wraps(every)
    def known(conf, repo, range_spec=None):
        left = set()
        for one in every(conf, repo, range_spec):
            if repo.knows(one.commit_hash):
                yield one
            else:
                left.add(one.commit_hash)
        if not hasattr(conf, "removed_are_said"):  # asv reads the results several times
            conf.removed_are_said = True
            _say(left)

    return known


def _say(left: Iterable[str]) -> None:
    for one in sorted(left):
        log.warning(
            f"results of {one} are left out: there is no such release (asv rm commit_hash={one} removes them)"
        )


def _with_records(run):
    """asv rm, and with each result file what was kept beside it."""

    @functools.wraps(run)
    def removing(cls, conf, *words, **options):
        folder = Path(conf.results_dir)
        before = set(folder.glob("*/*.json"))
        run(cls, conf, *words, **options)
        for path in before - set(folder.glob("*/*.json")):
            for ending in RECORDS:
                path.with_name(path.stem + ending).unlink(missing_ok=True)

    removing.__dict__["removes_all"] = True
    return removing
