"""The machine's pace beside each release: measured with the times, and said when it moved too far."""

import json
import re

BOTH = ("tomobench", "history", "3.4.1", "3.4.2", "--benchmark", r"^floor\.Pace\.")
SAID = re.compile(
    r"^plain reads took (\d+\.\d\d) times as long beside 3\.4\.(\d) as beside 3\.4\.(\d)",
    re.MULTILINE,
)


def paces(project):
    """The file of each release, what it holds, and its seconds of plain reads: a list to be changed in place."""
    for path in sorted((project.folder / "results/local-test").glob("3.4.*-tomobench-*.json")):
        kept = json.loads(path.read_text())
        yield path, kept, kept["results"]["floor.Pace.time_plain"][0]


def test_the_pace_is_said_and_whether_it_was_steady(project):
    moved, slowest, quickest = SAID.search(project.run(*BOTH).stdout).groups()
    assert float(moved) >= 1 and slowest != quickest

    for times, line in (
        (1.1, "plain reads took 1.10 times as long beside 3.4.2 as beside 3.4.1\n"),
        (100, "plain reads took 100.00 times as long beside 3.4.2 as beside 3.4.1: too much to"),
    ):
        (_, _, first), (path, kept, second) = paces(project)
        assert len(first) == len(second) == 2
        second[:] = [times * seconds for seconds in first]
        path.write_text(json.dumps(kept))
        assert line in project.here(*BOTH[1:], "--dry-run").stdout


def test_of_one_release_nothing_is_said(project):
    said = project.run(*BOTH[:3], *BOTH[4:]).stdout
    assert "kept after" in said and "plain reads" not in said
