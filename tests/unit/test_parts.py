"""tools/parts: make targets beside each other and one after another, and what became of each."""

import re
import subprocess
import time
from pathlib import Path

import pytest

from tests import REPOSITORY

#: A make of a few targets. ``meets`` is over when ``met`` runs beside it.
MAKE = """\
#!/bin/sh
case $2 in
  good) echo said by good;;
  bad) echo said by bad; exit 2;;
  meets) until [ -e met ]; do sleep 0.05; done; echo met it;;
  met) touch met; echo was there;;
esac
"""


@pytest.fixture
def parts(tmp_path):
    make = tmp_path / "make"
    make.write_text(MAKE)
    make.chmod(0o755)

    def run(*groups: str) -> tuple[int, str]:
        done = subprocess.run(
            [REPOSITORY / "tools" / "parts", *groups],
            cwd=tmp_path,
            env={"PATH": "/usr/bin:/bin", "MAKE": str(make), "TMPDIR": str(tmp_path)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        return done.returncode, done.stdout

    return run


def summary(said: str) -> dict[str, str]:
    """{part: how it ended}, in the order of the summary."""
    return dict(re.findall(r"^(\w+) +(ok|FAILED) +\d+ s$", said, re.MULTILINE))


def test_one_that_fails_keeps_no_other_from_running(parts):
    code, said = parts("bad", "good")
    assert code == 1 and "said by good" in said
    assert summary(said) == {"bad": "FAILED", "good": "ok"}


def test_one_that_fails_beside_others_is_told(parts):
    code, said = parts("bad,good", "good")
    assert code == 1 and summary(said) == {"bad": "FAILED", "good": "ok"}
    assert "== bad\nsaid by bad\n" in said


def test_where_all_goes_well_the_code_is_0(parts):
    code, said = parts("good", "met")
    assert code == 0 and summary(said) == {"good": "ok", "met": "ok"}


def test_those_of_a_group_run_beside_each_other_and_what_they_say_is_not_mixed(parts):
    code, said = parts("meets,met")
    assert code == 0 and summary(said) == {"meets": "ok", "met": "ok"}
    assert said.startswith("== met\nwas there\n== meets\nmet it\n")


def test_nothing_is_left_behind_by_a_group_that_is_ended(parts, tmp_path):
    """Its folder of what was said, and what runs in the background."""
    parts("good,good")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["make"]
    env = {"PATH": "/usr/bin:/bin", "MAKE": str(tmp_path / "make"), "TMPDIR": str(tmp_path)}
    words = [REPOSITORY / "tools" / "parts", "good,meets"]
    group = subprocess.Popen(words, cwd=tmp_path, env=env, stdout=subprocess.PIPE)
    assert group.stdout is not None
    group.stdout.readline()
    group.terminate()
    Path(tmp_path, "met").touch()
    assert group.wait(30) != 0
    end = time.monotonic() + 30
    while any(path.name.startswith("tmp.") for path in tmp_path.iterdir()):
        assert time.monotonic() < end
        time.sleep(0.05)
