"""The model, on times that are made up from known costs, and on the committed results."""

from dataclasses import asdict, replace

import numpy as np
import pytest

from tomobench.bench import access
from tomobench.bench.grids import BY_CHUNK
from tomobench.bench.layout import Codec, Layout
from tomobench.desk.advise.evidence import evidence, fetches, stored, work
from tomobench.desk.advise.evidence.evidence import WRITE, Measurements
from tomobench.desk.advise.evidence.fetches import Fetches
from tomobench.desk.advise.plan import fitting, model, network
from tomobench.desk.advise.plan.fitted import fitted
from tomobench.desk.advise.plan.network import DISK, S3, Far, Own, Storage

SHAPES = {"small": (128, 128, 128), "large": (160, 300, 300)}
#: Seconds of each cost, in order of model.COSTS.
COSTS = np.array([1e-4, 8e-5, 0, 3e-4, 2e-4, 0, 0, 2e-10, 4e-10, 3e-11, 0, 2e-9, 0])


def made(noise: float = 0.0) -> list[model.Observation]:
    """Cells whose times are the costs', times a factor of about 1 ± noise."""
    draw = np.random.default_rng(1)
    found = []
    for volume, shape in SHAPES.items():
        for layout in BY_CHUNK.layouts(shape):
            for name in (*access.READS, WRITE):
                done = model.work_of(name, shape, layout)
                seconds = float(
                    model.amounts(done, 4, model.cut_of(layout, "3")) @ COSTS
                ) * draw.lognormal(0, noise)
                found.append(model.Observation(volume, layout, name, done, 4, seconds))
    return found


@pytest.mark.parametrize("by", ["layout", "volume"])
def test_held_out_cells_of_exact_times_are_found_again(by):
    assert len(COSTS) == len(model.COSTS)
    held = [one for one in model.held_out(made(), by) if not one.cell.writes]
    errors = model.errors(held)
    assert errors.cells == 2 * 14 * len(access.READS)
    assert errors.largest < 1.01


def test_a_codec_is_predicted_from_others_and_other_cells_do_not_ask_for_it():
    """What a thread costs is told apart from what a chunk costs."""
    costs = np.array([1e-4, 8e-5, 0, 3e-4, 5e-5, 2e-4, 1e-4, 0, 4e-10, 3e-11, 0, 0, 0])
    found = []
    for cell in made():
        for codec, coding in ((Codec(), 1.0), (Codec("blosc-lz4"), 0.5), (Codec("none"), 0.1)):
            layout = replace(cell.layout, codec=codec)
            one = replace(cell, layout=layout, coding=coding)
            found.append(replace(one, seconds=float(one.amounts @ costs)))
    reads = [cell for cell in found if not cell.writes]
    assert {one.cell.layout.codec for one in model.held_out(reads, "layout")} == {Codec()}
    held = list(model.held_out(reads, "codec"))
    assert {one.cell.layout.codec.name for one in held} == {"blosc-lz4", "none"}
    # Without any that is not compressed, nobody knows what the thread costs; one that is, is found.
    assert max(one.factor for one in held if one.cell.layout.codec.name == "blosc-lz4") < 1.01
    fitted = model.fit(reads)
    assert all(
        fitted.of(one.amounts, False) == pytest.approx(one.seconds, rel=1e-3) for one in reads
    )
    # zarr 2.18 has no threads.
    for name in ("chunk coded in a thread", "chunk of format 2 without a codec"):
        place = list(model.COSTS).index(name)
        assert any(one.amounts[place] for one in reads), name
        assert not any(replace(one, line="2.18").amounts[place] for one in reads), name


def test_noise_is_not_made_larger():
    errors = model.errors(one for one in model.held_out(made(0.1), "layout") if not one.cell.writes)
    assert errors.median < 0.12
    assert errors.largest < 1.6


def test_what_is_held_out_is_not_seen():
    odd = (16, 128, 128)
    cells = [
        replace(cell, seconds=cell.seconds * 5) if cell.layout.chunks == odd else cell
        for cell in made()
        if not cell.writes
    ]
    held = [one for one in model.held_out(cells, "layout") if one.cell.layout.chunks == odd]
    assert all(one.factor == pytest.approx(5, rel=0.02) for one in held)


