"""A project made for the tests: releases, benchmarks and results in asv's own format, value by
value."""

import itertools
import json
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

from asv import util
from asv.results import Results
from asv.runner import BenchmarkResult

from tomobench.desk.releases import hashes, lock

CONFIG = {
    "version": 1,
    "project": "zarr",
    "repo": "releases.lock.json",
    "dvcs": "zarr-releases",
    "branches": ["main", "2.18"],
    "regressions_first_commits": {".*@2\\.18$": None},
    "plugins": [".tomobench.desk.asv.repository", ".tomobench.desk.publish.site"],
    "show_commit_url": "release/",
}
VERSIONS = ("2.18.6", "2.18.7", "3.0.8", "3.1.0", "3.2.0", "3.3.0", "3.4.0", "3.4.2")
HISTORY_OF_24 = tuple(
    [f"2.18.{n}" for n in range(8)]
    + ["3.0.8", "3.0.9", "3.0.10", *(f"3.1.{n}" for n in range(7)), "3.2.0", "3.2.1", "3.3.0"]
    + ["3.4.0", "3.4.1", "3.4.2"]
)
START = datetime(2024, 5, 1, tzinfo=UTC)
NAN = math.nan
FILES = "footprint.Chunks.track_files"
RATIO = "footprint.Chunks.track_ratio"
READ = "read.Chunks.time_whole"


class MadeHistory:
    """A project below ``root``. Benchmarks are declared, results given by release, then saved."""

    def __init__(self, root: Path, versions=VERSIONS):
        self.root, self.versions = root, versions
        root.mkdir(parents=True, exist_ok=True)
        (root / "asv.conf.json").write_text(json.dumps(CONFIG))
        self.releases = hashes.give(_wheel(n, version) for n, version in enumerate(versions))
        lock.save_lock(root, self.releases)
        self.benchmarks = {}
        self.results = {}
        self.declare(FILES, "files")
        self.declare(RATIO, "voxel bytes / stored bytes")
        self.declare(READ, "seconds", type="time")

    def declare(
        self, name, unit, type="track", params=(("'16×16×16'",),), names=("chunks",), version="1"
    ):
        """A benchmark; without ``params`` it has one value."""
        self.benchmarks[name] = {
            "name": name,
            "unit": unit,
            "type": type,
            "version": version,
            "code": "",
            "params": [list(one) for one in params],
            "param_names": list(names),
            "pretty_name": name.split(".")[-1].replace("_", " "),
        }

    def measured(self, version, name, *values, machine="desk", volume="phantom-128", spread=0.001):
        """Values of a benchmark's cells: None has failed, NaN is n/a. ``spread``: of the
        samples."""
        found = self._results(version, machine, volume)
        if self.benchmarks[name]["type"] == "time":
            samples = [_samples(value, spread) for value in values]
            numbers = [one and 1 for one in samples]
        else:
            samples = numbers = [None] * len(values)
        result = BenchmarkResult(list(values), samples, numbers, 0, "", None)
        found.add_result(self.benchmarks[name], result, START)

    def series(self, name, values, **options):
        """One value a release, from the first release on; "" was not measured."""
        for version, value in zip(self.versions, values):
            if value != "":
                self.measured(version, name, value, **options)

    def save(self):
        """Write all of it, with the record of what was installed."""
        folder = self.root / "results"
        util.write_json(str(folder / "benchmarks.json"), self.benchmarks, 2)
        for (_, machine, _), found in self.results.items():
            described = {"machine": machine, "os": "Linux", "version": 1}
            util.write_json(str(folder / machine / "machine.json"), described, 1)
            found.save(str(folder))
            self.installed(found.commit_hash, found.env_name, "0.3.2", machine)
        return self

    def installed(self, release, environment, runner, machine="desk"):
        """Record which asv_runner measured a release."""
        path = self.root / "results" / machine / f"{release}-{environment}.installed.txt"
        path.write_text(f"# zarr {release}\nasv_runner=={runner}\nzarr=={release}\n")

    def file(self, version, machine="desk", volume="phantom-128") -> Path:
        """Where a release's results are."""
        return self.root / "results" / machine / f"{version}-{environment_of(volume)}.json"

    def _results(self, version, machine, volume) -> Results:
        key = (version, machine, volume)
        if key not in self.results:
            release = next(one for one in self.releases if one.version == version)
            params = {"machine": machine, "os": "Linux", "python": "3.13"}
            date = round(release.uploaded.timestamp() * 1000)
            self.results[key] = Results(
                params, {}, release.hash, date, "3.13", environment_of(volume), {"volume": volume}
            )
        return self.results[key]


def environment_of(volume: str) -> str:
    return f"tomobench-py3.13-volume{volume}"


def _samples(value, spread):
    if value is None or math.isnan(value):
        return None
    if spread is None:
        return [value]
    return [value * (1 + spread * step) for step in range(-5, 6)]


def _wheel(n: int, version: str) -> lock.Wheel:
    return lock.Wheel(
        version=version,
        uploaded=START + timedelta(days=30 * n),
        sha256=f"{n + 10:064x}",
        wheel=f"zarr-{version}-py3-none-any.whl",
        requires_python=">=3.11",
    )


def big(root: Path, rows: int = 2000) -> MadeHistory:
    """24 releases × ``rows`` rows, with steps up and down, what fails, what is n/a and what is
    missing."""
    made = MadeHistory(root, HISTORY_OF_24)
    suites = [
        ("read", "seconds", "time"),
        ("write", "seconds", "time"),
        ("counts", "requests", "track"),
    ]
    params = [[f"'{n}×{n}×{n}'" for n in range(1, 21)], ["2", "3"]]
    cells = list(itertools.product(*params))
    names = []
    for n in range(rows // len(cells)):
        suite, unit, kind = suites[n % len(suites)]
        names.append(f"{suite}.Chunks.{'track' if kind == 'track' else 'time'}_access_{n:02}")
        made.declare(names[-1], unit, kind, params, ("chunks", "format"))
    for place, version in enumerate(HISTORY_OF_24):
        for n, name in enumerate(names):
            if (n, place) != (3, 12):
                made.measured(
                    version, name, *(_made_value(n, cell, place) for cell in range(len(cells)))
                )
    return made.save()


def _made_value(n: int, cell: int, place: int):
    key = n * 40 + cell
    if place < 8 and cell % 2 and n % 3 == 2:
        return NAN
    if key % 97 == 0 and place == 15:
        return None
    level = 1.0 + n * 0.1 + cell
    level *= 3.0 if place >= 8 and n % 4 == 0 else 1.0
    level *= 0.4 if place >= 17 and key % 7 == 0 else 1.0
    level *= 6.0 if place == 20 and key % 11 == 0 else 1.0
    if n % 3 == 2:
        return round(level * 10)
    return level * (1 + 0.03 * math.sin(key * 12.9898 + place * 78.233)) / 1000
