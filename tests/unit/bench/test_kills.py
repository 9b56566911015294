"""Kills of a writer: one that was never killed while it wrote is not told to be safe."""

import pytest

from tomobench.bench.kills import require_seen

OLD = {"0.0.0": [4, 1], ".zarray": [9, 2]}


@pytest.mark.parametrize("new", [{"0.0.0": [4, 7], ".zarray": [9, 2]}, {**OLD, "1.0.0": [4, 3]}])
def test_a_file_that_was_written_without_an_operation_is_told(new):
    with pytest.raises(NotImplementedError, match="Python sees 0 operations on 1 files"):
        require_seen(OLD, new, 0)
    require_seen(OLD, new, 1)


def test_files_that_are_as_they_were_took_no_operation():
    require_seen(OLD, dict(OLD), 0)
