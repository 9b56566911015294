"""What an access does, against counting voxel by voxel, and against what the suites counted."""

from itertools import product
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomobench.bench import access
from tomobench.bench.access import Part
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence import fetches, stored, work
from tomobench.desk.advise.evidence.fetches import Fetcher
from tomobench.desk.advise.evidence.work import CORES, Work

EDGES, EITHER = st.integers(1, 5), st.booleans()


@st.composite
def cases(draw, sharded=EITHER):
    """A small shape, a layout of it, and a selection."""
    shape = tuple(draw(st.integers(1, 11)) for _ in range(3))
    chunks = tuple(draw(EDGES) for _ in range(3))
    within = draw(sharded)
    shards = tuple(draw(st.integers(1, 3)) * edge for edge in chunks) if within else None
    layout = Layout(chunks, shards, zarr_format=3)
    return shape, layout, Part(tuple(draw(_selections(length)) for length in shape))


def _selections(length: int):
    """An index, a slice with or without a step, or indices."""
    place = st.integers(0, length - 1)
    slices = st.builds(
        lambda a, b, step: slice(min(a, b), max(a, b) + 1, step),
        place, place, st.none() | st.integers(1, 4),
    )  # fmt: skip
    return st.one_of(place, slices, st.sets(place, min_size=1).map(lambda s: tuple(sorted(s))))


def voxels(case) -> list[tuple]:
    """Every voxel that a part asks for, by NumPy's own indexing of each axis."""
    shape, _, part = case
    axes = [np.arange(length) for length in shape]
    chosen = [list(s) if isinstance(s, tuple) else s for s in part.selection]
    return list(product(*(np.atleast_1d(axis[s]).tolist() for axis, s in zip(axes, chosen))))


