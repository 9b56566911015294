"""Every command line of README and docs/, in a clone that holds results of two machines.

The second machine's are what a newcomer's ``make bench`` leaves there. What only reads results is run. What measures,
fetches, serves or changes something is parsed, with every option and value, and its command is started with ``--help``.
"""

import dataclasses
import functools
import importlib
import inspect
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path
from unittest import mock

import click
import pytest
from asv.commands import make_argparser
from click.testing import CliRunner

from tests import REPOSITORY
from tests.conftest import read_once
from tests.unit.conftest import examined_once
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.cli import tomobench
from tomobench.desk.judge import project as judged
from tomobench.desk.results import answers

DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
STARTS = re.compile(
    r"(?:[A-Z_0-9]+=\S* )*(?:\.venv/bin/)?(?:(?:asv|tomobench) \S|make\b(?= |$)|python -m studies)"
)
"""How a command line begins. ``asv`` and ``tomobench`` alone are names of programs."""

RUN = (
    "asv compare",
    "asv show",
    "tomobench --help",
    "tomobench costs",
    "tomobench latency",
    "tomobench plan",
    "tomobench readers --show",
    "tomobench regressions",
    "tomobench releases list",
    "tomobench releases show",
    "tomobench table",
)
"""Commands that take seconds, need no internet, and change no result."""

AS_PROCESSES = ("tomobench plan", "tomobench regressions 3.1.6..3.4.2")
"""Lines of tomobench that are run as a user runs them: all others would tell the same of it in more time."""

PARSED = {
    "asv continuous": "measures",
    "asv find": "measures",
    "asv preview": "serves",
    "asv publish": "takes a minute",
    "asv rm": "removes results",
    "asv run": "measures",
    "asv --config asv.upstream.conf.json publish": "wants a clone of zarr",
    "asv --config asv.upstream.conf.json run": "measures",
    "tomobench bisect": "measures",
    "tomobench calibrate": "measures",
    "tomobench plan --like": "wants a tomogram of one's own",
    "tomobench plan --script": "writes a program",
    "tomobench explain": "makes environments from the package index",
    "tomobench gate": "measures",
    "tomobench gather": "changes results",
    "tomobench history": "makes environments from the package index",
    "tomobench inspect": "wants a Zarr of one's own",
    "tomobench race": "measures",
    "tomobench report": "takes half a minute, and test_report.py makes one",
    "tomobench readers": "makes environments from the package index",
    "tomobench releases": "a group of commands",
    "tomobench releases add": "changes the history",
    "tomobench releases remove": "changes the history",
    "tomobench releases update": "asks the package index",
    "tomobench cache": "a group of commands",
    "tomobench cache check": "reads the user's whole cache",
    "tomobench cache clean": "removes what is left over",
    "tomobench cache list": "reads the user's cache",
    "tomobench verdict": "measures",
    "tomobench who": "measures",
    "tomobench volume": "a group of commands",
    "tomobench volume remove": "wants a volume of one's own",
    "tomobench volume compare": "wants a volume of one's own",
    "tomobench volume fetch": "fetches",
    "tomobench volume import": "wants a volume of one's own",
    "tomobench volume info": "wants a volume of one's own",
    "tomobench volume preview": "wants a volume of one's own",
}
"""All others, and why they are not run."""

OWN_WHEEL = "3.5.0.dev1"
"""A release that only a reader has: a command that asks for it is parsed."""

STAND_INS = {
    "FILE": "src/tomobench/desk/advise/costs/prices.toml",
    "TS_100_3.mrc": "LICENSE",
    "zarr-3.5.0.dev1-py3-none-any.whl": "LICENSE",
    "dist/zarr-3.5.0.dev1-py3-none-any.whl": "LICENSE",
    "../other/results/LICENSE": "LICENSE",
    "../other-clone/results/LICENSE": "LICENSE",
}
"""Files that a reader is to have, and what lies there in the clone."""


def command_lines() -> list[str]:
    """The command lines of all documents, each once: lines of blocks, and code within text and tables."""
    found = []
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        block = re.compile(r"^```[^\n]*\n(.*?)^```|^ {4,}(.*?)$", re.MULTILINE | re.DOTALL)
        for match in block.finditer(text):
            found += (match[1] or match[2]).splitlines()
        found += (" ".join(code.split()) for code in re.findall("`([^`]+)`", block.sub("", text)))
    spoken = (shlex.join(shlex.split(one, comments=True)) for one in found if STARTS.match(one))
    return list(dict.fromkeys(spoken))


