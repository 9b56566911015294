"""An asv project made for the tests: eight releases, two volumes, all slower from 3.2.0 on."""

import itertools
import json
from datetime import timedelta
from pathlib import Path

from asv import util
from asv.results import Results
from asv.runner import BenchmarkResult

from tests.made.history import CONFIG, START, VERSIONS
from tomobench.desk.publish.site import folder
from tomobench.desk.releases import hashes, lock

MACHINE = {"machine": "desk", "os": "Linux", "arch": "x86_64", "cpu": "2 cores", "version": 1}
VOLUMES = ("phantom-128", "tomogram")
YANKED = "3.0.0"
SLOWER_FROM = "3.2.0"
PARAMS = [["'16×16×16'", "'32×32×32'", "'16×128×128'"], ["2", "3"]]
BENCHMARKS = {
    "read.Chunks.time_whole": {"type": "time", "unit": "seconds", "pretty_name": "Read whole"},
    "footprint.Chunks.track_files": {"type": "track", "unit": "files", "pretty_name": "Files"},
}


def write(root: Path) -> None:
    """Write the project: configuration, releases, results, and html/ as it is in a clone."""
    (root / "asv.conf.json").write_text(json.dumps(CONFIG))
    releases = hashes.give(_wheel(n, version) for n, version in enumerate((*VERSIONS, YANKED)))
    lock.save_lock(root, releases)
    util.write_json(str(root / "results/desk/machine.json"), MACHINE, 1)
    util.write_json(str(root / "results/benchmarks.json"), _benchmarks(), 2)
    for release, volume in itertools.product(releases, VOLUMES):
        _write_results(root, release, volume)
    (root / folder.FOLDER).mkdir()
    (root / folder.FOLDER / ".gitignore").write_text(folder.GITIGNORE)


def _wheel(n: int, version: str) -> lock.Wheel:
    return lock.Wheel(
        version=version,
        uploaded=START + timedelta(days=30 * n),
        wheel=f"zarr-{version}-py3-none-any.whl",
        sha256=f"{n + 10:064x}",
        requires_python=">=3.11",
        yanked="writes <broken> data" if version == YANKED else None,
    )


def _benchmarks() -> dict:
    shared = {"params": PARAMS, "param_names": ["chunks", "format"], "version": "1", "code": ""}
    return {name: {"name": name, **shared, **own} for name, own in BENCHMARKS.items()}


def _write_results(root: Path, release: lock.Release, volume: str) -> None:
    environment = f"tomobench-py3.13-volume{volume}"
    params = {key: MACHINE[key] for key in ("machine", "os", "arch", "cpu")} | {"python": "3.13"}
    date = round(release.uploaded.timestamp() * 1000)
    results = Results(params, {}, release.hash, date, "3.13", environment, {"volume": volume})
    for benchmark in _benchmarks().values():
        results.add_result(benchmark, _values(release, volume), START + timedelta(days=900))
    results.save(str(root / "results"))
    if release.version != VERSIONS[0]:
        installed = root / "results/desk" / f"{release.hash}-{environment}.installed.txt"
        installed.write_text(f"zarr=={release.version}\nnumpy==2.2.6\n")


def _values(release: lock.Release, volume: str) -> BenchmarkResult:
    slower = release.version >= SLOWER_FROM
    values = [
        (cell + 1) * (2.0 if slower else 1.0) * (1.5 if volume == VOLUMES[1] else 1.0)
        for cell in range(len(list(itertools.product(*PARAMS))))
    ]
    none = [None] * len(values)
    return BenchmarkResult(values, none, none, 0, "", None)
