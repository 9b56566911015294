"""What two machines agree on is worked out from the cells that both have, and from nothing else."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studies.machine import agreement
from tests.made.history import FILES, RATIO, MadeHistory
from tomobench.desk.measure.history.lending import lend_counts
from tomobench.desk.results.reading import Row

COUNT, TIME = "counts.Chunks.track_requests", "read.Chunks.time_whole"
LAYOUTS = ["16×16×16", "32×32×32", "64×64×64", "128×128×128", "auto"]
numbers = st.one_of(st.none(), st.just(math.nan), st.integers(0, 5).map(float))
seconds = st.lists(st.floats(1e-4, 10), min_size=5, max_size=5)


def row(machine, value, benchmark=COUNT, release="new", cell="16×16×16", **other):
    about = {"unit": "requests", "type": "track", "version": "1"}
    if benchmark == TIME:
        about = {"unit": "seconds", "type": "time", "version": "1"}
    place = (("chunks", cell),)
    return Row(machine, "phantom-128", release, benchmark, place, value, **(about | other))


@given(st.lists(st.tuples(numbers, numbers), max_size=8))
def test_counts_are_equal_where_the_values_are(values):
    one = [row("desk", a, cell=f"{i}") for i, (a, _) in enumerate(values)]
    other = [row("lab", b, cell=f"{i}") for i, (_, b) in enumerate(values)]
    found = agreement.counts(agreement.pairs(one, other))
    said = [[str(value) for value in both] for both in values]
    told = [(a, b) for a, b in said if (a, b) != ("nan", "nan")]
    assert (found.compared, found.equal) == (len(told), sum(a == b for a, b in told))


@pytest.mark.parametrize(
    "change",
    [
        {"version": "2"},
        {"release": "old"},
        {"cell": "32×32×32"},
        {"server": "minio"},
        {"configuration": "async.concurrency=1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_one_of_them_has_alone_is_not_compared(change):
    assert agreement.pairs([row("desk", 1.0)], [row("lab", 1.0)])
    assert agreement.pairs([row("desk", 1.0)], [row("lab", 1.0, **change)]) == []


@pytest.mark.parametrize("benchmark", [TIME, "counts.Chunks.track_peak_memory"])
def test_times_and_memory_are_no_counts(benchmark):
    several = agreement.pairs([row("desk", 1.0, benchmark)], [row("lab", 2.0, benchmark)])
    assert several and agreement.counts(several).compared == 0


@given(seconds, seconds)
def test_the_loss_is_that_of_the_layout_which_the_other_machine_likes(here, there):
    one = [row("desk", value, TIME, cell=name) for name, value in zip(LAYOUTS, here)]
    other = [row("lab", value, TIME, cell=name) for name, value in zip(LAYOUTS, there)]
    (found,) = agreement.choices(agreement.pairs(one, other))
    assert found.loss == there[here.index(min(here))] / min(there) - 1
    assert (found.release, found.volume, found.benchmark) == ("new", "phantom-128", TIME)


def test_few_layouts_are_no_choice():
    one = [row("desk", 1.0, TIME, cell=name) for name in LAYOUTS[:4]]
    other = [row("lab", 1.0, TIME, cell=name) for name in LAYOUTS]
    assert agreement.choices(agreement.pairs(one, other)) == []


def test_changes_that_both_show_and_that_one_shows():
    def step(machine, *ratios):
        places = list(zip(LAYOUTS, ratios))
        before = [row(machine, 1.0, TIME, release="old", cell=name) for name, _ in places]
        return before + [row(machine, ratio, TIME, cell=name) for name, ratio in places]

    several = agreement.pairs(step("desk", 2.0, 0.5, 1.1, 3.0), step("lab", 1.5, 0.9, 0.2, 0.9))
    assert agreement.changes(several, "old", "new", 1.25) == (2, 3)


def counted_by(project, machine, names):
    for name in names:
        project.measured("3.4.2", name, 8.0, machine=machine)


def took_a_second(path):
    """Have a machine's file say that each of its benchmarks took a second: those made here say nothing."""
    found = json.loads(path.read_text())
    place = found["result_columns"].index("duration")
    for row in found["results"].values():
        row.extend([None] * (place + 1 - len(row)))
        row[place] = 1.0
    path.write_text(json.dumps(found))


def test_a_count_that_was_lent_is_no_agreement(tmp_path):
    project = MadeHistory(tmp_path)
    counted_by(project, "desk", [FILES])
    counted_by(project, "lab", [FILES, RATIO])
    project.save()
    for machine in ("desk", "lab"):
        took_a_second(project.file("3.4.2", machine))
    lend_counts(tmp_path / "results", "lab", "desk", {"3.4.2"}, only=RATIO)
    said = {one.benchmark for one in agreement.measured_there(tmp_path, "desk")}
    assert RATIO in project.file("3.4.2").read_text() and said == {FILES}


def test_the_table_says_what_was_asked():
    hashes = {"2.18.7": "old", "3.3.0": "middle", "3.4.2": "new"}

    def measured(machine, *ratios):
        places = list(zip(LAYOUTS, ratios))
        times = [row(machine, 1.0, TIME, release="old", cell=name) for name, _ in places]
        times += [row(machine, ratio, TIME, cell=name) for name, ratio in places]
        return [*times, row(machine, float(len(machine)))]

    both = measured("desk", 2.0, 1.4, 1.1, 3.0, 5.0), measured("lab", 1.5, 0.9, 1.0, 2.0, 4.0)
    found = {one["asked"]: one for one in agreement.table(agreement.pairs(*both), hashes).records}
    assert found["counts"]["cases"] == 1 and found["counts"]["same"] == 0
    assert found[f"counts that differ, {COUNT}"]["cases"] == 1
    spans = [found[f"2.18.7 to 3.4.2, by more than {beyond}"] for beyond in (1.5, 1.25)]
    assert [(one["cases"], one["same"]) for one in spans] == [(3, 3), (4, 3)]
    assert found["layouts"]["largest"] == pytest.approx(1.0 / 0.9 - 1)
