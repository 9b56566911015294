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


@pytest.fixture
def asked_of_files(tmp_path, monkeypatch):
    """What asks for the sum of two files' numbers, the folder of the files, and how often they were read."""
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "files"
    folder.mkdir()
    for name in "ab":
        (folder / name).write_text("1")
    reads = []

    def ask(question="sum", meanwhile=lambda: None):
        def find():
            reads.append(question)
            found = sum(int(path.read_text()) for path in folder.iterdir())
            meanwhile()
            return [question, found]

        return answers.of_files((question,), lambda: sorted(folder.iterdir()), find)

    return ask, folder, reads


def test_the_same_question_of_the_same_files_is_answered_once(asked_of_files):
    ask, _, reads = asked_of_files
    assert [ask(), ask(), ask("other")] == [["sum", 2], ["sum", 2], ["other", 2]]
    assert reads == ["sum", "other"]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda folder: (folder / "a").write_text("5"), 6),
        (lambda folder: (folder / "c").write_text("1"), 3),
        (lambda folder: (folder / "a").unlink(), 1),
        (lambda folder: (folder / "a").rename(folder / "z"), 2),
    ],
)
def test_a_changed_file_makes_it_another_question(asked_of_files, change, found):
    ask, folder, reads = asked_of_files
    ask()
    change(folder)
    assert ask() == ask() == ["sum", found]
    assert len(reads) == 2


def test_an_answer_that_came_while_a_file_was_written_is_not_kept(asked_of_files):
    ask, folder, reads = asked_of_files
    assert ask(meanwhile=lambda: (folder / "a").write_text("7")) == ["sum", 2]
    (folder / "a").write_text("1")
    assert ask() == ["sum", 2] and len(reads) == 2


def test_a_large_answer_is_not_kept(asked_of_files):
    ask, _, reads = asked_of_files
    question = "x" * answers.LARGEST
    assert ask(question) == ask(question) and len(reads) == 2


def test_where_a_file_can_not_be_read_nothing_is_kept(asked_of_files):
    ask, folder, reads = asked_of_files
    (folder / "gone").symlink_to(folder / "nowhere")
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            ask()
    assert len(reads) == 2
