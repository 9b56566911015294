"""Bad inputs: kinds of words for every option of every command, and kinds of files for all that are read.

Each case is run in this process, in a project of its own, and must be refused with one line.
"""

import json
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
from click.testing import CliRunner

from studies.faults import outcome
from tomobench.desk.cli import tomobench
from tomobench.desk.errors import UserError

PART = "inputs"
PATIENCE = 60
"""Seconds until a refusal counts as a hang."""

Harm = Callable[[Path], object]


@dataclass(frozen=True)
class BadInput:
    """``words``: of tomobench. ``harm``: done to the project first. ``variables``: of the environment."""

    command: str
    kind: str
    words: list[str]
    harm: Harm | None = None
    variables: dict[str, str] = field(default_factory=dict)


class Hung(BaseException):
    """A case took longer than PATIENCE."""


BASES: dict[tuple[str, ...], list[str]] = {
    ("history",): ["--dry-run", "3.4.2"],
    ("race",): ["3.3.0", "3.4.2"],
    ("releases", "add"): ["zarr-3.5.0-py3-none-any.whl"],
    ("releases", "remove"): ["3.4.2"],
    ("releases", "show"): ["3.4.2"],
    ("volume", "import"): ["no-such-file.npy"],
    ("volume", "fetch"): ["no-such-source"],
    ("volume", "compare"): ["phantom-128", "phantom-128"],
    ("volume", "preview"): ["phantom-128"],
    ("volume", "profile"): ["phantom-128"],
    ("volume", "show"): ["phantom-128"],
    ("gather",): ["."],
}
"""The arguments with which a command takes an option."""

EVERYWHERE = {
    "empty": "",
    "blank": "  ",
    "line break": "a\nb",
    "escape": "a\x1b[2Jb",
}
NUMBERS = {"no number": "ten", "not ASCII": "١٢٨", "below all": "-1000000"}
FLOATS = {"no number": "ten", "not ASCII": "١٢٨", "NaN": "nan", "infinite": "inf", "below 0": "-1"}
NAMES = {"leads out": "../../elsewhere", "folder": "a/b", "endless": "n" * 5000}
"""Words that are wrong for a kind of option."""

TEXTS = {
    "shape_": {"no shape": "128", "not ASCII": "١٢٨x١٢٨x١٢٨", "beyond sense": "9" * 12 + "x1x1"},
    "dtype": {"no type": "float33", "object": "O", "text": "U8", "structure": "f4,i2"},
    "use_": {"unknown": "diagonal", "weight": "xy=nan", "twice": "xy,xy", "not ASCII": "region-٩"},
    "readers": {"unknown": "no-such-reader"},
    "client": {"unknown": "no-such-client"},
    "precision": {"no share": "2", "beyond sense": "200%", "not ASCII": "٢%", "zero": "0%"},
    "seconds": {"no time": "soon", "zero": "0s", "not ASCII": "٩m", "below 0": "-1m"},
    "release": {"unknown": "9.9.9", **NAMES},
    "releases": {"unknown": "9.9.9", "backwards": "3.4.2..3.3.0", **NAMES},
    "range_": {"unknown": "9.9.9", "backwards": "3.4.2..3.3.0", **NAMES},
    "against": {"unknown": "9.9.9", **NAMES},
    "name": NAMES,
    "machine": NAMES,
    "benchmark": {"no pattern": "(", "endless": "(" * 5000},
    "price_file": {"missing": "no-such-file"},
    "cells": {"missing": "no-such-file"},
    "wheel": {"missing": "no-such-file.whl", "no wheel": "zarr.txt"},
    "folder": {"missing": "no-such-folder", "a file": "asv.conf.json"},
    "volume_id": {"unknown": "no-such-volume", **NAMES},
    "other_id": {"unknown": "no-such-volume", **NAMES},
    "file": {"missing": "no-such-file.mrc", "no suffix": "no-such-file"},
}
"""Words that are wrong for a parameter, by its name in the program."""


def words() -> Iterator[BadInput]:
    """Every option and argument of every command, with every word that is wrong for it."""
    for path, command in _commands((), tomobench):
        for parameter in command.params:
            if isinstance(parameter, click.Option) and (parameter.is_flag or parameter.count):
                continue
            for kind, word in _wrong_words(parameter):
                yield BadInput(" ".join(path), kind, [*path, *_with(path, parameter, word)])


def _commands(path: tuple[str, ...], group: click.Group) -> Iterator[tuple[tuple, click.Command]]:
    for name in group.list_commands(None):  # type: ignore[arg-type]
        one = group.get_command(None, name)  # type: ignore[arg-type]
        if isinstance(one, click.Group):
            yield from _commands((*path, name), one)
        elif one is not None:
            yield (*path, name), one


