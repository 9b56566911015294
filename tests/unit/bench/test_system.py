"""What a process asks of the system, counted; and how many requests wait together."""

import asyncio
import itertools
import threading
from contextlib import nullcontext

import numpy as np
import pytest

from tomobench.bench import access, system
from tomobench.bench.exact import MeteredAccess
from tomobench.bench.layout import Layout
from tomobench.bench.store import Store

pytestmark = pytest.mark.skipif(not system.COUNTERS.exists(), reason="this system has no /proc")


def test_reads_and_bytes_are_counted_of_all_threads_and_the_count_itself_is_not(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))

    def read():
        with open(path, "rb", buffering=0) as file:
            assert len(file.read(600)) + len(file.read(600)) == 1000

    def in_two_threads():
        threads = [threading.Thread(target=read) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()

    least = min(tuple(system.counted(in_two_threads)[0].values()) for _ in range(5))
    assert least == (4, 2000, 0, 0)
    assert min(tuple(system.counted(lambda: None)[0].values()) for _ in range(5)) == (0, 0, 0, 0)


def test_without_counters_there_are_no_figures(tmp_path, monkeypatch):
    monkeypatch.setattr(system, "COUNTERS", tmp_path / "absent")
    assert system.counted(lambda: 7) == ({}, 7)


@pytest.mark.parametrize(
    ("opened", "calls"), [((9, 2, 2, 1), 3), ((2, 5, 2, 2), 4), ((9, 5, 4, 3, 2, 1), 6)]
)
def test_an_access_is_repeated_until_two_calls_agree(tmp_path, opened, calls):
    several = iter(opened)
    (tmp_path / "file").write_bytes(b"")

    def act(_):
        for _ in range(next(several)):
            (tmp_path / "file").read_bytes()

    job = MeteredAccess(lambda: nullcontext(tmp_path), lambda _: None, act, lambda *_: None, 0)
    assert system.on_disk(job, system.Audit())["opens"] == min(opened[1:calls])
    assert len(opened) - len(list(several)) == calls


def test_files_below_a_folder_alone_are_counted(tmp_path):
    audit, inside = system.Audit(), tmp_path / "inside"
    inside.mkdir()
    with audit.below(inside) as events:
        (inside / "one").write_bytes(b"")
        (tmp_path / "another").write_bytes(b"")
        (inside / "one").rename(inside / "two")
        list(inside.iterdir())
    (inside / "after").write_bytes(b"")
    assert events == {"opens": 1, "renames": 1, "listings": 1}


@pytest.mark.parametrize("at_once", [1, 3, 10])
def test_as_many_requests_wait_as_a_reader_has_on_the_way(tmp_path, at_once):
    for number in range(20):
        (tmp_path / str(number)).write_bytes(b"abc")

    async def read_all():
        fs = system.HoldingFileSystem(tmp_path, asynchronous=True, skip_instance_cache=True)
        gate = asyncio.Semaphore(at_once)

        async def read(number):
            async with gate:
                return await fs._cat_file(str(number))

        assert await asyncio.gather(*map(read, range(20))) == [b"abc"] * 20
        return fs.most, fs.rounds

    assert asyncio.run(read_all()) == (at_once, -(-20 // at_once))


def test_the_objects_of_an_access_are_those_that_it_meets(tmp_path):
    voxels = np.zeros((40, 48, 56), np.float32)
    for layout, edges in [
        (Layout((16, 16, 16)), (16, 16, 16)),
        (Layout((16, 16, 16), (32, 32, 32), zarr_format=3), (32, 32, 32)),
    ]:
        store = Store(tmp_path, layout, voxels)
        whole = np.prod([-(-length // edge) for length, edge in zip(voxels.shape, edges)])
        assert system.objects(store, "read whole") == system.objects(store, "write whole") == whole
        assert system.objects(store, "open array") == 1
        met = set()
        for part in access.READS["4 XY planes"](voxels.shape, layout):
            places = (access.indices(one) for one in part.selection)
            met |= {tuple(np.floor_divide(voxel, edges)) for voxel in itertools.product(*places)}
        assert system.objects(store, "read 4 XY planes") == len(met)
