"""``tomobench releases``: what a person reads."""

import json
import subprocess
import sys
from pathlib import Path

from tests.unit.releases.making import build_wheel
from tomobench.desk.releases.lock import load


def test_list_shows_what_is_on_main_newest_last(root, run):
    lines = run("list").splitlines()
    assert lines[0].split() == ["release", "hash", "line", "uploaded", "python", "note"]
    assert [line.split()[0] for line in lines[1:]] == ["2.18.7", "3.0.10", "3.4.2"]


def test_list_all_says_why_a_release_is_on_no_branch(root, run):
    rows = [line.split(maxsplit=5) for line in run("list", "--all").splitlines()]
    yanked, candidate = load(root).find("3.0.1").hash, load(root).find("3.2.0rc1").hash
    assert ["3.0.1", yanked, "3", "2024-05-08", ">=3.11", "yanked: loses data"] in rows
    assert ["3.2.0rc1", candidate, "3", "2024-05-10", ">=3.11", "pre-release"] in rows


def test_list_as_json_holds_everything(root, run):
    entries = json.loads(run("list", "--all", "--json"))
    assert [entry["version"] for entry in entries] == [
        "2.18.7",
        "3.0.1",
        "3.0.10",
        "3.2.0rc1",
        "3.4.2",
    ]
    assert entries[1]["yanked"] == "loses data"
    assert len(json.loads(run("list", "--json"))) == 3


def test_add_says_what_to_do_next(root, run, tmp_path):
    path = build_wheel(tmp_path, "3.5.0.dev1")
    output = run("add", path)
    own = load(root).find("3.5.0.dev1")
    assert f"added zarr 3.5.0.dev1, hash {own.hash}, line 3" in output
    assert f"asv continuous 3.4.2 {own.hash}" in output
    assert "own wheel" in run("list").splitlines()[-1]
    assert "already there, nothing to do" in run("add", path)


def test_remove_says_how_to_remove_the_results(root, run, tmp_path):
    run("add", build_wheel(tmp_path, "3.5.0.dev1"))
    hash = load(root).find("3.5.0.dev1").hash
    assert f"asv rm commit_hash={hash}" in run("remove", "3.5.0.dev1")
    assert "3.5.0.dev1" not in run("list", "--all")


def test_show_tells_what_is_known_and_what_was_installed(root, run):
    folder = root / "results" / "machine"
    folder.mkdir(parents=True)
    (folder / "3.4.2-tomobench-py3.13.installed.txt").write_text("# zarr 3.4.2\nnumpy==2.2.6\n")
    (folder / "3.4.20-tomobench-py3.13.installed.txt").write_text("numpy==0\n")
    output = run("show", "3.4.2")
    assert "branches  main" in output
    assert "requires  numpy>=1.25" in output
    assert "installed, results/machine/3.4.2-tomobench-py3.13.installed.txt:" in output
    assert "  numpy==2.2.6" in output and "numpy==0" not in output


def test_show_of_a_yanked_release_without_results(root, run):
    output = run("show", "3.0.1")
    assert "branches  none" in output and "yanked: loses data" in output
    assert "installed" not in output


def test_names_that_are_wrong(root, fails):
    assert "near it: 3.4.2" in fails("show", "3.4")
    assert "package index" in fails("remove", "3.4.2")
    assert "cannot be read" in fails("add", "nowhere.whl")


def test_outside_a_repository(tmp_path, monkeypatch, fails):
    monkeypatch.chdir(tmp_path)
    for words in (["list"], ["update"], ["add", "x.whl"], ["remove", "x"], ["show", "x"]):
        assert "asv.conf.json" in fails(*words)


def test_the_installed_command_fails_with_one_line_and_no_traceback(tmp_path):
    command = Path(sys.executable).with_name("tomobench")
    answer = subprocess.run(
        [command, "releases", "list"], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("tomobench: ") and answer.stderr.count("\n") == 1
