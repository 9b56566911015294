"""The claims of the reference report, checked against the committed results."""

import csv

import pytest

from studies.reference_report import claims
from studies.reference_report.__main__ import write
from studies.reference_report.claims import CONFIRMED, CORRECTED, NOT_TESTABLE, VERDICTS, Claim
from studies.reference_report.context import Context
from tests import REPOSITORY
from tomobench.desk.advise.evidence.evidence import Evidence, Measured, Measurements


@pytest.fixture(scope="module")
def found(committed):
    """A verdict on each claim, from the committed results."""
    return list(claims.verdicts(committed, committed.tips()["3"], REPOSITORY))


def test_every_claim_has_a_verdict_and_the_known_ones_are_right(found):
    rows = claims.table(found).records
    assert len(rows) == len(claims.load()) > 80
    assert {row["verdict"] for row in rows} <= set(VERDICTS)
    said = {(row["claim"], row["published"]): row for row in rows}
    for claim, reference, here, verdict in [
        ("full tomogram in chunks of 16³: chunks", "290,000", 19200, CORRECTED),
        ("full tomogram in chunks of 16³: files", "18,000", 19201, CORRECTED),
        ("full tomogram in chunks of 128³: files", "12", 51, CORRECTED),
        ("full tomogram in chunks of 64³: files", "300", 301, CONFIRMED),
        ("128³ in chunks of 16³: files", "513", 513, CONFIRMED),
        ("a million accesses of 290,000 GETs, $", "120", 116000, CORRECTED),
        ("a million accesses of 12 GETs, $", "0.005", 4.8, CORRECTED),
        ("listing 8.7 million files, $", "43.50", 0.0435, CORRECTED),
        ("290,000 GETs, $", "0.12", 0.116, CONFIRMED),
    ]:
        row = said[claim, reference]
        assert float(row["here"]) == pytest.approx(here)
        assert row["verdict"] == verdict


def test_claims_follow_the_results(committed):
    """Other times, other verdicts; without results, none."""
    claim = next(one for one in claims.load() if one.says.startswith("writing is faster at 128³"))
    old = committed.tips()["2.18"]
    layouts = {
        edges: next(
            layout
            for name, layout in committed.found["phantom-128", old].times
            if layout.chunks == edges and name == "write whole"
        )
        for edges in ((16, 16, 16), (128, 128, 128))
    }
    for seconds, verdict in ((0.01, CONFIRMED), (0.1, CORRECTED)):
        found = Measurements((128, 128, 128), "float32")
        found.times["write whole", layouts[16, 16, 16]] = Measured(0.19)
        found.times["write whole", layouts[128, 128, 128]] = Measured(seconds)
        made = Evidence("m", committed.history, {("phantom-128", old): found})
        outcome = claims.computed(claim, Context(made, old, REPOSITORY))
        assert claims.verdict(claim, outcome) == verdict
    empty = Evidence("m", committed.history, {})
    outcome = claims.computed(claim, Context(empty, old, REPOSITORY))
    assert claims.verdict(claim, outcome) == NOT_TESTABLE


@pytest.mark.parametrize(
    ("figure", "value", "holds"),
    [
        ("513", 513, True),
        ("513", 514, False),
        ("18,000", 18400, True),
        ("18,000", 19201, False),
        ("43.50", 43.504, True),
        ("43.50", 43.51, False),
        (["30", "50"], 50, True),
        (["30", "50"], 51, False),
    ],
)
def test_a_figure_is_confirmed_when_it_rounds_to_what_was_said(figure, value, holds):
    assert Claim("1", "x", figure, "product", {}).holds(value) is holds


def test_limits_and_tolerances():
    assert Claim("1", "x", "10", "product", {}, bound="below").holds(9)
    assert not Claim("1", "x", "10", "product", {}, bound="below").holds(60)
    assert not Claim("1", "x", "1", "product", {}, bound="above").holds(1)
    assert Claim("1", "x", "4", "product", {}, within=0.2).holds(4.8)
    assert not Claim("1", "x", "4", "product", {}, within=0.2).holds(4.9)


def test_the_study_writes_its_table_and_counts_the_verdicts(found, tmp_path):
    text = write(found, tmp_path)
    with (tmp_path / "claims.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found)
    corrected = sum(row["verdict"] == CORRECTED for row in rows)
    assert f"{len(rows)} claims" in text and f"{corrected} corrected" in text
