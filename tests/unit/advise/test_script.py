"""The program of ``plan --script``: its text for every kind of layout. What it does: tests/s3/test_conversion.py."""

import ast
import inspect
import json
import sys

import mrcfile
import numpy as np
import pytest

from tests.unit.volumes.files import patch, read, same_voxels, write_mrc
from tomobench.bench.kinds import kinds
from tomobench.bench.layout import Layout
from tomobench.desk.advise.plan import snippets
from tomobench.desk.advise.script import mrc, script
from tomobench.desk.volumes import mrc_header, units

ALLOWED = {"fsspec", "mrcfile", "numcodecs", "numpy", "tifffile", "zarr", "distributed"}
CASES = [
    (kind.layout, line)
    for kind in kinds()
    for line in ("2.18", "3")
    if line == "3" or kind.zarr_format == 2
]


def constants(text: str) -> dict[str, object]:
    """What stands in capitals at the top of the program, where it is a plain value."""
    found = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.Tuple):
            found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


@pytest.mark.parametrize(("layout", "line"), CASES)
def test_it_is_a_program_for_the_layout_and_imports_nothing_of_ours(layout, line):
    text = script.text(layout, line, "convert.py", (184, 630, 630), "float32")
    assert compile(text, "convert.py", "exec")
    said = constants(text)
    assert (said["CHUNKS"], said["SHARDS"]) == (layout.chunks, layout.shards)
    names = set()
    # Dask takes a function by its text, but what a decorator made of it by its name, which no worker knows.
    assert not any(
        isinstance(n, ast.FunctionDef) and n.decorator_list for n in ast.parse(text).body
    )
    # It is put together of several texts: a name that two of them give would be the later one's.
    given = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef | ast.ClassDef)]
    assert len(given) == len(set(given))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module.split(".")[0])

    assert names - set(sys.stdlib_module_names) <= ALLOWED
    assert "tomobench plan" in text and "import tomobench" not in text
    assert "{" not in "".join(line for line in text.splitlines()[:12])
    assert f"OME-Zarr {'0.4' if layout.zarr_format == 2 else '0.5'}" in text


def test_a_format_that_the_line_can_not_write(refused):
    assert "zarr 2.18 has no Zarr format 3" in refused(
        script.text, Layout((64,) * 3, zarr_format=3), "2.18", "c.py", (64,) * 3, "float32"
    )


def test_plan_writes_the_program_of_the_layout_that_comes_first(project, run, tmp_path):
    words = ["plan", "--machine", "reference", "--shape", "128x128x128", "--format", "json"]
    done = run(*words, "--script", tmp_path / "convert.py")
    assert done.code == 0 and f"{tmp_path / 'convert.py'}: converts" in done.error
    first = json.loads(done.printed)["candidates"][0]
    said = constants((tmp_path / "convert.py").read_text())
    assert "×".join(map(str, said["CHUNKS"])) == first["chunks"]


@pytest.mark.parametrize("where", ["folder", "/dev/null"])
def test_a_file_that_can_not_be_written_is_one_line(project, run, tmp_path, where):
    (tmp_path / "folder").mkdir()
    done = run(
        "plan", "--machine", "reference", "--shape", "64x64x64", "--script", tmp_path / where
    )
    assert done.code == 1 and done.error and "Traceback" not in done.error


@pytest.mark.parametrize("name", ["fused", "zarrs"])
def test_the_codec_pipeline_that_was_asked_for_is_registered_before_it_is_set(name):
    path = snippets.path_of(name)
    layout, shape = Layout((64,) * 3, zarr_format=3), (64,) * 3
    asked = layout, "3", "c.py", shape, "float32"
    for text in (script.text(*asked, path), snippets.code(layout, "3", shape, "float32", name)):
        assert compile(text, "c.py", "exec")
        registered, chosen = (
            text.index(one) for one in ("register_pipeline(", f'"codec_pipeline.path": "{path}"')
        )
        assert registered < chosen
    assert "pipeline" not in script.text(*asked)


def test_the_program_asks_for_the_package_of_its_pipeline():
    asked = (64,) * 3, "float32"
    for line, wanted in (("3", True), ("2.18", False)):
        text = script.text(Layout((64,) * 3), line, "c.py", *asked, snippets.path_of("zarrs"))
        assert ("NumPy and zarrs;" in text) is wanted is ("numpy fsspec zarrs" in text)


@pytest.mark.parametrize("stamp", [b"", b"IMOD\0\0\0\0", b"IMOD\1\0\0\0"])
@pytest.mark.parametrize(
    ("low", "high"), [(0, 255), (0, 127), (-128, 127), (0, 0), (0, -1), (-1, 255), (-3.2, 5.1)]
)
def test_all_code_takes_bytes_as_volume_import_does(tmp_path, low, high, stamp):
    voxels = np.arange(120, 180, dtype="u1").reshape(3, 4, 5)
    path = write_mrc(tmp_path / "v.mrc", voxels.view("i1"), dmin=low, dmax=high)
    patch(path, at152=stamp)
    given = {"np": np}
    exec(mrc.VOXELS, given)
    with mrcfile.mmap(path, mode="r") as file:
        assert same_voxels(read(path), given["voxels_of_mrc"](file))
    asked = Layout((64,) * 3), "3"
    program = script.text(*asked, "c.py", (64,) * 3, "uint8")
    assert all(inspect.getsource(one) in program for one in (mrc_header.unsigned, units.edge))
    assert mrc.VOXELS in snippets.code(*asked, (64,) * 3, "uint8")
