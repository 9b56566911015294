"""Zarr as writers leave it: keys, codecs, axes, scales, and chunks that are not there."""

import contextlib
import json
import shutil
import tempfile
import zipfile
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import tensorstore
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.volumes.files import (
    edit_json,
    ramp,
    read,
    same_voxels,
    write_images,
    write_ome,
    write_zarr,
)
from tomobench.desk.errors import UserError
from tomobench.desk.volumes import catalogue

VOXELS = ramp(6, 7, 9) + 1
SPACE = [{"name": name, "type": "space", "unit": "angstrom"} for name in "zyx"]


def array_of(axes: list[str]) -> np.ndarray:
    """VOXELS with its axes in this order."""
    return np.ascontiguousarray(VOXELS.transpose(["zyx".index(axis) for axis in axes]))


# Chunks that are not where the metadata says


def nest(path: Path) -> None:
    """Chunks 0.0.0 become 0/0/0."""
    for chunk in [p for p in path.iterdir() if p.name[0].isdigit()]:
        target = path.joinpath(*chunk.name.split("."))
        target.parent.mkdir(parents=True, exist_ok=True)
        chunk.rename(target)


@pytest.mark.parametrize("stated", [None, "."])
def test_nested_chunks_under_metadata_of_flat_ones(tmp_path, stated):
    path = write_zarr(tmp_path / "v.zarr", VOXELS)
    nest(path)
    edit_json(path / ".zarray", dimension_separator=stated)
    found = read(path)
    assert same_voxels(found, VOXELS)
    assert "named like 0/0/0" in found.notes[0]


def test_flat_chunks_under_metadata_of_nested_ones(tmp_path):
    path = write_zarr(tmp_path / "v.zarr", VOXELS)
    edit_json(path / ".zarray", dimension_separator="/")
    assert same_voxels(read(path), VOXELS)


def test_flat_chunks_under_format_3_metadata_of_nested_ones(tmp_path):
    encoding = {"name": "default", "configuration": {"separator": "."}}
    path = write_zarr(tmp_path / "v.zarr", VOXELS, 3, chunk_key_encoding=encoding)
    encoding["configuration"]["separator"] = "/"
    edit_json(path / "zarr.json", chunk_key_encoding=encoding)
    assert same_voxels(read(path), VOXELS)


@pytest.mark.parametrize("format_", [2, 3])
def test_metadata_without_its_chunks_is_refused(tmp_path, refused, format_):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, format_)
    shutil.rmtree(path / "c", ignore_errors=True)
    for chunk in path.glob("[0-9]*"):
        chunk.unlink()
    (path / "notes.txt").write_text("")
    line = refused(read, path)
    looked_for = "0.0.0" if format_ == 2 else "c/0/0/0"
    assert f"looked for {looked_for}" in line and "there is notes.txt" in line


@pytest.mark.parametrize("format_", [2, 3])
def test_a_region_none_of_whose_chunks_exists_is_refused(tmp_path, refused, format_):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, format_)
    (path / ("0.0.0" if format_ == 2 else "c/0/0/0")).unlink()
    assert "not one chunk" in refused(read, path, "0:3,0:3,0:3")


def test_missing_chunks_are_counted(tmp_path):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, dtype="<f4", fill_value=7.0)
    (path / "0.0.0").unlink()
    (path / "1.2.2").unlink()
    found = read(path)
    assert "2 of 18 chunks do not exist" in found.notes[0] and "7.0" in found.notes[0]
    assert (found.voxels[:3, :3, :3] == 7).all() and (found.voxels[3:, 6:, 6:] == 7).all()


@pytest.mark.parametrize(
    ("fill", "value"),
    [(None, 0), (3, 3), ("Infinity", np.inf), ("0x40490fdb", np.float32(np.pi)), (1e9, 1e9)],
)
def test_fill_values_as_metadata_writes_them(tmp_path, fill, value):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, 3)
    (path / "c/0/0/0").unlink()
    edit_json(path / "zarr.json", fill_value=fill)
    if np.isfinite(value):
        assert (read(path).voxels[:3, :3, :3] == np.float32(value)).all()
    else:
        assert (read(path, nan_to=-1.0).voxels[:3, :3, :3] == -1).all()


# Codecs, orders, shards: what tensorstore writes, and what it can't


