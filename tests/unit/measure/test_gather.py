"""``tomobench gather``: results of other clones and machines brought in, and never mixed."""

import json
import shutil

import pytest

from tests.made import project as made_project

READ, FILES = "read.Chunks.time_whole", "footprint.Chunks.track_files"


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A project, the working folder, and another clone's results of the same machine and releases."""
    root = tmp_path / "project"
    root.mkdir()
    made_project.write(root)
    shutil.copytree(root / "results", tmp_path / "other")
    monkeypatch.chdir(root)
    return root


def one_file(folder):
    return min((folder / "desk").glob("*-*.json")).name


def edit(path, change):
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def started(data, name, when):
    columns = data["result_columns"]
    row = data["results"][name]
    row += [None] * (len(columns) - len(row))
    row[columns.index("started_at")] = when


def test_of_a_benchmark_that_both_have_the_later_is_kept(clone, run):
    name = one_file(clone / "results")
    here, there = clone / "results/desk" / name, clone.parent / "other/desk" / name

    def later_read_earlier_files(data):
        started(data, READ, 2000)
        started(data, FILES, 500)
        data["results"][READ][0] = data["results"][FILES][0] = [7.5] * 6

    edit(there, later_read_earlier_files)
    edit(here, lambda data: (started(data, READ, 1000), started(data, FILES, 1000)))
    before = json.loads(here.read_text())["results"]
    assert run("gather", clone.parent / "other").code == 0
    after = json.loads(here.read_text())["results"]
    assert after[READ][0] == [7.5] * 6
    assert after[FILES][0] == before[FILES][0]


@pytest.mark.parametrize("mine_is_old", [True, False])
def test_what_another_version_of_the_benchmark_gave_replaces_nothing(clone, run, mine_is_old):
    name = one_file(clone / "results")
    here, there = clone / "results/desk" / name, clone.parent / "other/desk" / name

    def old(data):
        columns = data["result_columns"]
        data["results"][READ][columns.index("version")] = "an old one"

    old_one, today = (here, there) if mine_is_old else (there, here)
    edit(old_one, lambda data: (started(data, READ, 2000), old(data)))
    edit(today, lambda data: started(data, READ, 1000))
    wanted = json.loads(today.read_text())["results"][READ]
    assert run("gather", clone.parent / "other").code == 0
    assert json.loads(here.read_text())["results"][READ] == wanted


def test_where_nothing_is_taken_the_record_of_what_was_installed_stays(clone, run):
    for path in (clone.parent / "other/desk").glob("*.installed.txt"):
        path.write_text("numpy==1.0\n")
    for path in (clone.parent / "other/desk").glob("*-*.json"):
        edit(path, lambda data: [started(data, name, 1) for name in (READ, FILES)])
    before = {one: one.read_bytes() for one in (clone / "results").rglob("*.*")}
    done = run("gather", clone.parent / "other")
    assert done.code == 0 and done.printed.startswith("nothing brought in: ")
    assert {one: one.read_bytes() for one in before} == before
    newest = max((clone.parent / "other/desk").glob("*-*.json"))
    edit(newest, lambda data: started(data, READ, 10**15))
    assert run("gather", clone.parent / "other").printed == "1 result file brought in\n"
    changed = [one for one, content in before.items() if one.read_bytes() != content]
    assert {one.name for one in changed} == {newest.name, f"{newest.stem}.installed.txt"}


def test_what_only_the_other_has_is_added(clone, run):
    name = one_file(clone / "results")
    here = clone / "results/desk" / name
    whole = json.loads(here.read_text())["results"]
    edit(here, lambda data: data["results"].pop(READ))
    shutil.copytree(clone.parent / "other/desk", clone.parent / "other/lab")
    for path in (clone.parent / "other/lab").glob("*.json"):
        path.write_text(path.read_text().replace('"desk"', '"lab"'))
    done = run("gather", clone.parent / "other")
    assert done.code == 0 and "result files brought in" in done.printed
    assert json.loads(here.read_text())["results"] == whole
    assert len(list((clone / "results/lab").glob("*.json"))) == len(
        list((clone / "results/desk").glob("*.json"))
    )


@pytest.mark.parametrize(
    ("name", "field", "said"),
    [
        ("machine.json", "cpu", "are of another machine (cpu"),
        (None, "python", "is of another series: its python differs"),
    ],
)
def test_what_is_not_alike_is_refused_and_nothing_is_written(clone, run, name, field, said):
    path = clone.parent / "other/desk" / (name or one_file(clone / "results"))
    edit(path, lambda data: data.update({field: "other"}))
    before = {one: one.read_bytes() for one in (clone / "results").rglob("*.json")}
    done = run("gather", clone.parent / "other")
    assert done.code == 1 and said in done.error
    assert {one: one.read_bytes() for one in (clone / "results").rglob("*.json")} == before


def test_a_file_of_another_machine_than_its_folder_is_refused(clone, run):
    path = clone.parent / "other/desk" / one_file(clone / "results")
    edit(path, lambda data: data["params"].update(cpu="other"))
    before = {one: one.read_bytes() for one in (clone / "results").rglob("*.json")}
    done = run("gather", clone.parent / "other")
    assert done.code == 1 and "are of another machine (cpu 2 cores, not other)" in done.error
    assert {one: one.read_bytes() for one in (clone / "results").rglob("*.json")} == before


def test_a_damaged_file_is_refused(clone, run):
    path = clone.parent / "other/desk" / one_file(clone / "results")
    path.write_text("{")
    done = run("gather", clone.parent / "other")
    assert done.code == 1 and f"desk/{path.name} is damaged" in done.error


def test_a_folder_without_results_is_refused(clone, run, tmp_path):
    (tmp_path / "empty").mkdir()
    done = run("gather", tmp_path / "empty")
    assert done.code == 1 and "holds no results" in done.error
