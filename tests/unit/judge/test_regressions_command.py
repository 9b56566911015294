"""``tomobench regressions``: what it prints, when it fails, and what it says of bad input."""

import csv
import io
import json
from dataclasses import replace

import pytest

from tests.made.history import FILES, NAN, RATIO, READ, environment_of
from tomobench.bench.release import CONFIGURATION
from tomobench.desk.judge import acknowledged
from tomobench.desk.releases import lock
from tomobench.desk.releases.history import History
from tomobench.desk.results import calibration


@pytest.fixture
def found(made):
    """Counts up in 3.1.0 and repaired in 3.4.0, the ratio down in 3.4.2, times tenfold in 3.2.0."""
    made.series(FILES, [10, 10, 10, 15, 15, 15, 10, 10])
    made.series(RATIO, [1.2] * 7 + [1.1])
    made.series(READ, [0.001] * 4 + [0.01] * 4)
    return made.save()


def test_facts_are_told_release_by_release_after_a_sentence(found, run):
    done = run("regressions")
    assert done.code == 0
    lines = done.printed.splitlines()
    assert lines[0] == (
        "2.18.6 to 3.4.2: nothing broken; more traffic in 3.1.0 and 3.4.2; slower or more memory in 3.2.0."
    )
    assert "14 counts exactly, 7 times" in lines[1]
    facts = [line.strip() for line in lines if line.strip()[:1] in "▲▽" and line.strip()]
    assert facts == [
        "▲ traffic: Stored volumes make 50 % more objects (1 of 1 cells)",
        "▲ time: Whole reads take 10 times as long (1 of 1 cells)",
        "▽ traffic: Stored volumes make 33 % fewer objects (1 of 1 cells)",
        "▲ traffic: Stored volumes reach 8.3 % less compression (1 of 1 cells)",
    ]
    assert "10 files → 15 files; exact; repaired in 3.4.0" in done.printed
    assert "no calibration of desk" in done.printed


def test_cells_are_worst_first_and_say_all(found, run):
    done = run("regressions", "--cells")
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


def test_a_release_that_was_not_measured_passes_no_gate(made, run):
    made.series(FILES, [10, 10, 10, 10, 10, 10, 10, ""])
    made.save()
    done = run("regressions", "3.3.0..3.4.2", "--fail-on", "any")
    assert done.code == 1 and "3.4.2 was not measured" in done.printed + done.error
    assert run("regressions", "3.2.0..3.4.0", "--fail-on", "any").code == 0


def test_a_file_with_an_infinite_value_is_damaged(found, run):
    path = found.file("3.4.2")
    path.write_text(path.read_text().replace("1.1", "Infinity"))
    done = run("regressions", "3.4.0..3.4.2", "--fail-on", "any")
    assert done.code == 1 and "infinite value" in done.printed + done.error


def test_what_was_measured_under_a_chosen_configuration_is_not_judged(found, run):
    whole = run("regressions", "--format", "json").printed
    content = json.loads(found.file("3.4.2").read_text())
    content["env_vars"][CONFIGURATION] = "async.concurrency=1"
    content["env_name"] += "-chosen"
    content["results"][FILES][0] = [99]
    other = found.file("3.4.2")
    other.with_name(f"{other.stem}-chosen.json").write_text(json.dumps(content))
    assert run("regressions", "--format", "json").printed == whole


def test_json_says_which_entry_accepts_a_finding(found, run):
    (found.root / "acknowledged.toml").write_text(
        f"[[acknowledged]]\nrelease = 'v3.1.0'\nbenchmark = '{FILES}'\nreason = 'known'\n"
    )
    done = run("regressions", "3.1.0", "--format", "json")
    assert done.code == 0, done.error
    (one,) = json.loads(done.printed)["findings"]
    assert one["acknowledged"]["reason"] == "known"


