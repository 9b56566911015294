"""asv's commands and options that mean nothing here end in one line that says what to do instead."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from studies.faults import project
from tests import REPOSITORY


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return project.make(REPOSITORY, tmp_path_factory.mktemp("refused") / "project")


@pytest.mark.parametrize(
    ("words", "instead"),
    [
        (["run", "--python=same"], "tomobench releases add"),
        (["run", "-E", "existing"], "tomobench releases add"),
        (["continuous", "-E", "virtualenv", "3.3.0", "3.4.2"], "tomobench releases add"),
        (["run", "--machine", "nobody", "3.4.2"], "TOMOBENCH_MACHINE=nobody"),
        (["profile", "read.Chunks.time_whole", "3.4.2"], "tomobench regressions"),
        (["update"], "tomobench releases update"),
        (["setup"], "asv run"),
    ],
)
def test_what_means_nothing_here_says_what_to_do_instead(words, instead, folder):
    done = asv(folder, *words)
    assert done.returncode != 0
    assert instead in done.stdout and "Traceback" not in done.stdout
    assert not (folder / ".asv" / "env").exists()


def test_asv_too_tells_a_misspelt_key(folder):
    path = folder / "asv.conf.json"
    right = path.read_text()
    path.write_text(right.replace('"html_dir"', '"htlm_dir"'))
    said = asv(folder, "update").stdout
    path.write_text(right)
    assert "'htlm_dir'" in said and "html_dir is meant?" in said.replace(
        "is html_dir", "html_dir is"
    )


def test_a_machine_name_that_leads_out_is_refused(folder):
    done = asv(folder, "show", TOMOBENCH_MACHINE="../elsewhere")
    assert done.returncode != 0
    assert "TOMOBENCH_MACHINE" in done.stdout and "Traceback" not in done.stdout


def asv(folder, *words, **variables):
    return subprocess.run(
        [Path(sys.executable).with_name("asv"), *words],
        cwd=folder,
        env={**os.environ, "HOME": str(folder.parent), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
