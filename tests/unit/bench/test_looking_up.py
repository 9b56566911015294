"""Looking up: what is kept is read, and what is not is left to be found by somebody else."""

import pytest

from tests.made.damage import DAMAGED
from tomobench.bench.cache import NotKept, looking_up, once


def test_what_is_kept_is_read_and_nothing_is_found(tmp_path):
    kept, other = tmp_path / "kept.json", tmp_path / "other.json"
    assert once(kept, lambda: {"a": 1}) == {"a": 1}
    with looking_up():
        assert once(kept, lambda: {"a": 2}) == {"a": 1}
        with pytest.raises(NotKept):
            once(other, lambda: {"a": 2})
    assert not other.exists()
    assert once(other, lambda: {"a": 2}) == {"a": 2}


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_found_again(tmp_path, damage):
    kept = tmp_path / "kept.json"
    kept.write_bytes(damage)
    with looking_up(), pytest.raises(NotKept):
        once(kept, lambda: {"a": 1})
    for _ in range(2):
        assert once(kept, lambda: {"a": 1}) == {"a": 1}
        assert kept.read_text() == '{"a": 1}'