def test_range_as_in_asv(found, run):
    assert "3.1.0" in run("regressions", "3.0.8..3.1.0").printed
    assert "▲" not in run("regressions", "3.3.0..3.4.0").printed
    assert run("regressions", "3.3.0..3.4.2").printed.startswith(
        "3.4.0 to 3.4.2: nothing broken; more traffic in 3.4.2."
    )
    assert json.loads(run("regressions", "3.4.2", "--format", "json").printed)["releases"] == [
        "3.4.2"
    ]
    assert "was 3.0.8" in run("regressions", "3.1.0", "--cells").printed


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
    assert (one["ratio"], one["low"], one["high"], one["kind"]) == (1.5, 1.5, 1.5, "exact")
    assert one["parameters"] == {"chunks": "'16×16×16'"} and one["repaired"] == "3.4.0"


def test_csv_is_read_back(found, run):
    done = run("regressions", "--format", "csv")
    both = list(csv.DictReader(io.StringIO(done.printed)))
    assert [row["release"] for row in both if row["row"] == "fact"] == [
        *("3.1.0", "3.2.0", "3.4.0", "3.4.2")
    ]
    rows = [row for row in both if row["row"] == "cell"]
    assert [row["release"] for row in rows] == ["3.2.0", "3.1.0", "3.4.2", "3.4.0"]
    assert float(rows[0]["ratio"]) == pytest.approx(10) and rows[1]["repaired"] == "3.4.0"
    assert "no calibration" in done.error


def test_markdown_for_an_issue(found, run):
    done = run("regressions", "--format", "markdown", "--cells", "--limit", "1")
    assert "| ▲  | 3.2.0 " in done.printed and "… and 3 more" in done.printed
    assert (
        "### 3.2.0\n\n- ▲ time: Whole reads" in run("regressions", "--format", "markdown").printed
    )


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
        (["--fail-on", "wrong"], 0),
        (["--fail-on", "traffic"], 1),
        (["3.2.0", "--fail-on", "traffic"], 0),
        (["3.2.0", "--fail-on", "any"], 1),
        (["3.4.0", "--fail-on", "any"], 0),
    ],
)
def test_gate(found, run, words, code):
    assert run("regressions", *words).code == code


@pytest.mark.parametrize(
    "words", [[], ["--fail-on", "any"], ["--format", "csv"], ["--cells"], ["ALL"]], ids=" ".join
)
def test_the_same_question_has_the_same_answer_twice(found, run, words):
    first, again = run("regressions", *words), run("regressions", *words)
    assert first == again


def test_an_answer_goes_when_what_is_accepted_changes(found, run):
    assert run("regressions", "--fail-on", "any").code == 1
    entries = [
        f'[[acknowledged]]\nrelease = "{release}"\nbenchmark = "."\nreason = "known"\n'
        for release in ("3.1.0", "3.2.0", "3.4.2")
    ]
    (found.root / "acknowledged.toml").write_text("".join(entries))
    assert run("regressions", "--fail-on", "any").code == 0


def test_all_is_every_release(found, run):
    assert run("regressions", "ALL").printed == run("regressions").printed


def test_failing_benchmark_fails_the_gate(made, run):
    made.series(READ, [1, 1, 1, 1, 1, 1, 1, None])
    made.save()
    done = run("regressions", "3.4.2", "--fail-on", "wrong")
    assert done.code == 1 and "✗ wrong: Whole reads raise an error" in done.printed
    assert "failed" in run("regressions", "3.4.2", "--cells").printed


def test_what_is_wrong_is_told_in_every_release_that_has_it(made, run):
    made.series(READ, [1, 1, None, None, None, 1, 1, 1])
    made.save()
    answer = json.loads(run("regressions", "--format", "json").printed)
    told = [(one["release"], one["since"]) for one in answer["facts"] if one["tier"] == "wrong"]
    assert told == [("3.0.8", "3.0.8"), ("3.1.0", "3.0.8"), ("3.2.0", "3.0.8")]
    for release, code in (("3.1.0", 1), ("3.2.0", 1), ("3.3.0", 0)):
        assert run("regressions", release, "--fail-on", "wrong").code == code


