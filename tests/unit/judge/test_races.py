"""tomobench regressions on races: made turns beside made runs."""

import json

import pytest

from tests.made.history import READ, environment_of
from tests.made.race import turns as made_turns
from tomobench.desk.measure.race import turns
from tomobench.desk.measure.race.turns import About, Renewal

CELL = f"{READ}('16×16×16')"


def race(
    root,
    times,
    started="2026-01-01",
    untimed=(),
    version="1",
    renewals=8,
    failed_in=(),
    described=(),
    **options,
):
    """Keep a race of ``times`` {release: seconds} on the one cell of READ. ``untimed``: in all renewals; ``failed_in``:
    the renewals in which the last of the releases failed; ``described``: the machine."""
    about = About(
        "desk",
        "phantom-128",
        environment_of("phantom-128"),
        dict.fromkeys([*times, *(one[0] for one in untimed)], "0" * 64),
        [CELL],
        {READ: version},
        "0.3.2",
        7,
        started,
        dict(described),
    )
    found = turns.create(root / "results" / "desk" / turns.FOLDER / f"race{started[-2:]}", about)
    rows = list(made_turns(times, renewals, benchmark=CELL, **options))
    for number in range(1, renewals + 1):
        failing = [(list(times)[-1], CELL, "failed", "ValueError: broken")] * (number in failed_in)
        note = Renewal(number, list(times), [*untimed, *failing], {CELL: 1.0})
        left_out = {release for release, *_ in failing}
        mine = [row for row in rows if row.renewal == number and row.release not in left_out]
        found = turns.add(found, note, mine)
    return found


def findings(run, *words):
    done = run("regressions", "--format", "json", *words)
    return json.loads(done.printed)


@pytest.fixture
def measured(made):
    """Runs of all releases in which nothing changes."""
    made.series(READ, [1.0] * 8)
    return made.save()


def test_a_raced_pair_is_taken_from_the_race(measured, run):
    assert not findings(run)["findings"]
    race(measured.root, {"3.3.0": 1e-3, "3.4.0": 1.1e-3})
    (one,) = findings(run)["findings"]
    assert (one["release"], one["compared_with"], one["change"]) == ("3.4.0", "3.3.0", "worse")
    assert one["raced"] and one["calibrated"] and one["kind"] == "timed"
    assert 1.0 < one["low"] < 1.1 < one["high"] < 1.2
    assert one["run"]["ratio"] == pytest.approx(1)
    printed = run("regressions").printed
    assert "raced" in printed and "(runs: 1.00 [" in printed and "no calibration" in printed


def move_to_another_python(made, *versions):
    """Have these releases' runs come from Python 3.12; what was there is gone."""
    for version in versions:
        path = made.file(version)
        text = path.read_text().replace("py3.13", "py3.12")
        path.with_name(path.name.replace("py3.13", "py3.12")).write_text(text)
        path.unlink()


def test_runs_of_another_environment_say_nothing_of_a_race(made, run):
    made.series(READ, [1.0] * 5 + [1.0, 4.0, 1.0])
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1.3e-3})
    (one,) = [one for one in findings(run, "3.4.0")["findings"] if one["raced"]]
    assert one["run"]["ratio"] == pytest.approx(4)
    move_to_another_python(made, "3.3.0", "3.4.0")
    (one,) = [one for one in findings(run, "3.4.0")["findings"] if one["raced"]]
    assert one["run"] is None


def test_cells_name_the_environment_where_a_volume_has_several(made, run):
    made.series(READ, [1.0] * 5 + [1.0, 4.0, 1.0])
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1.3e-3})
    for volume in ([], ["--volume", "phantom-128"]):
        assert "tomobench-py" not in run("regressions", "3.4.0", "--cells", *volume).printed
    move_to_another_python(made, "3.3.0", "3.4.0")
    for volume in ([], ["--volume", "phantom-128"]):
        printed = run("regressions", "3.4.0", "--cells", *volume).printed
        lines = [line.split() for line in printed.splitlines() if line.startswith("▲")]
        assert [line[3] for line in lines] == [
            f"{environment_of('phantom-128').replace('py3.13', python)}:"
            for python in ("py3.12", "py3.13")
        ]