@st.composite
def arrays_3(draw):
    """A Zarr 3 array's metadata for tensorstore, with or without shards, and its voxels."""
    edges = st.integers(1, 4)
    chunk = [draw(edges) for _ in range(3)]
    codecs = draw(
        st.lists(
            st.sampled_from(
                [
                    {"name": "gzip", "configuration": {"level": 1}},
                    {"name": "zstd", "configuration": {"level": 1}},
                    {"name": "blosc", "configuration": {"cname": "lz4", "typesize": 2}},
                    {"name": "crc32c"},
                ]
            ),
            max_size=2,
        )
    )
    order = draw(st.permutations(range(3)))
    endian = draw(st.sampled_from(["little", "big"]))
    inner = [
        {"name": "transpose", "configuration": {"order": list(order)}},
        {"name": "bytes", "configuration": {"endian": endian}},
        *codecs,
    ]
    if not draw(st.booleans()):
        return chunk, inner
    times = [draw(st.integers(1, 3)) for _ in range(3)]
    location = draw(st.sampled_from(["start", "end"]))
    sharding = {
        "name": "sharding_indexed",
        "configuration": {"chunk_shape": chunk, "codecs": inner, "index_location": location},
    }
    return [c * t for c, t in zip(chunk, times, strict=True)], [sharding]


@settings(max_examples=60)
@given(arrays_3(), st.sampled_from(["uint8", "int16", "float32", "float64"]), st.data())
def test_what_tensorstore_writes_is_read(array, dtype, data):
    chunk, codecs = array
    voxels = (VOXELS[:5, :6, :7] % 251).astype(dtype)
    voxels[:2] = 0  # tensorstore leaves out chunks of the fill value
    ends = [
        sorted(data.draw(st.sets(st.integers(0, n), min_size=2, max_size=2))) for n in (5, 6, 7)
    ]
    ends[0][1] = max(ends[0][1], 3)  # some chunk must exist
    with tempfile.TemporaryDirectory() as folder:
        grid = {"name": "regular", "configuration": {"chunk_shape": chunk}}
        path = write_zarr(Path(folder) / "v", voxels, 3, chunk_grid=grid, codecs=codecs)
        assert same_voxels(read(path), voxels)
        part = read(path, ",".join(f"{start}:{stop}" for start, stop in ends))
        assert same_voxels(part, voxels[tuple(slice(*pair) for pair in ends)])


def test_a_shard_that_is_checked_as_a_whole(tmp_path):
    """As the specification allows and tensorstore does not write."""
    inner = {"chunk_shape": [3, 3, 3], "codecs": [{"name": "bytes"}]}
    sharding = {"name": "sharding_indexed", "configuration": inner}
    path = write_zarr(tmp_path / "v", VOXELS, 3, chunk=6, codecs=[sharding])
    for shard in (path / "c").rglob("*"):
        if shard.is_file():
            shard.write_bytes(numcodecs.CRC32C(location="end").encode(shard.read_bytes()))
    document = json.loads((path / "zarr.json").read_text())
    edit_json(path / "zarr.json", codecs=[*document["codecs"], {"name": "crc32c"}])
    assert same_voxels(read(path), VOXELS)


def write_with(path: Path, voxels: np.ndarray, filters, compressor, order="C") -> Path:
    """A Zarr 2 array by numcodecs alone, in one chunk."""
    path.mkdir()
    data = np.asfortranarray(voxels) if order == "F" else voxels
    for one in filters:
        data = one.encode(data.ravel("K"))
    (path / "0.0.0").write_bytes(bytes(compressor.encode(data) if compressor else data.data))
    document = {
        "zarr_format": 2,
        "shape": voxels.shape,
        "chunks": voxels.shape,
        "dtype": voxels.dtype.str,
        "order": order,
        "fill_value": 0,
        "filters": [one.get_config() for one in filters] or None,
        "compressor": compressor.get_config() if compressor else None,
    }
    (path / ".zarray").write_text(json.dumps(document))
    return path


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize(
    "compressor",
    [
        numcodecs.LZ4(),
        numcodecs.LZMA(),
        numcodecs.BZ2(),
        numcodecs.Zstd(),
        numcodecs.GZip(),
        numcodecs.Zlib(),
        numcodecs.Blosc("zstd"),
    ],
    ids=lambda codec: codec.codec_id,
)
def test_every_compressor_of_format_2(tmp_path, compressor, order):
    assert same_voxels(read(write_with(tmp_path / "v", VOXELS, [], compressor, order)), VOXELS)


