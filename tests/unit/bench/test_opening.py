"""Openings of multiscales: all that was asked for must be there."""

from types import SimpleNamespace

import numpy as np
import pytest

from tomobench.bench import adapters, opening
from tomobench.bench.exact import multiscale_shapes
from tomobench.bench.layout import Layout
from tomobench.bench.store import Store


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store whose release opens as many multiscales as a target says, whatever it is asked for."""

    def open_many(target, number, consolidated):
        return [SimpleNamespace(shape=one) for one in multiscale_shapes(store)] * target

    def create_many(target, *_):
        target.mkdir()

    adapter = SimpleNamespace(disk=lambda path: path, create_many=create_many)
    adapter.open_many, adapter.consolidate = open_many, lambda target: None
    monkeypatch.setattr(adapters, "load", lambda: adapter)
    store = Store(tmp_path, Layout((4, 4, 4)), np.zeros((8, 8, 8), np.float32))
    return store


@pytest.mark.parametrize("name", opening.NAMES)
def test_an_opening_is_right_with_all_its_multiscales_and_no_other_number(store, name):
    job = opening.FAMILY.jobs(store)[name]
    asked = 50 if "50" in name else 1
    for number in (0, 1, 2, 49, 50, 51):
        wrong = job.check(job.act(number), None)
        assert (wrong is None) == (number == asked), (number, wrong)
