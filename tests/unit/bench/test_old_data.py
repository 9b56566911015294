"""Old data: what of a writer's arrays was read right, read wrong, or not at all."""

from types import SimpleNamespace

import pytest

from tomobench.bench import adapters, old_data
from tomobench.bench.old_data import GROUPS, OldArray, arrays

GROUP = GROUPS[0]


@pytest.fixture
def there(tmp_path, monkeypatch):
    """The arrays of a group, in a folder; a line that can read them all."""
    line = SimpleNamespace(unsupported=lambda layout: None)
    monkeypatch.setattr(adapters, "load", lambda: line)
    found = [one for one in arrays() if one.group == GROUP]
    for one in found:
        (tmp_path / one.place).mkdir(parents=True)
    return found


@pytest.fixture
def read(there, tmp_path, monkeypatch):
    """What becomes of the group when its first array is read as a function does, and all others right."""

    def of_group(first):
        def reading(folder, one: OldArray):
            return first() if one == there[0] else {"wrong": 0}

        monkeypatch.setattr(old_data, "_read", reading)
        return old_data.of_group(tmp_path, GROUP)

    return of_group


@pytest.mark.parametrize("error", [NotImplementedError, ValueError])
def test_an_array_that_a_release_refuses_is_not_read(there, read, error):
    def refuse():
        raise error("no such codec")

    found = read(refuse)
    assert (found["arrays"], found["wrong"]) == (len(there), 0)
    (reason,) = found["raised"]
    assert there[0].place in reason and "no such codec" in reason


def test_wrong_voxels_are_summed_up(there, read):
    found = read(lambda: {"wrong": 7})
    assert found == {"arrays": len(there), "raised": [], "wrong": 7}
