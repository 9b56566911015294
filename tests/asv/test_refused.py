"""asv's commands and options that mean nothing here end in one line that says what to do instead."""

import json
import os
import shutil
import socket
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
        (["check", "-E", "virtualenv"], "tomobench releases add"),
        (["run", "3.4.2", "--set-commit-hash", "3.3.0"], "tomobench releases add"),
        (["run", "3.4.2", "--python=3.11"], "locked for Python"),
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


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["run", "3.4.2", "--bench", "["], "no regular expression"),
        (["show", "3.4.2", "--bench", "time_whole("], "no regular expression"),
        (["find", "3.4.0..3.4.2", "["], "no regular expression"),
        (["run", "3.4.2", "--bench", ""], "--bench has an empty value"),
        (["run", ""], "an empty value"),
        (["run", "HASHFILE:bytes.txt"], "bytes.txt is no text"),
        (["compare", "2.18.7", "3.4.2", "-f", "0"], "--factor 0"),
        (["preview", "--port", "99999"], "--port 99999"),
        (["find", "3.4.1..3.4.2", "read.Chunks.time_whole"], "3.4.2 alone"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(words, says, folder):
    (folder / "bytes.txt").write_bytes(b"\xff\xfe")
    done = asv(folder, *words)
    assert done.returncode == 1
    assert says in done.stdout and "Traceback" not in done.stdout
    assert not (folder / ".asv" / "env").exists()


def test_results_of_another_machine_under_the_same_name_stay_its_own(folder):
    described = folder / "results" / "reference" / "machine.json"
    content = json.loads(described.read_text())
    described.write_text(json.dumps({**content, "cpu": "another"}))
    before = described.read_text()
    done = asv(folder, "run", "3.4.2", "--quick", TOMOBENCH_MACHINE="reference")
    assert done.returncode == 1 and "another machine (cpu another, not" in done.stdout
    assert described.read_text() == before


@pytest.mark.parametrize("content", ["{", "null", '{"version": 1, "desk": null}'])
def test_a_damaged_file_of_machines_is_one_line(content, folder, tmp_path):
    (tmp_path / ".asv-machine.json").write_text(content)
    done = asv(folder, "show", HOME=str(tmp_path))
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert f"{tmp_path}/.asv-machine.json is damaged" in done.stdout


def test_a_machine_is_described_as_it_is_today(folder, tmp_path):
    kept = tmp_path / ".asv-machine.json"
    kept.write_text('{"version": 1, "desk": {"machine": "desk", "cpu": "the one before"}}')
    asv(folder, "show", HOME=str(tmp_path), TOMOBENCH_MACHINE="desk")
    assert json.loads(kept.read_text())["desk"]["cpu"] != "the one before"


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


def test_a_port_that_is_taken_is_one_line(folder):
    (folder / "html").mkdir(exist_ok=True)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = asv(folder, "preview", "--port", str(port))
    assert done.returncode == 1 and "Failed to find an unused port" in done.stdout
    assert "Traceback" not in done.stdout


def test_a_place_that_is_missing_or_no_folder_is_one_line(folder):
    shutil.rmtree(folder / "html", ignore_errors=True)
    (folder / "html").write_text("a file")
    for command in ("preview", "publish"):
        done = asv(folder, command)
        assert done.returncode == 1 and "Traceback" not in done.stdout, done.stdout
        assert "html" in done.stdout
    (folder / "html").unlink()


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
