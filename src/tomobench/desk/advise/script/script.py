"""The program that converts a data set into a layout, for zarr 2.18 or 3.

Its text is program.txt, with what differs between lines and formats put in. It imports nothing of ours.
"""

from pathlib import Path

from tomobench.bench.layout import Layout, Shape, say
from tomobench.desk import files
from tomobench.desk.advise.script import compressor, shared
from tomobench.desk.errors import UserError

_TEXT = Path(__file__).with_name("program.txt")
#: What pip is asked for, and how the versions of a line begin.
_REQUIREMENTS = {
    "2.18": "'zarr>=2.18,<3' 'numcodecs<0.16' numpy fsspec",
    "3": "'zarr>=3,<4' numpy fsspec",
}
_PREFIXES = {"2.18": "2.18.", "3": "3."}
#: OME-Zarr by Zarr format: 0.4 is the newest that is kept in format 2, 0.5 the first in 3.
OME = {2: "0.4", 3: "0.5"}

_STORES = {
    "2.18": '''\
def store_of(where):
    if remote(where):
        missing = (KeyError, FileNotFoundError)  # any other fault is one, and no missing chunk
        fs, path = fs_of(where)
        return zarr.storage.FSStore(path, fs=fs, dimension_separator="/", exceptions=missing)
    return zarr.DirectoryStore(where, dimension_separator="/")


def source_of(where):  # without a separator: the source's metadata says how its chunks are named
    if remote(where):
        fs, path = fs_of(where)
        return zarr.storage.FSStore(path, fs=fs, exceptions=(KeyError, FileNotFoundError))
    return zarr.DirectoryStore(where)


class Same:
    """A filter that changes nothing. Without any, zarr 2.18 decodes a chunk that is too short into memory as it was."""

    def decode(self, data, out=None):
        return data


def source_array(where, document, separator):
    array = zarr.open_array(source_of(where), mode="r")
    if array.fill_value is None:  # what is missing would be as the memory was
        array = array.view(fill_value=0)
    array._filters = [*(array._filters or ()), Same()]
    if separator is not None:
        array._dimension_separator = separator
    return array


def opened_for_writing(where):
    return zarr.open_array(store_of(where), mode="r+", write_empty_chunks=True)


def create(where, shape, dtype, chunks, shards):
    array = zarr.create(
        store=store_of(where),
        shape=shape,
        dtype=dtype,
        chunks=chunks,
        compressor=CODEC,
        fill_value=0,
        dimension_separator="/",
        overwrite=True,
    )
    array.attrs["layout"] = LAYOUT''',
    "3": """\
def store_of(where):
    if not remote(where):
        return zarr.storage.LocalStore(where)
    fs, path = fs_of(where, asynchronous=True)
    # What is not asynchronous zarr wraps itself.
    return zarr.storage.FsspecStore(fs, path=path) if fs.async_impl else zarr.storage.FsspecStore.from_url(where)


def source_array(where, document, separator):
    # As read once: zarr would ask for the documents of each format, and some servers refuse those that are absent.
    if separator is not None and document["zarr_format"] == 2:
        document = {{**document, "dimension_separator": separator}}
    elif separator is not None:
        encoding = {{**document["chunk_key_encoding"], "configuration": {{"separator": separator}}}}
        document = {{**document, "chunk_key_encoding": encoding}}
    return zarr.Array(zarr.AsyncArray(document, zarr.storage.StorePath(store_of(where))))


def opened_for_writing(where):
    zarr.config.set({{"array.write_empty_chunks": True}}){choose}
    return zarr.open_array(store_of(where), mode="r+")


def create(where, shape, dtype, chunks, shards):
    zarr.create_array(
        store_of(where),
        shape=shape,
        dtype=dtype,
        chunks=chunks,
        shards=shards,
        compressors=CODEC,
        fill_value=0,
        {format},
        attributes={{"layout": LAYOUT}},
        overwrite=True,
    )""",
}
_PIPELINE = '''\
def use_pipeline():
    """Have zarr code chunks with the codec pipeline that was asked for. Raises Stop."""
    try:
        found = getattr(importlib.import_module("{module}"), "{name}")
    except (ImportError, AttributeError) as error:
        line = f"there is no {name} for zarr {{zarr.__version__}} ({{reason(error)}})"
        raise Stop(f"{{line}}: pip install --upgrade {requirement}") from error
    zarr.registry.register_pipeline(found)  # a package may have named it otherwise
    zarr.config.set({{"codec_pipeline.path": "{path}"}})


'''
_FORMATS = {
    2: 'zarr_format=2,\n        chunk_key_encoding={"name": "v2", "separator": "/"}',
    3: 'zarr_format=3,\n        dimension_names=["z", "y", "x"]',
}
_DOCUMENTS = {
    2: '''\
def documents(image, more):
    """The metadata of the image's group, the file that makes it one last."""
    attributes = {"multiscales": [{"version": "0.4", **image}], **more}
    return {".zgroup": {"zarr_format": 2}, ".zattrs": attributes}''',
    3: '''\
def documents(image, more):
    """The metadata of the image's group."""
    attributes = {"ome": {"version": "0.5", "multiscales": [image]}, **more}
    return {"zarr.json": {"zarr_format": 3, "node_type": "group", "attributes": attributes}}''',
}


