"""The fast part of make faults: bad inputs that are refused before anything is read, and a few that are."""

import pytest

from studies.faults import inputs, outcome, project
from tests import REPOSITORY

WORDS = [
    case
    for case in inputs.words()
    if case.kind in ("empty", "line break", "not ASCII", "leads out")
]
FILES = [
    case
    for case in inputs.files()
    if case.words in (["releases", "list"], ["gather", "results"], ["readers", "--show"])
]


@pytest.fixture(scope="module")
def unharmed(tmp_path_factory):
    return project.make(REPOSITORY, tmp_path_factory.mktemp("faults") / "project")


def test_every_command_has_cases():
    assert len(WORDS) > 100 and len(FILES) > 30
    assert len(inputs.cases()) > 400


def test_wrong_words_of_every_option_are_refused_with_one_line(unharmed, cache_folder):
    ended = [(case.words, inputs.run(case, unharmed)) for case in WORDS]
    assert [(words, one) for words, one in ended if one.outcome != outcome.CLEAR] == []


def test_broken_files_are_refused_with_one_line(tmp_path, cache_folder):
    ended = [
        inputs.run(case, project.make(REPOSITORY, tmp_path / f"project-{n}"))
        for n, case in enumerate(FILES)
    ]
    assert [one for one in ended if one.outcome != outcome.CLEAR] == []


def test_what_is_silently_wrong_lost_or_a_traceback_is_told_apart(tmp_path, cache_folder):
    def ended(*words, harm=None):
        folder = project.make(REPOSITORY, tmp_path / f"{len(list(tmp_path.iterdir()))}")
        return inputs.run(inputs.BadInput("made", "made", list(words), harm), folder).outcome

    assert ended("releases", "list") == outcome.WRONG
    assert ended("releases", "show", "9.9.9") == outcome.CLEAR
    assert outcome.lost({"a": "1", "b": "2"}, {"a": "1", "b": "3"}) == ["b"]
    assert (
        outcome.of_command(1, "", "Traceback (most recent call last):\n…")[0] == outcome.TRACEBACK
    )
    assert outcome.of_command(1, "", "")[0] == outcome.UNCLEAR
