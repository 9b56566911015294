"""All pages of ours in a browser: readers' questions in two actions, axe-core, phones, light and dark, strange addresses."""

from pathlib import Path

import asv
import pytest
from playwright.sync_api import expect

from tests.browser.publishing import MODULES
from tomobench.desk.publish.site import shell

PAGES = (
    "#/findings",
    "#/releases",
    "#/advice",
    "release/3.3.0/",
    "release/3.4.2/?since=2.18.7&layout=64³",
    "release/3.0.8/",
    "how-to-read/",
    "404.html",
)


@pytest.mark.parametrize("change", shell.changes(readme=True), ids=lambda one: one.old.strip()[:30])
def test_asv_has_the_places_that_are_patched(change):
    path = Path(asv.__file__).parent / "www" / change.file
    assert path.read_text(encoding="utf-8").count(change.old) == change.times


def opened(visit, site, place="", **options):
    """The page at a place of the committed site, once its figures are there."""
    page = visit(site, **options).open(place)
    page.locator(
        "#findings-changes li:visible, [role=gridcell]:visible, #advice-headline b:visible,"
        "#release-table tbody tr, .words dt"
    ).first.wait_for()
    return page


def test_which_release_made_opening_a_multiscale_slower(visit, committed_site):
    page = opened(visit, committed_site)
    page.fill("#findings-find", "open multiscale slower")
    found = page.locator("#findings-changes > li", has_text="multiscale")
    assert found.locator("h3 a").all_inner_texts() == ["3.0.8"]
    assert "times as long" in found.inner_text()


def test_what_did_a_release_change(visit, committed_site):
    page = opened(visit, committed_site)
    page.locator("#findings-changes h3").get_by_role("link", name="3.3.0").click()
    facts = page.locator("#release-facts-of .facts")
    facts.wait_for()
    assert "fetch up to" in facts.inner_text() and "904.7 KiB → 6.015 MiB" in facts.inner_text()
    assert page.locator("#release-verdict").inner_text().startswith("3.3.0: wrong; more traffic")
    assert facts.get_by_role("link", name="pull#3004").first.is_visible()
    row = page.locator("#release-table tr", has_text="Slices").first
    assert "of 208" in row.locator("td[data-label=bytes]").inner_text()


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
    assert "2,097,152 voxels lost" in first.inner_text()


def test_which_releases_lose_voxels(visit, committed_site):
    page = opened(visit, committed_site)
    line = page.locator("#findings-losses li", has_text="voxels").first
    names = ["3.0.8", "3.0.9", "3.0.10", "3.1.0", "3.1.1", "3.1.2"]
    assert line.get_by_role("link").all_inner_texts() == names
    top = page.locator("#findings-losses").bounding_box()["y"]
    assert top < page.locator("#findings-known").bounding_box()["y"]
    assert page.locator("#findings-known article").first.get_attribute("class") == "lost"


def test_a_view_is_shared_by_its_address(visit, committed_site):
    visited = visit(committed_site)
    visited.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visited.open("release/3.4.2/")
    page.locator("#release-table tbody tr").first.wait_for()
    page.select_option("[name=since]", "2.18.7")
    page.get_by_role("button", name="Copy link").click()
    page.get_by_text("Link copied").wait_for()
    address = page.evaluate("navigator.clipboard.readText()")
    assert address.endswith("release/3.4.2/?since=2.18.7")
    said = page.locator("#release-verdict")
    expect(said).to_contain_text("against 2.18.7")
    other = visited.open(address.removeprefix(visited.address))
    expect(other.locator("#release-verdict")).to_have_text(said.inner_text())


@pytest.mark.parametrize("format_", ["Markdown", "CSV", "JSON"])
def test_what_is_shown_can_be_copied(visit, committed_site, format_):
    visited = visit(committed_site)
    visited.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = visited.open("release/3.3.0/")
    page.locator("#release-table tbody tr").first.wait_for()
    page.get_by_role("button", name=format_).click()
    page.get_by_text(f"{format_} copied").wait_for()
    assert "Slices" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("place", PAGES)
def test_nothing_hinders_a_reader(visit, committed_site, place, width, scheme):
    visited = visit(committed_site, width=width)
    page = visited.context.new_page()
    page.emulate_media(color_scheme=scheme)
    page.goto(visited.address + place)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("h1:visible").count() == 1
    assert page.title().endswith(" · tomobench")
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(21, 24, 29)"
    assert dark == (scheme == "dark")
    page.evaluate((MODULES / "axe-core/axe.min.js").read_text())
    found = page.evaluate(
        "axe.run().then(all => all.violations.map(one => [one.id, one.nodes.map(node => node.html)]))"
    )
    assert found == []


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
    page = visited.context.new_page()
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
