"""zarr 3: Zarr formats 2 and 3, shards in format 3.

What zarr does not promise to keep is asked for where it is wanted (:func:`_private`): that it moved is no failure of a
release's.
"""

import importlib
import inspect
import warnings
from contextlib import contextmanager
from pathlib import Path

import numcodecs
import zarr
from zarr.codecs import BloscCodec, GzipCodec, ZstdCodec
from zarr.storage import FsspecStore, LocalStore, MemoryStore, ZipStore

from tomobench.bench.adapters.numcodecs_codecs import codec_of, compressor
from tomobench.bench.blame import NotMeasured
from tomobench.bench.in_thread import InThread
from tomobench.bench.layout import SHUFFLE_ZSTD, Codec, Layout
from tomobench.bench.objects import METADATA_OBJECTS

ASYNCHRONOUS = True
SHUFFLE_NAMES = {"none": "noshuffle", "shuffle": "shuffle", "bitshuffle": "bitshuffle"}


def unsupported(layout: Layout) -> str | None:
    if layout.shards and layout.zarr_format == 2:
        return "Zarr format 2 has no shards"
    if layout.codec.name == SHUFFLE_ZSTD:
        try:
            _shuffle()
        except ImportError as error:
            return f"numcodecs has no shuffle for this release: {error}"
    return None


def metadata_objects(zarr_format: int) -> int:
    return METADATA_OBJECTS["3", zarr_format]


def disk(path: Path):
    return LocalStore(str(path))


def remote(fs, path: str):
    return FsspecStore(fs, path=path)


def object_store(place, name: str):
    # Not at the top: only the suites over S3 need it.
    from obstore.store import S3Store
    from zarr.storage import ObjectStore

    return ObjectStore(
        S3Store(
            place.bucket,
            prefix=f"{place.prefix}{name}" or None,
            endpoint=place.url,
            region=place.region,
            access_key_id=place.access_key,
            secret_access_key=place.secret_key,
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
            **({"session_token": place.token} if place.token else {}),
        )
    )


def raise_concurrency(number: int) -> None:
    _setting("async.concurrency")
    zarr.config.set({"async.concurrency": number})


def create(store, shape, dtype, layout: Layout, write_empty_chunks: bool = True, separator=None):
    keys = {2: "v2", 3: "default"}[layout.zarr_format]
    return zarr.create_array(
        store,
        shape=shape,
        dtype=dtype,
        config={"write_empty_chunks": write_empty_chunks},
        chunk_key_encoding={"name": keys, "separator": separator} if separator else None,
        **_cut_and_coded(layout),
    )


def chosen(shape, dtype) -> Layout:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zarr calls automatic shards experimental
        array = zarr.create_array(
            MemoryStore(), shape=shape, dtype=dtype, chunks="auto", shards="auto"
        )
    shards = None if array.shards is None else tuple(map(int, array.shards))
    coders = array.compressors
    return Layout(tuple(map(int, array.chunks)), shards, _codec_of(coders), 3)


#: 3.0.0 and 3.0.1 have a create_array that is given no voxels. Looked at once: what starts in a call is counted.
TAKES_DATA = "data" in inspect.signature(zarr.create_array).parameters


def create_from(store, voxels, layout: Layout):
    if not TAKES_DATA:
        raise NotImplementedError("this release's create_array takes no data")
    return zarr.create_array(
        store, data=voxels, config={"write_empty_chunks": True}, **_cut_and_coded(layout)
    )


def open_array(store, mode: str):
    return zarr.open_array(store, mode=mode)


def open_synchronized(store, kind: str, path: Path):
    raise NotImplementedError("zarr 3 has no synchronizers")


def create_multiscale(store, shapes, dtype, layout: Layout) -> None:
    group = zarr.create_group(store, zarr_format=layout.zarr_format)
    for level, shape in enumerate(shapes):
        cut_and_coded = _cut_and_coded(layout)
        del cut_and_coded["zarr_format"]
        group.create_array(str(level), shape=shape, dtype=dtype, **cut_and_coded)


def open_multiscale(store) -> list:
    group = zarr.open_group(store, mode="r")
    return [group[name] for name in sorted(group.array_keys())]


def create_many(store, number: int, shapes, dtype, layout: Layout) -> None:
    group = zarr.create_group(store, zarr_format=layout.zarr_format)
    cut_and_coded = _cut_and_coded(layout)
    del cut_and_coded["zarr_format"]
    for one in range(number):
        levels = group.create_group(str(one))
        for level, shape in enumerate(shapes):
            levels.create_array(str(level), shape=shape, dtype=dtype, **cut_and_coded)


def open_many(store, number: int, consolidated: bool) -> list:
    group = zarr.open_group(store, mode="r", use_consolidated=consolidated)
    return [
        levels[name]
        for levels in (group[str(one)] for one in range(number))
        for name in sorted(levels.array_keys())
    ]


def consolidate(store) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # format 3 has none in its specification yet, zarr says
        zarr.consolidate_metadata(store)


def describe(array) -> dict:
    return {
        "shape": array.shape,
        "dtype": array.dtype.str,
        "chunks": array.chunks,
        "shards": array.shards,
        "codec": _codec_of(array.compressors),
        "zarr_format": array.metadata.zarr_format,
    }


