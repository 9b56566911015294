"""What was there of a release before asv run: a benchmark that the machine was in the way of is put back as it was.

With --interleave-rounds asv loads, measures and saves each round by itself: what it loads then is the round before. A
benchmark is measured in all of them or not at all.
"""

import copy
import functools
from pathlib import Path

from asv.results import Results

from tomobench.desk.asv import failures, record

#: The dictionaries of asv's results that have an entry for each benchmark.
FIELDS = (
    "_results",
    "_benchmark_params",
    "_samples",
    "_stats",
    "_profiles",
    "_started_at",
    "_duration",
    "_benchmark_version",
)


class Before:
    """A release's results, what was raised in them and what was installed for them.

    ``not_measured``: the benchmarks that the machine was in the way of, in any round so far, and how.
    """

    def __init__(self, results: Results):
        self._fields = {field: copy.deepcopy(getattr(results, field)) for field in FIELDS}
        # A dry run loads nothing.
        self._raised: dict[str, str] = getattr(results, "raised", {})
        self.installed: str = getattr(results, "recorded", "")
        self.not_measured: dict[str, str] = {}

    def put_back(self, results: Results, name: str, reason: str) -> None:
        """Have ``results`` keep nothing new of a benchmark that was not measured."""
        self.not_measured[name] = reason
        failures.put_back(name, self._raised)
        for field, entries in self._fields.items():
            getattr(results, field).pop(name, None)
            if name in entries:
                getattr(results, field)[name] = entries[name]


#: Of asv's command under way, by result file.
_first: dict[str, Before] = {}


def of(results: Results) -> Before:
    """What was there when asv's command came to these results for the first time."""
    if results._filename not in _first:
        _first[results._filename] = Before(results)
    return _first[results._filename]


def begun_by(run):
    """asv's way to run a command: what another one found there is not what this one finds."""

    @functools.wraps(run)
    def anew(cls, *words, **options):
        _first.clear()
        return run(cls, *words, **options)

    return anew


def loaded_with(load):
    """asv's way to load results, with what is kept beside them."""

    @functools.wraps(load)
    def loaded(results, result_dir):
        load(results, result_dir)
        path = Path(result_dir, results._filename)
        results.raised = failures.read(failures.file_of(path))
        results.recorded = record.read(path)

    return loaded