LINES = command_lines()


def taken_apart(line: str) -> tuple[dict[str, str], list[str]]:
    """The variables before a command, and its words."""
    words = [word.removeprefix(".venv/bin/") for word in shlex.split(line)]
    first = next(n for n, word in enumerate(words) if "=" not in word)
    return dict(word.split("=", 1) for word in words[:first]), words[first:]


def command_of(words: list[str]) -> str | None:
    """The longest command of RUN or PARSED that words begin with; None where there is none."""
    begun = (" ".join(words[:length]) for length in range(len(words), 0, -1))
    return next((name for name in begun if name in (*RUN, *PARSED)), None)


def is_run(line: str) -> bool:
    """Whether a command line is one to run."""
    _, words = taken_apart(line)
    return command_of(words) in RUN and OWN_WHEEL not in words


@pytest.fixture(scope="module")
def clone(make_project, kept_answers, tmp_path_factory):
    """This repository's files, and results of this machine beside the committed ones. What takes seconds to work out of
    these is shared with the unit tests."""
    project = make_project(tmp_path_factory.mktemp("clone") / "here")
    listed = subprocess.check_output(["git", "ls-files", "-z"], cwd=REPOSITORY, text=True)
    for name in filter(None, listed.split("\0")):
        _copy(REPOSITORY / name, project.folder / name)
    for name, source in STAND_INS.items():
        _copy(REPOSITORY / source, project.folder / name)
    for variable in ("TOMOBENCH_MACHINE", "TOMOBENCH_VOLUME"):
        del project.environment[variable]
    _as_make_bench_leaves(project)
    project.leave_the_shared_cache()
    (project.cache / answers.FOLDER).symlink_to(kept_answers)
    return project


def _copy(source: Path, target: Path) -> None:
    if source.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


def _as_make_bench_leaves(project) -> None:
    """Results of this machine: of both tips, what make bench measures."""
    measured = re.search(r"--bench '(.*?)'", (REPOSITORY / "tools/bench").read_text())[1]
    name = project.run("python", "-m", "tomobench.desk.results.machine").stdout.strip()
    results = project.folder / "results"
    (results / name).mkdir()
    machine = json.loads((results / "reference" / "machine.json").read_text())
    (results / name / "machine.json").write_text(json.dumps({**machine, "machine": name}))
    for path in results.glob("reference/*-tomobench-*-volumephantom-128.json"):
        if path.name.startswith(("2.18.7-tomobench", "3.4.2-tomobench")):
            found = json.loads(path.read_text())
            found["params"]["machine"] = name
            found["results"] = {
                benchmark: value
                for benchmark, value in found["results"].items()
                if re.search(measured, benchmark)
            }
            (results / name / path.name).write_text(json.dumps(found))
    assert len(list((results / name).iterdir())) == 3


@pytest.fixture(scope="module")
def said(clone):
    """Run a line in the clone; one that was run before is not run again, as none changes anything, so that those in
    this process read the results once."""

    @functools.cache
    def run(line: str) -> subprocess.CompletedProcess:
        variables, words = taken_apart(line)
        if words[0] != "tomobench" or line in AS_PROCESSES:
            return clone.run(*words, ok=False, **variables)
        told = dataclasses.replace(clone, environment=clone.environment | variables)
        with (
            mock.patch.object(evidence, "load", read_once),
            mock.patch.object(judged, "load", examined_once),
        ):
            return told.here(*words[1:], ok=False)

    return run


@pytest.fixture
def in_clone(clone, monkeypatch):
    """The clone as the folder of this process."""
    monkeypatch.chdir(clone.folder)
    return clone


def parse(words: list[str]) -> None:
    """Parse a command line in full, as its program would, and start nothing."""
    program, *rest = words
    if program == "tomobench":
        parse_click(tomobench, rest)
    elif program == "asv":
        make_argparser()[0].parse_args(rest)
    else:
        module = importlib.import_module(_main_of(rest[1]))
        if isinstance(command := getattr(module, "command", None), click.Command):
            parse_click(command, rest[2:])
        else:
            inspect.signature(module.main).bind(*rest[2:])


