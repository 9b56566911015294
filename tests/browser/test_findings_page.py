"""The Findings page in a browser: the first page, its cards' figures, where they lead; and what it leaves out."""

import json
import re

import pytest

from tests.browser.publishing import MODULES, need_modules, open_asvs, publish
from tests.made.history import FILES, READ, MadeHistory
from tests.unit.judge.test_races import race
from tomobench.desk.publish.site import findings_page, known

FINDINGS = """
[[finding]]
title = "Files come <twice>"
release = "3.1.0"
benchmark = "track_files"
cell = "footprint.Chunks.track_files('16×16×16')"
volume = "phantom-128"
text = "Metadata are written twice."
links = ["https://example.org/zarr/pull/12"]

[[finding]]
title = "Never happened"
release = "3.2.0"
benchmark = "track_files"
cell = "footprint.Chunks.track_files('16×16×16')"
volume = "phantom-128"
text = "Nothing did."
"""


def made(root, findings=FINDINGS):
    need_modules()
    history = MadeHistory(root)
    for volume in ("phantom-128", "tomogram"):
        history.series(FILES, [5, 5, 5, 8, 8, "", 5, 5], volume=volume)
        history.series(READ, [1e-3, 1e-3, 1e-2, 1e-2, 1e-2, "", 1e-3, 1e-3], volume=volume)
    (root / known.FILE).write_text(findings)
    (root / "node_modules").symlink_to(MODULES)
    return history.save()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    history = made(tmp_path_factory.mktemp("findings"))
    said = publish(history.root)
    assert "leaves out 'Never happened'" in said
    return history.root


@pytest.mark.parametrize("change", findings_page.CHANGES, ids=lambda one: one.old.strip())
def test_asv_has_the_places_that_are_patched(change):
    import asv

    path = findings_page.Path(asv.__file__).parent / "www" / change.file
    assert path.read_text().count(change.old) == change.times


def test_a_visitor_sees_the_cards_first(visit, site):
    page = visit(site).open()
    page.locator("#findings-known article").first.wait_for()
    (card,) = page.locator("#findings-known article").all()
    assert card.locator("h3").inner_text() == "Files come <twice>"
    said = card.inner_text()
    assert (
        "zarr 3.1.0" in said and "against 3.0.8" in said and "Metadata are written twice." in said
    )
    assert card.locator(".figures").inner_text() == "▲ 1 of 1 cells: 1.60 ×"
    assert card.get_by_text("pull#12").get_attribute("href") == "https://example.org/zarr/pull/12"
    assert card.locator("svg title").all_text_contents()[3] == "3.1.0: 8 files"
    assert card.locator("rect").count() == 7  # a bar for each release that was measured
    assert "7 of 8 zarr releases, 2.18.6 to 3.4.2" in page.locator("#findings-lead").inner_text()


def test_every_release_has_its_facts(visit, site):
    page = visit(site).open("#/findings")
    lines = page.locator("#findings-changes > li")
    lines.first.wait_for()
    said = {line.locator("h3 a").inner_text(): line.inner_text() for line in lines.all()}
    assert next(iter(said)) == "3.4.2" and len(said) == 8
    assert "not measured" in said["3.3.0"] and "no change found" in said["3.2.0"]
    assert "Whole reads take 10 times as long (2 of 2 cells)" in said["3.0.8"]
    # Held against 3.2.0, as 3.3.0 was not measured: of no one release, so in no row.
    assert "no change found" in said["3.4.0"]


def test_what_no_one_release_is_to_blame_for_has_its_mark_once(site):
    page = (site / "html/release/3.4.0/index.html").read_text()
    apart = page.partition("Not attributable to this release alone")[2].partition("</ul>")[0]
    lines = re.findall(r"<li class=\"better\">(.*)</li>", apart)
    assert lines and all(re.match(r"▽ \S+ to 3.4.0: [^▽]*$", line) for line in lines)


def test_facts_are_found_by_words(visit, site):
    page = visit(site).open("#/findings")
    page.locator("#findings-changes > li").first.wait_for()
    page.fill("#findings-find", "whole slower")
    assert page.locator("#findings-changes h3 a").all_inner_texts() == ["3.0.8"]
    assert page.locator("#findings-found").inner_text() == "1 of 8 releases"


