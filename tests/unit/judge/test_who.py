"""Whose commits are asked for, of a made history: who brought what is wrong, and who repaired it."""

from typing import Any
from unittest import mock

import pytest

from tomobench.desk.judge import acknowledged, examination, project
from tomobench.desk.judge.upstream import who
from tomobench.desk.judge.upstream.table import BROUGHT, REPAIRED

FAULTS = "0 recovered, 1 failed loudly, 2 hung, 3 wrong voxels"
CALLS = "0 worked, 1 raised, 2 wrong"


def did(made, name: str) -> list[tuple[str, str, str]]:
    """(what was done, first version, last version) of each task."""
    found = project.load(made.save().root)
    everything = examination.Query("desk", list(made.versions), None)
    answer = examination.examine(found, everything, acknowledged.load(made.root, found.history))
    clone: Any = mock.Mock(has=lambda version: True)
    tasks = who.tasks(answer, found.all_series("desk"), found.history, clone)
    return [(one.did, one.first, one.last) for one in tasks if one.cell and name in one.cell.cell]


@pytest.mark.parametrize(
    ("unit", "bad", "after", "repaired"),
    [
        ("wrong voxels", 7, 0, True),
        ("wrong voxels", 7, 5, False),
        ("wrong voxels", None, 0, True),
        ("wrong voxels", None, 5, False),
        ("requests", None, 90, True),
        (FAULTS, 3, 1, True),
        (FAULTS, 3, 2, False),
        (FAULTS, 1, 0, True),
        (FAULTS, 1, 1, False),
        (CALLS, 1, 0, True),
        (CALLS, 2, 1, False),
        (CALLS, 2, 0, True),
    ],
)
def test_who_repaired_what_was_wrong_is_asked(made, unit, bad, after, repaired):
    name = "suite.Cells.track_it"
    made.declare(name, unit, params=(["'read whole'"],), names=("access",))
    for version, value in zip(("3.2.0", "3.3.0", "3.4.0"), (0, bad, after)):
        made.measured(version, name, value)
    found = did(made, name)
    assert (BROUGHT, "3.2.0", "3.3.0") in found
    assert ((REPAIRED, "3.3.0", "3.4.0") in found) is repaired