def parse_click(command: click.Command, words: list[str], parent=None) -> None:
    """Parse words by a click command; by the command of a group that they name, if they name one."""
    if not isinstance(command, click.Group):
        command.make_context(command.name, list(words), parent=parent).close()
    elif words:
        context = click.Context(command, parent=parent)
        _, chosen, rest = command.resolve_command(context, list(words))
        parse_click(chosen, rest, context)


def _main_of(module: str) -> str:
    """The module that python -m starts."""
    package = REPOSITORY.joinpath(*module.split("."))
    return f"{module}.__main__" if package.is_dir() else module


def plan_of_make(words: list[str], folder: Path) -> str:
    """What make would do, without doing it. Every variable that is given must be one that it knows."""
    makefile = (folder / "Makefile").read_text()
    for word in words[1:]:
        name, equals, _ = word.partition("=")
        assert not equals or f"$({name})" in makefile, f"Makefile has no variable {name}"
    done = subprocess.run([*words, "-n"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_documents_have_command_lines_of_every_kind():
    assert len(LINES) > 80
    for wanted in (
        "make bench",
        "asv compare 2.18.7 3.4.2",
        *AS_PROCESSES,
        "asv run ALL --steps 4",
        "TOMOBENCH_MACHINE=lab-server make history",
        "python -m studies.machine.cores",
    ):
        assert wanted in LINES


@pytest.mark.parametrize("line", [one for one in LINES if is_run(one)])
def test_a_command_line_that_reads_results_runs(line, said):
    done = said(line)
    # A gate that finds something ends with 1, and says so.
    gate = re.search("--fail-on [a-z]+", line)
    gate = gate and f"({gate[0]})" in done.stdout
    assert done.returncode == (1 if gate else 0), done.stdout
    assert done.stdout.strip()


@pytest.mark.parametrize("line", [one for one in LINES if not is_run(one)])
def test_any_other_command_line_is_one_that_its_program_takes(line, in_clone):
    variables, words = taken_apart(line)
    known = "\n".join(path.read_text() for path in (REPOSITORY / "src").rglob("*.py"))
    assert all(f'"{name}"' in known for name in variables)
    if words[0] in ("asv", "tomobench"):
        assert command_of(words), f"put the command of {line} into RUN or PARSED"
    if words[0] != "make":
        parse(words)
        return
    for step in plan_of_make(words, in_clone.folder).splitlines():
        if started := re.search(r"python (-m studies\..*)", step):
            parse(["python", *shlex.split(started[1])])


@pytest.mark.parametrize("command", PARSED)
def test_a_command_that_is_not_run_starts(command, in_clone):
    program, *words = command.split()
    if program == "tomobench":
        words = [word for word in words if not word.startswith("--")]
        done = CliRunner().invoke(tomobench, [*words, "--help"], catch_exceptions=False)
        assert done.exit_code == 0 and "Usage" in done.stdout
    else:
        assert "usage" in in_clone.run(program, *words, "--help").stdout


@pytest.mark.parametrize("line", ["asv compare 2.18.7 3.4.2", "tomobench regressions 3.1.6..3.4.2"])
def test_after_make_bench_the_committed_machine_answers_and_the_other_is_named(line, said):
    done = said(line)
    assert "results of reference" in done.stdout
    assert "there are some of local-" in done.stdout


@pytest.mark.parametrize(
    "line",
    [
        "tomobench regressions 3.4.2 --csv",
        "tomobench prove report",
        "tomobench race 3.3.0 3.4.2 --renewals many",
        "tomobench volume fetch",
        "tomobench gather no-such-folder",
        "asv run --no-such-option",
        "asv compere 2.18.7 3.4.2",
        "python -m studies.machine.cores 3 4",
        "python -m studies.proof --no-such-option",
        "python -m studies.no_such_study",
    ],
)
def test_a_command_line_that_no_program_takes_is_found(line, in_clone):
    with pytest.raises((click.ClickException, SystemExit, TypeError, ImportError)):
        parse(taken_apart(line)[1])


@pytest.mark.parametrize("line", ["make benhc", "make bench MACHIEN=mine"])
def test_a_make_line_that_make_does_not_take_is_found(line, clone):
    with pytest.raises(AssertionError):
        plan_of_make(line.split(), clone.folder)


def test_a_command_that_is_of_no_kind_is_found():
    assert command_of(["tomobench", "teleport", "3.4.2"]) is None
    assert command_of(["tomobench", "releases", "list", "--all"]) == "tomobench releases list"
