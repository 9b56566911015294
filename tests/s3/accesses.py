"""Run in a line's environment: does accesses as told, on a metered folder or on S3.

One JSON object a line. To it: ``{"prepare": access, "place": {...}}``, then ``{}`` to do it. From
it: an empty object once prepared; once done, what the meter counted (in a folder) and the checksum
of what was read. A place is ``{"folder": path}`` or ``{"s3": options of S3FileSystem, "path":
bucket/prefix}`` (with ``"client": "obstore"``, not through s3fs); the layout and the volume's shape are in the first argument, as JSON.
"""

import hashlib
import json
import logging
import sys
from pathlib import Path

import numpy as np
from s3fs import S3FileSystem

from tomobench.bench import access, adapters
from tomobench.bench.layout import Layout
from tomobench.bench.metered import Meter, MeteredFileSystem
from tomobench.bench.s3 import Place

# An asynchronous S3FileSystem can't close its connections at its end, and each says so.
logging.getLogger("asyncio").setLevel(logging.CRITICAL)
ADAPTER = adapters.load()
ASKED = json.loads(sys.argv[1])
SHAPE = tuple(ASKED["shape"])
SHARDS = ASKED["shards"] and tuple(ASKED["shards"])
LAYOUT = Layout(tuple(ASKED["chunks"]), SHARDS, zarr_format=ASKED["format"])
VOXELS = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)


def prepared(name, store):
    """A function without arguments that does the access and returns what it read, if anything."""
    if name == "write whole":
        return lambda: ADAPTER.create(store, SHAPE, VOXELS.dtype, LAYOUT).__setitem__(..., VOXELS)
    if name == "open array":
        return lambda: ADAPTER.open_array(store, "r") and None
    kind, _, part = name.partition(" ")
    (part,) = access.READS[part](SHAPE, LAYOUT)
    if kind == "read":
        array = ADAPTER.open_array(store, "r")
        return lambda: part.read(array)
    array = ADAPTER.open_array(store, "r+")
    patch = np.ascontiguousarray(part.read(VOXELS)[::-1])
    return lambda: array.__setitem__(part.selection, patch)


def store(place, meter):
    if place.get("client") == "obstore":
        bucket, _, prefix = place["path"].partition("/")
        options = place["s3"]
        at = Place(
            options["client_kwargs"]["endpoint_url"],
            bucket,
            "",
            options["key"],
            options["secret"],
            None,
            options["client_kwargs"]["region_name"],
        )
        return ADAPTER.object_store(at, prefix)
    return ADAPTER.remote(*file_system(place, meter))


def file_system(place, meter):
    options = {"asynchronous": ADAPTER.ASYNCHRONOUS, "skip_instance_cache": True}
    if "folder" in place:
        return MeteredFileSystem(Path(place["folder"]), meter, **options), "array.zarr"
    return S3FileSystem(**place["s3"], **options), place["path"]


for line in sys.stdin:
    order, meter = json.loads(line), Meter()
    act = prepared(order["prepare"], store(order["place"], meter))
    print("{}", flush=True)
    sys.stdin.readline()
    meter.reset()
    found = act()
    answer = {"requests": meter.requests, "fetched": meter.fetched, "written": meter.written}
    answer["read"] = (
        None if found is None else hashlib.sha256(np.ascontiguousarray(found)).hexdigest()
    )
    print(json.dumps(answer), flush=True)