def text(
    layout: Layout, line: str, name: str, shape: Shape, dtype: str, pipeline: str | None = None
) -> str:
    """The program. ``line``: "2.18" or "3". ``name``: of its file. ``shape`` (z, y, x) and ``dtype``:
    what the layout was chosen for; the program takes both from each source. ``pipeline``: the path of a codec
    pipeline in zarr's configuration; None for zarr's own choice.

    Raises UserError for a layout that the line can't write.
    """
    if line == "2.18" and layout.zarr_format == 3:
        raise UserError(
            "zarr 2.18 has no Zarr format 3: plan for --zarr-format 2, or a --release of 3"
        )
    codec, imports = compressor.expression(layout)
    pipeline = pipeline if line == "3" else None
    others = _others(pipeline)
    chosen = "\n    use_pipeline()" if pipeline else ""
    packages = [f"zarr {line}", "NumPy", *others]
    requirement = " ".join([_REQUIREMENTS[line], *others])
    stores = _STORES[line]
    if line == "3":
        stores = (
            stores.replace("{{", "{")
            .replace("}}", "}")
            .replace("{format}", _FORMATS[layout.zarr_format])
            .replace("{choose}", chosen)
        )
        stores = _use(pipeline, requirement) + stores
    return (
        _TEXT.read_text(encoding="utf-8")
        .format(
            ome=OME[layout.zarr_format],
            layout=_said(layout),
            said=_said(layout),
            name=name,
            line=line,
            line_prefix=_PREFIXES[line],
            packages=f"{', '.join(packages[:-1])} and {packages[-1]}",
            requirement=requirement,
            needed="".join(f', "{one}": True' for one in others),
            check=chosen,
            volume=f"{say(shape)}, {dtype}",
            imports=f"    {imports}" if imports else "",
            chunks=layout.chunks,
            shards=layout.shards,
            codec=codec,
            shared=shared.source(),
            stores=stores,
            documents=_DOCUMENTS[layout.zarr_format],
        )
        .replace("    import zarr\n\nexcept", "    import zarr\nexcept")
    )


def _others(pipeline: str | None) -> list[str]:
    """The packages beside zarr that a pipeline's path names."""
    package = (pipeline or "zarr").partition(".")[0]
    return [] if package == "zarr" else [package]


def _use(pipeline: str | None, requirement: str) -> str:
    """The function that has zarr 3 code chunks with a pipeline; nothing for zarr's own choice."""
    if pipeline is None:
        return ""
    module, _, name = pipeline.rpartition(".")
    return _PIPELINE.format(path=pipeline, module=module, name=name, requirement=requirement)


def write(
    path: Path, layout: Layout, line: str, shape: Shape, dtype: str, pipeline: str | None = None
) -> None:
    """Write the program to a file, whole or not at all. Raises UserError."""
    found = text(layout, line, path.name, shape, dtype, pipeline)
    with files.written(path, "w") as file:
        file.write(found)


def _said(layout: Layout) -> str:
    shards = f" in shards of {say(layout.shards)}" if layout.shards else ""
    return (
        f"Zarr format {layout.zarr_format}, chunks of {say(layout.chunks)}{shards}, {layout.codec}"
    )
