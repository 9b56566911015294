"""No import runs upward, and none in a circle: the floors of design and docs, walked on every file.

Imports inside functions count like all others.
"""

import ast
import functools
import subprocess
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests import REPOSITORY

FLOORS = [
    {"tomobench", "tomobench.bench", "tomobench.desk.errors"},
    {
        "tomobench.desk.arrays",
        "tomobench.desk.names",
        "tomobench.desk.files",
        "tomobench.desk.shapes",
        "tomobench.desk.digits",
        "tomobench.desk.variables",
    },
    {
        "benchmarks",
        "tomobench.desk.options",
        "tomobench.desk.locks",
        "tomobench.desk.progress",
        "tomobench.desk.pip",
    },
    {"tomobench.drivers"},
    {f"tomobench.desk.{name}" for name in ("releases", "volumes", "servers", "results", "cache")},
    {"tomobench.desk.asv"},
    {"tomobench.desk.measure"},
    {"tomobench.desk.judge"},
    {"tomobench.desk.advise"},
    {"tomobench.desk.publish"},
    {"tomobench.desk.cli"},
    {"studies"},
]
"""From the ground up: a package imports its own floor's and lower ones' alone."""

ROOMS = ("tomobench.desk.advise", "tomobench.desk.measure", "tomobench.desk.publish", "studies")
"""Packages that hold several subjects, a folder each: those go in no circle either."""


def modules(root: Path) -> dict[str, Path]:
    """Every module of ours, by its dotted name."""
    found = {}
    for base in (root / "src", root):
        for top in ("tomobench", "benchmarks", "studies"):
            for path in (base / top).rglob("*.py"):
                parts = path.relative_to(base).with_suffix("").parts
                found[".".join(parts[: -1 if parts[-1] == "__init__" else None])] = path
    return found


@functools.cache
def imports(text: str) -> list[ast.Import | ast.ImportFrom]:
    """The import statements of a module's text, read once for all tests."""
    found = ast.walk(ast.parse(text))
    return [node for node in found if isinstance(node, ast.Import | ast.ImportFrom)]


def imported(name: str, path: Path, known: set[str]) -> Iterator[str]:
    """The modules of ours that a module imports, anywhere in it."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in imports(path.read_text(encoding="utf-8")):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        else:
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*above, *filter(None, [node.module])]) if node.level else node.module
            names = (f"{base}.{alias.name}" for alias in node.names)
            yield from {one if one in known else base for one in names} & known


def floor_of(module: str) -> tuple[int, str]:
    """The number of a module's floor, and the package that stands on it."""
    fitting = [
        (len(package), number, package)
        for number, floor in enumerate(FLOORS)
        for package in floor
        if module == package or module.startswith(f"{package}.")
    ]
    _, number, package = max(fitting)
    return number, package


def edges(root: Path) -> set[tuple[str, str]]:
    """Who imports whom."""
    found = modules(root)
    return {
        (name, other)
        for name, path in found.items()
        for other in imported(name, path, set(found))
        if other != name
    }


def upward(found: set[tuple[str, str]]) -> list[str]:
    """The imports that run upward."""
    return sorted(f"{a} → {b}" for a, b in found if floor_of(a)[0] < floor_of(b)[0])


def circles(found: set[tuple[str, str]], package_of) -> str:
    """A circle between packages, empty if there is none."""
    graph: dict[str, set[str]] = {}
    for a, b in found:
        if package_of(a) != package_of(b):
            graph.setdefault(package_of(a), set()).add(package_of(b))
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return " → ".join(error.args[1])
    return ""


def room_of(module: str) -> str:
    """The package of a module; within ROOMS the folder (or file) of the subject."""
    for room in ROOMS:
        if module.startswith(f"{room}."):
            return ".".join(module.split(".")[: room.count(".") + 2])
    return floor_of(module)[1]


def test_no_import_runs_upward():
    found = edges(REPOSITORY)
    assert len(found) > 300
    assert upward(found) == []


def test_no_import_goes_in_a_circle_between_packages():
    found = {(a, b) for a, b in edges(REPOSITORY) if a not in ("tomobench", "tomobench.desk")}
    assert circles(found, lambda module: floor_of(module)[1]) == ""
    assert circles(found, room_of) == ""


def test_every_module_has_a_floor_of_its_own():
    homeless = [
        name
        for name in modules(REPOSITORY)
        if floor_of(name)[1] == "tomobench" and name not in ("tomobench", "tomobench.desk")
    ]
    assert homeless == []


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("src/tomobench/bench/upward.py", "from tomobench.desk import results"),
        ("src/tomobench/desk/judge/upward.py", "def late():\n    from ..advise.plan import model"),
        ("src/tomobench/desk/results/circle.py", "import tomobench.desk.asv.session"),
    ],
)
def test_the_walk_finds_what_was_put_there_to_be_found(tmp_path, place, line):
    listed = subprocess.check_output(
        ["git", "ls-files", "*.py"], cwd=REPOSITORY, text=True
    ).splitlines()
    for name in listed:
        if name.startswith("src/") and (REPOSITORY / name).exists():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    (tmp_path / place).write_text(line)
    new = place.removeprefix("src/").removesuffix(".py").replace("/", ".")
    assert [one for one in upward(edges(tmp_path)) if one.startswith(f"{new} ")]
