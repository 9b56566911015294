"""Series with known steps, raced: the code of ``tomobench regressions`` on made turns."""

import math

import numpy as np
import pytest

from studies.proof import samples
from tomobench.desk.judge import findings, noise
from tomobench.desk.measure.race import turns

NAN = math.nan
RELEASES = ["3.0.8", "3.1.0", "3.1.6", "3.2.0", "3.3.0", "3.4.0", "3.4.1", "3.4.2"]
#: By name: how many times the first release's time each takes (NaN: n/a), and what is to be found.
SERIES = {
    "up": ([1, 1, 1, 1.1, 1.1, 1.1, 1.1, 1.1], [("3.2.0", "worse", "3.1.6", None)]),
    "down": ([1, 1, 1, 1, 1, 0.9, 0.9, 0.9], [("3.4.0", "better", "3.3.0", None)]),
    "newest": ([1, 1, 1, 1, 1, 1, 1, 1.1], [("3.4.2", "worse", "3.4.1", None)]),
    "spike": (
        [1, 1, 1, 1, 1.2, 1, 1, 1],
        [("3.3.0", "worse", "3.2.0", "3.4.0"), ("3.4.0", "better", "3.3.0", None)],
    ),
    "slow, then repaired": (
        [1, 1, 1.2, 1.2, 1.2, 1.2, 1, 1],
        [("3.1.6", "worse", "3.1.0", "3.4.1"), ("3.4.1", "better", "3.4.0", None)],
    ),
    "n/a and back": ([1, 1, NAN, NAN, 1.2, 1.2, 1.2, 1.2], [("3.3.0", "worse", "3.1.0", None)]),
    "flat": ([1, 1, 1, 1, 1, 1, 1, 1], []),
    "drift": ([1.013**n for n in range(8)], [("3.4.2", "worse", "3.0.8", None)]),
}


def race(folder, renewals=8, count=20):
    """All series in one race of all releases, on a machine whose processes differ by 0.4 %."""
    draw = np.random.default_rng(7)
    about = turns.About(
        "made", "made", "env", dict.fromkeys(RELEASES, ""), list(SERIES), {}, "0.3.2", 1, "2026"
    )
    found = turns.create(folder / "race", about)
    for renewal in range(1, renewals + 1):
        rows = []
        for name, (factors, _) in SERIES.items():
            process = draw.normal(0, 0.004, len(RELEASES))
            for turn in range(count):
                weather = draw.normal(0, 0.3)
                for order, (release, factor) in enumerate(zip(RELEASES, factors)):
                    log = process[order] + weather + draw.normal(0, 0.01)
                    if not math.isnan(factor):
                        rows.append(
                            turns.Turn(
                                renewal, turn, order, name, "made", release, 1,
                                float(factor * np.exp(log)),
                            )
                        )  # fmt: skip
        found = turns.add(found, turns.Renewal(renewal, RELEASES), rows)
    return found


@pytest.fixture(scope="module")
def steps(tmp_path_factory):
    series = samples.as_series(race(tmp_path_factory.mktemp("race")))
    return findings.Steps(series, noise.of(series, []), RELEASES).steps()


@pytest.mark.parametrize("name", SERIES)
def test_steps(steps, name):
    found = sorted(
        (one.release, one.change, one.compared_with, one.repaired)
        for one in steps
        if one.line.name == name
    )
    assert found == SERIES[name][1]


def test_a_drift_is_called_one(steps):
    assert {one.line.name for one in steps if one.drift} == {"drift"}


def test_one_renewal_is_no_evidence(tmp_path):
    series = samples.as_series(race(tmp_path, renewals=1))
    assert findings.Steps(series, noise.of(series, []), RELEASES).steps() == []
