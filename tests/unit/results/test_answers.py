"""Answers of pure functions that are kept in the cache folder."""

import pytest

from tomobench.desk.results import answers


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A kept function, and what it was really asked."""
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path))
    calls = []

    @answers.kept
    def doubled(numbers, by=2):
        calls.append(numbers)
        return [by * one for one in numbers] or None

    return doubled, calls


def test_what_was_asked_before_is_not_worked_out_again(asked):
    doubled, calls = asked
    assert doubled([0.1, 2]) == doubled([0.1, 2]) == [0.2, 4]
    assert calls == [[0.1, 2]]


def test_nothing_is_an_answer_too(asked):
    doubled, calls = asked
    assert doubled([]) is doubled([]) is None
    assert calls == [[]]


def test_another_question_has_an_answer_of_its_own(asked):
    doubled, _ = asked
    assert [doubled([1]), doubled([1], by=3), doubled([1.5]), doubled([1])] == [[2], [3], [3], [2]]


def test_a_damaged_answer_is_worked_out_again(asked, tmp_path):
    doubled, calls = asked
    first = doubled([1])
    for path in (tmp_path / "kept-answers").iterdir():
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    assert doubled([1]) == first
    assert len(calls) == 2


def test_where_nothing_can_be_kept_there_are_answers(asked, tmp_path):
    doubled, calls = asked
    (tmp_path / "kept-answers").write_text("a file where a folder should be")
    assert doubled([1]) == doubled([1]) == [2]
    assert len(calls) == 2


def test_the_last_answers_are_kept(asked, tmp_path):
    doubled, _ = asked
    for number in range(answers.MOST + 3):
        doubled([number])
    assert len(list((tmp_path / "kept-answers").iterdir())) == answers.MOST
