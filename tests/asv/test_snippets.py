"""The scripts that advice gives out, run on both lines, for every kind of layout."""

import json
import os
import subprocess
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tensorstore

from tests.unit.volumes.files import write_mrc
from tomobench.bench.layout import CODECS, SHUFFLES, Codec, Layout
from tomobench.bench.objects import object_count
from tomobench.desk.advise.plan import snippets
from tomobench.desk.advise.readers.runs import newest
from tomobench.desk.asv import pythons

CHUNKS, SHARDS = (16, 32, 16), (32, 32, 48)
CODECS_AND_SHUFFLES = [
    Codec(name, 3, shuffle)
    for name, shuffled in CODECS.items()
    for shuffle in (SHUFFLES if shuffled else SHUFFLES[:1])
]
CUTS = [(None, 2), (None, 3), (SHARDS, 3)]
LAYOUTS = [Layout(CHUNKS, shards, codec, f) for shards, f in CUTS for codec in CODECS_AND_SHUFFLES]
CASES = [(line, layout) for line in ("2.18", "3") for layout in LAYOUTS]
#: Runs scripts one after the other, each as a program: script, source, target.
RUN_ALL = """
import json, runpy, sys
for words in json.load(sys.stdin):
    sys.argv = words
    runpy.run_path(words[0], run_name="__main__")
"""
#: Says what the array's own metadata say, in the words of the layouts.
DESCRIBE = """
import json, sys
from tomobench.bench import adapters
from tomobench.bench.objects import object_count
from tomobench.bench.store import files_below
from pathlib import Path
adapter = adapters.load()
for path in sys.argv[1:]:
    found = adapter.describe(adapter.open_array(adapter.disk(path), "r"))
    found["codec"] = str(found["codec"])
    print(json.dumps({**found, "metadata": adapter.metadata_objects(found["zarr_format"])}))
"""


@pytest.fixture(scope="module")
def line_pythons(make_project, tmp_path_factory):
    """The Python of the newest release of each line."""
    root = make_project(tmp_path_factory.mktemp("snippets") / "project").folder
    made = pythons.make_ready(root, [newest(root, line) for line in ("2.18", "3")])
    return {python.line: python for python in made}


@pytest.fixture(scope="module")
def mrc(small_volume, tmp_path_factory) -> Path:
    """The small volume as an MRC, with a layer of chunks of zeros."""
    voxels = np.load(small_volume)
    voxels[16:32] = 0
    path = tmp_path_factory.mktemp("mrc") / "small.mrc"
    with mrcfile.new(path) as file:
        file.set_data(voxels)
    return path


@pytest.fixture(scope="module")
def library(tmp_path_factory) -> Path:
    """A folder with mrcfile alone, which a release's environment does not have."""
    folder = tmp_path_factory.mktemp("library")
    (folder / "mrcfile").symlink_to(Path(mrcfile.__file__).parent)
    return folder


@pytest.fixture(scope="module")
def written(line_pythons, mrc, library, tmp_path_factory):
    """Each line's stores by layout, written by its scripts, and what the release says of each."""
    folder = tmp_path_factory.mktemp("written")
    return {
        line: _write_all(python, mrc, library, folder / line)
        for line, python in line_pythons.items()
    }


def _write_all(python, mrc, library, folder):
    folder.mkdir()
    stores, words = {}, []
    for number, layout in enumerate(LAYOUTS):
        if source := snippets.code(layout, python.line, (40, 48, 56), "float32"):
            script = folder / f"{number}.py"
            script.write_text(source)
            stores[layout] = folder / f"{number}.zarr"
            words.append([str(script), str(mrc), str(stores[layout])])
    run(python, ["-c", RUN_ALL], library, given=json.dumps(words))
    said = run(python, ["-c", DESCRIBE, *stores.values()]).stdout.splitlines()
    return {layout: (path, json.loads(line)) for (layout, path), line in zip(stores.items(), said)}


