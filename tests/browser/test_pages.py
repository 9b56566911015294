"""All pages of ours in a browser: readers' questions in two actions, axe-core, phones, light and dark, strange addresses."""

import json
import re
from pathlib import Path

import asv
import pytest
from playwright.sync_api import expect

from tests.browser.publishing import MODULES, resize
from tomobench.desk.publish.site import shell

PAGES = (
    "#/findings",
    "#/releases",
    "#/advice",
    "release/3.3.0/",
    "release/3.4.2/?since=2.18.7&layout=64³",
    "release/3.0.8/",
    "release/3.4.2/?since=9.9&layout=7³",
    "release/2.18.0/",
    "how-to-read/",
    "readme/",
    "404.html",
    "error.html",
)
ASVS = (
    "#/",
    "#/summarylist",
    "#/regressions",
    "#counts.Shards.track_range_gets?env-volume=phantom-128",
)
VIEWS = [(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")]


@pytest.mark.parametrize("change", shell.changes(readme=True), ids=lambda one: one.old.strip()[:30])
def test_asv_has_the_places_that_are_patched(change):
    path = Path(asv.__file__).parent / "www" / change.file
    assert path.read_text(encoding="utf-8").count(change.old) == change.times


FIGURES = (
    "#findings-changes li:visible, [role=gridcell]:visible, #advice-headline b:visible,"
    "#release-table tbody tr, .words dt"
)


def opened(visit, site, place="", **options):
    """The page at a place of the committed site, once its figures are there."""
    return visit(site, **options).open(place, FIGURES)


def test_which_release_made_opening_a_multiscale_slower(visit, committed_site):
    page = opened(visit, committed_site)
    page.fill("#findings-find", "open multiscale slower")
    found = page.locator("#findings-changes > li", has_text="multiscale")
    assert found.locator("h3 a").all_inner_texts() == ["3.4.1", "3.1.0", "3.0.8"]
    assert "times as long" in found.last.inner_text()


def test_what_did_a_release_change(visit, committed_site):
    page = opened(visit, committed_site)
    page.locator("#findings-changes h3").get_by_role("link", name="3.3.0").click()
    facts = page.locator("#release-facts-of .facts")
    facts.wait_for()
    assert "fetch up to" in facts.inner_text() and "904.7 KiB → 6.015 MiB" in facts.inner_text()
    assert page.locator("#release-verdict").inner_text().startswith("3.3.0: wrong; more traffic")
    assert facts.get_by_role("link", name="pull#3004").first.is_visible()
    row = page.locator("#release-table tr", has_text="Slices").first
    assert "of 256" in row.locator("td[data-label=bytes]").inner_text()


def test_is_an_upgrade_safe_for_a_layout(visit, committed_site):
    page = opened(visit, committed_site)
    page.select_option("#findings-layout", "64×64×64")
    page.get_by_role("button", name="Answer").click()
    page.locator("#release-table tbody tr").first.wait_for()
    said = page.locator("#release-verdict")
    expect(said).to_contain_text("3.4.2 against 2.18.7, chunks of 64×64×64: nothing broken in")
    assert "more traffic in" in said.inner_text()


def test_an_upgrade_to_a_release_that_loses_voxels_is_not_safe(visit, committed_site):
    page = opened(visit, committed_site, "release/3.1.0/?since=2.18.7&layout=64^3")
    expect(page.locator("#release-verdict")).to_contain_text("NOT SAFE")
    first = page.locator("#release-checks li").first
    assert "lose up to 2,097,152 voxels" in first.inner_text()
    assert first.get_attribute("class") == "wrong"
    top = first.bounding_box()["y"]
    assert top < page.locator("#release-between").bounding_box()["y"]


def test_what_was_asked_for_and_is_not_there_is_said(visit, committed_site):
    page = opened(visit, committed_site, "release/3.4.2/?since=3.0.4&layout=7^3")
    said = page.locator("#release-note").inner_text()
    assert "nothing of “3.0.4”" in said and "chunks of “7×7×7”" in said
    assert page.locator("#release-verdict").inner_text().startswith("3.4.2:")
    assert page.input_value("[name=since]") == "3.4.1" and page.input_value("[name=layout]") == ""


def test_an_earlier_release_has_the_facts_of_those_between(visit, committed_site):
    page = opened(visit, committed_site, "release/3.3.0/?since=3.1.6&layout=32x32x32")
    between = page.locator("#release-between li:has(> details)")
    assert [one.split()[0] for one in between.locator("summary").all_inner_texts()] == [
        "3.3.0",
        "3.2.0",
    ]
    between.first.locator("summary").click()
    assert "904.7 KiB → 6.015 MiB" in between.first.inner_text()
    page.select_option("[name=since]", "3.4.2")
    expect(page.locator("#release-verdict")).to_contain_text("3.3.0 against 3.4.2")
    assert not page.locator("#release-between").is_visible()


def test_a_yanked_release_says_that_it_is_not_compared(visit, committed_site):
    page = visit(committed_site).open("release/15ee87ed/")
    assert "yanked, so it is in no comparison" in page.locator(".verdict").inner_text()


@pytest.mark.parametrize("release", ["3.0.8", "3.3.0", "3.4.2"])
def test_the_facts_of_a_page_are_those_of_the_command(
    visit, committed_site, run, monkeypatch, release
):
    monkeypatch.chdir(committed_site)
    done = run("regressions", release, "--format", "json")
    assert done.code == 0
    told = json.loads(done.printed)
    page = visit(committed_site).open(f"release/{release}/", "#release-table tbody tr")
    assert page.locator("#release-verdict").inner_text() == told["verdict"]
    page.get_by_role("button", name="JSON").click()
    page.get_by_text("JSON copied").wait_for()
    copied = json.loads(page.evaluate("navigator.clipboard.readText()"))
    said = [one["said"] for one in told["facts"] if one["attributable"]]
    assert [one["said"] for one in copied["facts"]] == said and said
    shown = " ".join(page.locator("#release-facts-of").inner_text().split())
    assert all(one in shown for one in said)


def test_every_link_to_cells_leads_to_some(visit, committed_site):
    visited = visit(committed_site)
    places = [
        link.get_attribute("href")
        for place, links in {
            "": "#findings-known .figures a",
            "release/3.4.2/?since=2.18.7&layout=64³": "#release-table tr:nth-child(4) a",
        }.items()
        for link in visited.open(place, FIGURES).locator(links).all()
    ]
    assert len(places) > 9
    page = visited.open()
    for place in places:
        page.goto(visited.address + place[place.index("#") :])
        page.locator("#releases-grid [role=rowheader][title]").first.wait_for()
        changed = page.locator("#releases-grid [role=gridcell]").filter(
            has_text=re.compile("[▲▽✗]")
        )
        assert changed.first.is_visible(), place


def test_which_releases_lose_voxels(visit, committed_site):
    page = opened(visit, committed_site)
    line = page.locator("#findings-losses li").first
    assert "voxels" in line.inner_text()
    names = ["3.0.8", "3.0.9", "3.0.10", "3.1.0", "3.1.1", "3.1.2"]
    assert line.get_by_role("link").all_inner_texts() == names
    top = page.locator("#findings-losses").bounding_box()["y"]
    assert top < page.locator("#findings-known").bounding_box()["y"]
    assert page.locator("#findings-known article").first.get_attribute("class") == "lost"
    assert not page.locator("#findings-losses .accepted li").first.is_visible()


def test_the_heat_map_opens_with_rows_that_lose_voxels(visit, committed_site):
    page = opened(visit, committed_site, "#/releases")
    first = page.locator("#releases-grid .row-of-releases:has([role=gridcell])").first
    assert first.get_by_role("rowheader").get_attribute("title").startswith("correctness.")
    seen_cells = [one.inner_text() for one in first.get_by_role("gridcell").all()]
    assert any(re.fullmatch(r"✗ [0-9.]+[kM]?", one) for one in seen_cells)
    page.fill("[name=text]", "create with chunks True")
    assert cell_texts(page) >= {"✗ raises", "raises", "✓ works"}


def cell_texts(page) -> set[str]:
    return set(page.locator("#releases-grid [role=gridcell]").all_inner_texts())


def test_a_view_is_shared_by_its_address(visit, committed_site):
    visited = visit(committed_site)
    page = visited.open("release/3.4.2/", "#release-table tbody tr")
    page.select_option("[name=since]", "2.18.7")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied").wait_for()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.endswith("release/3.4.2/?since=2.18.7")
    said = page.locator("#release-verdict")
    expect(said).to_contain_text("against 2.18.7")
    other = visited.open(address.removeprefix(visited.address))
    expect(other.locator("#release-verdict")).to_have_text(said.inner_text())


def test_words_that_are_looked_for_are_shared_too(visit, committed_site):
    visited = visit(committed_site)
    page = visited.open("", FIGURES)
    page.fill("#findings-find", "multiscale slower")
    address = page.evaluate("location.href").removeprefix(visited.address)
    found = page.locator("#findings-found").inner_text()
    other = visited.open(address, FIGURES)
    assert other.input_value("#findings-find") == "multiscale slower"
    assert other.locator("#findings-found").inner_text() == found


def test_what_is_shown_can_be_copied(visit, committed_site):
    page = visit(committed_site).open("release/3.3.0/", "#release-table tbody tr")
    copied = {}
    for name in ("Markdown", "CSV", "JSON"):
        page.get_by_role("button", name=name).click()
        page.get_by_text(f"{name} copied").wait_for()
        copied[name] = page.evaluate("navigator.clipboard.readText()")
        assert "Slices" in copied[name], name
    assert len(set(copied.values())) == 3


@pytest.mark.parametrize(
    ("place", "views"),
    [(place, VIEWS) for place in PAGES]
    # asv's own are of another's making: the two views that differ most.
    + [(place, [(390, "dark"), (1280, "light")]) for place in ASVS],
)
def test_nothing_hinders_a_reader(visit, committed_site, place, views):
    """On a phone, where the page is loaded, and in a wide window, which it is drawn again for."""
    page = seen(visit(committed_site, width=390), place)
    if place in ASVS:
        page.evaluate(SHORTEN)
    for width, scheme in views:
        resize(page, width)
        page.emulate_media(color_scheme=scheme)
        no_hindrance(page, f"{width} {scheme}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        nav = page.locator("nav").bounding_box()
        first = page.locator("main :visible:not(.sr-only, main > div)").first.bounding_box()
        assert first["y"] >= nav["y"] + nav["height"], width
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 29)"
        assert dark == (scheme == "dark")


SHORTEN = """() => {
    for (const body of document.querySelectorAll('tbody'))
        for (const row of [...body.rows].slice(100)) row.remove();
}"""
"""Leaves the first rows of asv's tables, whose thousands are alike: axe-core takes a minute for them in each view."""


def seen(visited, place):
    """A page with axe-core, once it has its heading and nothing is loading any more."""
    page = visited.page()
    page.goto(visited.address + place)
    page.wait_for_function("document.title.includes(' · ')")
    page.locator("h1:visible").first.wait_for()
    page.wait_for_load_state("networkidle")
    page.evaluate((MODULES / "axe-core/axe.min.js").read_text())
    return page


def no_hindrance(page, view: str) -> None:
    """One heading, a title of its own, and axe-core finds nothing."""
    assert page.locator("h1:visible").count() == 1, view
    assert page.title().endswith(" · tomobench")
    found = page.evaluate(
        "axe.run({resultTypes: ['violations']})"
        ".then(all => all.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
    )
    assert found == [], view


@pytest.mark.parametrize(
    "place", ["", "#/releases", "release/3.3.0/", "release/3.1.0/?since=2.18.7"]
)
def test_nothing_hinders_a_reader_who_opens_and_chooses(visit, committed_site, place):
    page = seen(visit(committed_site, width=390), place)
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    for field in page.locator("[type=search]:visible").all():
        field.fill("no such words")
    for choice in page.locator("[name=layout]:visible, [name=show]:visible").all():
        choice.select_option(index=1)
    page.wait_for_load_state("networkidle")
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        no_hindrance(page, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_head_is_the_same_on_every_page(visit, committed_site):
    visited = visit(committed_site)
    heads = [
        visited.open(place).locator(".site-nav > ul > li:visible").all_inner_texts()
        for place in ("#/findings", "release/3.3.0/", "how-to-read/", "404.html")
    ]
    assert len(heads[0]) > 7 and all([name for name in one if name] == heads[1] for one in heads)


def test_the_first_page_is_light(chromium, serve, committed_site):
    """To a reader who was never there: in a window of its own, which keeps nothing yet."""
    context, got = chromium.new_context(), []
    page = context.new_page()
    page.on("response", lambda response: got.append(response))  # it takes no built-in
    page.goto(serve(committed_site / "html"))
    page.locator(FIGURES).first.wait_for()
    weight = sum(len(one.body()) for one in got)
    context.close()
    assert 0.1e6 < weight < 0.8e6


@pytest.mark.parametrize("place", ["#/nonsense", "#/nonsense?a=b", "#no.such.benchmark", ""])
def test_an_unknown_address_leads_home(visit, committed_site, place):
    page = opened(visit, committed_site, place)
    assert page.evaluate("location.hash") == "#/findings"


def test_the_keyboard_skips_the_head(visit, committed_site):
    page = opened(visit, committed_site)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    assert page.evaluate("location.hash") == "#/findings"


def test_a_page_that_is_not_there_leads_home(visit, committed_site):
    """As a host of static pages shows it: at any address, however deep."""
    visited = visit(committed_site)
    page = visited.page()
    wrong, nowhere = visited.address + "release/9.9.9/", visited.address + "404.html"
    page.route(wrong, lambda route: route.fulfill(response=page.request.get(nowhere)))
    page.goto(wrong)
    page.get_by_role("link", name="All findings").click()
    page.locator("#findings-changes li").first.wait_for()


def test_a_graph_has_no_line_across_releases_that_were_not_measured(visit, committed_site):
    place = "#counts.Shards.track_range_gets?env-volume=phantom-192x320x320&y-axis-scale=log"
    page = visit(committed_site).open(place)
    page.locator("#main-graph canvas.flot-base").wait_for()
    assert "active" in page.locator("#log-scale").get_attribute("class")
    drawn = page.wait_for_function(
        "(plot => plot && plot.getData().length && plot.getData().map(one => one.data))"
        "($('#main-graph').data('plot'))"
    ).json_value()
    drawn = [line for line in drawn if line]
    for line in drawn:
        at = [revision for revision, _ in line]
        assert at == list(range(at[0], at[-1] + 1))
    assert any(value is None for line in drawn for _, value in line)


@pytest.mark.parametrize(
    ("place", "shown"),
    [
        ("#read.Chunks.time_whole", "#log-scale"),
        ("#/summarylist", "#summarylist-display table"),
    ],
)
def test_a_page_is_shown_however_late_its_scripts_are_ready(visit, made_site, place, shown):
    visited = visit(made_site)
    page = visited.context.new_page()  # the window would keep the script for other tests
    # jQuery gives each script's function a timer of its own: these come one after the other, data between them.
    page.add_init_script(
        "const timer = window.setTimeout; let later = 0;"
        "window.setTimeout = (run, wait, ...more) => timer(run, wait ?? (later += 500), ...more);"
    )
    page.goto(f"{visited.address}{place}")
    page.wait_for_function("window.$ && $.asv && $.asv.main_json")
    page.locator(shown).wait_for(timeout=20_000)
