"""How far a long command is."""

from tomobench.desk import progress


def test_what_takes_no_time_says_nothing(capsys):
    assert list(progress.told("files read", [1, 2, 3])) == [1, 2, 3]
    assert capsys.readouterr() == ("", "")


def test_a_line_on_stderr_says_how_many_are_done(capsys, monkeypatch):
    monkeypatch.setattr(progress, "EVERY", 0.0)
    assert list(progress.told("files read", "abc")) == ["a", "b", "c"]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines()[1:] == [
        "tomobench: files read: 1 of 3",
        "tomobench: files read: 2 of 3",
    ]
