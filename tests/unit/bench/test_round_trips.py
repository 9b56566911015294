"""What comes back, by each reader: wrong voxels, what was raised, and what is seen twice."""

import pytest

from tomobench.bench import round_trips
from tomobench.bench.blame import NotMeasured
from tomobench.bench.round_trips import READERS

ZARR, OTHER = READERS


def outcome(of_other):
    """An outcome in which zarr reads all, and the other reader does ``of_other``."""

    def compare(reader):
        return of_other() if reader == OTHER else {"wrong": 0}

    return round_trips.outcome({}, compare)


def refuse():
    raise NotImplementedError("it knows no such codec")


def fail():
    raise ValueError("no such chunk")


def test_each_reader_has_its_own_figure():
    found = outcome(lambda: {"wrong": 3})
    assert [round_trips.figure(found, reader) for reader in READERS] == [0, 3]


def test_a_reader_that_refuses_a_store_is_no_failure_of_the_release():
    found = outcome(refuse)
    assert round_trips.figure(found, ZARR) == 0
    with pytest.raises(NotImplementedError, match="no such codec"):
        round_trips.figure(found, OTHER)


def test_a_release_that_refuses_what_it_wrote_has_failed():
    found = round_trips.outcome({}, lambda _: refuse())
    with pytest.raises(RuntimeError, match="reading raised it knows no such codec"):
        round_trips.figure(found, ZARR)


def test_a_reader_that_raises_is_a_failure():
    found = outcome(fail)
    with pytest.raises(RuntimeError, match="reading raised ValueError: no such chunk"):
        round_trips.figure(found, OTHER)


@pytest.mark.parametrize(
    ("kind", "error"), [("failed", RuntimeError), ("impossible", NotImplementedError)]
)
def test_what_was_not_written_is_not_read(kind, error):
    found = round_trips.outcome({kind: "no such way"}, fail)
    for reader in READERS:
        with pytest.raises(error, match="no such way"):
            round_trips.figure(found, reader)


def race(folder, later):
    """What a race inside a release leaves: the first time reading raises, later there are ``later`` wrong voxels."""
    seen = len(list(folder.iterdir()))
    (folder / str(seen)).touch()
    return outcome(lambda: {"wrong": later} if seen else fail())


def test_what_raised_is_confirmed_by_wrong_voxels_and_not_by_right_ones(tmp_path):
    first = race(tmp_path, 7)
    assert round_trips.confirmed(first, race, tmp_path, 7) == first
    found = round_trips.confirmed(first, race, tmp_path, 0)
    assert round_trips.figure(found, ZARR) == 0
    with pytest.raises(NotMeasured, match="failed once, and not again: .*no such chunk"):
        round_trips.figure(found, OTHER)
