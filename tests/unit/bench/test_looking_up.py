"""Looking up: what is kept is read, and what is not is left to be found by somebody else."""

import pytest

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