def test_too_long_and_too_short_weigh_alike():
    layout = Layout((16, 16, 16))
    done = model.work_of("one voxel", SHAPES["small"], layout)
    cells = [
        model.Observation("v", layout, "one voxel", done, 4, seconds) for seconds in (1.0, 4.0)
    ]
    assert model.fit(cells).seconds(done, 4, model.cut_of(layout, "3")) == pytest.approx(
        2.0, rel=1e-3
    )


def test_nothing_to_hold_out_is_no_error():
    cells = [cell for cell in made() if cell.volume == "small"]
    assert model.errors(model.held_out(cells, "volume")) is None


def test_the_newest_release_reaches_the_target_on_layouts_held_out(committed):
    cells = model.cells(committed, committed.tips()["3"])
    held = list(model.held_out(cells, "layout"))
    for writes in (False, True):
        errors = model.errors(one for one in held if one.cell.writes is writes)
        assert errors.median < 0.15
        assert errors.largest <= 2


def test_denoised_volumes_and_labels_are_not_in_the_fit(committed):
    volumes = {cell.volume for cell in model.cells(committed, committed.tips()["3"])}
    assert "phantom-128" in volumes
    assert not any(name.endswith(("denoised", "labels")) for name in volumes)


def test_stored_bytes_are_those_that_were_measured(committed):
    for (volume, _), found in committed.found.items():
        ratios = stored.ratios(committed, found.dtype, volume, found.kind)
        for layout, nbytes in found.stored.items():
            said = ratios.bytes(found.shape, found.itemsize, layout)
            # A store of labels is so small that the metadata of the other format is some of it.
            assert said == pytest.approx(nbytes, rel=0.01, abs=1000)


def test_a_ratio_between_two_chunk_shapes_lies_between(committed):
    ratios = stored.ratios(committed, "float32")
    low, high = ratios.of((32, 32, 32)), ratios.of((64, 64, 64))
    assert min(low, high) <= ratios.of((40, 40, 40)) <= max(low, high)
    assert stored.largest_error(committed, "float32") < 0.05


def test_an_element_type_or_kind_that_was_not_measured_is_not_guessed(committed):
    assert stored.ratios(committed, "float64") is None
    # Labels were measured in uint8, which says nothing of densities.
    densities = stored.ratios(committed, "uint8")
    assert densities is None or densities.volume != "phantom-128-labels"
    assert stored.ratios(committed, "uint8", kind="labels").volume == "phantom-128-labels"


def test_a_codec_s_ratio_keeps_its_distance_to_the_default(committed):
    ratios = stored.ratios(committed, "float32")
    gzip, none = Codec("gzip"), Codec("none")
    assert ratios.of((40, 40, 40), none) == 1
    share = ratios.of((64, 64, 64), gzip) / ratios.of((64, 64, 64))
    assert ratios.of((40, 40, 40), gzip) / ratios.of((40, 40, 40)) == pytest.approx(share)


def test_a_network_adds_waits_bytes_and_what_client_and_server_take():
    done = Fetches(gets=8, indices=0, ranges=0, bytes=5e6, rounds=1)
    own = Own(request=0.001, byte=1e-8)
    assert network.seconds(1.0, done, Storage(DISK), own) == 1.0
    # A disk that delivers 100 MB/s, beside what the page cache takes.
    assert network.seconds(1.0, done, Storage(DISK, bandwidth=1e8), own) == pytest.approx(1.05)
    far = Storage(S3, latency=0.02, bandwidth=1e8)
    assert network.seconds(1.0, done, far) == pytest.approx(1 + 0.02 + 0.05)
    # Of one round, nothing is done while it waits.
    assert network.seconds(1.0, done, far, own) == pytest.approx(1 + 0.02 + 0.05 + 0.008 + 0.05)


def test_work_and_waits_overlap_as_many_requests_go_round():
    # One at once waits, then works; the first round has no work while it waits.
    assert fitting.together(2.0, 3.0, 100, 1) == pytest.approx(5)
    assert fitting.together(2.0, 3.0, 1, 10) == pytest.approx(5)
    # Very many at once: the longer of the two.
    assert fitting.together(2.0, 3.0, 1e9, 1e9) == pytest.approx(3, rel=1e-6)
    # In between, the root of the quadratic equation R² + R (waits - work) = work × waits / at once.
    assert fitting.together(2.0, 1.0, 1e9, 2) == pytest.approx((3 + np.sqrt(5)) / 2, rel=1e-6)
    several = [fitting.together(2.0, 3.0, rounds, 10) for rounds in (1, 2, 10, 100)]
    assert several == sorted(several, reverse=True) and several[-1] > 3


