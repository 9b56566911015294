"""The machine's pace beside each release: measured with the times, and said when it moved too far."""

import json
import re

PACE = r"^floor\.Pace\."


def test_the_pace_is_said_and_whether_it_was_steady(project):
    said = project.run("tomobench", "history", "3.4.1", "3.4.2", "--benchmark", PACE).stdout
    moved = re.search(
        r"^plain reads took (\d\.\d\d) times as long beside 3\.4\.\d as beside 3\.4\.\d",
        said,
        re.MULTILINE,
    )
    assert 1 <= float(moved[1]) < 10
    assert ("too much" in said) == (float(moved[1]) >= 1.18)

    (path,) = (project.folder / "results/local-test").glob("3.4.2-tomobench-*.json")
    kept = json.loads(path.read_text())
    row = kept["results"]["floor.Pace.time_plain"]
    assert len(row[0]) == 2
    row[0] = [100 * seconds for seconds in row[0]]
    path.write_text(json.dumps(kept))
    said = project.run(
        "tomobench", "history", "3.4.1", "3.4.2", "--benchmark", PACE, "--dry-run"
    ).stdout
    assert "times as long beside 3.4.2 as beside 3.4.1: too much to compare their times" in said


def test_of_one_release_nothing_is_said(project):
    said = project.run("tomobench", "history", "3.4.2", "--benchmark", PACE).stdout
    assert "kept after" in said and "plain reads" not in said
