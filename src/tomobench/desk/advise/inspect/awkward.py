"""What is awkward about a layout: one table of rules, each with its limit and its source."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import psutil

from tomobench.bench.layout import say
from tomobench.bench.objects import grid_shape
from tomobench.desk.advise.present.present import Present
from tomobench.desk.digits import size

#: Bytes of a chunk, decoded, above which Firefox no longer keeps it in memory: its largest entry is
#: 5 MB, and half is what compression is taken to leave.
VIEWED = 10 * 2**20
#: Bytes of a chunk, decoded, below which what Zarr does for each costs more than the voxels.
SMALL = 2**16
#: The most bytes that Blosc packs at once.
BLOSC = 2**31 - 17
#: Objects in one folder from which on a listing, a copy or a backup is slow.
CROWDED = 10_000
#: Voxels along an edge from which on an overview needs levels.
OVERVIEW = 256
#: Voxels that are decoded for each there is, from which on padding costs more than anything else.
PADDED = 2.0
#: Of the voxels' bytes: a codec that saves less costs time for nothing.
SAVED = 0.02

_FILEGLANCER = "JaneliaSciComp/fileglancer pull request 430"
_OME = "OME-Zarr specification"
_READERS = "results/readers.csv (tomobench readers)"
_ZARR = "zarr-python user guide, performance"


@dataclass(frozen=True)
class Awkward:
    """name: for programs. says: a sentence. source: where it is known from."""

    name: str
    says: str
    source: str


@dataclass(frozen=True)
class Rule:
    """what: the trait. finds: the sentence about a Zarr that has it, None of one that has not."""

    name: str
    what: str
    finds: Callable[[Present], str | None]
    source: str


def _large_chunks(one: Present) -> str | None:
    if one.chunk_bytes <= VIEWED:
        return None
    return (
        f"chunks of {size(one.chunk_bytes)} (decoded): a viewer fetches and decodes one whole chunk "
        f"before it shows a voxel, and browsers keep none above {size(VIEWED)}"
    )


def _small_chunks(one: Present) -> str | None:
    if one.chunk_bytes >= SMALL or min(one.shape) * one.itemsize < 16:
        return None
    return f"chunks of {one.chunk_bytes / 2**10:.3g} KiB (decoded): each costs more than its voxels"


def _flat_chunks(one: Present) -> str | None:
    thin = [axis for axis, c, s in zip("zyx", one.layout.chunks, one.shape) if c == 1 < s]
    if not thin:
        return None
    return (
        f"chunks one voxel thin along {', '.join(thin)}: a slice across that axis touches every one "
        "of them"
    )


def _one_level(one: Present) -> str | None:
    if len(one.levels) > 1 or max(one.shape) <= OVERVIEW:
        return None
    return "one resolution level only: a viewer reads every voxel to show an overview"


def _lone_array(one: Present) -> str | None:
    return (
        "an array alone, no OME-Zarr image: viewers and copick find no axes, spacing or levels"
        if one.version is None
        else None
    )


def _no_spacing(one: Present) -> str | None:
    if one.version is None or one.spacing:
        return None
    return "no voxel spacing in a known unit: distances and particle positions have no scale"


def _turned(one: Present) -> str | None:
    if one.in_order:
        return None
    return f"axes stored as {', '.join(one.axes or ())}, not z, y, x: who takes them as z, y, x is wrong"


def _fortran(one: Present) -> str | None:
    if one.order != "F":
        return None
    return (
        "voxels in a chunk run along the first axis (order F): XY slices are gathered with strides"
    )


def _one_writer(one: Present) -> str | None:
    cut = one.layout.shards
    if not cut or prod(grid_shape(one.shape, cut)) > 1:
        return None
    return (
        f"one shard ({say(cut)}) holds the whole volume: it can't be written in parallel, and a "
        "change of one voxel writes it all"
    )


def _shared_shards(one: Present) -> str | None:
    if not one.layout.shards or prod(grid_shape(one.shape, one.layout.shards)) == 1:
        return None
    return (
        f"shards of {say(one.layout.shards)}: writers must be given whole shards; two that write "
        "chunks of one shard lose voxels without an error"
    )


def _checksum(one: Present) -> str | None:
    last = one.coding.documents[-1] if one.coding.documents else {}
    if one.layout.zarr_format != 2 or last.get("name") != "zstd" or "checksum" not in last:
        return None
    return (
        'plain zstd with a member "checksum" (as numcodecs 0.15 writes it): tensorstore refuses it'
    )


def _format_3(one: Present) -> str | None:
    if one.layout.zarr_format != 3:
        return None
    return "Zarr format 3: zarr 2.18, and so copick 1.31, can't open it"


def _dotted(one: Present) -> str | None:
    if one.version is None or one.layout.zarr_format != 2 or one.separator == "/":
        return None
    return 'chunks named with ".": OME-Zarr in Zarr format 2 names them with "/"'


def _crowded(one: Present) -> str | None:
    keys = one.levels[0].keys
    if keys < CROWDED:
        return None
    where = " in one folder" if one.separator == "." else ""
    return f"{keys:,} objects{where}: copying, listing and deleting take a request each"


def _channels(one: Present) -> str | None:
    if one.channels == 1:
        return None
    return (
        f"a chunk holds {one.channels} channels: each read decodes {one.channels} times the voxels"
    )


def _too_large(one: Present) -> str | None:
    if one.chunk_bytes <= BLOSC or not one.layout.codec.name.startswith("blosc"):
        return None
    return f"chunks of {size(one.chunk_bytes)}: Blosc can't pack more than {size(BLOSC)} at once"


def _padding(one: Present) -> str | None:
    covered = prod(
        n * c for n, c in zip(grid_shape(one.shape, one.layout.chunks), one.layout.chunks)
    )
    times = covered / prod(one.shape)
    if times < PADDED:
        return None
    return (
        f"chunks of {say(one.layout.chunks)} reach beyond {say(one.shape)}: a whole read decodes "
        f"{times:.3g} times the voxels"
    )


def _memory(one: Present) -> str | None:
    there = psutil.virtual_memory().total
    if one.chunk_bytes < there:
        return None
    return f"a chunk of {size(one.chunk_bytes)} is larger than the memory of this machine ({size(there)})"


def _no_gain(one: Present) -> str | None:
    sample = one.levels[0].sample
    saved = 1 - sample.density / one.itemsize
    if one.coding.said == "none" or sample.missing or saved >= SAVED:
        return None
    return f"{one.coding.said} saves {max(0, saved):.1%} of the bytes: decoding costs more than it brings"


RULES = (
    Rule("large-chunks", "chunks above 10 MiB, decoded", _large_chunks, _FILEGLANCER),
    Rule(
        "small-chunks",
        "chunks below 64 KiB, decoded",
        _small_chunks,
        f"{_ZARR}; results/reference (16³ chunks)",
    ),
    Rule("flat-chunks", "chunks one voxel thin along an axis", _flat_chunks, _FILEGLANCER),
    Rule("one-level", "one resolution level, longer than 256 voxels", _one_level, _FILEGLANCER),
    Rule(
        "lone-array",
        "an array that is no OME-Zarr image",
        _lone_array,
        f"{_OME}, multiscales; copick 1.31",
    ),
    Rule(
        "no-spacing",
        "no voxel spacing in a known unit",
        _no_spacing,
        f"{_OME}, axes and coordinateTransformations",
    ),
    Rule(
        "axis-order",
        "axes not in the order z, y, x",
        _turned,
        f"{_OME}, axes: spatial ones should be z, y, x",
    ),
    Rule(
        "order-f",
        "voxels in a chunk in order F, or transposed",
        _fortran,
        "Zarr 2 specification, order; Zarr 3, codec transpose",
    ),
    Rule(
        "one-writer",
        "one shard for the whole volume",
        _one_writer,
        "Zarr 3 specification, sharding_indexed",
    ),
    Rule(
        "shared-shards",
        "shards: each belongs to one writer at a time",
        _shared_shards,
        "tried: zarr 3.4.2, docs/inspect.md",
    ),
    Rule("zstd-checksum", "plain zstd with a member checksum, format 2", _checksum, _READERS),
    Rule("format-3", "Zarr format 3", _format_3, f"{_READERS}; copick 1.31 requires zarr below 3"),
    Rule(
        "separator",
        "OME-Zarr in format 2 whose chunks are named with dots",
        _dotted,
        f"{_OME} 0.4, storage format",
    ),
    Rule(
        "many-objects",
        "10,000 objects and more",
        _crowded,
        "Amazon S3 price list: a request for each object",
    ),
    Rule("channels", "several channels in a chunk", _channels, "arithmetic"),
    Rule(
        "blosc-limit", "chunks above 2 GiB under Blosc", _too_large, "c-blosc, BLOSC_MAX_BUFFERSIZE"
    ),
    Rule(
        "padding",
        "chunks that reach beyond the volume: twice the voxels decoded",
        _padding,
        "arithmetic",
    ),
    Rule("memory", "a chunk larger than the memory of this machine", _memory, "arithmetic"),
    Rule("no-gain", "a codec that saves less than 2 %", _no_gain, "the sizes of its own chunks"),
)


def of(one: Present) -> list[Awkward]:
    """What is awkward about a Zarr, in the order of the table."""
    found = [(rule, rule.finds(one)) for rule in RULES]
    return [Awkward(rule.name, said, rule.source) for rule, said in found if said]
