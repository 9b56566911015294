"""Results and races of two machines under one name are never compared, whichever of their parts differs."""

import json

import pytest

from tests.made.history import READ
from tests.unit.judge.test_races import race
from tomobench.desk.results import machine as machines

FAST = {"cpu": "EPYC", "num_cpu": "2", "ram": "24 GiB", "arch": "x86_64", "os": "Linux"}
SLOW = {"cpu": "Atom", "num_cpu": "64", "ram": "2 GiB", "arch": "arm64", "os": "Darwin"}


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def described(path, **fields):
    """Have a result file say this of its machine; None is left out."""

    def change(content):
        content["params"] |= fields
        content["params"] = {name: one for name, one in content["params"].items() if one}

    edit(path, change)


@pytest.fixture
def measured(made):
    """Times of one machine, the last release's four times as long."""
    made.series(READ, [0.001] * 7 + [0.004])
    made.save()
    edit(made.root / "results/desk/machine.json", lambda content: content.update(FAST))
    for version in made.versions:
        described(made.file(version), **FAST)
    return made


def test_one_machine_is_compared(measured, run):
    done = run("regressions", "3.4.2")
    assert done.code == 0 and "4.0 times as long" in done.printed


@pytest.mark.parametrize("field", machines.FIELDS)
@pytest.mark.parametrize("other", [SLOW, dict.fromkeys(FAST)])
def test_another_machine_is_left_out_with_a_line(measured, run, field, other):
    run("regressions", "3.4.2")  # what is kept of the files must not hide it
    described(measured.file("3.4.2"), **{field: other[field]})
    done = run("regressions", "3.4.0..3.4.2")
    said = f"3.4.2-tomobench-py3.13-volumephantom-128.json is of another machine ({field} "
    assert done.code == 1 and said + f"{other[field]}, not {FAST[field]})" in done.error
    assert "times as long" not in done.printed


def test_files_of_another_machine_are_one_line(measured, run):
    for version in ("3.3.0", "3.4.0", "3.4.2"):
        described(measured.file(version), **SLOW)
    done = run("regressions", "3.2.0")
    assert done.code == 1 and done.error.count("of another machine") == 1
    assert "3 files, such as 3.3.0-" in done.error


def test_a_folder_that_is_described_anew_holds_another_machine(measured, run):
    edit(measured.root / "results/desk/machine.json", lambda content: content.update(SLOW))
    done = run("regressions", "3.4.2")
    assert done.code == 1 and "8 files" in done.error and "of another machine" in done.error


RACED = {"3.3.0": 1e-3, "3.4.0": 2e-3}


def test_a_race_of_the_machine_and_one_that_does_not_say_are_compared(measured, run):
    for told in (FAST, {}):
        race(measured.root, RACED, described=told)
        done = run("regressions", "3.4.0")
        assert done.code == 0 and "; raced" in done.printed


@pytest.mark.parametrize("field", machines.FIELDS)
def test_a_race_of_another_machine_is_left_out_with_a_line(measured, run, field):
    race(measured.root, RACED, described=FAST | {field: SLOW[field]})
    done = run("regressions", "3.4.0")
    said = f"desk/races/race01 is of another machine ({field} {SLOW[field]}, not {FAST[field]})"
    assert done.code == 1 and said in done.error and "; raced" not in done.printed


def test_a_race_is_left_out_where_nothing_says_which_machine_the_folder_is_of(measured, run):
    race(measured.root, RACED, described=FAST)
    (measured.root / "results/desk/machine.json").unlink()
    done = run("regressions", "3.4.0")
    assert "desk: machine.json is missing or damaged, so its race race01 is left out" in done.error