def test_what_lies_several_releases_back_is_told_apart_and_fails_no_gate(made, run):
    made.series(FILES, [10, 10, "", "", 20, 20, 20, 20])
    made.save()
    assert run("regressions", "3.2.0", "--fail-on", "any").code == 0
    answer = json.loads(run("regressions", "--format", "json").printed)
    (fact,) = answer["facts"]
    assert (fact["compared_with"], fact["release"]) == ("2.18.7", "3.2.0")
    assert not fact["attributable"] and not answer["findings"][0]["attributable"]
    printed = run("regressions").printed
    assert printed.startswith(
        "2.18.6 to 3.4.2: nothing broken; nothing got worse; worse over several"
    )
    assert "Not attributable to one release: 1 figures" in printed


def test_small_changes_of_work_are_one_line_and_fail_no_gate(made, run):
    starts = "counts.Chunks.track_function_starts"
    made.declare(
        starts,
        "function starts",
        params=(["'read whole'"], ["'16×16×16'"]),
        names=("access", "chunks"),
    )
    made.series(starts, [100, 100, 101, 101, 130, 130, 130, 130])
    made.save()
    done = run("regressions", "3.0.8", "--fail-on", "any")
    assert done.code == 0 and "moved by +1.0 to +1.0 % in 1 cells" in done.printed
    done = run("regressions", "3.2.0", "--fail-on", "any")
    assert done.code == 1 and "Whole reads start 29 % more Python functions" in done.printed
    assert run("regressions", "3.2.0", "--fail-on", "traffic").code == 0


def test_at_most_eight_facts_a_release_are_printed(made, run):
    names = [f"'access {letter}'" for letter in "abcdefghij"]
    for place, name in enumerate(names):
        metric = f"suite{place}.Chunks.track_things_{place}"
        made.declare(metric, "things", params=([name],), names=("access",))
        made.series(metric, [1] * 7 + [2 + place])
    made.save()
    printed = run("regressions", "3.4.2").printed
    assert printed.count("▲") == 8 and "… and 2 more" in printed


def acknowledge(made, text):
    (made.root / "acknowledged.toml").write_text(text)


def test_acknowledged_is_shown_and_does_not_fail(found, run):
    acknowledge(
        found, f"[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = '{FILES}'\nreason = 'Safer.'\n"
    )
    done = run("regressions", "3.1.0", "--fail-on", "traffic")
    assert done.code == 0 and "acknowledged: Safer." in done.printed
    assert "1 of them acknowledged" in run("regressions", "3.1.0", "--cells").printed
    assert "remove the entry" not in done.printed
    assert run("regressions", "3.2.0", "--fail-on", "any").code == 1


def test_an_entry_that_matches_nothing_is_reported(found, run):
    acknowledge(
        found, "[[acknowledged]]\nrelease = '3.2.0'\nbenchmark = 'nothing'\nreason = 'Old.'\n"
    )
    says = "acknowledged.toml: nothing in 3.2.0 matches 'nothing': remove the entry"
    assert says in run("regressions").printed
    assert says not in run("regressions", "3.1.0").printed
    assert says not in run("regressions", "--benchmark", "files").printed


def test_of_two_entries_that_match_the_same_none_is_to_be_removed(found, run):
    entry = "[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = '{}'\nreason = 'Known.'\n"
    acknowledge(found, entry.format("footprint") + entry.format(FILES))
    done = run("regressions", "3.1.0")
    assert done.code == 0 and "acknowledged: Known." in done.printed
    assert "remove the entry" not in done.printed