def test_a_put_waits_twice_and_counts_once():
    done = fetches.of_write(20, 1e6, 10)
    assert (done.requests, done.waits, done.rounds) == (20, 40, 4)


def test_what_client_and_server_take_is_found_again():
    own = {
        False: Own(request=0.002, byte=3e-9, shard=0.02),
        True: Own(request=0.005, byte=1e-9, making=5),
    }
    work_done = {
        16: Fetches(30, 0, 0, 4e5, 3),
        32: Fetches(8, 0, 0, 9e6, 1),
        64: Fetches(0, 5, 9, 2e6, 2),
    }
    found = [
        Far("v", name, Layout((edge,) * 3), trip, 0.0, done, 0.1)
        for edge, done in work_done.items()
        for name in ("whole", "write whole")
        for trip in (0.0, 0.02, 0.05)
    ]
    found = [replace(one, measured=network.predicted(one, own[one.writes])) for one in found]
    for writes, known in own.items():
        fitted = network.fit(found, writes)
        assert asdict(fitted) == pytest.approx(asdict(known), abs=1e-12)
        assert network.fit([], writes) is None
    # Each layout is predicted from the others alone.
    assert len(list(network.held_out(found))) == len(found)
    assert not list(network.held_out(found[:6]))


def test_times_over_s3_that_were_held_out_are_predicted(committed):
    """The target of the model: half within 15 %, nine in ten within 30 %, none twice too long or too
    short."""
    for release in committed.tips().values():
        on_disk = model.fit(model.cells(committed, release))
        far = list(network.far(committed, release, on_disk))
        held = list(network.held_out(far))
        assert len(held) == len(far) > 100
        for writes in (False, True):
            ratios = np.array([p / one.measured for one, p in held if one.writes is writes])
            assert np.median(np.abs(ratios - 1)) < 0.15
            factors = np.maximum(ratios, 1 / ratios)
            assert np.quantile(factors, 0.9) < 1.3 and factors.max() < 2


def test_voxels_that_the_model_is_not_fitted_to_are_held_against_it(committed):
    for release in committed.tips().values():
        known = fitted(committed, release)
        assert {committed.of(release)[one.volume].dtype for one in known.cells} == {"float32"}
        found = known.errors_of_types
        assert not {(*model.FITTED, False), (*model.FITTED, True)} & found.keys()
        for voxels in (("float32", "denoised"), ("uint8", "labels")):
            errors = found[(*voxels, False)]
            assert errors.cells >= 30 and errors.median < 0.2 and errors.largest < 2


def test_bytes_of_a_voxel_come_from_the_element_type():
    assert Measurements((1, 1, 1), "uint8").itemsize == 1
    assert work.of_whole((128, 128, 128), Layout((64, 64, 64))).chunks == 8


def test_what_holds_on_any_machine_is_taken_from_others(committed):
    release = committed.tips()["3"]
    here = [
        one for one in committed.sheets if one.volume == "phantom-128" and one.release == release
    ]
    timed = [one for one in here if ".time_" in one.benchmark]
    moved = [one._replace(machine="elsewhere") for one in here]
    slower = [
        one._replace(machine="elsewhere", values=[value and value * 9 for value in one.values])
        for one in timed
    ]
    both = evidence.gather(timed, committed.history, None, [*moved, *slower])
    found, whole = both.found["phantom-128", release], committed.found["phantom-128", release]
    assert both.machine == "reference" and found.times == whole.times
    assert found.stored == whole.stored and found.counts == whole.counts
    # What was counted here stays as it is.
    other = [
        one._replace(
            machine="elsewhere",
            values=[1.0 if known else value for value, known in zip(one.values, one.measured())],
        )
        for one in here
    ]
    assert evidence.gather(here, committed.history, None, other).found == {
        ("phantom-128", release): whole
    }
