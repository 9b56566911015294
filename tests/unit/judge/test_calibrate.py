"""``tomobench calibrate``: the spread of several runs of one release."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from tests.made.history import FILES, READ, VERSIONS, MadeHistory
from tomobench.desk.judge import calibrate, noise, project
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.results import calibration
from tomobench.desk.results import machine as machines

NEWEST = VERSIONS[-1]
TIMES = [1.0, 1.1, 0.9, 1.05]


@pytest.fixture
def no_asv(made, monkeypatch):
    """asv's own run is replaced by made results; the releases it was asked for are returned."""
    asked = []

    def measure(root, place, release, benchmark, machine):
        asked.append(place.name)
        run = MadeHistory(root / "scratch")
        run.measured(release, READ, TIMES[(len(asked) - 1) % len(TIMES)], machine=machine)
        run.measured(release, FILES, 7 + (len(asked) == 2), machine=machine)
        run.save()
        shutil.rmtree(place, ignore_errors=True)
        shutil.move(root / "scratch/results", place)
        shutil.rmtree(root / "scratch")

    monkeypatch.setattr(calibrate, "measure", measure)
    return asked


def test_spreads_are_written_beside_the_results(made, run, no_asv):
    done = run("calibrate", "--runs", 4, "--machine", "desk")
    assert done.code == 0 and "run 4 of 4" in done.printed
    found = {
        record.tier: record
        for record in calibration.load(made.root / "results/desk/calibration.csv")
    }
    assert found["timed"].spread == pytest.approx(np.std(np.log(TIMES), ddof=1), rel=1e-3)
    assert found["exact"].spread == 1
    assert {record.release for record in found.values()} == {NEWEST}


def test_goes_on_where_it_stopped(made, run, no_asv):
    run("calibrate", "--runs", 3, "--machine", "desk")
    run("calibrate", "--runs", 4, "--machine", "desk")
    assert no_asv == ["run-01", "run-02", "run-03", "run-04"]
    run("calibrate", "--runs", 3, "--machine", "desk", "--fresh")
    assert len(no_asv) == 7


def test_a_run_that_was_interrupted_is_made_again(made, run, no_asv, monkeypatch):
    whole = calibrate.measure

    def interrupted(root, place, *rest):
        whole(root, place, *rest)
        if place.name == "run-02":
            raise KeyboardInterrupt

    monkeypatch.setattr(calibrate, "measure", interrupted)
    assert run("calibrate", "--runs", 3, "--machine", "desk").code == 1
    monkeypatch.setattr(calibrate, "measure", whole)
    run("calibrate", "--runs", 3, "--machine", "desk")
    assert no_asv == ["run-01", "run-02", "run-02", "run-03"]


def test_damaged_run(made, run, no_asv):
    run("calibrate", "--runs", 3, "--machine", "desk")
    next((made.root / ".asv/calibration").rglob(f"run-02/desk/{NEWEST}-*.json")).write_text("{")
    done = run("calibrate", "--runs", 3, "--machine", "desk")
    assert done.code == 1 and "run-02" in done.error and "damaged" in done.error


def test_the_noise_of_another_machine_stays_its_own(made, run, no_asv):
    run("calibrate", "--runs", 3, "--machine", "desk")
    path = made.root / "results/desk/calibration.csv"
    before = path.read_text()
    described = {**machines.description(), "cpu": "another", "version": 1}
    (path.parent / "machine.json").write_text(json.dumps(described))
    done = run("calibrate", "--runs", 4, "--machine", "desk")
    assert done.code == 1
    assert "the results of desk are of another machine (cpu another" in done.error
    assert path.read_text() == before and len(no_asv) == 3


def test_unknown_release(made, run):
    assert "9.9" in run("calibrate", "9.9").error


def test_records_survive_the_file(tmp_path):
    record = calibration.Spread("e", "3.4.2", "a.time_b('x, y', 2)", "1", Kind.TIMED, 6, 0.0123)
    calibration.save(tmp_path / calibration.FILE, [record])
    assert calibration.load(tmp_path / calibration.FILE) == [record]


def test_releases_are_calibrated_side_by_side_and_the_larger_spread_counts(made, run, no_asv):
    run("calibrate", "--runs", 3, "--machine", "desk")
    run("calibrate", VERSIONS[0], "--runs", 4, "--machine", "desk")
    run("calibrate", "--runs", 4, "--machine", "desk")
    records = calibration.load(made.root / "results/desk/calibration.csv")
    assert sorted((one.release, one.runs) for one in records if one.tier == Kind.TIMED) == [
        (VERSIONS[0], 4),
        (NEWEST, 4),
    ]
    made.series(READ, [1.0] * 8)
    made.save()
    (series,) = project.load(made.root).series("desk")
    line = next(n for n, one in enumerate(series.lines) if one.name.startswith(READ))
    several = [replace(one, spread=0.1 * (1 + (one.release == NEWEST))) for one in records]
    (alone,) = [one for one in several if one.tier == Kind.TIMED and one.release == NEWEST]
    for order in (several, several[::-1]):
        assert noise.of(series, order).sigma[line] == noise.of(series, [alone]).sigma[line]


def test_a_run_of_some_benchmarks_is_none_of_all(made, run, no_asv):
    done = run("calibrate", "--runs", 3, "--machine", "desk", "--benchmark", "read")
    assert done.code == 0, done.error
    run("calibrate", "--runs", 3, "--machine", "desk")
    assert no_asv == ["run-01", "run-02", "run-03"] * 2
    run("calibrate", "--runs", 3, "--machine", "desk", "--benchmark", "read")
    assert len(no_asv) == 6


def test_the_spreads_of_other_cells_stay(made, run, no_asv):
    path = made.root / "results/desk/calibration.csv"
    run("calibrate", "--runs", 3, "--machine", "desk")
    before = calibration.load(path)
    other = replace(before[0], cell="read.Chunks.time_other")
    calibration.save(path, [*before, other])
    run("calibrate", "--runs", 3, "--machine", "desk", "--fresh", "--benchmark", "read")
    assert "read.Chunks.time_other" in {one.cell for one in calibration.load(path)}
