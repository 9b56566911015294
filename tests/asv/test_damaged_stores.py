"""What is timed or counted is what was checked: a store that lost every second chunk never gives a time."""

import json
import os
import subprocess
import sys

import pytest

from tomobench.bench import store, whole

CELLS = {
    "plain": r"read.Chunks.time_slice_xy\(16×16×16",
    "cold": r"read.ColdChunks.time_slice_xy\(16×16×16",
    "over the floor": r"floor.Chunks.track_zarr\(whole, 16×16×16",
    "overwritten": r"write.OverwriteChunks.time_aligned\(16×16×16",
    "files": r"footprint.Chunks.track_files\(16×16×16",
    "counts": r"counts.Chunks.track_requests\(read whole, 16×16×16",
}
RACE = ("--benchmark", r"read.Chunks.time_slice_xy\(16×16×16, 2\)", "--renewals", "3")
COMMAND = "from tomobench.desk.cli import main; main()"


@pytest.fixture(scope="module")
def project(make_project, tmp_path_factory):
    """A project with stores of its own, all of them whole."""
    project = make_project(tmp_path_factory.mktemp("damaged") / "project")
    project.leave_the_shared_cache()
    project.asv("run", "3.4.2", "--quick", "--bench", CELLS["files"])
    return project


def stores(project):
    return sorted(project.cache.glob("stores/*/*/zarr*"))


def damaged(project):
    """The project's stores, once every second file with voxels is gone from each."""
    for folder in stores(project):
        chunks = [one for one in (folder / store.ARRAY).rglob("*") if one.is_file()]
        for chunk in sorted(one for one in chunks if one.name[-1].isdigit())[::2]:
            chunk.unlink()
        assert differs(folder)
    return stores(project)


def differs(folder):
    expected = json.loads((folder / store.CHECK).read_text())["files"]
    return whole.difference(whole.contents(folder / store.ARRAY), expected)


def figures(project, name):
    (path,) = (project.folder / "results/local-test").glob("3.4.2-tomobench-*.json")
    (row,) = (row for key, row in json.loads(path.read_text())["results"].items() if name in key)
    return [one for one in row[0] if one is not None and one == one]


@pytest.mark.parametrize("kind", CELLS)
def test_a_damaged_store_is_written_again_before_anything_is_taken_from_it(project, kind):
    folders = damaged(project)
    for kept in [one for folder in folders for one in folder.glob("exact-*.json")]:
        kept.unlink()
    done = project.asv("run", "3.4.2", "--quick", "--bench", CELLS[kind])
    assert done.stdout.count(store.ASIDE) == len(folders) == 2, done.stdout
    assert not any(map(differs, stores(project))) and stores(project) == folders
    assert len(list((project.cache / store.DAMAGED).iterdir())) == 2
    if kind == "files":
        assert figures(project, "track_files") == [38, 37]
    if kind == "counts":
        assert figures(project, "track_requests") == [36, 36]


def test_a_byte_that_changed_is_found_too(project):
    folder = stores(project)[0]
    chunk = max((folder / store.ARRAY).rglob("*"), key=lambda path: path.name)
    content = bytearray(chunk.read_bytes())
    content[len(content) // 2] ^= 1
    before = chunk.stat()
    chunk.write_bytes(bytes(content))
    os.utime(chunk, ns=(before.st_atime_ns, before.st_mtime_ns))
    done = project.asv("run", "3.4.2", "--quick", "--bench", CELLS["plain"])
    assert "1 changed" in done.stdout and not any(map(differs, stores(project)))


def test_a_store_without_a_word_of_its_check_is_written_again(project):
    folder = stores(project)[0]
    (folder / store.CHECK).write_text('{"finding": null, "seconds": 1}')
    done = project.asv("run", "3.4.2", "--quick", "--bench", CELLS["plain"])
    assert store.UNKNOWN in done.stdout and not any(map(differs, stores(project)))


@pytest.mark.dear
def test_each_renewal_of_a_race_finds_the_stores_whole(project):
    damaged(project)
    race = subprocess.Popen(
        [sys.executable, "-c", COMMAND, "race", "3.4.1", "3.4.2", *RACE],
        cwd=project.folder,
        env={**project.environment, "PYTHONUNBUFFERED": "1"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    said = ""
    for line in race.stdout:
        said += line
        if line.startswith("renewal 1"):
            for folder in raced(project):
                (folder / store.ARRAY / "0.0.0").unlink()
    assert race.wait() == 0 and "renewal 3" in said, said
    assert len(raced(project)) == 2 and not any(map(differs, raced(project)))


def raced(project):
    return [one for one in stores(project) if one.name.startswith("zarr2")]