def _wrong_words(parameter: click.Parameter) -> Iterator[tuple[str, str]]:
    yield from EVERYWHERE.items()
    if isinstance(parameter.type, click.Choice):
        yield "no choice", "no-such-choice"
    elif isinstance(parameter.type, click.types.FloatParamType):
        yield from FLOATS.items()
    elif isinstance(parameter.type, click.types.IntParamType):
        yield from NUMBERS.items()
    yield from TEXTS.get(parameter.name or "", {}).items()


def _with(path: tuple[str, ...], parameter: click.Parameter, word: str) -> list[str]:
    """The words after the command: its base, with this word for the parameter."""
    base = BASES.get(path, [])
    if isinstance(parameter, click.Option):
        s3 = ["--storage", "s3"] if parameter.name in ("latency", "bandwidth", "client") else []
        return [*base, *(s3 if path == ("plan",) else []), parameter.opts[0], word]
    given = [one for one in base if one.startswith("-")]
    rest = [one for one in base if not one.startswith("-")][1:]
    return [*given, "--", word, *rest] if word.startswith("-") else [*given, word, *rest]


READ: dict[str, list[list[str]]] = {
    "asv.conf.json": [
        ["regressions"],
        ["plan"],
        ["table"],
        ["latency"],
        ["gather", "results"],
        ["history", "--dry-run"],
        ["race", "3.3.0", "3.4.2"],
        ["calibrate"],
    ],
    "releases.lock.json": [
        ["releases", "list"],
        ["releases", "show", "3.4.2"],
        ["regressions"],
        ["plan"],
        ["table"],
        ["race", "3.3.0", "3.4.2"],
        ["history", "--dry-run"],
    ],
    "results/benchmarks.json": [["regressions"], ["plan"], ["table"], ["report", "--out", "r"]],
    "results/reference/machine.json": [["regressions"], ["plan"]],
    "results/reference/3.4.2-tomobench-py3.13-volumephantom-128.json": [["regressions"], ["plan"]],
    "results/reference/calibration.csv": [["regressions"]],
    "results/readers.csv": [["plan", "--readers", "zarr-3"], ["readers", "--show"]],
    "acknowledged.toml": [["regressions"]],
    "prices.toml": [["plan", "--storage", "s3"], ["costs", "--prices", "prices.toml"]],
    "cells.txt": [["race", "3.3.0", "3.4.2", "--cells", "cells.txt"]],
    "zarr-3.5.0-py3-none-any.whl": [["releases", "add", "zarr-3.5.0-py3-none-any.whl"]],
    **{
        f"tomogram{suffix}": [["volume", "import", f"tomogram{suffix}"]]
        for suffix in (".npy", ".mrc", ".tif", ".h5", ".zarr", ".xyz")
    },
}
"""What is read, and by which commands."""

EMPTY_IS_NONE = {"acknowledged.toml"}
"""Files that may be empty, or hold comments alone."""

DEEP = 200_000
"""Levels of nesting, far over what Python's recursion takes."""