@pytest.mark.parametrize("newest", ["3.6.0.dev1+gabc", "4.0.0a1"])
@pytest.mark.parametrize("release", ["3.5.0", "3.4.3", "3.1.1", "2.18.8"])
def test_an_entry_on_a_coming_release_stays_one_whatever_is_tried_beside(made, newest, release):
    """A wheel of one's own, and a pre-release, are no final releases: the next ones come before them."""
    made.series(FILES, [1] * 8)
    made.save()
    tried = replace(
        made.releases[-1], version=newest, hash="abcdef12", sha256="ab" * 32, path="wheels/a.whl"
    )
    acknowledge(
        made, f"[[acknowledged]]\nrelease = '{release}'\nbenchmark = 'a'\nreason = 'Known.'\n"
    )
    (entry,) = acknowledged.load(made.root, History([*made.releases, tried]))
    assert entry.hashes == ()


@pytest.mark.parametrize("release", ["9.9", "3.1.9", "3.5.0rc1", "3.4.2+mine"])
def test_an_entry_on_a_release_that_may_come_yet_is_said_and_does_no_harm(found, run, release):
    """What a wheel brings is accepted before it is on anybody's history."""
    acknowledge(
        found, f"[[acknowledged]]\nrelease = '{release}'\nbenchmark = 'a'\nreason = 'Known.'\n"
    )
    done = run("regressions", "3.1.0")
    assert done.code == 0
    assert f"acknowledged.toml: there is no zarr {release} yet" in done.printed


def test_what_is_wrong_and_acknowledged_is_shown_and_does_not_fail(made, run):
    made.series(READ, [1] * 7 + [None])
    made.save()
    acknowledge(
        made, f"[[acknowledged]]\nrelease = '3.4.2'\nbenchmark = '{READ}'\nreason = 'Known.'\n"
    )
    done = run("regressions", "3.4.2", "--fail-on", "wrong")
    assert done.code == 0 and "raise an error" in done.printed and "Known." in done.printed
    assert done.printed.startswith("3.4.2: nothing broken but what is known; nothing got worse.")


def test_what_got_worse_and_is_accepted_is_not_called_nothing(found, run):
    acknowledge(
        found, f"[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = '{FILES}'\nreason = 'Known.'\n"
    )
    printed = run("regressions", "3.1.0").printed
    assert printed.startswith("3.1.0: nothing broken; nothing got worse but what is accepted.\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[acknowledged]", "acknowledged.toml cannot be used"),
        ("[[accepted]]\nrelease = '3.1.0'", "only tables called"),
        ("[[acknowledged]]\nrelease = '3.1.0'", "missing"),
        ("[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = 'a'\nreason = ''", "not empty"),
        ("[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = '('\nreason = 'b'", "entry 1"),
        ("[[acknowledged]]\nrelease = '3.0.5'\nbenchmark = 'a'\nreason = 'b'", "no zarr release"),
        ("[[acknowledged]]\nrelease = 'next'\nbenchmark = 'a'\nreason = 'b'", "no zarr release"),
        (
            "[[acknowledged]]\nrelease = '3.1.0'\nbenchmark = 'a'\nreason = 'b'\nhashes = ['a']",
            "hashes",
        ),
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
    assert "phantom-128: chunks=16×16×16" in run("regressions", "--cells").printed
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
    assert "\n3.4.2\n" in done.printed and "3.0.8 to 3.2.0: Stored volumes" in done.printed
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
    assert done.code == 1 and f"3.4.2 has no result on phantom-128 of what 3.4.0 has: {FILES}" in (
        done.printed
    )
    assert run("regressions", "3.4.0", "--fail-on", "any").code == 0


