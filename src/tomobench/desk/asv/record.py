"""What was installed for a result, kept beside it: ``<hash>-<environment>.installed.txt``.

It is written with the results, and only then: a dry run, a release that asv asks for its benchmarks alone, and a run
that the machine was in the way of leave the record of what was measured before.
"""

import functools
from pathlib import Path

from asv.results import Results

from tomobench.bench.cache import whole_file
from tomobench.desk.releases import installed


def note(results: Results, text: str) -> None:
    """Results have something new in them, measured with what ``text`` says."""
    results.installed = text


def saved_with(save):
    """asv's way to save results, with what was installed for what is new in them."""

    @functools.wraps(save)
    def saved(results, result_dir):
        save(results, result_dir)
        if text := getattr(results, "installed", ""):
            write(Path(result_dir, results._filename), text)

    return saved


def read(results: Path) -> str:
    """What is kept beside a result file; nothing if there is none."""
    path = installed.beside(results)
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def write(results: Path, text: str) -> None:
    """Keep it beside a result file."""
    with whole_file(installed.beside(results), "w") as file:
        file.write(text)
