"""A question asked again is answered at once, and never with what is no longer true."""

import json
import os

import pytest

from tests.made import project as made_project
from tomobench.desk.results import again


@pytest.fixture
def ask(tmp_path, monkeypatch):
    """Asks one question of a made project; the answers count how often it was worked out."""
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "made"
    root.mkdir()
    made_project.write(root)
    found = []

    def asked(*words):
        return again.answered(root, words, lambda: found.append(words) or len(found))

    asked.root = root
    return asked


def test_the_same_words_have_the_same_answer(ask):
    assert [ask("a", 1), ask("a", 1), ask("a", 2), ask("b", None)] == [1, 1, 2, 3]


def result(root):
    return next(one for one in (root / "results/desk").glob("*.json") if one.stem != "machine")


def longer(path):
    path.write_text(path.read_text() + "\n")


@pytest.mark.parametrize(
    "change",
    [
        lambda root: longer(result(root)),
        lambda root: result(root).unlink(),
        lambda root: longer(root / "releases.lock.json"),
        lambda root: (root / "acknowledged.toml").write_text("# all is well"),
        lambda root: longer(root / "asv.conf.json"),
        lambda root: (root / "results/search.csv").write_text("new"),
    ],
)
def test_another_state_of_the_repository_is_another_question(ask, change):
    assert ask("a") == 1
    change(ask.root)
    assert ask("a") == 2


def test_a_name_that_is_no_text_is_part_of_the_state_as_any_other(ask):
    stray = ask.root / "results" / os.fsdecode(b"caf\xe9.csv")
    stray.write_text("a file")
    assert [ask("a"), ask("a")] == [1, 1]
    stray.rename(stray.with_name(os.fsdecode(b"caf\xe8.csv")))
    assert ask("a") == 2


@pytest.mark.parametrize("name", ["TOMOBENCH_MACHINE", "TOMOBENCH_S3_SERVER"])
def test_a_variable_makes_it_another_question(ask, monkeypatch, name):
    assert ask("a") == 1
    monkeypatch.setenv(name, "other")
    assert ask("a") == 2


def test_a_file_that_is_named_makes_it_another_question(ask, tmp_path):
    prices = tmp_path / "prices.toml"

    def asked():
        return again.answered(ask.root, ("a",), lambda: prices.read_text(), [prices])

    prices.write_text("1")
    assert asked() == "1"
    prices.write_text("2")
    assert asked() == "2"


def test_a_misspelt_key_of_the_configuration_is_told_each_time(ask, capsys):
    path = ask.root / "asv.conf.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"html_folder": "elsewhere"}))
    ask("a")
    assert "html_folder" in capsys.readouterr().err