@pytest.mark.parametrize(
    ("release", "words", "told"),
    [
        ("3.3.0", [], True),
        ("3.3.0", ["--benchmark", "ratio"], False),
        ("3.4.0", [], False),  # the history has tips alone on every volume
        ("3.4.0", ["--volume", "tomogram"], True),
        ("3.4.0", ["--against", "3.2.0"], True),
        ("3.4.2", [], False),  # the one before has none either
    ],
)
def test_a_volume_without_a_release_is_a_gap(made, run, release, words, told):
    made.series(FILES, [1] * 8)
    made.series(RATIO, [1] * 8)
    before = [1] * 6 + ["", 1] if release == "3.4.0" else [1] * 5 + ["", "", 1]
    made.series(FILES, before, volume="tomogram")
    made.save()
    done = run("regressions", release, "--fail-on", "any", *words)
    says = f"{release} has no result on tomogram of what "
    assert (done.code == 1) is told and (says in done.printed + done.error) is told


def test_an_environment_without_a_release_is_a_gap_and_named(made, run):
    made.series(FILES, [1] * 8)
    made.save()
    other = environment_of("phantom-128").replace("3.13", "3.12")
    for version in made.versions[:-1]:
        text = made.file(version).read_text().replace(environment_of("phantom-128"), other)
        made.file(version).with_name(f"{version}-{other}.json").write_text(text)
    done = run("regressions", "3.4.2", "--fail-on", "any")
    assert done.code == 1
    assert f"3.4.2 has no result on phantom-128 in {other} of what 3.4.0 has" in done.printed
    assert run("regressions", "3.4.0", "--fail-on", "any").code == 0


@pytest.mark.parametrize("elsewhere", [False, True], ids=["alone", "another volume has it"])
@pytest.mark.parametrize("pattern", [FILES, rf"{FILES}\('16", "footprint"])
def test_an_older_version_is_a_gap_however_it_is_asked_about(made, run, pattern, elsewhere):
    """Both releases have another version, so there is nothing that one has and the other has not."""
    made.declare(FILES, "files", version="0")
    made.series(FILES, [1] * 8)
    made.declare(FILES, "files")
    made.series(RATIO, [1] * 8)
    if elsewhere:
        made.series(FILES, [1] * 8, volume="tomogram")
    made.save()
    asked = ("3.4.2", "--fail-on", "any", "--benchmark")
    done = run("regressions", *asked, f"{pattern}|ratio")
    assert done.code == 1
    assert f"3.4.2 on phantom-128 was measured with another version of {FILES}" in done.printed
    assert run("regressions", *asked, r"\('32|ratio").code == 0
    if elsewhere:
        done = run("regressions", *asked, pattern, "--volume", "tomogram")
        assert done.code == 0, done.printed


def test_benchmark_that_the_suite_no_longer_has(made, run):
    made.series(FILES, [1] * 8)
    made.series(RATIO, [1] * 8)
    del made.benchmarks[RATIO]
    made.save()
    done = run("regressions", "--fail-on", "any")
    assert done.code == 0 and f"the suite no longer has it: {RATIO}" in done.printed


@pytest.mark.parametrize("tier", ["wrong", "traffic", "any"])
def test_what_can_no_longer_be_done_passes_no_gate(made, run, tier):
    """A release that raises NotImplementedError leaves a cell that is n/a, and nothing else."""
    made.series(FILES, [1, 1, 1, 1, 1, 1, NAN, NAN])
    made.series(RATIO, [1] * 8)
    made.save()
    says = f"NOT COMPARED: 3.4.0 is n/a on phantom-128 where 3.3.0 has a result: cells of {FILES}"
    done = run("regressions", "3.4.0", "--fail-on", tier)
    assert done.code == 1 and says in done.printed
    done = run("regressions", "3.4.2", "--against", "3.2.0", "--fail-on", tier)
    assert done.code == 1 and "3.4.2 is n/a on phantom-128 where 3.2.0 has a result" in done.printed
    assert run("regressions", "3.4.2", "--fail-on", tier).code == 0  # nor could the one before


