"""``tomobench regressions``: what it prints, when it fails, and what it says of bad input."""

import csv
import io
import json

import pytest

from tests.made.history import FILES, NAN, RATIO, READ, environment_of
from tomobench.desk.results import calibration


@pytest.fixture
def found(made):
    """Counts up in 3.1.0 and repaired in 3.4.0, the ratio down in 3.4.2, times tenfold in 3.2.0."""
    made.series(FILES, [10, 10, 10, 15, 15, 15, 10, 10])
    made.series(RATIO, [1.2] * 7 + [1.1])
    made.series(READ, [0.001] * 4 + [0.01] * 4)
    return made.save()


def test_table_is_worst_first_and_says_all(found, run):
    done = run("regressions")
    assert done.code == 0
    lines = [line for line in done.printed.splitlines() if line[:1] in "▲▽" and line]
    assert [(line.split()[0], line.split()[1], line.split()[2]) for line in lines] == [
        ("▲", "3.2.0", READ),
        ("▲", "3.1.0", FILES),
        ("▲", "3.4.2", RATIO),
        ("▽", "3.4.0", FILES),
    ]
    assert "10.00 [6.07, 16.47]" in lines[0] and "timed" in lines[0] and "10.0ms" in lines[0]
    assert "1.500" in lines[1] and "repaired in 3.4.0" in lines[1] and "was 3.0.8" in lines[1]
    assert "repairs 3.1.0" in lines[3]
    assert "14 counts compared exactly, 7 times" in done.printed
    assert "no calibration of desk" in done.printed


def test_range_as_in_asv(found, run):
    assert "3.1.0" in run("regressions", "3.0.8..3.1.0").printed
    assert "▲" not in run("regressions", "3.3.0..3.4.0").printed
    assert json.loads(run("regressions", "3.4.2", "--format", "json").printed)["releases"] == [
        "3.4.2"
    ]
    assert "was 3.0.8" in run("regressions", "3.1.0").printed


def test_json_holds_everything(found, run):
    answer = json.loads(
        run("regressions", "3.1.0", "--format", "json", "--benchmark", "files").printed
    )
    assert answer["compared"] == {"exact": 1, "timed": 0}
    (one,) = answer["findings"]
    assert (one["release"], one["compared_with"], one["before"], one["after"]) == (
        "3.1.0",
        "3.0.8",
        10,
        15,
    )
    assert (one["ratio"], one["low"], one["high"], one["tier"]) == (1.5, 1.5, 1.5, "exact")
    assert one["parameters"] == {"chunks": "'16×16×16'"} and one["repaired"] == "3.4.0"


def test_csv_is_read_back(found, run):
    done = run("regressions", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(done.printed)))
    assert [row["release"] for row in rows] == ["3.2.0", "3.1.0", "3.4.2", "3.4.0"]
    assert float(rows[0]["ratio"]) == pytest.approx(10) and rows[1]["repaired"] == "3.4.0"
    assert "no calibration" in done.error


def test_markdown_for_an_issue(found, run):
    done = run("regressions", "--format", "markdown", "--limit", "1")
    assert "| ▲  | 3.2.0 " in done.printed and "… and 3 more" in done.printed


def test_against_a_release(found, run):
    done = run("regressions", "3.4.2", "--against", "2.18.7", "--format", "json")
    assert {one["benchmark"]: one["change"] for one in json.loads(done.printed)["findings"]} == {
        READ: "worse",
        RATIO: "worse",
    }


def test_filters_never_change_a_verdict(found, run):
    whole = json.loads(run("regressions", "--format", "json").printed)["findings"]
    part = json.loads(
        run("regressions", "3.2.0", "--benchmark", "time", "--format", "json").printed
    )
    assert part["findings"] == [one for one in whole if one["release"] == "3.2.0"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ([], 0),
        (["--fail-on", "exact"], 1),
        (["3.2.0", "--fail-on", "exact"], 0),
        (["3.2.0", "--fail-on", "any"], 1),
        (["3.4.0", "--fail-on", "any"], 0),
    ],
)
def test_gate(found, run, words, code):
    assert run("regressions", *words).code == code


def test_failing_benchmark_fails_the_gate(made, run):
    made.series(READ, [1, 1, 1, 1, 1, 1, 1, None])
    made.save()
    done = run("regressions", "3.4.2", "--fail-on", "exact")
    assert done.code == 1 and "✗" in done.printed and "failed" in done.printed


def acknowledge(made, text):
    (made.root / "acknowledged.toml").write_text(text)


def test_acknowledged_is_shown_and_does_not_fail(found, run):
    acknowledge(
        found, f"[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = '{FILES}'\nreason = 'Safer.'\n"
    )
    done = run("regressions", "3.1.0", "--fail-on", "exact")
    assert (
        done.code == 0
        and "acknowledged: Safer." in done.printed
        and "1 of them acknowledged" in done.printed
    )
    assert run("regressions", "3.4.2", "--fail-on", "exact").code == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[acknowledged]", "acknowledged.toml cannot be used"),
        ("[[accepted]]\nrelease = '3.1.0'", "only tables called"),
        ("[[acknowledged]]\nrelease = '3.1.0'", "missing"),
        ("[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = 'a'\nreason = ''", "not empty"),
        ("[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = '('\nreason = 'b'", "entry 1"),
        ("[[acknowledged]]\nrelease = '9.9'\nbenchmark = 'a'\nreason = 'b'", "no zarr release"),
        ("[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = 'a'\nreason = 'b'\nwhy = 'c'", "why"),
    ],
)
def test_wrong_acknowledgements(found, run, text, says):
    acknowledge(found, text)
    done = run("regressions")
    assert done.code == 1 and says in done.error


