"""A release against itself: fresh runs of asv's own, and the spread of what they gave."""

import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from asv.config import Config

from tomobench.bench.cache import whole_file
from tomobench.desk import files, locks
from tomobench.desk.asv import running
from tomobench.desk.asv.session import session
from tomobench.desk.errors import UserError
from tomobench.desk.judge import noise, series
from tomobench.desk.releases import lock
from tomobench.desk.results import calibration, one_machine
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results

FOLDER = Path(".asv", "calibration")
"""Beside asv's environments, and like them not in git: what is kept is the calibration."""

COMPLETE = "complete"
"""A file in the folder of a run that came to its end. It holds what --benchmark asked for, nothing where that was all."""


def calibrate(
    root: Path, release: str, runs: int, benchmark: str | None, machine: str | None, fresh: bool
) -> Iterator[str]:
    """Bring the runs of ``release`` (a hash) up to ``runs``, and write the calibration; yields what
    is said.

    Raises UserError where the results of that name are another machine's, when a run fails, or too few cells were measured
    twice or more.
    """
    machine = machine or machines.name()
    one_machine.require(machines.description(), results.results_folder(root) / machine)
    folder = root / FOLDER / machine / release
    with locks.writing(folder, f"another calibration with {release}"):
        yield from _calibrate(root, folder, release, runs, benchmark, machine, fresh)


def _calibrate(
    root: Path,
    folder: Path,
    release: str,
    runs: int,
    benchmark: str | None,
    machine: str,
    fresh: bool,
) -> Iterator[str]:
    if fresh and folder.exists():
        shutil.rmtree(folder)
    with session(root):
        for number in range(1, runs + 1):
            place = folder / f"run-{number:02}"
            # asv writes a file for each volume as it is done with it: files alone don't say that
            # all are there.
            if not _has(place, benchmark):
                yield f"run {number} of {runs}"
                if left := measure(root, place, release, benchmark, machine):
                    name, why = next(iter(left.items()))
                    raise UserError(
                        f"{len(left)} benchmarks were not measured, as {name} ({why}): the same command tries again"
                    )
                with whole_file(place / COMPLETE, "w") as file:
                    file.write(benchmark or "")
    records = gather(root, folder, release)
    if not records:
        raise UserError("no cell was measured twice: nothing to take a spread from")
    results_dir = results.results_folder(root)
    path = results_dir / machine / calibration.FILE
    with locks.writing(results_dir):
        new = {(one.environment, one.release, one.cell) for one in records}
        others = [
            one
            for one in calibration.load(path)
            if (one.environment, one.release, one.cell) not in new
        ]
        calibration.save(path, others + records)
    yield f"{path.relative_to(root)}: the spread of {len(records)} cells over up to {runs} runs of {release}"


def _has(place: Path, benchmark: str | None) -> bool:
    """Whether a run came to its end that measured what is asked for."""
    complete = place / COMPLETE
    return files.there(complete) and files.text(complete) in ("", benchmark)


def measure(
    root: Path, place: Path, release: str, benchmark: str | None, machine: str
) -> dict[str, str]:
    """Run asv on one release, as ``asv run`` does, with its results in ``place``; what was not measured, and why."""
    return running.run(_config(root, place), release, benchmark, machine)


def gather(root: Path, folder: Path, release: str) -> list[calibration.Spread]:
    """The spread of each cell over the runs kept in ``folder``. Raises UserError for a damaged
    run."""
    values: dict[tuple[Any, ...], list[float]] = {}
    history = lock.load(root)
    for place in sorted(path.parent for path in folder.glob(f"run-*/{COMPLETE}")):
        reading = results.examine_folder(place)
        if reading.damaged:
            raise UserError(f"{place.relative_to(root)}: {reading.damaged[0]} (or use --fresh)")
        for one in series.build(reading.sheets, history, {}):
            for line, value in zip(one.lines, one.values[:, 0]):
                values.setdefault((one.environment, line), []).append(float(value))
    # A benchmark that has changed since the first runs is there in both versions.
    found = (
        noise.spreads(line, environment, release, filter(math.isfinite, several))
        for (environment, line), several in values.items()
    )
    return [record for record in found if record]


def _config(root: Path, place: Path) -> Config:
    conf = results.config(root)
    conf.results_dir = str(place)
    return conf