@pytest.mark.parametrize(
    "filters",
    [
        [numcodecs.Delta("<i2")],
        [numcodecs.Shuffle(2)],
        [numcodecs.FixedScaleOffset(offset=1, scale=1, dtype="<i2", astype="<i4")],
        [numcodecs.Delta("<i2"), numcodecs.Shuffle(2)],
        [numcodecs.CRC32()],
    ],
    ids=lambda filters: "+".join(one.codec_id for one in filters),
)
def test_filters_of_format_2(tmp_path, filters):
    voxels = VOXELS.astype("<i2")
    assert same_voxels(read(write_with(tmp_path / "v", voxels, filters, numcodecs.Zlib())), voxels)


@pytest.mark.parametrize("order", ["C", "F"])
def test_a_mask_that_is_packed_into_bits(tmp_path, refused, order):
    mask, packed = VOXELS % 3 > 1, [numcodecs.PackBits()]
    found = read(write_with(tmp_path / "v", mask, packed, numcodecs.Zlib(), order))
    assert same_voxels(found, mask.astype("u1"))
    path = write_zarr(tmp_path / "w", mask, 3)
    edit_json(path / "zarr.json", codecs=[{"name": "numcodecs.packbits"}, {"name": "bytes"}])
    assert "codec 'numcodecs.packbits' is not known" in refused(read, path)


def test_numcodecs_codecs_of_format_3(tmp_path):
    voxels = VOXELS.astype("<i2")
    path = write_zarr(tmp_path / "v", voxels, 3, chunk=9)
    codecs = [
        {"name": "numcodecs.delta", "configuration": {"dtype": "<i2"}},
        {"name": "bytes", "configuration": {"endian": "little"}},
        {"name": "numcodecs.lz4", "configuration": {"acceleration": 1}},
    ]
    edit_json(path / "zarr.json", codecs=codecs)
    chunk = np.zeros((9, 9, 9), "<i2")
    chunk[:6, :7] = voxels
    packed = numcodecs.LZ4().encode(numcodecs.Delta("<i2").encode(chunk.ravel()))
    (path / "c/0/0/0").write_bytes(packed)
    assert same_voxels(read(path), voxels)


@pytest.mark.parametrize("where", ["filters", "compressor"])
@pytest.mark.parametrize("name", ["pickle", "json2", "nothing"])
def test_codecs_that_could_run_a_program_or_are_unknown_are_refused(tmp_path, refused, where, name):
    path = write_zarr(tmp_path / "v.zarr", VOXELS)
    codec = {"id": name}
    edit_json(path / ".zarray", **{where: [codec] if where == "filters" else codec})
    assert f"codec '{name}' is not known" in refused(read, path)


@given(st.data())
def test_a_damaged_chunk_is_refused_or_decoded_and_never_a_traceback(data):
    codec = data.draw(st.sampled_from([numcodecs.Blosc("lz4"), numcodecs.LZ4(), numcodecs.Zstd()]))
    with tempfile.TemporaryDirectory() as folder:
        path = write_with(Path(folder) / "v", VOXELS, [], codec)
        chunk = bytearray((path / "0.0.0").read_bytes())
        at = data.draw(st.integers(0, len(chunk) - 1))
        chunk[at] = data.draw(st.integers(0, 255))
        (path / "0.0.0").write_bytes(chunk[: data.draw(st.integers(0, len(chunk)))])
        with contextlib.suppress(UserError):
            read(path, nan_to=0.0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 40) | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=5,
)


def places(document, path=()):
    """The paths to all values of a JSON document."""
    items = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