def test_a_card_leads_to_its_cells(visit, site):
    page = visit(site).open("#/findings")
    page.locator("#findings-known .figures a").click()
    rows = page.locator("#releases-grid [role=rowheader][title]")
    rows.first.wait_for()
    assert rows.count() == 1 and page.locator("#releases-display").is_visible()
    assert page.locator("[name=in] option:checked").inner_text() == "3.1.0"
    assert not page.locator("#findings-display").is_visible()
    page.go_back()
    page.locator("#findings-known article").first.wait_for()
    open_asvs(page, "Benchmark grid")
    page.locator("#summarygrid-display").wait_for()
    assert not page.locator("#findings-display").is_visible()


def test_a_race_counts_in_place_of_the_runs_it_repeats(tmp_path):
    history = made(tmp_path)
    race(tmp_path, {"2.18.7": 1e-3, "3.0.8": 1e-3})
    publish(tmp_path)
    data = json.loads((tmp_path / "html/findings.json").read_text())
    found = {one["release"]: one for one in data["changes"]}
    (fact,) = found[history.releases[2].hash]["facts"]
    # On phantom-128 the race found nothing where the runs differ; the tomogram was not raced.
    assert fact["said"].endswith("(1 of 2 cells)")


COLLIDE = "writers.Collisions.track_outcome"
UNSAFE = f"""
[[finding]]
title = "Two writers lose voxels"
release = "3.1.0"
benchmark = "{COLLIDE}"
cell = "{COLLIDE}('16×16×16')"
volume = "phantom-128"
text = "By design."
"""


def test_a_card_of_lost_writes_has_every_release_that_loses_them(tmp_path):
    history = made(tmp_path, UNSAFE)
    history.declare(COLLIDE, "0 safe, 1 loses voxels")
    for version, lost in zip(history.versions, [0, 0, 1, 1, 1, 1, 1, 0], strict=True):
        history.measured(version, COLLIDE, lost)
    history.save()
    publish(tmp_path)
    (card,) = json.loads((tmp_path / "html/findings.json").read_text())["known"]
    assert card["lost"] == list(history.versions[2:7])
    assert (card["wrong"], card["cells"], card["voxels"]) == (1, 1, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[finding]]\ntitle = 'a'", "findings.toml cannot be used"),
        (FINDINGS.replace("3.1.0", "3.1.9"), "3.1.9"),
        (FINDINGS.replace('"track_files"', '"("'), "findings.toml cannot be used"),
        (FINDINGS.replace("footprint.Chunks", "footprint.Cubes"), "footprint.Cubes"),
        (FINDINGS.replace('"3.1.0"', "3.1"), "release is 3.1: give a text"),
        (FINDINGS + 'links = "https://example.org"', "links is 'https://example.org': give a list"),
    ],
    ids=["incomplete", "no release", "no expression", "no cell", "no text", "no list"],
)
def test_a_wrong_entry_is_named_and_the_site_is_made_all_the_same(tmp_path, text, said):
    made(tmp_path, text)
    printed = publish(tmp_path)
    assert "no Findings page" in printed and said in printed
    assert (tmp_path / "html/releases.json").exists() and not (
        tmp_path / "html/findings.json"
    ).exists()


def test_a_card_whose_drawn_cell_was_not_measured_is_left_out_and_no_other(tmp_path):
    partial = FINDINGS.replace("Never happened", "Drawn in part").replace("3.2.0", "3.1.0")
    partial = partial.replace(FILES, COLLIDE).replace(COLLIDE, FILES, 1)
    history = made(tmp_path, partial)
    history.declare(COLLIDE, "0 safe, 1 loses voxels")
    history.save()
    assert "leaves out 'Drawn in part'" in publish(tmp_path)
    (card,) = json.loads((tmp_path / "html/findings.json").read_text())["known"]
    assert card["title"] == "Files come <twice>"


def test_one_release_alone_has_nothing_to_compare(tmp_path):
    need_modules()
    history = MadeHistory(tmp_path)
    history.measured("3.4.2", FILES, 5)
    history.save()
    assert "no Findings page: a comparison needs two releases" in publish(tmp_path)
