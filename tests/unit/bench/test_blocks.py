"""Blocks on a Dask cluster that runs already: it must be what the cell's name says."""

import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from tomobench.bench import adapters, beside, blocks, release
from tomobench.bench.blame import NotMeasured
from tomobench.bench.layout import Layout
from tomobench.bench.store import Store


@pytest.fixture
def cluster(monkeypatch, tmp_path):
    """A function that has a cluster run, with workers of so many threads each, and what they are asked answered so."""

    def run(threads, answer=lambda function, *words: function(*words)):
        workers = {f"tcp://{number}": each for number, each in enumerate(threads)}

        class Client:
            def __init__(self, address, timeout):
                self.run = lambda *asked: {one: answer(*asked) for one in workers}
                self.run_on_scheduler = answer
                self.nthreads = lambda: workers

            def __enter__(self):
                return self

            def __exit__(self, *raised):
                pass

        # In place of the package, which starts threads: other tests of this process fork.
        stand_in = SimpleNamespace(Client=Client, LocalCluster=None)
        monkeypatch.setitem(sys.modules, "distributed", stand_in)

    for name, value in zip(release.VARIABLES, ("3.4.2", "3", "0" * 64, str(tmp_path / "zarr"))):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path))
    here = SimpleNamespace(__version__="3.4.2")
    monkeypatch.setattr(adapters, "load", lambda: SimpleNamespace(zarr=here))
    monkeypatch.setattr(beside, "importable", lambda name: None)
    monkeypatch.setenv(beside.CLUSTER, "tcp://host:8786")
    return run


def test_workers_of_one_thread_each_are_taken(cluster):
    cluster([1, 1])
    with blocks.Team(2) as team:
        assert team.everywhere(lambda: "here") == ["here"] * 2


@pytest.mark.parametrize("threads", [[1], [1, 1, 1], [1, 2], [2, 2]])
def test_another_number_of_workers_or_of_threads_is_not_measured(cluster, threads):
    cluster(threads)
    with pytest.raises(NotImplementedError, match="has . workers|have 2 threads"), blocks.Team(2):
        pass


def test_workers_that_do_not_see_the_files_are_not_measured(cluster):
    def elsewhere(function, variables, token):
        return function(variables, f"/another/disk{token}")

    cluster([1, 1], elsewhere)
    with pytest.raises(NotMeasured, match="sees the files in .*TOMOBENCH_CACHE"):
        blocks.Team(2).__enter__()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"version": "3.4.1"}, "has zarr 3.4.1, not 3.4.2: start its scheduler and workers again"),
        ({"wheel": "1" * 64}, "has another wheel of zarr 3.4.2: start"),
        ({"configuration": '{"async": {"concurrency": 1}}'}, "zarr is configured otherwise on"),
    ],
)
def test_workers_of_another_release_are_not_measured(cluster, other, said):
    cluster([1, 1], lambda function, *asked: function(*asked)._replace(**other))
    with pytest.raises(NotMeasured, match=said):
        blocks.Team(2).__enter__()


def test_a_cluster_without_workers_is_not_measured(cluster):
    cluster([])
    with pytest.raises(NotMeasured, match="has no workers"):
        blocks.Team(2).__enter__()


def test_a_team_that_has_lost_a_worker_is_not_measured(cluster):
    cluster([1, 1], lambda function, *asked: 7 if function is os.getpid else function(*asked))
    with blocks.Team(2) as team:
        team.client.run = lambda function: {"tcp://0": 7}  # the other one has gone
        with pytest.raises(NotMeasured, match="1 worker processes .*, not 2"), team.unchanged():
            raise AssertionError("something is measured")


def test_a_worker_that_was_started_without_a_release_is_told_of_it(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "environ", {})
    monkeypatch.setattr(sys, "path", [*sys.path])
    told = dict(zip(release.VARIABLES, ("3.4.2", "3", "0" * 64, str(tmp_path))))
    release.join(told)
    assert release.asked().version == "3.4.2" and sys.path[0] == str(tmp_path)
    release.join(told | {"TOMOBENCH_RELEASE": "3.4.1"})
    assert release.asked().version == "3.4.2" and sys.path[1] != str(tmp_path)


@pytest.fixture
def counted(cluster, monkeypatch, tmp_path):
    """A function: what is counted on a cluster that ``happens(lives)`` to while it counts.

    ``lives``: how many processes each worker has had; none where the cluster is gone.
    """
    lives = [1]

    def answer(function, *words):
        if not lives:
            raise OSError("no worker")
        return lives[0] if function is os.getpid else function(*words)

    def count(happens):
        cluster([1, 1], answer)
        monkeypatch.setattr(blocks, "_counted", lambda *given: happens(lives) or {"requests": 8})
        store = Store(tmp_path, Layout((4, 4, 4)), np.zeros((8, 8, 8), np.float32))
        return blocks.figure(store, "2 processes", blocks.TASKS[0], "requests")

    return count


def test_what_the_same_processes_have_done_is_counted(counted):
    assert counted(lambda lives: None) == 8


def killed(lives):
    lives[0] += 1


def killed_too_often(lives):
    lives[0] += 1
    raise RuntimeError("KilledWorker")


def cancelled(lives):
    lives.clear()
    raise RuntimeError("cancelled")


@pytest.mark.parametrize(
    ("happens", "said"),
    [
        (killed, "a worker process of Dask died"),
        (killed_too_often, "a worker process of Dask died"),
        (cancelled, "do not answer: OSError: no worker"),
    ],
)
def test_where_a_worker_died_nothing_is_kept_nor_the_releases(counted, happens, said, tmp_path):
    with pytest.raises(NotMeasured, match=said):
        counted(happens)
    assert not list(tmp_path.glob("blocks-*.json"))
