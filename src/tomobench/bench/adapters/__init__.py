"""The adapters: all that differs between the lines of zarr, one module a line.

Each offers the same names:

``unsupported(layout)``
    why this line can't write the layout, or None.
``metadata_objects(zarr_format)``
    how many objects beside the chunks or shards an array of that format has.
``disk(path)``, ``remote(fs, path)``
    a store: a folder, or a path of an fsspec file system ``fs`` that is asynchronous where
    ``ASYNCHRONOUS`` says so.
``object_store(place, name)``
    a store that reaches S3 through obstore, for a :class:`tomobench.bench.s3.Place` and a name below its prefix;
    raises NotImplementedError where zarr has no such store.
``raise_concurrency(number)``
    from now on, so many requests at once in this process, where the line has such a setting.
``create(store, shape, dtype, layout, write_empty_chunks=True, separator=None)``
    an empty array. ``separator`` stands between the numbers in a chunk's name; None: as the line does it.
``chosen(shape, dtype)``
    the layout that the release chooses by itself: zarr 3's ``create_array(chunks="auto", shards="auto")``, and
    ``create(chunks=True)`` of 2.18, which has no shards.
``create_from(store, voxels, layout)``
    an array with its voxels, in one call; raises NotImplementedError where zarr has no such call.
``open_array(store, mode)``
    the array, for mode "r" or "r+".
``open_synchronized(store, kind, path)``
    the array, for mode "r+", that locks each chunk between "threads", or between "processes" by files below ``path``;
    raises NotImplementedError where zarr has no such locks.
``create_multiscale(store, shapes, dtype, layout)``, ``open_multiscale(store)``
    a group with an array for each level ("0", "1", …), empty; the arrays of such a group.
``create_many(store, number, shapes, dtype, layout)``
    a group with so many multiscales, named by their numbers, empty.
``open_many(store, number, consolidated)``
    all arrays of such a group; ``consolidated``: by its consolidated metadata, or without looking for any.
``consolidate(store)``
    consolidated metadata of a group.
``describe(array)``
    what the array's own metadata say: a dict of shape, dtype, chunks, shards, codec (a
    :class:`tomobench.bench.layout.Codec`) and zarr_format.
``decoder(array)``
    the package that decodes its chunks: zarr itself, or the one that its configuration names.
``pipeline(path)``
    a context: within it, arrays are opened with the codec pipeline of that path in zarr's configuration (None: zarr's
    own choice). Raises NotImplementedError where the release has none.
``kept(kind, path, mode)``
    a context that gives a store of a kind (local, zip, memory, fsspec, obstore) at a path, to be written ("w") or
    read ("r"); a memory store is new each time. Raises NotImplementedError where zarr has no such store.
``concurrency()``
    what the release works with by itself: "requests" at once (2.18 goes through chunks on disk one by one),
    "threads" that code and decode (None: as many as Python's pool, or in 2.18 Blosc, has on this machine).
``pin()``
    from now on, one chunk at a time on one thread, in this process.
``pin_in_loop()``
    the same, and what zarr would hand to that thread is done by the thread that hands it over. Whether one thread still
    holds a chunk when the other begins the next is luck, and a chunk at the peak of memory.

Arrays of both lines take NumPy's indexing, and ``oindex``; that is all the rest of the bench half uses.
"""

import importlib

from tomobench.bench import release

MODULES = {"2.18": "line2_18", "3": "line3"}


def load():
    """The adapter of the line asked for, once the imported zarr is known to be the release asked for.

    Raises tomobench.bench.release.WrongRelease.
    """
    adapter = importlib.import_module(f"{__name__}.{MODULES[release.asked().line]}")
    release.guard(adapter.zarr)
    return adapter
