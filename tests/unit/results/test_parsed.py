"""The parsed form of result files is used where it is that of the files, and nowhere else."""

import json
import os

import pytest
from asv.benchmarks import Benchmarks
from asv.machine import Machine

from tests.made import project as made_project
from tomobench.desk.results import parsed, reading


def test_the_formats_that_are_read_are_those_of_asv():
    assert Benchmarks.api_version == reading.BENCHMARKS_VERSION
    assert Machine.api_version == reading.MACHINE_VERSION


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder."""
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def root(tmp_path, cache):
    """A made project."""
    folder = tmp_path / "made"
    folder.mkdir()
    made_project.write(folder)
    return folder


@pytest.fixture
def parses(monkeypatch) -> list[str]:
    """The names of the files that are parsed, as they are."""
    found, parse = [], parsed.parse

    def noted(path, benchmarks):
        found.append(path.name)
        return parse(path, benchmarks)

    monkeypatch.setattr(parsed, "parse", noted)
    return found


def results_of(root) -> list:
    return [one for one in sorted((root / "results/desk").glob("*.json")) if one.stem != "machine"]


def rewrite(path, change) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def double(content) -> None:
    for columns in content["results"].values():
        columns[0] = [2 * value for value in columns[0]]


def test_a_file_is_parsed_once(root, parses):
    first = reading.examine(root)
    assert len(parses) == len(results_of(root))
    assert len(first.rows) > 100
    assert reading.examine(root) == first
    assert len(parses) == len(results_of(root))


def test_a_file_that_has_changed_is_parsed_again_and_no_other(root, parses):
    before = reading.examine(root).rows
    parses.clear()
    changed = results_of(root)[0]
    rewrite(changed, double)
    after = reading.examine(root).rows
    assert parses == [changed.name]
    assert sum(a.value == 2 * b.value for a, b in zip(after, before)) == len(before) / len(
        results_of(root)
    )


def test_a_benchmark_of_another_version_is_outdated_at_once(root):
    assert not reading.examine(root).outdated
    name = "read.Chunks.time_whole"
    rewrite(root / "results/benchmarks.json", lambda content: content[name].update(version="2"))
    found = reading.examine(root)
    assert {benchmark for *_, benchmark in found.outdated} == {name}
    assert {row.benchmark for row in found.rows} == {"footprint.Chunks.track_files"}


def test_a_folder_whose_name_is_no_text_is_one_as_any_other(root, parses):
    other = root.rename(root.with_name(os.fsdecode(b"caf\xe9")))
    first = reading.examine(other)
    assert first.rows and reading.examine(other) == first
    assert len(parses) == len({*parses})


def test_a_file_under_another_machine_is_not_taken_for_the_first(root):
    reading.examine(root)
    other = root / "results/other"
    other.mkdir()
    (other / results_of(root)[0].name).write_bytes(results_of(root)[0].read_bytes())
    (other / "machine.json").write_text(json.dumps(made_project.MACHINE | {"machine": "other"}))
    (damaged,) = reading.examine(root).damaged
    assert damaged.startswith("other/")


def spoil(path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:-9] + bytes(9))


@pytest.mark.parametrize("harm", [spoil, lambda path: path.write_bytes(b"")])
def test_a_damaged_cache_is_no_matter(root, cache, parses, harm):
    first = reading.examine(root)
    (kept,) = (cache / "parsed-results").iterdir()
    harm(kept)
    parses.clear()
    assert reading.examine(root) == first
    assert len(parses) == len(results_of(root))


def test_a_cache_that_cannot_be_written_is_no_matter(root, cache, parses):
    first = reading.examine(root)
    for path in (cache / "parsed-results").iterdir():
        path.unlink()
    (cache / "parsed-results").rmdir()
    (cache / "parsed-results").write_text("a file where a folder should be")
    assert reading.examine(root) == first
    assert reading.examine(root) == first
    assert len(parses) == 3 * len(results_of(root))


def test_what_was_read_while_the_file_was_written_is_not_kept(root, monkeypatch):
    changed, parse = results_of(root)[0], parsed.parse

    def interrupted(path, benchmarks):
        found = parse(path, benchmarks)
        if path == changed:
            rewrite(path, double)
        return found

    monkeypatch.setattr(parsed, "parse", interrupted)
    reading.examine(root)
    monkeypatch.setattr(parsed, "parse", parse)
    rows = reading.examine(root).rows
    monkeypatch.setenv("TOMOBENCH_CACHE", str(root / "another"))
    assert reading.examine(root).rows == rows


def test_the_parsed_form_of_a_few_folders_is_kept(root, cache):
    for n in range(parsed.MOST + 3):
        folder = root / f"clone-{n}"
        folder.mkdir()
        made_project.write(folder)
        reading.examine(folder)
    assert len(list((cache / "parsed-results").iterdir())) == parsed.MOST
