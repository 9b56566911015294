"""zarr 2.18: Zarr format 2 only, one object a chunk."""

from contextlib import contextmanager
from pathlib import Path

import numcodecs
import zarr

from tomobench.bench.adapters.numcodecs_codecs import codec_of, compressor
from tomobench.bench.layout import Layout
from tomobench.bench.objects import METADATA_OBJECTS

ASYNCHRONOUS = False


def unsupported(layout: Layout) -> str | None:
    if layout.zarr_format != 2:
        return f"zarr 2.18 has no Zarr format {layout.zarr_format}"
    return "Zarr format 2 has no shards" if layout.shards else None


def metadata_objects(zarr_format: int) -> int:
    return METADATA_OBJECTS["2.18", zarr_format]


def disk(path: Path):
    return zarr.DirectoryStore(str(path))


def remote(fs, path: str):
    return zarr.storage.FSStore(path, fs=fs)


def object_store(place, name: str):
    raise NotImplementedError("zarr 2.18 has no ObjectStore")


def raise_concurrency(number: int) -> None:
    """Nothing: zarr 2.18 asks its store for all chunks at once."""


def create(store, shape, dtype, layout: Layout, write_empty_chunks: bool = True, separator=None):
    return zarr.create(
        store=store,
        shape=shape,
        dtype=dtype,
        write_empty_chunks=write_empty_chunks,
        dimension_separator=separator,
        **_cut_and_coded(layout),
    )


def chosen(shape, dtype) -> Layout:
    array = zarr.create(store=zarr.MemoryStore(), shape=shape, dtype=dtype, chunks=True)
    return Layout(tuple(map(int, array.chunks)), codec=codec_of(array.compressor))


def create_from(store, voxels, layout: Layout):
    raise NotImplementedError("zarr 2.18 has no create_array")


def open_array(store, mode: str):
    return zarr.open_array(store, mode=mode)


def open_synchronized(store, kind: str, path: Path):
    locks = zarr.ThreadSynchronizer() if kind == "threads" else zarr.ProcessSynchronizer(str(path))
    return zarr.open_array(store, mode="r+", synchronizer=locks)


def create_multiscale(store, shapes, dtype, layout: Layout) -> None:
    group = zarr.group(store)
    for level, shape in enumerate(shapes):
        group.create_dataset(str(level), shape=shape, dtype=dtype, **_cut_and_coded(layout))


def open_multiscale(store) -> list:
    group = zarr.open_group(store, mode="r")
    return [group[name] for name in sorted(group.array_keys())]


def create_many(store, number: int, shapes, dtype, layout: Layout) -> None:
    group = zarr.group(store)
    for one in range(number):
        levels = group.create_group(str(one))
        for level, shape in enumerate(shapes):
            levels.create_dataset(str(level), shape=shape, dtype=dtype, **_cut_and_coded(layout))


def open_many(store, number: int, consolidated: bool) -> list:
    group = zarr.open_consolidated(store, mode="r") if consolidated else zarr.open_group(store, "r")
    return [
        levels[name]
        for levels in (group[str(one)] for one in range(number))
        for name in sorted(levels.array_keys())
    ]


def consolidate(store) -> None:
    zarr.consolidate_metadata(store)


def describe(array) -> dict:
    return {
        "shape": array.shape,
        "dtype": array.dtype.str,
        "chunks": array.chunks,
        "shards": None,
        "codec": codec_of(array.compressor),
        "zarr_format": 2,
    }


def decoder(array) -> str:
    return "zarr"


@contextmanager
def pipeline(path: str | None):
    if path is not None:
        raise NotImplementedError("zarr 2.18 has no codec pipelines to choose from")
    yield


@contextmanager
def kept(kind: str, path: Path, mode: str):
    if kind == "obstore":
        raise NotImplementedError("zarr 2.18 has no ObjectStore")
    store = {
        "local": lambda: zarr.DirectoryStore(str(path)),
        "zip": lambda: zarr.ZipStore(str(path), mode=mode),
        "memory": zarr.MemoryStore,
        "fsspec": lambda: zarr.storage.FSStore(f"file://{path}", auto_mkdir=True),
    }[kind]()
    try:
        yield store
    finally:
        if kind == "zip":
            store.close()  # a zip file has no directory before


def concurrency() -> dict[str, int | None]:
    return {"requests": 1, "threads": None}  # Blosc's: as many as there are cores


def pin() -> None:
    # zarr 2.18 itself goes through chunks one by one on disk; what has threads is Blosc.
    numcodecs.blosc.set_nthreads(1)


def pin_in_loop() -> None:
    pin()  # there is no loop


def _cut_and_coded(layout: Layout) -> dict:
    return {
        "chunks": layout.chunks,
        "compressor": compressor(layout.codec),
        "filters": None,
        "fill_value": 0,
    }