def decoder(array) -> str:
    try:
        found = array._async_array.codec_pipeline
    except AttributeError:
        raise _moved("Array._async_array.codec_pipeline") from None
    return type(found).__module__.split(".")[0]


@contextmanager
def pipeline(path: str | None):
    if path is None:
        yield
        return
    module, _, name = path.rpartition(".")
    found = getattr(_module(module), name, None)
    if found is None:
        raise NotImplementedError(f"zarr {zarr.__version__} has no {name}")
    # zarr looks for other packages' once, when it is imported
    _private("zarr.registry", "register_pipeline")(found)
    with zarr.config.set({"codec_pipeline.path": path}):
        yield


@contextmanager
def kept(kind: str, path: Path, mode: str):
    store = _kept(kind, path, mode)
    try:
        yield store
    finally:
        if kind == "zip":
            store.close()  # a zip file has no directory before


def _kept(kind: str, path: Path, mode: str):
    if kind == "local":
        return LocalStore(str(path))
    if kind == "zip":
        return ZipStore(path, mode=mode)
    if kind == "fsspec":
        return FsspecStore.from_url(f"file://{path}", storage_options={"auto_mkdir": True})
    if kind == "obstore":
        # Not at the top: only this suite needs it on disk.
        from obstore.store import LocalStore as ObjectsOnDisk

        try:
            from zarr.storage import ObjectStore
        except ImportError:
            raise NotImplementedError(f"zarr {zarr.__version__} has no ObjectStore") from None
        path.mkdir(parents=True, exist_ok=True)
        return ObjectStore(ObjectsOnDisk(prefix=str(path)))
    return MemoryStore()


def concurrency() -> dict[str, int | None]:
    return {
        "requests": _setting("async.concurrency"),
        "threads": _setting("threading.max_workers"),
    }


def pin() -> None:
    concurrency()  # or there would be nothing to pin: zarr takes settings that it does not know
    one = ("async.concurrency", "threading.max_workers", "codec_pipeline.max_workers")
    zarr.config.set(dict.fromkeys(one, 1))  # the last is the fused pipeline's, from 3.3.0
    numcodecs.blosc.set_nthreads(1)


def pin_in_loop() -> None:
    pin()
    _private("zarr.core.sync", "_get_executor")()  # zarr's, which it gives to its loop once
    _private("zarr.core.sync", "_get_loop")().set_default_executor(InThread())


def _setting(name: str):
    """A setting of zarr's configuration. Raises NotMeasured where it knows none of that name."""
    try:
        return zarr.config.get(name)
    except KeyError:
        raise _moved(f"setting {name}") from None


def _private(module: str, name: str):
    """What a module of zarr's has under a name. Raises NotMeasured where it is no longer there."""
    try:
        return getattr(_module(module), name)
    except AttributeError:
        raise _moved(f"{module}.{name}") from None


def _module(name: str):
    """A module of zarr's, or of another package's. Raises NotMeasured where zarr has it no longer."""
    try:
        return importlib.import_module(name)
    except ImportError:
        if name.startswith("zarr."):
            raise _moved(name) from None
        raise


def _moved(what: str) -> NotMeasured:
    return NotMeasured(f"zarr {zarr.__version__} has no {what}: the adapter must be changed")


def _cut_and_coded(layout: Layout) -> dict:
    format_2 = layout.zarr_format == 2
    return {
        "chunks": layout.chunks,
        "shards": layout.shards,
        "compressors": compressor(layout.codec) if format_2 else _codec(layout.codec),
        "filters": None,
        "fill_value": 0,
        "zarr_format": layout.zarr_format,
    }


def _codec(codec: Codec):
    """The same compressor as numcodecs', under the names of Zarr format 3."""
    if codec.name == "none":
        return None
    if codec.name.startswith("blosc-"):
        cname = codec.name.removeprefix("blosc-")
        return BloscCodec(cname=cname, clevel=codec.level, shuffle=SHUFFLE_NAMES[codec.shuffle])
    if codec.name == SHUFFLE_ZSTD:
        return [_shuffle(), ZstdCodec(level=codec.level)]
    return {"zstd": ZstdCodec, "gzip": GzipCodec}[codec.name](level=codec.level)


def _shuffle():
    """numcodecs' filter, of four bytes, for Zarr format 3."""
    # Not at the top: numcodecs takes it from zarr, or has it itself, and one layout wants it.
    from numcodecs.zarr3 import Shuffle

    return Shuffle(elementsize=4)


def _codec_of(coders) -> Codec:
    if len(coders) == 2 and isinstance(coders[1], ZstdCodec):
        return Codec(SHUFFLE_ZSTD, coders[1].level)
    coder = coders[0] if coders else None
    if isinstance(coder, BloscCodec):
        names = {theirs: ours for ours, theirs in SHUFFLE_NAMES.items()}
        return Codec(f"blosc-{_word(coder.cname)}", coder.clevel, names[_word(coder.shuffle)])
    if isinstance(coder, ZstdCodec):
        return Codec("zstd", coder.level)
    if isinstance(coder, GzipCodec):
        return Codec("gzip", coder.level)
    return codec_of(coder)


def _word(choice) -> str:
    """A choice of BloscCodec's: an enumeration in older releases, a plain string in newer ones."""
    return getattr(choice, "value", choice)
