"""The program of plan --script beside create and assignment: python -m studies.conversion FOLDER

FOLDER holds environments of requirements/script-2.18.txt and script-3.txt, by those names, as the tests keep them in
LOCKED_ENVIRONMENTS. A tomogram of 184×630×630 float32 is written: by one process that creates the array
of the same layout and assigns a layer of chunks (shards) at a time, and by the program with one worker and with two, in
turns. The least of each stands in results/conversion.csv: other work on the machine only adds to a time. Writing and reading
back are told in seconds of processors, of all workers together, which other work moves least.
"""

import re
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import click
import mrcfile
import numpy as np

from tomobench.bench.layout import Layout, say
from tomobench.desk.advise.script import script
from tomobench.desk.releases import lock
from tomobench.desk.results.table import Table
from tomobench.desk.volumes.data_set import TOMOGRAM

LAYOUTS = {
    "2.18": [Layout((64, 64, 64))],
    "3": [Layout((64, 64, 64)), Layout((64, 64, 64), (128, 128, 128), zarr_format=3)],
}
WORKERS = (1, 2)
ASSIGN = """
import sys, time
sys.argv = ["convert.py"]
from convert import *
voxels = opened("v.mrc")[0]
began = time.process_time()
create("assigned", voxels.shape, voxels.dtype.name, *cut(voxels.shape))
array = opened_for_writing("assigned")
layer = (SHARDS or CHUNKS)[0]
for z in range(0, voxels.shape[0], layer):
    array[z : z + layer] = voxels[z : z + layer]
print(time.process_time() - began)
"""
SAID = re.compile(r"([\d.]+) s of writing, ([\d.]+) s of reading back")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--turns", type=click.IntRange(1), default=3, show_default=True)
def main(folder: Path, turns: int) -> None:
    """Time the program of plan --script beside create and assignment, and write results/conversion.csv.

    FOLDER holds environments of requirements/script-2.18.txt and script-3.txt, by those names.
    """
    rows = []
    pythons = {line: (folder / f"script-{line}/bin/python").absolute() for line in LAYOUTS}
    for python in pythons.values():
        if not python.exists():
            raise click.ClickException(f"there is no {python}: make the environments first")
    with tempfile.TemporaryDirectory(prefix="tomobench-conversion-") as scratch:
        place = Path(scratch)
        with mrcfile.new(place / "v.mrc") as mrc:
            mrc.set_data(np.random.default_rng(0).normal(size=TOMOGRAM).astype("f4"))
            mrc.voxel_size = 10
        for line, layouts in LAYOUTS.items():
            for layout in layouts:
                rows += compared(pythons[line], line, layout, place, turns)
                Table(rows).save(lock.find_root() / "results" / "conversion.csv")
    print(Table(rows).text())


def compared(python: Path, line: str, layout: Layout, place: Path, turns: int) -> list[dict]:
    """A row for each way of writing a layout."""
    text = script.text(layout, line, "convert.py", TOMOGRAM, "float32")
    # The first level alone, as the assignment writes it.
    text = text.replace("SMALLEST = 256", "SMALLEST = 10**9")
    (place / "convert.py").write_text(text.replace("time.perf_counter()", "time.process_time()"))
    found: dict[str, list[dict]] = {}
    for _ in range(turns):
        found.setdefault("create and assign", []).append(assigned(python, place))
        for workers in WORKERS:
            name = f"the program, {workers} worker{'s' * (workers > 1)}"
            found.setdefault(name, []).append(converted(python, place, workers))
    shards = f" in {say(layout.shards)}" if layout.shards else ""
    cut = {"line": line, "layout": f"{say(layout.chunks)}{shards}", "format": layout.zarr_format}
    return [
        {**cut, "how": how, **{key: min(one[key] for one in several) for key in several[0]}}
        for how, several in found.items()
    ]


def assigned(python: Path, place: Path) -> dict[str, float]:
    said, wall, busy = timed([python, "-c", ASSIGN], place)
    subprocess.run(["rm", "-r", place / "assigned"], check=True)
    return {"writing": float(said), "reading back": 0.0, "processors": busy, "clock": wall}


def converted(python: Path, place: Path, workers: int) -> dict[str, float]:
    command = [python, "convert.py", "out", "v.mrc", "--workers", str(workers)]
    said, wall, busy = timed(command, place)
    subprocess.run(["rm", "-r", place / "out"], check=True)
    match = SAID.search(said)
    assert match, said
    writing, checking = map(float, match.groups())
    return {"writing": writing, "reading back": checking, "processors": busy, "clock": wall}


def timed(command: list, place: Path) -> tuple[str, float, float]:
    """What a command said, its seconds, and those of the processors."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    busy = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return done.stdout, time.monotonic() - began, busy


if __name__ == "__main__":
    main()