def test_what_was_raced_is_not_told_from_runs_too(made, run):
    made.series(READ, [1.0] * 6 + [3.0, 3.0])
    made.save()
    (one,) = findings(run)["findings"]
    assert one["ratio"] == pytest.approx(3) and not one["raced"]
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1e-3})
    answer = findings(run)
    assert not answer["findings"]
    # The pair was compared once, in the race; the other six by the runs.
    assert answer["compared"]["timed"] == 7


def test_a_later_race_of_a_pair_stands_for_an_earlier_one(measured, run):
    race(measured.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, started="2026-01-01")
    race(measured.root, {"3.3.0": 1e-3, "3.4.0": 1e-3}, started="2026-01-02")
    assert not findings(run)["findings"]
    assert findings(run)["compared"]["timed"] == 7


def test_a_chosen_release_is_compared_in_the_race_too(measured, run):
    race(measured.root, {"3.2.0": 1e-3, "3.3.0": 1.03e-3, "3.4.0": 1.2e-3}, renewals=15)
    found = findings(run, "3.4.0", "--against", "3.2.0")["findings"]
    assert [(one["release"], one["raced"]) for one in found] == [("3.4.0", True)]
    assert found[0]["ratio"] == pytest.approx(1.2, abs=0.05)


def test_a_race_of_others_is_no_gap_beside_runs(measured, run):
    race(measured.root, {"3.3.0": 1e-3, "3.4.0": 1e-3})
    answer = findings(run, "3.4.2", "--against", "3.2.0")
    assert not answer["gaps"] and answer["compared"]["timed"] == 1


def test_a_race_of_others_is_a_gap_where_there_are_no_runs(made, run):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1e-3})
    done = run("regressions", "3.4.0", "--against", "3.2.0")
    assert done.code == 1 and "3.2.0 was not measured on phantom-128" in done.error


def test_races_alone_are_enough(made, run):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1.3e-3})
    (one,) = findings(run)["findings"]
    assert one["raced"] and one["ratio"] == pytest.approx(1.3, abs=0.1)


def test_a_cell_that_fails_in_a_race_is_a_finding(made, run):
    made.save()
    failing = ("3.4.2", CELL, "failed", "ValueError: broken")
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1e-3}, untimed=[failing])
    (one,) = findings(run)["findings"]
    assert (one["release"], one["change"], one["kind"]) == ("3.4.2", "fails", "exact")


def test_a_release_that_begins_to_fail_is_a_finding_whatever_its_times_were(made, run):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, failed_in=[8])
    (one,) = findings(run)["findings"]
    assert (one["release"], one["change"], one["ratio"]) == ("3.4.0", "fails", None)


def test_a_release_that_failed_once_and_was_timed_since_has_its_times(made, run):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, failed_in=[2])
    (one,) = findings(run)["findings"]
    assert one["change"] == "worse" and one["ratio"] == pytest.approx(2, abs=0.1)


def test_a_race_of_another_version_of_the_benchmark_is_left_out(measured, run):
    race(measured.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, version="0")
    assert not findings(run)["findings"]


def test_one_renewal_is_a_gap_and_not_no_regression(made, run):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, renewals=1)
    done = run("regressions")
    assert done.code == 1 and "a race of one renewal" in done.error


@pytest.mark.parametrize("words", [[], ["--against", "3.3.0"], ["--benchmark", "time_whole"]])
def test_a_race_of_one_renewal_wants_more_time(made, run, words):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, renewals=1)
    done = run("regressions", "3.4.0", *words)
    says = (
        "nothing was compared: 3.4.0 was raced alone, and no cell was timed in two renewals: give"
    )
    assert done.code == 1 and says in done.error


def test_what_is_measured_where_none_of_those_asked_for_was(made, run):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3})
    line = run("regressions", "3.1.0").error
    assert "none of the releases asked for was measured: there is 3.3.0, 3.4.0" in line
    line = run("regressions", "3.1.0", "--benchmark", "time_nothing").error
    assert "none of the releases asked for was measured" in line and "there is" not in line


def test_a_damaged_race_is_named_and_the_rest_is_compared(measured, run):
    kept = race(measured.root, {"3.3.0": 1e-3, "3.4.0": 2e-3})
    (kept.folder / "renewal-003" / turns.TURNS).write_bytes(b"")
    done = run("regressions")
    assert done.code == 1 and "renewal-003/turns.csv.gz is damaged" in done.error
    assert "7 times" in done.printed


def test_notes_on_runs_are_not_printed_beside_races_alone(made, run):
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 1e-3})
    assert "no calibration" not in run("regressions").printed