def test_calibration_is_used_and_said(found, run):
    record = calibration.Spread(
        environment_of("phantom-128"), "3.4.2", f"{READ}('16×16×16')", "1", "timed", 6, 0.02
    )
    calibration.save(found.root / "results/desk/calibration.csv", [record] * 8)
    answer = json.loads(run("regressions", "--benchmark", "time", "--format", "json").printed)
    assert answer["notes"] == [] and answer["findings"][0]["calibrated"]
    assert answer["findings"][0]["low"] > 9


@pytest.mark.parametrize("text", ["", "environment,release\na,b\n", "\0"])
def test_damaged_calibration(found, run, text):
    header = "environment,release,cell,version,tier,runs,spread\n"
    (found.root / "results/desk/calibration.csv").write_text(
        text or header + "e,r,c,1,timed,6,nan\n"
    )
    done = run("regressions")
    assert done.code == 1 and "desk/calibration.csv is damaged" in done.error


def test_no_results(made, run):
    done = run("regressions")
    assert done.code == 1 and "asv run" in done.error
    made.save()
    done = run("regressions")
    assert done.code == 1 and "asv run" in done.error


def test_one_release_only(made, run):
    made.measured("3.4.2", FILES, 3)
    made.save()
    done = run("regressions", "--fail-on", "any")
    assert done.code == 1 and "nothing was compared: only 3.4.2 was measured on desk" in done.error


def test_several_machines_are_never_mixed(made, run):
    made.series(FILES, [1] * 8)
    made.series(FILES, [2] * 8, machine="other")
    made.save()
    assert "--machine" in run("regressions").error
    assert run("regressions", "--machine", "other").code == 0
    assert "no results of third" in run("regressions", "--machine", "third").error


def test_volumes_stand_side_by_side(made, run):
    made.series(FILES, [1] * 7 + [2])
    made.series(FILES, [4] * 8, volume="tomogram")
    made.save()
    assert "phantom-128: chunks=16×16×16" in run("regressions").printed
    assert "▲" not in run("regressions", "--volume", "tomogram").printed
    assert "nothing was measured on x" in run("regressions", "--volume", "x").error


def test_another_version_of_the_benchmark(made, run):
    made.series(FILES, [1] * 8)
    made.series(RATIO, [1] * 7)
    made.declare(FILES, "files", version="2")
    made.measured("3.4.2", FILES, 5)
    made.measured("3.4.2", RATIO, 1)
    made.save()
    done = run("regressions", "3.4.2", "--fail-on", "any")
    assert done.code == 1 and "another version of" in done.printed and "gap" in done.error
    done = run("regressions", "3.4.0..3.4.2", "--benchmark", "files")
    assert done.code == 1 and "nothing was compared" in done.error


def test_another_runner(made, run):
    made.series(READ, [1] * 8)
    made.series(FILES, [1] * 8)
    made.save()
    made.installed("3.4.2", environment_of("phantom-128"), "0.4.0")
    done = run("regressions", "3.4.2", "--fail-on", "any")
    assert done.code == 1 and "another asv_runner than before" in done.printed


def test_damaged_file_is_named_and_the_rest_is_compared(found, run):
    found.file("3.1.0").write_text(found.file("3.1.0").read_text()[:200])
    done = run("regressions")
    assert (
        done.code == 1 and "3.1.0-tomobench-py3.13-volumephantom-128.json is damaged" in done.error
    )
    assert (
        "▲  3.2.0" in " ".join(done.printed.replace("   ", " ").split("\n"))
        or "3.2.0" in done.printed
    )
    assert "NOT COMPARED" in done.printed


@pytest.mark.parametrize("text", ["[]", "3", '{"version": 2}', '{"version": 1}', "null", ""])
def test_files_that_are_no_results(found, run, text):
    found.file("3.1.0").write_text(text)
    done = run("regressions")
    assert done.code == 1 and "damaged" in done.error


def test_a_machine_without_its_description(found, run):
    (found.root / "results/desk/machine.json").unlink()
    done = run("regressions")
    assert done.code == 1 and "desk: machine.json is missing" in done.error


def test_benchmark_that_has_no_result_any_more(made, run):
    made.series(FILES, [1] * 7)
    made.series(RATIO, [1] * 8)
    made.save()
    done = run("regressions", "3.4.2", "--fail-on", "any")
    assert (
        done.code == 1
        and f"3.4.2 has no result on phantom-128 of what an earlier release has: {FILES}"
        in (done.printed)
    )
    assert run("regressions", "3.4.0", "--fail-on", "any").code == 0


def test_benchmark_that_the_suite_no_longer_has(made, run):
    made.series(FILES, [1] * 8)
    made.series(RATIO, [1] * 8)
    del made.benchmarks[RATIO]
    made.save()
    done = run("regressions", "--fail-on", "any")
    assert done.code == 0 and f"the suite no longer has it: {RATIO}" in done.printed


def test_what_can_no_longer_be_done_is_said(made, run):
    made.series(FILES, [1, 1, 1, 1, 1, 1, NAN, NAN])
    made.save()
    assert f"n/a from 3.4.0 on on phantom-128: cells of {FILES}" in run("regressions").printed


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["9.9"], "9.9"),
        (["3.4.2..3.1.0"], "empty"),
        (["--against", "9.9"], "9.9"),
        (["--benchmark", "("], "no regular expression"),
        (["--benchmark", "nothing_like_it"], "nothing was compared"),
        (["2.18.6"], "nothing was compared"),
    ],
)
def test_questions_without_an_answer(found, run, words, says):
    done = run("regressions", *words)
    assert done.code == 1 and says in done.error
