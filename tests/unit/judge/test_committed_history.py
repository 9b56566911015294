"""What the committed results say of each release."""

import math

import pytest

from tests import REPOSITORY
from tests.unit.conftest import examined_once
from tomobench.desk.judge import (
    acknowledged,
    examination,
    project,
    sentences,
    tiers,
    verdict,
    work,
)
from tomobench.desk.judge.tier import GATES, Tier
from tomobench.desk.judge.upstream import asked

pytestmark = pytest.mark.committed

LOST = "Writes in one call into shards lose up to 1,835,008 voxels"
RED = {
    "3.0.8": LOST,
    "3.0.9": LOST,
    "3.0.10": "Writes in one call into shards lose up to 19,136,512 voxels",
    "3.1.0": "Writes in one call into shards lose up to 2,097,152 voxels",
    "3.1.1": "Writes in one call into shards lose up to 2,064,384 voxels",
    "3.1.2": LOST,
    "3.2.0": "Calls of “create_array with chunks True” give something other than was asked for",
    "3.2.1": "Calls of “create_array with chunks True” give something other than was asked for",
    "3.3.0": "8 calls raise an error",
}
"""Every release that fails the gate on traffic, with its first fact."""

TRAFFIC = "17 accesses fetch up to 6.8 times the bytes in 1.5 to 267 times fewer requests"
"""The first fact of traffic of 3.3.0: but for the first release of line 3, no other fails the gate by one."""


@pytest.fixture(scope="module")
def found(committed_folder) -> project.Project:
    return examined_once(committed_folder)


@pytest.fixture(scope="module")
def answer(found) -> examination.Answer:
    main = [release.hash for release in found.history.branch("main")]
    accepted = acknowledged.load(REPOSITORY, found.history)
    return examination.examine(found, examination.Query("reference", main), accepted)


def test_every_red_release_and_its_first_fact(found, answer):
    judged = verdict.of(answer, found.history)
    gate = GATES["traffic"]
    red = {
        one.release: sentences.headline(one.facts) for one in judged.releases if one.failing(gate)
    }
    assert red == RED
    traffic = {one.release: _of_traffic(one.failing(gate)) for one in judged.releases}
    assert {release for release, facts in traffic.items() if facts} == {"3.0.8", "3.3.0"}
    assert sentences.headline(traffic["3.3.0"][:1]) == TRAFFIC


def _of_traffic(facts):
    return [fact for fact in facts if fact.tier is Tier.TRAFFIC]


def test_what_is_unsafe_by_design_is_shown_of_the_newest_release_and_fails_nothing(answer):
    unsafe = [fact for fact in answer.wrong if fact.release == "3.4.2"]
    assert unsafe and not any(fact.fails for fact in unsafe)
    shared = {subject.access for fact in unsafe for subject in fact.subjects}
    assert (
        {"by 2 threads, in one shard", "by 2 threads, in one chunk"}
        <= shared
        <= set(tiers.UNSAFE_WAYS)
    )


def test_a_killed_writer_leaves_old_or_new_since_3_1_3(answer):
    torn = {fact.release for fact in answer.wrong if fact.metric.name == "torn objects"}
    assert torn == {"3.0.8", "3.0.9", "3.0.10", "3.1.0", "3.1.1", "3.1.2"}


def test_no_release_measured_beside_its_neighbour_has_a_gap(answer):
    """But for 3.2.0: it has no longer the groups' create_dataset, require_dataset and array."""
    of_3 = [gap for gap in answer.gaps if not gap.startswith("3.0.8 ")]
    assert of_3 == [
        "3.2.0 is n/a on phantom-128 where 3.1.6 has a result: cells of calls.Calls.track_outcome"
    ]


def test_facts_are_of_neighbours(found, answer):
    for fact in answer.facts:
        assert found.history.before(fact.release).hash == fact.compared_with
    for fact in answer.apart:
        assert all(not one.attributable for one in fact.cells)


def test_the_range_since_3_1_6_is_read_in_a_minute(run, project):
    done = run("regressions", "3.1.6..3.4.2")
    lines = done.printed.splitlines()
    assert done.code == 0 and len(lines) <= 60
    assert lines[0].startswith(
        "3.2.0 to 3.4.2: wrong in 3.2.0, 3.2.1 and 3.3.0; more traffic in 3.3.0;"
    )
    # Which releases are red is tested above, all of them: here, that the command goes by it.
    for release, code in (("3.4.2", 0), ("3.3.0", 1)):
        assert run("regressions", release, "--fail-on", "traffic").code == code


def test_the_least_work_is_what_the_committed_races_saw(found):
    main = [release.hash for release in found.history.branch("main")]
    several = work.steps(found.all_series("reference"), main)
    least = work.least_seen(several)
    assert math.floor(100 * least) / 100 == tiers.LEAST_WORK


def test_the_race_stands_for_runs_over_a_longer_span_too(found):
    question = examination.Query("reference", ["3.4.2"], against="2.18.7")
    answer = examination.examine(found, question, [])
    raced = {one.line.name for one in answer.findings if one.raced}
    runs = {
        one.line.name
        for one in answer.findings
        if not one.raced and one.series.volume == "phantom-128"
    }
    assert raced and not raced & runs
    one = next(
        one
        for one in answer.findings
        if one.line.name == "read.Chunks.time_one_chunk(64×64×64, 2)" and one.raced
    )
    assert one.ratio == pytest.approx(1.96, abs=0.01)
    assert one.run.ratio == pytest.approx(2.04, abs=0.01)


def test_what_is_wrong_and_no_design_has_a_cell_that_can_be_bisected(found, answer):
    several = found.all_series("reference")
    main = [release.hash for release in found.history.branch("main")]
    facts = [fact for fact in answer.wrong if not fact.unsafe and fact.since == fact.release]
    assert facts
    for fact in facts:
        before = main[main.index(fact.release) - 1]
        assert asked.cell_of(fact, several, before) is not None, fact