def run(python, arguments, library=None, code=0, given=None):
    """Run a release's Python; ``library`` is all that it finds besides (the script imports no tomobench).

    ``given``: what it reads on stdin.
    """
    variables = python.environment()
    if library:
        variables["PYTHONPATH"] = str(library)
    done = subprocess.run(
        [python.program, *map(str, arguments)],
        env=variables,
        input=given,
        text=True,
        capture_output=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done


@pytest.mark.parametrize(("line", "layout"), CASES, ids=lambda one: getattr(one, "key", one))
def test_the_script_writes_the_layout(written, mrc, line, layout):
    if reason := snippets.impossible(layout, line):
        assert snippets.code(layout, line, (40, 48, 56), "float32") is None
        assert reason == "zarr 2.18 has no Zarr format 3" and layout not in written[line]
        return
    path, said = written[line][layout]
    assert tuple(said["chunks"]) == layout.chunks
    assert (said["shards"] and tuple(said["shards"])) == layout.shards
    assert (said["codec"], said["zarr_format"]) == (str(layout.codec), layout.zarr_format)
    files = sum(file.is_file() for file in path.rglob("*"))
    assert files == object_count((40, 48, 56), layout, said["metadata"])
    if line == "2.18" and layout.codec.name == "zstd":
        return  # tensorstore refuses what numcodecs 0.15 says of zstd: see tests/bench/test_stores.py
    driver = {2: "zarr", 3: "zarr3"}[layout.zarr_format]
    kvstore = {"driver": "file", "path": str(path)}
    found = tensorstore.open({"driver": driver, "kvstore": kvstore}).result().read().result()
    with mrcfile.open(mrc) as file:
        assert found.dtype == file.data.dtype and found.tobytes() == file.data.tobytes()


def test_every_kind_was_written(written):
    assert {line: len(stores) for line, stores in written.items()} == {"2.18": 9, "3": 27}


@pytest.mark.parametrize("line", ["2.18", "3"])
def test_the_script_takes_npy_and_leaves_what_is_there_alone(line_pythons, tmp_path, line):
    python, script, target = line_pythons[line], tmp_path / "script.py", tmp_path / "t.zarr"
    voxels = np.arange(20 * 21 * 22, dtype=np.int16).reshape(20, 21, 22)
    np.save(tmp_path / "t.npy", voxels)
    script.write_text(snippets.code(Layout(CHUNKS), line, voxels.shape, "int16"))
    run(python, [script, tmp_path / "t.npy", target], os.devnull)
    before = {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}
    kvstore = {"driver": "file", "path": str(target)}
    found = tensorstore.open({"driver": "zarr", "kvstore": kvstore}).result().read().result()
    assert np.array_equal(found, voxels) and found.dtype == np.int16
    run(python, [script, tmp_path / "t.npy", target], os.devnull, code=1)
    assert before == {path: path.read_bytes() for path in target.rglob("*") if path.is_file()}


def test_the_script_takes_the_bytes_of_an_mrc_as_its_header_says(line_pythons, library, tmp_path):
    voxels = np.arange(20 * 21 * 22).reshape(20, 21, 22).astype("u1")
    source, script, target = (tmp_path / name for name in ("v.mrc", "script.py", "t.zarr"))
    write_mrc(source, voxels.view("i1"), dmin=0, dmax=255)
    script.write_text(snippets.code(Layout(CHUNKS), "3", voxels.shape, "uint8"))
    run(line_pythons["3"], [script, source, target], library)
    kvstore = {"driver": "file", "path": str(target)}
    found = tensorstore.open({"driver": "zarr", "kvstore": kvstore}).result().read().result()
    assert found.dtype == np.uint8 and np.array_equal(found, voxels)


def test_the_script_has_the_pipeline_that_was_asked_for(line_pythons, tmp_path):
    python, script = line_pythons["3"], tmp_path / "script.py"
    voxels = np.arange(20 * 21 * 22, dtype=np.int16).reshape(20, 21, 22)
    np.save(tmp_path / "t.npy", voxels)
    source = snippets.code(Layout(CHUNKS, zarr_format=3), "3", voxels.shape, "int16", "fused")
    script.write_text(f"{source}print(type(back._async_array.codec_pipeline).__name__)\n")
    done = run(python, [script, tmp_path / "t.npy", tmp_path / "t.zarr"], os.devnull)
    assert done.stdout.splitlines()[-1] == "FusedCodecPipeline"


def test_format_2_has_no_shards():
    class Sharded2:
        shards, zarr_format = SHARDS, 2

    assert snippets.impossible(Sharded2, "3") == "Zarr format 2 has no shards"