@pytest.mark.parametrize(
    ("values", "since", "volume"),
    [
        ([1, 1, NAN, NAN, NAN, NAN, NAN, NAN], "3.0.8", "phantom-128"),
        ([1, 1, 1, 1, 1, 1, 1, NAN], "3.4.2", "phantom-192x320x320"),
        ([1, 1, 1, 1, 1, 1, "", NAN], "3.4.2", "phantom-128"),
    ],
    ids=["another line has other ways", "the suite measures a part", "of no one release"],
)
def test_what_is_na_by_nobodys_doing_is_said_and_fails_no_gate(made, run, values, since, volume):
    made.series(FILES, values, volume=volume)
    made.series(RATIO, ["" if value == "" else 1 for value in values], volume=volume)
    made.save()
    done = run("regressions", since, "--fail-on", "any")
    assert done.code == 0, done.printed
    assert f"n/a since {since} on {volume}: cells of {FILES}" in done.printed


def test_a_loss_that_is_luck_may_be_missing_from_a_run(made, run):
    lost, unit = "ways.Ways.track_voxels_lost", "0 all are there, 1 voxels are lost"
    params = (["'2 threads'"], ["'nothing'"])
    made.declare(lost, unit, params=params, names=("writer", "aligned"))
    made.series(lost, [1, 1, 1, 1, 1, 1, NAN, NAN])
    made.save()
    assert "n/a" not in run("regressions").printed


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


@pytest.mark.parametrize("words", [[], ["--benchmark", "files"]])
def test_of_a_release_on_no_branch_the_reason_is_what_to_do(found, run, words):
    releases = [
        replace(one, yanked="broken") if one.version == "3.2.0" else one for one in found.releases
    ]
    lock.save_lock(found.root, releases)
    done = run("regressions", "3.2.0", *words)
    says = (
        "nothing was compared: 3.2.0 on no branch, so there is none before: compare with --against"
    )
    assert done.code == 1 and says in done.error
    assert run("regressions", "3.2.0", "--against", "3.1.0", *words).code == 0


@pytest.mark.parametrize("value", ["", 10, 15, None])
def test_a_wheel_of_ones_own_hides_nothing_that_a_release_did(made, run, value):
    """It lies between two releases, measured or not."""
    made.series(FILES, [10, 10, 10, 10, 10, 10, 10, 15])
    made.save()
    words = ("regressions", "3.4.2", "--fail-on", "any", "--format", "json")
    before = run(*words)
    own = replace(
        made.releases[-1], version="3.4.0.post5", hash="abcdef12", sha256="ab" * 32, path="a.whl"
    )
    lock.save_own(made.root, [own])
    made.releases = [*made.releases, own]
    if value != "":
        made.measured(own.version, FILES, value)
    made.save()
    done = run(*words)
    assert before.code == done.code == 1
    assert json.loads(done.printed)["facts"] == json.loads(before.printed)["facts"]
    if value == 15:
        assert run("regressions", own.version, "--fail-on", "any").code == 1


def test_what_is_accepted_hides_no_fact_that_is_not(made, run):
    """Eight facts are printed: what nobody accepted is among them, though what was accepted is of a worse tier."""
    for place, letter in enumerate("abcdefghi"):
        metric = f"suite{place}.Chunks.track_things_{place}"
        made.declare(metric, "things", params=([f"'access {letter}'"],), names=("access",))
        made.series(metric, [1] * 7 + [2 + place])
    made.series(READ, [0.001] * 7 + [0.1])
    made.save()
    acknowledge(
        made, "[[acknowledged]]\nrelease = '3.4.2'\nbenchmark = 'things'\nreason = 'Known.'\n"
    )
    done = run("regressions", "3.4.2", "--fail-on", "any")
    assert done.code == 1 and "▲ time: Whole reads take 100 times as long" in done.printed
    found = json.loads(run("regressions", "3.4.2", "--format", "json").printed)
    assert [one["fails"] for one in found["facts"]] == [True, *[False] * 9]
    rows = csv.DictReader(io.StringIO(run("regressions", "3.4.2", "--format", "csv").printed))
    fails = [one["fails"] for one in rows if one["row"] == "fact"]
    assert fails == ["True", *["False"] * 9]
