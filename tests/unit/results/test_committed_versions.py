"""The committed results are all of today's versions: asv passes over others in silence."""

import json

import pytest

from tests import REPOSITORY

pytestmark = pytest.mark.committed

RESULTS = REPOSITORY / "results"


def test_no_result_is_of_a_former_version():
    today = {
        name: one["version"]
        for name, one in json.loads((RESULTS / "benchmarks.json").read_text()).items()
        if name != "version"
    }
    seen, former = 0, []
    for path in sorted((RESULTS / "reference").glob("*-volume*.json")):
        found = json.loads(path.read_text())
        place = found["result_columns"].index("version")
        for name, row in found["results"].items():
            seen += 1
            # A row is cut short where nothing follows: then the version was not kept.
            if name not in today or len(row) <= place or row[place] != today[name]:
                former.append(f"{path.name}: {name}")
    assert seen > 1000
    assert former == []
