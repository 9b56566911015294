"""Claims that arithmetic checks: each function is named in claims.toml, and returns an Computed."""

from decimal import Decimal
from math import prod

from studies.reference_report.context import ITEMSIZE, TEST, Computed, Context, exact, layout_of
from tomobench.bench import access
from tomobench.bench.access import Part
from tomobench.bench.layout import say
from tomobench.bench.objects import grid_shape, object_count
from tomobench.desk.advise.costs.prices import MILLION, Usage
from tomobench.desk.advise.evidence import work
from tomobench.desk.volumes.data_set import TOMOGRAM, TOMOGRAMS


def product(context: Context, factors) -> Computed:
    """Factors multiplied."""
    return exact(prod(map(Decimal, factors)), " × ".join(factors))


def quotient(context: Context, of, over) -> Computed:
    """One number over another."""
    return exact(Decimal(of) / Decimal(over), f"{of} / {over}")


def saving(context: Context, to, **others) -> Computed:
    """What is saved, in %, from one number to another."""
    start = Decimal(others["from"])
    return exact(100 * (1 - Decimal(to) / start), f"1 - {to} / {start}")


def chunks(context: Context, shape, chunks) -> Computed:
    """Chunks that cover a shape."""
    grid = grid_shape(tuple(shape), tuple(chunks))
    return exact(prod(grid), " × ".join(map(str, grid)) + " chunks")


def files(context: Context, shape, chunks, shards=None) -> Computed:
    """Objects of a store: one a chunk or shard, and one of metadata (.zarray, zarr.json)."""
    grid = " × ".join(map(str, grid_shape(tuple(shape), tuple(shards or chunks))))
    count = _files(shape, chunks, shards)
    return exact(count, f"{grid} {'shards' if shards else 'chunks'}, and metadata")


def _files(shape, chunks, shards=None) -> int:
    return object_count(tuple(shape), layout_of(chunks, shards), 1)


def fewer_files(context: Context, shape, chunks, than, shards=None) -> Computed:
    """How many % fewer files a store in ``than`` (and shards) has than one in ``chunks``."""
    many, few = _files(shape, chunks), _files(shape, than, shards)
    return exact(100 * (1 - few / many), f"{many:,.0f} and {few:,.0f} files")


def files_over_files(context: Context, shape, chunks, than) -> Computed:
    """Files in ``chunks`` over files in ``than``."""
    many, few = _files(shape, chunks), _files(shape, than)
    return exact(many / few, f"{many:,.0f} and {few:,.0f} files")


def chunks_over_chunks(context: Context, chunks, than) -> Computed:
    """Chunks of a full tomogram over those of another shape."""
    many, few = (prod(grid_shape(TOMOGRAM, tuple(edges))) for edges in (chunks, than))
    return exact(many / few, f"{many:,} and {few:,} chunks of a full tomogram")


def voxels_over_voxels(context: Context, chunks, than) -> Computed:
    """Voxels of a chunk over those of another."""
    return exact(prod(chunks) / prod(than), f"{prod(chunks):,} and {prod(than):,} voxels")


def all_files(context: Context, chunks, shards=None) -> Computed:
    """Files of the data set's tomograms."""
    one = _files(TOMOGRAM, chunks, shards)
    return exact(TOMOGRAMS * one, f"{TOMOGRAMS} × {one:,.0f} files")


def edge_along_z(context: Context, shape, chunks) -> Computed:
    """The edge of a chunk along z, which is the shortest axis of the shape."""
    place = min(range(3), key=lambda axis: shape[axis])
    return exact(chunks[place], f"z is axis {place} of this shape: the thin edge lies along axis 0")


def chunks_of_a_slice(context: Context, shape, chunks, z: int) -> Computed:
    """Chunks that an XY slice touches when z is the axis ``z`` of the shape."""
    all_of_them = prod(grid_shape(tuple(shape), tuple(chunks)))
    return exact(_touched(shape, chunks, z), f"of {all_of_them} chunks of a full tomogram")


def _touched(shape, chunks, z: int) -> int:
    selection = [slice(0, length) for length in shape]
    selection[z] = shape[z] // 2
    return work.of([Part(tuple(selection))], layout_of(chunks)).chunks


def share_of_a_slice(context: Context, shape, chunks) -> Computed:
    """The share of all chunks, in %, that an XY slice touches."""
    touched = _touched(shape, chunks, 0)
    count = prod(grid_shape(tuple(shape), tuple(chunks)))
    return exact(100 * touched / count, f"{touched:.0f} of {count} chunks")


def decoded(context: Context, chunks) -> Computed:
    """MiB that are decoded for an aligned region of 64³."""
    layout = layout_of(chunks)
    done = work.of(access.region_aligned(TEST, layout), layout)
    return exact(done.decoded * ITEMSIZE / 2**20, f"{done.chunks} chunks of {say(layout.chunks)}")


def price(context: Context, kind, count) -> Computed:
    """What so many requests cost."""
    thousand = context.prices.per_thousand_requests[kind]
    how = f"{count:,} × ${thousand} for 1,000 ({context.prices.name})"
    return exact(context.prices.of(Usage({kind: count})), how)


def price_of_reads(context: Context, chunks) -> Computed:
    """The GETs of a million reads of a full tomogram."""
    count = prod(grid_shape(TOMOGRAM, tuple(chunks)))
    how = f"{count:,} GETs of a full tomogram, a million times"
    return exact(context.prices.of(Usage({"get": count})) * MILLION, how)


def listing(context: Context, objects) -> Computed:
    """What listing so many objects costs, in pages."""
    keys = context.prices.keys_per_list
    thousand = context.prices.per_thousand_requests["list"]
    how = f"{-(-objects // keys):,} LISTs of {keys} keys at ${thousand} for 1,000"
    return exact(context.prices.of_listing(objects), how)


def listing_saving(context: Context, to, **others) -> Computed:
    """What listing fewer objects saves, in %."""
    dear, cheap = (context.prices.of_listing(count) for count in (others["from"], to))
    return exact(100 * (1 - cheap / dear), f"${dear} and ${cheap}")
