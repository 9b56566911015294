"""Blocks on a Dask cluster that runs already: it must be what the cell's name says."""

import sys
from types import SimpleNamespace

import pytest

from tomobench.bench import beside, blocks, release


@pytest.fixture
def cluster(monkeypatch):
    """A function that has a cluster run, with workers of so many threads each."""

    def run(threads):
        workers = {f"tcp://{number}": each for number, each in enumerate(threads)}

        class Client:
            def __init__(self, address, timeout):
                self.run = lambda function: dict.fromkeys(workers, "3.4.2")
                self.nthreads = lambda: workers

            def __enter__(self):
                return self

            def __exit__(self, *raised):
                pass

        # In place of the package, which starts threads: other tests of this process fork.
        stand_in = SimpleNamespace(Client=Client, LocalCluster=None)
        monkeypatch.setitem(sys.modules, "distributed", stand_in)

    monkeypatch.setattr(release, "asked", lambda: SimpleNamespace(version="3.4.2"))
    monkeypatch.setattr(beside, "importable", lambda name: None)
    monkeypatch.setenv(beside.CLUSTER, "tcp://host:8786")
    return run


def test_workers_of_one_thread_each_are_taken(cluster):
    cluster([1, 1])
    with blocks.Team(2) as team:
        assert team.everywhere(print) == ["3.4.2"] * 2


@pytest.mark.parametrize("threads", [[1], [1, 1, 1], [1, 2], [2, 2]])
def test_another_number_of_workers_or_of_threads_is_not_measured(cluster, threads):
    cluster(threads)
    with pytest.raises(NotImplementedError, match="has . workers|have 2 threads"), blocks.Team(2):
        pass
