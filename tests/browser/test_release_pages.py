"""A page for each release, where the dashboard's links to commits lead."""

import html
import json
import os
import re
import shutil

import pytest

from tests.browser.publishing import MODULES, ROOT, need_modules, open_asvs, publish
from tests.made import project as made_project
from tests.made.history import FILES, MadeHistory
from tomobench.desk.judge.explain import kept, text


def _page(site, commit):
    return (site / "html/release" / commit / "index.html").read_text()


def test_every_release_of_the_dashboard_has_a_page(made_site):
    index = json.loads((made_site / "html/index.json").read_text())
    assert index["show_commit_url"] == "release/"
    pages = {path.parent.name for path in (made_site / "html/release").glob("*/index.html")}
    assert pages == set(index["revision_to_hash"].values())
    assert set(made_project.VERSIONS) < pages


def test_says_what_the_release_is(made_site):
    text = _page(made_site, "3.4.2")
    assert "zarr-3.4.2-py3-none-any.whl" in text
    assert f"{17:064x}" in text
    assert "2024-11-27 00:00 UTC" in text
    assert "https://github.com/zarr-developers/zarr-python/releases/tag/v3.4.2" in text
    assert "&gt;=3.11" in text
    assert "yanked" not in text


def test_says_that_a_release_was_yanked_and_why(made_site):
    (page,) = [
        path
        for path in (made_site / "html/release").glob("*/index.html")
        if path.parent.name not in made_project.VERSIONS
    ]
    assert "writes &lt;broken&gt; data" in page.read_text()


def test_says_what_was_really_installed(made_site):
    assert "zarr==3.4.2\nnumpy==2.2.6" in _page(made_site, "3.4.2")
    assert _page(made_site, made_project.VERSIONS[0]).count("not recorded") == 2


def test_a_reader_walks_from_release_to_release_and_back(visit, made_site):
    page = visit(made_site).open("release/3.1.0")
    page.get_by_text("3.2.0 →").click()
    assert page.locator("h1").inner_text() == "zarr 3.2.0"
    page.get_by_text("← 3.1.0").click()
    assert page.locator("h1").inner_text() == "zarr 3.1.0"
    page.get_by_text("volume tomogram").click()
    assert page.locator("pre", has_text="numpy==2.2.6").last.is_visible()
    page.get_by_role("link", name="Releases", exact=True).click()
    page.locator("#releases-grid [role=gridcell]").first.wait_for()
    page.go_back()
    open_asvs(page, "Benchmark grid")
    page.locator(".benchmark-container").first.wait_for()


def test_under_each_fact_that_is_explained_stand_the_lines_that_tell_why(committed_site):
    explained = kept.load(ROOT / "results")
    assert explained
    for of, one in explained.items():
        shown = re.findall(r"<li><code>(.*?)</code></li>", _page(committed_site, of.release))
        shown = {html.unescape(line) for line in shown}
        # Which lines stand first depends on what the fact is about.
        orders = (text.telling(one, [about]) for about in ("memory", "requests", "function starts"))
        assert any(set(lines) <= shown for lines in orders), of


@pytest.fixture(scope="module")
def two_machines(tmp_path_factory):
    """A release that machine desk, with most results, did not measure; both have 3.4.0."""
    need_modules()
    made = MadeHistory(tmp_path_factory.mktemp("two"))
    for volume in ("phantom-128", "tomogram"):
        made.series(FILES, [5, 5, 5, 5, 5, 5, 6, ""], volume=volume)
    made.series(FILES, ["", "", "", "", "", 5, 5, 9], machine="laptop")
    made.save()
    (made.root / "node_modules").symlink_to(MODULES)
    publish(made.root)
    return made.root


def test_a_page_is_of_a_machine_that_measured_the_release(visit, two_machines):
    reader = visit(two_machines)
    page = reader.open("release/3.4.2/", "#release-table tbody tr")
    assert page.locator("#release-verdict").inner_text().startswith("3.4.2: ")
    assert "Measured on machine laptop." in page.locator("main").inner_text()
    said = page.locator("#release-facts-of .facts > li").inner_text()
    assert "Stored volumes make 80 % more objects" in said
    feed = (two_machines / "html/findings.xml").read_text()
    assert "3.4.2: Stored volumes make 80 % more objects (machine laptop)" in feed
    assert "Measured on machine desk." in _page(two_machines, "3.4.0")


def test_no_facts_of_another_machine_stand_on_a_page(visit, two_machines):
    page = visit(two_machines).open("release/3.4.2/?since=3.3.0", "#release-table tbody tr")
    assert page.locator("#release-verdict").inner_text().startswith("3.4.2 against 3.3.0")
    assert not page.locator("#release-between").is_visible()


def test_a_site_that_was_published_anew_shows_its_own_figures(visit, two_machines, tmp_path):
    shutil.copytree(two_machines / "html", tmp_path / "html")
    index = tmp_path / "html/releases.json"
    # So old that a browser would not ask again, by HTTP's rule of thumb.
    os.utime(index, (0, 0))
    reader = visit(tmp_path)
    reader.open("release/3.4.2/", "#release-table tbody tr")
    index.write_text(index.read_text().replace('"name":"3.3.0"', '"name":"renamed"'))
    os.utime(index, (1e6, 1e6))
    page = reader.open("release/3.4.2/", "#release-table tbody tr")
    assert "renamed" in page.locator("[name=since]").inner_text()


def test_fits_a_phone(visit, made_site):
    page = visit(made_site, width=360).open("release/3.4.2/")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
