"""asv's commands and options that mean nothing here end in one line that says what to do instead."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from studies.faults import project
from tests import REPOSITORY
from tests.made.clone import MadeClone
from tomobench.desk import errors
from tomobench.desk.asv.commits import CONFIGURATION
from tomobench.desk.publish.site.folder import GITIGNORE


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
        (["find", "3.4.1..3.4.2", "read.Chunks.time_whole"], "3.4.1..3.4.2 holds 1"),
        (["find", "3.4.0..3.4.2", "read.Chunks.time_whole"], "holds 2: begin it earlier"),
        (["find", "3.4.2..3.4.2", "read.Chunks.time_whole"], "3.4.2..3.4.2 is empty"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(words, says, folder):
    (folder / "bytes.txt").write_bytes(b"\xff\xfe")
    done = asv(folder, *words)
    assert done.returncode == 1
    assert says in done.stdout and "Traceback" not in done.stdout
    assert not (folder / ".asv" / "env").exists()


def test_find_counts_the_commits_that_a_branch_has_today(folder, tmp_path):
    made = MadeClone(tmp_path / "zarr-python")
    made.commit("release 3.4.0", tag="v3.4.0")
    text = (REPOSITORY / CONFIGURATION).read_text(encoding="utf-8")
    url = re.search(r'"repo": "(.+)"', text)[1]
    (folder / CONFIGURATION).write_text(text.replace(url, made.folder.as_uri()), encoding="utf-8")
    find = ("--config", CONFIGURATION, "find", "3.4.0..main", "read.Chunks.time_whole")
    assert "3.4.0..main is empty" in asv(folder, *find).stdout
    for n in (1, 2):
        made.commit(f"commit {n}")
    assert "3.4.0..main holds 2" in asv(folder, *find).stdout

    made.folder.rename(tmp_path / "out of reach")
    done = asv(folder, *find)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert done.stdout.count("the mirror stays as it was") == 1
    assert "3.4.0..main holds 2" in done.stdout


def test_results_of_another_machine_under_the_same_name_stay_its_own(folder):
    described = folder / "results" / "reference" / "machine.json"
    right = described.read_text()
    described.write_text(json.dumps({**json.loads(right), "cpu": "another"}))
    before = described.read_text()
    done = asv(folder, "run", "3.4.2", "--quick", TOMOBENCH_MACHINE="reference")
    after = described.read_text()
    described.write_text(right)
    assert done.returncode == 1 and "another machine (cpu another, not" in done.stdout
    assert after == before


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


@pytest.mark.parametrize("name", ["public", "public/index.html", "results", ".", "/"])
def test_publish_does_not_empty_a_folder_of_something_else(name, folder):
    (folder / "public").mkdir(exist_ok=True)
    (folder / "public/index.html").write_text("a home page")
    done = asv(folder, "publish", "--html-dir", name)
    assert done.returncode == 1 and "Traceback" not in done.stdout
    assert f"{name} is no site that asv made" in done.stdout
    assert (folder / "public/index.html").exists()
    assert (folder / "results/benchmarks.json").exists()


@pytest.mark.parametrize("name", ["new", "empty", "site", "html"])
def test_publish_takes_a_folder_that_is_empty_or_a_site(name, folder):
    for one in ("empty", "site", "html"):
        (folder / one).mkdir(exist_ok=True)
    (folder / "site/asv.js").touch()
    (folder / "html/.gitignore").touch()
    done = asv(folder, "publish", "-o", name, "3.4.2..9.9.9")
    assert done.returncode == 1 and "9.9.9" in done.stdout


def test_what_can_not_be_published_leaves_the_site_that_is_there(folder):
    (folder / "html").mkdir(exist_ok=True)
    site = folder / "html/index.html"
    site.touch()
    described = folder / "results/benchmarks.json"
    described.rename(folder / "aside.json")
    said = asv(folder, "publish").stdout
    (folder / "aside.json").rename(described)
    assert "benchmarks.json missing" in said and site.exists()
    assert "9.9.9" in asv(folder, "publish", "3.4.2..9.9.9").stdout and site.exists()


def test_publishing_damaged_results_leaves_what_git_has_of_the_site(folder):
    kept = folder / "html/.gitignore"
    kept.parent.mkdir(exist_ok=True)
    kept.write_text(GITIGNORE)
    (result,) = (folder / "results/reference").glob("3.4.2-*.json")
    whole = result.read_text()
    result.write_text("[]")
    said = asv(folder, "publish").stdout
    result.write_text(whole)
    assert "is damaged" in said and kept.read_text() == GITIGNORE


def test_a_site_in_a_folder_of_ones_own_stays_until_the_next_is_whole(folder):
    asv(folder, "publish", "-o", "own/site")
    site = folder / "own/site"
    (folder / "own/link").symlink_to("site")
    whole = contents(site)
    assert {"asv.js", "index.html"} <= whole.keys()
    with begun(folder, "publish", "-o", "own/site") as process:
        assert any("Loading machine info" in line for line in process.stdout)
        process.send_signal(signal.SIGINT)
        said = process.stdout.read()
    assert process.returncode == 1 and errors.INTERRUPTED in said
    assert contents(site) == whole

    (site / "index.html").write_text("an older one")
    (site / "graphs/old.json").touch()
    assert asv(folder, "publish", "-o", "own/link").returncode == 0
    assert contents(site).keys() == whole.keys() and contents(site)["index.html"] != b"an older one"
    assert {one.name for one in site.parent.iterdir()} == {"site", "link", ".site.lock"}


def contents(site: Path) -> dict[str, bytes]:
    return {
        str(one.relative_to(site)): one.read_bytes() for one in site.rglob("*") if one.is_file()
    }


def asv(folder, *words, **variables):
    with begun(folder, *words, **variables) as process:
        try:
            said, _ = process.communicate(timeout=120)
        finally:
            process.kill()
    return subprocess.CompletedProcess(process.args, process.returncode, said)


def begun(folder, *words, **variables):
    return subprocess.Popen(
        [Path(sys.executable).with_name("asv"), *words],
        cwd=folder,
        env={**os.environ, "HOME": str(folder.parent), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