@settings(max_examples=150)
@given(st.data(), st.sampled_from(["0.4", "0.5"]), st.sampled_from(["group", "array"]))
def test_no_metadata_ends_in_a_traceback(data, version, where):
    """Any value of the JSON documents replaced by any other."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOMOBENCH_CACHE", f"{folder}/cache")
        path = write_ome(Path(folder) / "v.zarr", [VOXELS], version)
        names = {"0.4": (".zattrs", "0/.zarray"), "0.5": ("zarr.json", "0/zarr.json")}
        name = path / names[version][where == "array"]
        document = json.loads(name.read_text())
        *parents, last = data.draw(st.sampled_from(list(places(document))))
        inner = document
        for step in parents:
            inner = inner[step]
        inner[last] = data.draw(JSON)
        name.write_text(json.dumps(document))
        said = ""
        try:
            catalogue.add_file(path)
        except UserError as error:
            said = str(error)
        assert "\n" not in said


def test_metadata_with_more_chunks_than_anybody_has_are_refused(tmp_path, refused):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, 2)
    document = json.loads((path / ".zarray").read_text())
    document |= {"shape": [2**16, 64, 64], "chunks": [1, 1, 1]}
    (path / ".zarray").write_text(json.dumps(document))
    assert "has 268,435,456 chunks" in refused(catalogue.add_file, path)


def test_a_mask_becomes_ones_and_zeros(tmp_path):
    for format_ in (2, 3):
        found = read(write_zarr(tmp_path / str(format_), VOXELS > 99, format_))
        assert same_voxels(found, (VOXELS > 99).astype("u1"))
        assert "mask" in found.notes[0]


# Axes


@pytest.mark.parametrize("order", ["xyz", "zyx", "yxz", "zxy"])
@pytest.mark.parametrize("form", ["{}", "dim_{}", "{}_axis", "{} dim"])
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("format_", [2, 3])
def test_an_array_that_names_its_axes(tmp_path, order, form, upper, format_):
    names = [form.format(axis) for axis in order]
    names = [name.upper() for name in names] if upper else names
    dimensions = {"dimension_names": names} if format_ == 3 else {}
    path = write_zarr(tmp_path / "v.zarr", array_of(order), format_, **dimensions)
    if format_ == 2:
        edit_json(path / ".zattrs", _ARRAY_DIMENSIONS=names)
    found = read(path)
    assert same_voxels(found, VOXELS) and not found.notes
    assert same_voxels(read(path, "1:5,2:3,0:8"), VOXELS[1:5, 2:3, 0:8])


def test_axes_of_other_names_are_reported(tmp_path, refused):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, 3, dimension_names=["dim_0", "dim_1", "dim_2"])
    found = read(path)
    assert same_voxels(found, VOXELS) and "dim_0, dim_1, dim_2; taken as" in found.notes[0]
    path = write_zarr(tmp_path / "w.zarr", VOXELS, 3, dimension_names=["z", "y", "row"])
    assert "named z, y, row" in refused(read, path)
    axes = [{"name": name} for name in ("depth", "height", "width")]
    path = write_ome(tmp_path / "o.zarr", [VOXELS], axes=axes)
    assert "depth, height, width, none of them" in refused(read, path)


def test_a_channel_is_chosen(tmp_path, refused):
    axes = [{"name": "t"}, {"name": "C"}, *SPACE]
    both = np.stack([VOXELS, VOXELS * 2])[None]
    path = write_ome(tmp_path / "v.zarr", [both], "0.5", axes, [[1, 1, 2, 2, 2]])
    assert "2 steps along 'C'" in refused(read, path) and "--channel" in refused(read, path)
    found = read(path, channel=1)
    assert same_voxels(found, VOXELS * 2) and found.voxel_spacing == (2, 2, 2)
    assert "no channel 2; it has 0 to 1" in refused(read, path, channel=2)
    lone = write_zarr(tmp_path / "lone.zarr", both)
    assert "--channel" in refused(read, lone)
    assert same_voxels(read(lone, channel=0), VOXELS)
    assert "no channels" in refused(read, write_zarr(tmp_path / "z.zarr", VOXELS), channel=0)


# Scales and units


@pytest.mark.parametrize(
    ("unit", "factor"),
    [
        ("angstrom", 1),
        ("Ångström", 1),
        ("Å", 1),
        ("\u212b", 1),
        ("A", 1),
        ("nanometer", 10),
        ("nanometres", 10),
        ("nm", 10),
        ("um", 1e4),
        ("µm", 1e4),
        ("\u03bcm", 1e4),
        ("micron", 1e4),
        ("microns", 1e4),
        ("millimeter", 1e7),
        ("picometer", 0.01),
        ("pm", 0.01),
        ("meter", 1e10),
        ("m", 1e10),
        ("Mm", 1e16),
        ("Micrometers", 1e4),
        ("inches", 2.54e8),
    ],
)
def test_units_are_converted(tmp_path, unit, factor):
    axes = [{"name": name, "unit": unit} for name in "zyx"]
    found = read(write_ome(tmp_path / "v.zarr", [VOXELS], axes=axes, scales=[[3, 2, 1]]))
    assert found.voxel_spacing == pytest.approx((3 * factor, 2 * factor, factor))


#: OME-NGFF 0.4 and 0.5, metadata of axes: the units of type "space", and metres by UDUNITS.
NGFF = (
    "angstrom 1e-10, foot 0.3048, inch 0.0254, mile 1609.344, yard 0.9144, parsec 3.0856775814913673e16, meter 1, "
    "decimeter 1e-1, centimeter 1e-2, millimeter 1e-3, micrometer 1e-6, nanometer 1e-9, picometer 1e-12, "
    "femtometer 1e-15, attometer 1e-18, zeptometer 1e-21, yoctometer 1e-24, hectometer 1e2, kilometer 1e3, "
    "megameter 1e6, gigameter 1e9, terameter 1e12, petameter 1e15, exameter 1e18, zettameter 1e21, yottameter 1e24"
)


def test_every_unit_of_ome_ngff_is_known(tmp_path):
    for unit, meters in map(str.split, NGFF.split(", ")):
        axes = [{"name": name, "unit": unit} for name in "zyx"]
        found = read(write_ome(tmp_path / f"{unit}.zarr", [VOXELS], axes=axes, scales=[[3, 2, 1]]))
        edges = [n * float(meters) * 1e10 for n in (3, 2, 1)]
        assert found.voxel_spacing == pytest.approx(edges, rel=1e-5), unit


# Of these, some would be a length in another case, or without an s.
@pytest.mark.parametrize("unit", ["furlong", "MM", "NM", "ms", "as", "pixel"])
def test_a_unit_that_is_not_known_is_reported(tmp_path, unit):
    axes = [{"name": name, "unit": unit} for name in "zyx"]
    found = read(write_ome(tmp_path / "v.zarr", [VOXELS], axes=axes, scales=[[3, 2, 1]]))
    assert found.voxel_spacing is None and f"'{unit}'" in found.notes[0]


@pytest.mark.parametrize("bad", [0, -1, float("nan"), float("inf")])
def test_a_scale_that_is_no_length_is_unknown(tmp_path, bad):
    found = read(write_ome(tmp_path / "v.zarr", [VOXELS], scales=[[10, bad, 10]]))
    assert same_voxels(found, VOXELS) and found.voxel_spacing is None


SYSTEMS = [
    {"name": "other", "axes": [{"name": name, "unit": "meter"} for name in "xyz"]},
    {"name": "physical", "axes": SPACE},
]
SCALE = {"type": "scale", "scale": [3.0, 2.0, 1.0]}
SHIFT = {"type": "translation", "translation": [1.0, 1.0, 1.0]}


@pytest.mark.parametrize("output", ["physical", {"name": "physical"}])
@pytest.mark.parametrize(
    "transform",
    [SCALE, {"type": "sequence", "transformations": [SHIFT, SCALE]}],
    ids=["scale", "sequence"],
)
def test_ome_zarr_0_6(tmp_path, output, transform):
    write_zarr(tmp_path / "s" / "image", VOXELS, 3)
    transform = {**transform, "input": {"path": "s/image"}, "output": output}
    datasets = [{"path": "s/image", "coordinateTransformations": [transform]}]
    write_images(tmp_path, [{"coordinateSystems": SYSTEMS, "datasets": datasets}], "0.6")
    found = read(tmp_path)
    assert same_voxels(found, VOXELS) and found.voxel_spacing == (3, 2, 1)


def test_what_leaves_no_spacing_along_the_axes_is_said(tmp_path):
    write_zarr(tmp_path / "0", VOXELS, 3)
    matrix = [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]]
    transforms = [
        {"type": "sequence", "transformations": [SCALE, {"type": "affine", "affine": matrix}]}
    ]
    datasets = [{"path": "0", "coordinateTransformations": transforms}]
    write_images(tmp_path, [{"coordinateSystems": SYSTEMS[1:], "datasets": datasets}], "0.6")
    found = read(tmp_path)
    assert same_voxels(found, VOXELS) and found.voxel_spacing is None
    assert "affine" in found.notes[0]


def test_what_leads_on_from_the_intrinsic_system_does_not_scale_the_voxels(tmp_path):
    write_zarr(tmp_path / "0", VOXELS, 3)
    datasets = [{"path": "0", "coordinateTransformations": [{**SCALE, "output": "physical"}]}]
    image = {"coordinateSystems": SYSTEMS, "datasets": datasets}
    onward = [{"type": "scale", "scale": [9, 9, 9], "input": "physical", "output": "other"}]
    write_images(tmp_path, [{**image, "coordinateTransformations": onward}], "0.6")
    assert read(tmp_path).voxel_spacing == (3, 2, 1)


@pytest.mark.parametrize("path", ["", ".", "./", "/"])
def test_an_array_with_multiscales_of_its_own(tmp_path, path):
    write_zarr(tmp_path, VOXELS)
    image = {"axes": SPACE, "datasets": [{"path": path, "coordinateTransformations": [SCALE]}]}
    edit_json(tmp_path / ".zattrs", multiscales=[image])
    (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
    found = read(tmp_path)
    assert same_voxels(found, VOXELS) and found.voxel_spacing == (3, 2, 1)


# Where the image is


@pytest.mark.parametrize("version", ["0.4", "0.5"])
@pytest.mark.parametrize("series", [None, ["0"], ["image"]])
def test_a_bioformats2raw_root_with_one_image(tmp_path, version, series):
    name = series[0] if series else "0"
    write_ome(tmp_path / name, [VOXELS], version)
    layout = {"bioformats2raw.layout": 3}
    if version == "0.4":
        (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
        edit_json(tmp_path / ".zattrs", **layout)
    else:
        group = {"zarr_format": 3, "node_type": "group", "attributes": {"ome": layout}}
        edit_json(tmp_path / "zarr.json", **group)
    if series:
        (tmp_path / "OME").mkdir()
        if version == "0.4":
            edit_json(tmp_path / "OME" / ".zattrs", series=series)
        else:
            edit_json(tmp_path / "OME" / "zarr.json", attributes={"ome": {"series": series}})
    found = read(tmp_path)
    assert same_voxels(found, VOXELS) and found.voxel_spacing == (10.012,) * 3


def test_a_bioformats2raw_root_with_two_images_lists_them(tmp_path, refused):
    for name in "01":
        write_ome(tmp_path / name, [VOXELS])
    (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
    edit_json(tmp_path / ".zattrs", **{"bioformats2raw.layout": 3})
    assert f"{tmp_path}/0, {tmp_path}/1" in refused(read, tmp_path)


@pytest.mark.parametrize("name", ["v.ozx", "v.zarr.zip", "v"])
@pytest.mark.parametrize("within", ["", "v.zarr/"])
@pytest.mark.parametrize("packing", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zipped_zarr(tmp_path, name, within, packing):
    folder = write_ome(tmp_path / "folder", [VOXELS], "0.5")
    with zipfile.ZipFile(tmp_path / name, "w", packing) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, within + path.relative_to(folder).as_posix())
    found = read(tmp_path / name)
    assert same_voxels(found, VOXELS) and found.voxel_spacing == (10.012,) * 3


def test_a_zip_of_something_else_says_what_is_in_it(tmp_path, refused):
    np.savez(tmp_path / "v.npz", volume=VOXELS)
    assert "volume.npy" in refused(read, tmp_path / "v.npz")
    (tmp_path / "v.zip").write_bytes(b"PK\3\4 cut")
    assert "damaged zip" in refused(read, tmp_path / "v.zip")


def test_plates_and_n5_are_named(tmp_path, refused):
    (tmp_path / ".zgroup").write_text('{"zarr_format": 2}')
    edit_json(tmp_path / ".zattrs", plate={"wells": []})
    assert "a plate" in refused(read, tmp_path)
    (tmp_path / "n5").mkdir()
    edit_json(tmp_path / "n5" / "attributes.json", n5="2.5.0")
    assert "N5" in refused(read, tmp_path / "n5")


def test_an_array_too_large_for_any_disk_is_refused_at_once(tmp_path, refused, command):
    path = write_zarr(tmp_path / "v.zarr", VOXELS)
    edit_json(path / ".zarray", shape=[2**40] * 3)
    line = refused(command, "import", path)
    assert "GiB free" in line and "--region" in line and "--level" in line


def test_a_chunk_too_large_for_memory_is_refused(tmp_path, refused):
    path = write_zarr(tmp_path / "v.zarr", VOXELS)
    edit_json(path / ".zarray", chunks=[200_000] * 3)
    assert "free memory" in refused(read, path)


def test_tensorstore_agrees_on_order_f(tmp_path):
    path = write_zarr(tmp_path / "v.zarr", VOXELS, order="F")
    spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": str(path)}}
    assert np.array_equal(tensorstore.open(spec).result().read().result(), VOXELS)
    assert same_voxels(read(path), VOXELS)