def _truncated(path: Path) -> None:
    content = path.read_bytes() if path.exists() else b'name = "made'
    path.write_bytes(content[: len(content) // 2])


def _anew(make: Callable[[Path], object]) -> Harm:
    def harm(path: Path) -> None:
        path.unlink(missing_ok=True)
        make(path)

    return harm


BROKEN: dict[str, Harm] = {
    "empty": lambda path: path.write_bytes(b"") and None,
    "truncated": _truncated,
    "not text": lambda path: path.write_bytes(bytes(range(128, 256)) * 40) and None,
    "NUL bytes": lambda path: path.write_bytes(b"\0" * 4096) and None,
    "a list": lambda path: path.write_text("[1, 2, 3]") and None,
    "a number": lambda path: path.write_text("7") and None,
    "nested": lambda path: path.write_text("[" * DEEP + "]" * DEEP) and None,
    "a folder": _anew(Path.mkdir),
    "a pipe": _anew(os.mkfifo),
    "a dangling link": _anew(lambda path: path.symlink_to("nowhere")),
    "a link to itself": _anew(lambda path: path.symlink_to(path)),
}
"""What may be in a file's place."""

ENTRY: dict[str, object] = {
    "sha256": "0" * 60 + "\n--index-url=x",
    "hash": "../../x",
    "wheel": "../zarr-3.4.2-py3-none-any.whl",
    "path": "../../outside.whl",
    "version": "3.4.2; rm",
    "requires_python": ">=3.11\n",
    "requires_dist": ["numpy @ file:///x\n--pre"],
    "uploaded": "yesterday",
    "yanked": 7,
    "line": "4",
    "prerelease": True,
}
"""A wrong value for each field of a release in the lock."""

SETTINGS: dict[str, object] = {
    "version": "one",
    "project": 7,
    "repo": ["releases.lock.json"],
    "branches": "main",
    "plugins": 5,
    "environment_type": [],
    "matrix": "x",
    "lines": [],
    "launch_method": 3,
    "install_timeout": "long",
    "benchmark_dir": 5,
    "env_dir": None,
    "results_dir": {"a": 1},
    "html_dir": [],
}
"""A wrong value for each key of asv.conf.json."""


def files() -> Iterator[BadInput]:
    """Every file that is read, with all that may be in its place; and wrong fields in those of a fixed form."""
    for name, commands in READ.items():
        for words_ in commands:
            for kind, harm in BROKEN.items():
                if not (kind in ("empty", "truncated") and name in EMPTY_IS_NONE):
                    yield _of_file(name, words_, kind, harm)
    for key, value in ENTRY.items():
        for words_ in READ["releases.lock.json"][:3]:
            yield _of_file("releases.lock.json", words_, f"wrong {key}", _wrong_entry(key, value))
    for key, value in SETTINGS.items():
        for words_ in READ["asv.conf.json"][:2]:
            yield _of_file("asv.conf.json", words_, f"wrong {key}", _wrong_setting(key, value))


def _of_file(name: str, words_: list[str], kind: str, harm: Harm) -> BadInput:
    variables = {"TOMOBENCH_PRICES": name} if name == "prices.toml" else {}
    said = name.replace("3.4.2-tomobench-py3.13-volumephantom-128", "RESULT")
    return BadInput(words_[0], f"{said}: {kind}", words_, lambda root: harm(root / name), variables)


def _wrong_entry(key: str, value: object) -> Harm:
    def harm(path: Path) -> None:
        content = json.loads(path.read_text())
        content["releases"][-1][key] = value
        path.write_text(json.dumps(content))

    return harm


def _wrong_setting(key: str, value: object) -> Harm:
    def harm(path: Path) -> None:
        lines = [one for one in path.read_text().splitlines() if not one.strip().startswith("//")]
        content = json.loads("\n".join(lines))
        path.write_text(json.dumps({**content, key: value}))

    return harm


OUTPUTS = [
    ["report", "--out", "out"],
    ["volume", "preview", "phantom-128", "-o", "out"],
    ["volume", "compare", "phantom-128", "phantom-128", "-o", "out"],
]
TARGETS: dict[str, Harm] = {
    "a device": lambda path: os.mknod(path, 0o20666, os.makedev(1, 3)),
    "a pipe": os.mkfifo,
    "a dangling link": lambda path: path.symlink_to("elsewhere"),
    "a link to a file": lambda path: path.symlink_to("asv.conf.json"),
}
"""What an output must not take the place of."""


def outputs() -> Iterator[BadInput]:
    """Every output, where something is that is no file; and names of machines from the environment."""
    for words_ in OUTPUTS:
        for kind, harm in TARGETS.items():
            yield BadInput(
                words_[0],
                f"output: {kind}",
                words_,
                lambda root, harm=harm: harm(root / "out"),  # type: ignore[misc]
            )
    for kind, name in (NAMES | {"line break": "a\nb"}).items():
        for words_ in (["regressions"], ["plan"], ["table"], ["latency"], ["history", "--dry-run"]):
            yield BadInput(
                words_[0], f"machine: {kind}", words_, variables={"TOMOBENCH_MACHINE": name}
            )


def cases() -> list[BadInput]:
    """All of them."""
    return [*words(), *files(), *outputs()]


def run(case: BadInput, project: Path) -> outcome.Ended:
    """Run a case in its project, which is harmed first."""
    folder = Path.cwd()
    os.chdir(project)
    try:
        if case.harm:
            case.harm(project)
        before = outcome.state(project)
        ended, said = _ended(case)
        if gone := outcome.lost(before, outcome.state(project)):
            ended, said = outcome.LOST, f"{gone[0]} changed: {said}"
    finally:
        os.chdir(folder)
    return outcome.Ended(PART, case.command, case.kind, ended, said)


def _ended(case: BadInput) -> tuple[str, str]:
    signal.signal(signal.SIGALRM, _hung)
    signal.alarm(PATIENCE)
    try:
        done = CliRunner().invoke(tomobench, case.words, env=case.variables)
    except Hung:
        return outcome.HANG, ""
    finally:
        signal.alarm(0)
    error = done.exception
    if isinstance(error, Hung):
        return outcome.HANG, ""
    if isinstance(error, UserError):
        lines = str(error).splitlines()
        return outcome.CLEAR if len(lines) == 1 else outcome.UNCLEAR, str(error)
    if error is not None and not isinstance(error, SystemExit):
        return outcome.TRACEBACK, f"{type(error).__name__}: {error}"
    return outcome.of_command(done.exit_code, done.stdout, done.stderr)


def _hung(signum, frame) -> None:
    raise Hung
