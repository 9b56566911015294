"""Wheels of one's own on the dashboard: what each page compares them with, in a browser."""

from dataclasses import replace

import pytest

from tests.browser.publishing import MODULES, need_modules, publish
from tests.browser.test_releases_page import cell
from tests.made.history import FILES, MadeHistory
from tomobench.desk.releases import lock

OWN = ("3.5.0.dev1+gabc", "3.5.0.dev2+gdef")


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> MadeHistory:
    """Two wheels of one's own, and then the release, all of which make more files than the one before them."""
    need_modules()
    made = MadeHistory(tmp_path_factory.mktemp("own"), ("3.4.0", "3.4.2", *OWN, "3.5.0"))
    made.series(FILES, [5, 5, 10, 10, 10])
    made.save()
    own = [one for one in made.releases if one.version in OWN]
    lock.save_lock(made.root, [one for one in made.releases if one not in own])
    lock.save_own(made.root, [replace(one, path=f"wheels/{one.wheel}") for one in own])
    (made.root / "node_modules").symlink_to(MODULES)
    publish(made.root)
    return made


def place(made: MadeHistory, version: str) -> str:
    (found,) = [one for one in made.releases if one.version == version]
    return f"release/{found.hash}/"


def test_the_heat_map_compares_with_the_published_release(visit, made):
    page = visit(made.root).open("#/releases", "#releases-grid .row-of-releases [role=rowheader]")
    for version in (*OWN, "3.5.0"):
        assert cell(page, FILES, version).inner_text() == "▲ 2.00"
        cell(page, FILES, version).hover()
        assert "5.00 files in 3.4.2 → 10.0 files" in page.locator("#releases-detail").inner_text()
    page.select_option("[name=show]", "moved")
    page.select_option("[name=in]", label="3.5.0")
    assert page.locator("#releases-grid [role=rowheader][title]").count() == 1


def test_a_page_of_one_compares_with_another_when_asked(visit, made):
    page = visit(made.root).open(place(made, OWN[1]), "#release-table tbody tr")
    assert "▲ 2.00" in page.locator("#release-table").inner_text()
    page.select_option("[name=since]", label=OWN[0])
    page.locator("#release-against", has_text=OWN[0]).wait_for()
    assert "none of 1" in page.locator("#release-table").inner_text()
    assert not page.locator("#release-facts-of").is_visible()
    page.reload()
    page.locator("#release-against", has_text=OWN[0]).wait_for()


def test_the_findings_page_asks_about_one(visit, made):
    page = visit(made.root).open("#/findings", "#findings-changes li")
    page.select_option("#findings-since", label=OWN[0])
    page.select_option("#findings-release", label="3.5.0")
    page.get_by_role("button", name="Answer").click()
    page.locator("#release-table tbody tr").wait_for()
    assert page.locator("#release-verdict").inner_text().startswith(f"3.5.0 against {OWN[0]}: ")
