"""asv's commands, one at a time: two that write the same results would lose one's, in silence.

Each command holds what it writes, from its beginning to its end. What asv writes is whole or not there,
so that commands that only read need not wait.
"""

import contextlib
import functools
import json
import os
from collections.abc import Iterator
from pathlib import Path

from asv import util
from asv.commands.continuous import Continuous
from asv.commands.find import Find
from asv.commands.publish import Publish
from asv.commands.rm import Rm
from asv.commands.run import Run

from tomobench.desk import locks
from tomobench.desk.asv.one_line import errors_for_asv

#: asv's commands that write, and the key of asv.conf.json that says where.
WRITE = {
    Run: "results_dir",
    Continuous: "results_dir",
    Find: "results_dir",
    Rm: "results_dir",
    Publish: "html_dir",
}


def take_turns() -> None:
    """Have asv's commands wait for each other, and its files be whole."""
    if hasattr(util.write_json, "is_whole"):
        return
    for command, place in WRITE.items():
        command.run = classmethod(_alone(command.run.__func__, place))
    util.write_json = _whole(util.write_json)


@contextlib.contextmanager
def writing(path: Path, what: str | None = None) -> Iterator[None]:
    """As :func:`tomobench.desk.locks.writing`, for asv. Raises asv's UserError."""
    with contextlib.ExitStack() as stack:
        with errors_for_asv():
            stack.enter_context(locks.writing(path, what))
        yield


def _alone(run, place: str):
    @functools.wraps(run)
    def alone(cls, conf, *words, **options):
        with writing(Path(getattr(conf, place))):
            return run(cls, conf, *words, **options)

    return alone


def _whole(write):
    """asv's way to write a file, under a temporary name first."""

    @functools.wraps(write)
    def written(path, data, api_version=None, compact=False):
        unfinished = Path(path).with_name(f".{Path(path).name}.{os.getpid()}")
        try:
            if compact and api_version is None:
                # The same text, at once: asv 0.6.6 writes the many files of a site piece by piece.
                unfinished.parent.mkdir(parents=True, exist_ok=True)
                unfinished.write_text(json.dumps(data), encoding="utf-8")
            else:
                write(str(unfinished), data, api_version, compact)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    written.is_whole = True
    return written