def boxes(found, edges) -> set[tuple]:
    """The boxes of ``edges`` that the voxels lie in."""
    return {tuple(i // edge for i, edge in zip(voxel, edges)) for voxel in found}


@given(cases())
def test_work_is_what_counting_gives(case):
    _, layout, part = case
    asked = voxels(case)
    chunks = boxes(asked, layout.chunks)
    done = work.of([part], layout)
    assert (done.parts, done.asked, done.chunks) == (1, len(asked), len(chunks))
    assert done.decoded == len(chunks) * prod(layout.chunks)
    edge, found = layout.chunks[2], set(asked)
    # A piece begins where the voxel before it is not asked for, or lies in another chunk.
    assert done.runs == sum(x % edge == 0 or (z, y, x - 1) not in found for z, y, x in asked)
    assert done.longest == -(-len(chunks) // CORES) * prod(layout.chunks)


@given(cases(sharded=st.just(True)))
def test_work_in_shards_is_what_counting_gives(case):
    _, layout, part = case
    across = tuple(s // c for s, c in zip(layout.shards, layout.chunks))
    chunks = boxes(voxels(case), layout.chunks)
    touched = boxes(voxels(case), layout.shards)
    per_shard = [sum(boxes([c], across) == {s} for c in chunks) for s in touched]
    done = work.of([part], layout)
    assert done.objects == len(touched)
    assert done.split == sum(count < prod(across) for count in per_shard)
    assert done.entries == len(touched) * prod(across)


@given(cases(), cases())
def test_the_work_of_two_parts_is_the_sum(one, other):
    layout = one[1]
    parts = [one[2], other[2]]
    assert work.of(parts, layout) == sum((work.of([part], layout) for part in parts), Work())


@given(cases(), st.sampled_from(["3.2.1", "3.4.2"]))
def test_requests_and_bytes_are_what_counting_gives(case, version):
    shape, layout, part = case
    done = fetches.of([part], shape, layout, 4.0, Fetcher(version))
    chunks = boxes(voxels(case), layout.chunks)
    payload = 4.0 * sum(_inside(chunk, shape, layout) for chunk in chunks)
    counted = work.of([part], layout)
    assert done.gets == (counted.objects - counted.split if layout.shards else len(chunks))
    assert done.indices == counted.split
    index = (
        counted.objects * fetches.CHECKSUM + counted.entries * fetches.ENTRY if layout.shards else 0
    )
    if version == "3.2.1":
        assert done.bytes == pytest.approx(payload + index)
    else:
        assert done.bytes >= payload + index - 1e-6
        # All gaps of these small shards are below the limit: one range each.
        assert done.ranges == counted.split


def _inside(chunk, shape, layout) -> int:
    starts = [i * edge for i, edge in zip(chunk, layout.chunks)]
    return prod(
        max(0, min(edge, length - a)) for a, edge, length in zip(starts, layout.chunks, shape)
    )


def written(across) -> list[tuple]:
    """The chunks of a shard in the order of their bits, z's first: as zarr writes them."""
    bits = [(n - 1).bit_length() for n in across]

    def code(place) -> int:
        order = [(bit, axis) for bit in range(max(bits)) for axis in range(3) if bit < bits[axis]]
        return sum((place[axis] >> bit & 1) << at for at, (bit, axis) in enumerate(order))

    return sorted(product(*map(range, across)), key=code)


def fetched_one_by_one(case, density) -> tuple[int, float]:
    """The ranges of all shards that are read in part, and the bytes of all shards, chunk after chunk."""
    shape, layout, _ = case
    across = tuple(s // c for s, c in zip(layout.shards, layout.chunks))
    wanted, ranges, nbytes = boxes(voxels(case), layout.chunks), 0, 0.0
    for shard in boxes(wanted, across):
        end, found, missed = 0.0, [], False
        for place in written(across):
            chunk = tuple(s * n + at for s, n, at in zip(shard, across, place))
            start, end = end, end + density * _inside(chunk, shape, layout)
            if chunk not in wanted:
                missed = True
            elif (
                found
                and start - found[-1][1] <= fetches.GAP
                and end - found[-1][0] <= fetches.LARGEST
            ):
                found[-1][1] = end
            else:
                found.append([start, end])
        ranges += len(found) if missed else 0
        nbytes += sum(b - a for a, b in found) if missed else end
    return ranges, nbytes


@given(cases(sharded=st.just(True)), st.lists(st.floats(4.0, 2e6), min_size=1, max_size=4))
def test_ranges_are_merged_up_to_a_gap_and_a_size_at_each_density(case, densities):
    shape, layout, part = case
    done = fetches.of([part], shape, layout, np.array(densities), Fetcher("3.4.2"))
    counted = work.of([part], layout)
    index = counted.objects * fetches.CHECKSUM + counted.entries * fetches.ENTRY
    for place, density in enumerate(densities):
        ranges, nbytes = fetched_one_by_one(case, density)
        assert np.broadcast_to(done.ranges, len(densities))[place] == ranges
        assert done.bytes[place] == pytest.approx(nbytes + index)


def test_requests_are_those_that_the_suites_counted(committed):
    right = wrong = exact = 0
    for (_, release), found in committed.found.items():
        version = committed.history.name_of(release)
        for (metric, name, layout), counted in found.counts.items():
            whole = found.counts.get(("bytes_fetched", "whole", layout))
            if metric != "requests" or name not in access.READS or whole is None:
                continue
            density = (whole - stored.index_bytes(found.shape, layout)) / prod(found.shape)
            parts = access.READS[name](found.shape, layout)
            done = fetches.of(parts, found.shape, layout, density, Fetcher(version))
            if done.ranges and Fetcher(version).merges:
                right, wrong = (
                    right + (done.requests == counted),
                    wrong + (done.requests != counted),
                )
            else:
                exact += 1
                assert done.requests == counted, (release, name, layout)
    assert exact > 500 and right > 100
    # Which ranges are merged depends on each chunk's own bytes.
    assert wrong < 0.03 * right
