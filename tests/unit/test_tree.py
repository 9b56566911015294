"""The two halves import what they may, and the configuration says only what asv knows."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

from asv.config import Config

import tomobench
from tests import REPOSITORY
from tests.conftest import LONGEST
from tomobench.desk.publish import site

ROOT = REPOSITORY
# fsspec is what s3fs is built on; tensorstore and obstore are there for the suites that compare with them; asv_runner
# is the harness that asv puts into each environment, and that a race's worker drives; pytest is another, for
# pytest_reads.py alone.
BENCH = {
    "numpy",
    "zarr",
    "numcodecs",
    "s3fs",
    "fsspec",
    "tensorstore",
    "obstore",
    "asv_runner",
    "pytest",
    "packaging",  # line 3's
    "dask",  # beside the lines
    "distributed",
}
BENCH |= {"tomobench", "benchmarks"}
ONLY_IN_ADAPTERS = {"zarr"}
OURS = {"lines", "beside"}


def imported(path: Path) -> set[str]:
    """The top-level packages that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module.split(".")[0])
    return names


def test_the_bench_half_imports_what_a_release_has():
    for path in [*ROOT.glob("src/tomobench/bench/**/*.py"), *ROOT.glob("benchmarks/**/*.py")]:
        foreign = imported(path) - set(sys.stdlib_module_names) - BENCH
        assert not foreign, f"{path.name} imports {foreign}"
        if path.parent.name != "adapters":
            assert not imported(path) & ONLY_IN_ADAPTERS, f"{path.name} imports zarr"
        assert "tomobench.desk" not in path.read_text()


def test_the_desk_half_never_imports_zarr():
    for path in ROOT.glob("src/tomobench/desk/**/*.py"):
        assert "zarr" not in imported(path), path


def test_asv_knows_every_key_of_the_configuration():
    conf = Config.load(str(ROOT / "asv.conf.json"))
    known = set(vars(Config())) | {"version"}
    assert set(vars(conf)) - known == OURS


def test_no_file_names_a_registry_or_a_home():
    registry = re.compile(r"pypi\.org|pythonhosted|registry\.npmjs|/root/|/home/|/work/")
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.check_output(listed, cwd=ROOT, text=True).splitlines()
    assert names
    for name in names:
        path = ROOT / name
        if path.is_file() and name.split("/")[0] not in ("html", "tests"):
            assert not registry.search(path.read_text(errors="ignore")), path


def test_the_npm_lock_has_no_addresses():
    lock = json.loads((ROOT / "package-lock.json").read_text())
    assert lock["packages"] and not any("resolved" in entry for entry in lock["packages"].values())


def test_one_version_stands_in_all_files():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited and project["version"] == cited[1] == tomobench.__version__
    assert f"\n## {tomobench.__version__}, " in (ROOT / "CHANGELOG.md").read_text()


def test_the_files_that_are_begun_first_are_there():
    assert [name for name in LONGEST if not (ROOT / "tests" / name).is_file()] == []


def test_the_sites_publishers_are_imported_to_publish_and_for_nothing_else():
    folder = ROOT / "src/tomobench/desk/publish/site"
    modules = {path.stem for path in folder.glob("*.py") if "(OutputPublisher)" in path.read_text()}
    assert modules == set(site.PUBLISHERS)
    loaded = (
        "import sys, tomobench.desk.asv.plugin; from tomobench.desk.publish import site; "
        "site.setup(); print(*sys.modules)"
    )
    names = subprocess.check_output([sys.executable, "-c", loaded], text=True).split()
    assert not {f"{site.__name__}.{name}" for name in modules} & set(names)
