"""The code that writes a tomogram in a layout: a script of its own, for zarr 2.18 or 3.

A script needs NumPy, zarr of that line, and mrcfile for an MRC. It is run as ``python SCRIPT SOURCE TARGET``.
The tests run one for every kind of layout on both lines.
"""

from tomobench.bench.layout import Layout, Shape, say
from tomobench.bench.pipelines import DEFAULT, PIPELINES, Pipeline
from tomobench.desk.advise.script import mrc
from tomobench.desk.advise.script.compressor import expression

_SCRIPT = '''\
"""Write a tomogram with zarr {line}, as {layout}.

Chosen for {volume}. Run it as: python SCRIPT tomogram.mrc tomogram.zarr (.npy in place of .mrc).
"""

import sys

import numpy as np
import zarr
{imports}{pipeline}

{mrc}


source, target = sys.argv[1:]
if source.endswith(".npy"):
    voxels = np.load(source, mmap_mode="r")
else:
    import mrcfile

    mrc = mrcfile.mmap(source, mode="r")  # mapped, not loaded
    if [int(mrc.header[name]) for name in ("mapc", "mapr", "maps")] not in ([1, 2, 3], [0, 0, 0]):
        sys.exit(f"{{source}}: its axes are not stored as x, y, z: turn it first")
    voxels = voxels_of_mrc(mrc)

{create}

# One layer of {whats} at a time: each {what} is written once, and memory holds one layer.
# Several writers (threads, processes, dask): give each whole layers.
# Two that write into one {what} lose voxels without an error.
layer = {layer}
for z in range(0, voxels.shape[0], layer):
    array[z : z + layer] = voxels[z : z + layer]

# Read one slice back.
z = voxels.shape[0] // 2
back = zarr.open_array(target, mode="r")
if back[z].tobytes() != np.ascontiguousarray(voxels[z], back.dtype).tobytes():
    sys.exit(f"{{target}}: slice {{z}} differs from {{source}}")
print(back.info)
'''

_CREATE = """\
array = zarr.{call}(
{arguments}
)"""

_PIPELINE = """
# The codec pipeline that was asked for. zarr may know it by another name.
try:
    from {module} import {name}
except ImportError as error:
    sys.exit(f"there is no {name} ({{error}}): pip install --upgrade {packages}")
zarr.registry.register_pipeline({name})
zarr.config.set({{"codec_pipeline.path": "{path}"}})
"""

#: As it was measured. The other choice is the user's.
_EMPTY = "Every {what} is stored. False leaves out those of zeros alone (a mask, labels), and has to look."


def impossible(layout: Layout, line: str) -> str | None:
    """Why a line ("2.18" or "3") can't write a layout; None when it can."""
    if layout.shards and layout.zarr_format == 2:
        return "Zarr format 2 has no shards"
    if line == "2.18" and layout.zarr_format == 3:
        return "zarr 2.18 has no Zarr format 3"
    return None


def code(
    layout: Layout, line: str, shape: Shape, dtype: str, pipeline: str = DEFAULT
) -> str | None:
    """A Python script that writes a tomogram of ``shape`` (z, y, x) in a layout; None where the line can't.

    See :func:`impossible` for why it can't. ``shape`` and ``dtype`` are what the layout was chosen for: the
    script takes both from the file. ``pipeline``: of parallel.PIPELINES; zarr 2.18 has no choice.
    """
    if impossible(layout, line):
        return None
    what = "shard" if layout.shards else "chunk"
    compressor, imports = expression(layout)
    return _SCRIPT.format(
        volume=f"{say(shape)}, {dtype}",
        layout=_said(layout),
        line=line,
        imports=f"{imports}\n" if imports else "",
        pipeline=_setting(pipeline) if line == "3" else "",
        mrc=mrc.VOXELS,
        create=_create(layout, line, what, compressor),
        what=what,
        whats=f"{what}s",
        layer=(layout.shards or layout.chunks)[0],
    )


def _of(pipeline: str) -> Pipeline:
    return next(one for name, one in PIPELINES.items() if name.split()[0] == pipeline)


def path_of(pipeline: str) -> str | None:
    """The path of a pipeline in zarr's configuration; None for zarr's own choice."""
    return _of(pipeline).path


def _setting(pipeline: str) -> str:
    """What has zarr 3 code chunks with a pipeline, as the suites do; nothing for zarr's own choice."""
    found = _of(pipeline)
    if found.path is None:
        return ""
    module, _, name = found.path.rpartition(".")
    packages = " ".join(["zarr", *(found.package or ())[:1]])
    return _PIPELINE.format(path=found.path, module=module, name=name, packages=packages)


def _create(layout: Layout, line: str, what: str, compressor: str) -> str:
    empty = f"# {_EMPTY.format(what=what)}"
    shared = ["shape=voxels.shape", "dtype=voxels.dtype", f"chunks={layout.chunks}"]
    if line == "2.18":
        call = "create"
        store = "store=zarr.DirectoryStore(target)"
        own = [f"compressor={compressor}", "fill_value=0", empty, "write_empty_chunks=True"]
    else:
        call = "create_array"
        store = "store=target"
        shards = [f"shards={layout.shards}"] if layout.shards else []
        own = [
            *shards,
            f"compressors={compressor}",
            "fill_value=0",
            f"zarr_format={layout.zarr_format}",
        ]
        own += [empty, 'config={"write_empty_chunks": True}']
    lines = [one if one.startswith("#") else f"{one}," for one in [store, *shared, *own]]
    return _CREATE.format(call=call, arguments="\n".join(f"    {one}" for one in lines))


def _said(layout: Layout) -> str:
    shards = f" in shards of {say(layout.shards)}" if layout.shards else ""
    return (
        f"Zarr format {layout.zarr_format}, chunks of {say(layout.chunks)}{shards}, {layout.codec}"
    )
