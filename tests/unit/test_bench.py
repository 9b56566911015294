"""What make bench and make bench-s3 do with a tomogram, and how they end. Programs stand in for asv and tomobench."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import REPOSITORY

#: Notes what it was asked for; asv run ends as $ENDS says, and a volume that is not there is fetched.
STANDS_IN = """#!/bin/sh
echo "$TOMOBENCH_VOLUME: ${0##*/} $*" >>"$NOTES"
case "${0##*/} $*" in
"asv run"*) exit $ENDS ;;
"tomobench volume info kept-1a2b3c4d") ;;
"tomobench volume info"*) exit 1 ;;
"tomobench volume fetch"*) echo fetched-1a2b3c4d ;;
esac
"""
ENDS_WITH_TABLES = {"bench": "tomobench table", "bench-s3": "tomobench costs"}


@pytest.fixture
def run(tmp_path):
    """Run a script of tools/ on a volume; how it ended, and the lines that were noted."""

    def run(script: str, volume: str, ends: int = 0) -> tuple[int, list[str]]:
        notes = tmp_path / "notes"
        for name in ("asv", "tomobench"):
            (tmp_path / name).write_text(STANDS_IN)
            (tmp_path / name).chmod(0o755)
        path = [str(tmp_path), str(Path(sys.executable).parent), os.environ["PATH"]]
        done = subprocess.run(
            [REPOSITORY / "tools" / script, volume],
            env={"PATH": os.pathsep.join(path), "NOTES": str(notes), "ENDS": str(ends)},
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        return done.returncode, notes.read_text().splitlines()

    return run


@pytest.mark.parametrize("script", ENDS_WITH_TABLES)
@pytest.mark.parametrize(
    ("volume", "measured"),
    [
        ("phantom-128", "phantom-128"),
        ("kept-1a2b3c4d", "kept-1a2b3c4d"),
        ("a file.mrc", "fetched-1a2b3c4d"),
    ],
)
def test_the_tomogram_is_an_id_or_a_file(run, script, volume, measured):
    code, notes = run(script, volume)
    assert code == 0
    (ran,) = [one for one in notes if "asv run" in one]
    assert ran.startswith(f"{measured}: ")
    assert f"{measured}: {ENDS_WITH_TABLES[script]} --volume {measured}" in notes[-1]
    fetched = [one for one in notes if "fetch" in one.partition(": ")[2].partition("--")[0]]
    assert bool(fetched) == (volume != measured)


@pytest.mark.parametrize("script", ENDS_WITH_TABLES)
def test_where_nothing_could_be_measured_asvs_word_is_the_last(run, script):
    code, notes = run(script, "phantom-128", ends=1)
    assert code == 1 and "asv run" in notes[-1]


@pytest.mark.parametrize("script", ENDS_WITH_TABLES)
def test_where_some_benchmarks_failed_the_others_are_shown(run, script):
    code, notes = run(script, "phantom-128", ends=2)
    assert code == 2 and ENDS_WITH_TABLES[script] in notes[-1]
