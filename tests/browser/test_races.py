"""Races on the dashboard in a browser: a choice beside the runs, whose graphs stay as they are."""

import json
import re

import pytest
from asv.results import Results

from tests.browser.publishing import MODULES, need_modules, publish
from tests.made.history import READ, MadeHistory, environment_of
from tomobench.desk.publish.site import races
from tomobench.desk.results.reading import MEASURED, RACE

GRAPH = f"#{READ}"


def add_races(made: MadeHistory) -> None:
    """Results of a race for two of the releases, as tomobench race writes them: half the time."""
    for version in ("3.4.0", "3.4.2"):
        plain = Results.load(str(made.file(version)))
        found = Results(
            plain.params | {MEASURED: RACE},
            {},
            plain.commit_hash,
            plain.date,
            "3.13",
            f"{RACE}-{environment_of('phantom-128')}",
            plain.env_vars,
        )
        for name in plain.get_all_result_keys():
            if name == READ:
                found._results[name] = [one / 2 for one in plain._results[name]]
                found._samples[name] = found._stats[name] = None
                found._benchmark_params[name] = plain._benchmark_params[name]
                found._benchmark_version[name] = plain._benchmark_version[name]
        found.save(str(made.root / "results"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Eight releases, two of them raced."""
    need_modules()
    made = MadeHistory(tmp_path_factory.mktemp("races"))
    made.series(READ, [1.0] * 8)
    made.save()
    add_races(made)
    (made.root / "node_modules").symlink_to(MODULES)
    publish(made.root)
    return made.root


def choice(page, name):
    panel = page.locator("#graphdisplay-navigation .panel", has_text=MEASURED)
    return panel.get_by_text(name, exact=True)


def graphs(visit):
    return [url for url in visit.requested if "/graphs/" in url and f"/{READ}.json" in url]


@pytest.mark.parametrize("change", races.CHANGES, ids=lambda one: one.file)
def test_asv_has_the_places_that_are_patched(change):
    import asv

    path = races.Path(asv.__file__).parent / "www" / change.file
    assert path.read_text().count(change.old) == change.times


def test_runs_are_drawn_until_a_race_is_chosen(visit, site):
    reader = visit(site)
    page = reader.open(GRAPH)
    page.locator("canvas.flot-base").first.wait_for()
    assert choice(page, "plain").count() == 1 and choice(page, "race").count() == 1
    assert re.search(r"\bactive\b", choice(page, "plain").get_attribute("class"))
    assert not re.search(r"\bactive\b", choice(page, "race").get_attribute("class"))
    assert graphs(reader) and all("/measured-plain/" in url for url in graphs(reader))
    with page.expect_request(lambda request: "/measured-race/" in request.url):
        choice(page, "race").click()
    page.wait_for_load_state("networkidle")
    reader.check()


def test_the_graphs_have_only_their_own_points(site):
    index = json.loads((site / "html/index.json").read_text())
    assert index["params"][MEASURED] == ["plain", RACE]
    points = {}
    for path in (site / "html/graphs").rglob(f"{READ}.json"):
        if "branch-main" in path.parts:
            (kind,) = (part for part in path.parts if part.startswith(MEASURED))
            points[kind] = [value for _, value in json.loads(path.read_text())]
    assert points == {"measured-plain": [[1.0]] * 8, "measured-race": [[0.5]] * 2} or points == {
        "measured-plain": [1.0] * 8,
        "measured-race": [0.5] * 2,
    }


def test_the_releases_page_has_the_runs_alone(visit, site):
    (only,) = json.loads((site / "html/releases.json").read_text())["series"]
    assert only["environment"] == environment_of("phantom-128")
    rows = json.loads((site / "html/releases/0.json").read_text())
    assert rows["values"] == [[1] * 8]
    reader = visit(site)
    page = reader.open("#/releases")
    page.locator("#releases-grid [role=rowheader]").first.wait_for()
    reader.check()
