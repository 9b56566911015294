"""Calls that people make: a name that is not there is n/a; one that is there, and does not work, raised."""

from types import SimpleNamespace

import pytest

from tomobench.bench import adapters, blame, calls


@pytest.fixture
def outcome(told, monkeypatch):
    """A function: what comes of a call in a release whose zarr has these names."""

    def find(name, **names):
        line = SimpleNamespace(zarr=SimpleNamespace(**names))
        monkeypatch.setattr(adapters, "load", lambda: line)
        return calls.outcome(name)

    monkeypatch.setattr(calls, "in_a_child", lambda find, seconds, *given: find(*given))
    monkeypatch.setattr(blame, "afresh", lambda find, *given: find(*given))
    return find


def not_supported(*given, **named):
    raise NotImplementedError("loading groups is not yet supported")


def save(path, **arrays):
    pass


CALL = "save_group and load"


def test_a_name_that_is_there_and_is_not_implemented_raised(outcome):
    ended, said = outcome(CALL, save_group=save, load=not_supported)
    assert ended == calls.RAISED
    assert "NotImplementedError: loading groups is not yet supported" in said


@pytest.mark.parametrize("names", [{}, {"save_group": save}, {"load": not_supported}])
def test_a_name_that_is_not_there_is_not_applicable(outcome, names):
    with pytest.raises(NotImplementedError, match="it has no zarr\\.(save_group|load)"):
        outcome(CALL, **names)


def test_what_is_loaded_as_it_was_saved_worked(outcome):
    held = {"voxels": calls.VOXELS}
    assert outcome(CALL, save_group=save, load=lambda path: held) == (calls.WORKED, "")
