"""The Releases page in a browser: what it shows, where it leads, by mouse and by keyboard, and how
fast."""

import json
import math
import re
import time
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from playwright.sync_api import expect
from scipy import stats

from tests.browser.publishing import MODULES, need_modules, open_asvs, publish
from tests.made.history import FILES, HISTORY_OF_24, NAN, RATIO, READ, MadeHistory, big
from tests.unit.judge.test_races import race
from tomobench.desk.measure.race.estimate import estimate
from tomobench.desk.publish.site import releases_page
from tomobench.desk.results import calibration

ACKNOWLEDGED = """
[[acknowledged]]
release = "3.1.0"
benchmark = "track_files"
reason = "Metadata are written <b>twice</b> to be safe."
link = "https://example.org/1"
"""
PARAMS = ("'16×16×16'", "'32×32×32'")
RACED = "desk · phantom-128 · race of 3, 2026-01-01"


def published(made: MadeHistory):
    need_modules()
    (made.root / "node_modules").symlink_to(MODULES)
    publish(made.root)
    return made.root


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Eight releases (one not measured), two volumes; every kind of cell."""
    made = MadeHistory(tmp_path_factory.mktemp("releases"))
    made.declare(READ, "seconds", "time", (PARAMS,))
    for volume in ("phantom-128", "tomogram"):
        made.series(FILES, [5, 5, 5, 8, 8, "", 5, 5], volume=volume)
        made.series(RATIO, [1.5, 1.5, 1.2, 1.2, 1.2, "", None, NAN], volume=volume)
        for version, factor in zip(made.versions, [1, 1, 10, 10, 10, 0, 1, 1]):
            if factor:
                made.measured(version, READ, 0.001 * factor, 0.002, volume=volume)
    (made.root / "acknowledged.toml").write_text(ACKNOWLEDGED)
    return published(made.save())


@pytest.fixture(scope="module")
def big_site(tmp_path_factory):
    """24 releases × 2,000 rows."""
    return published(big(tmp_path_factory.mktemp("big")))


def opened(visit, site, place="#/releases", **options):
    shown = "#releases-grid .row-of-releases [role=rowheader]"
    return visit(site, **options).open(place, shown)


def cell(page, row: str, release: str):
    """The cell of a row, found by a part of its name, in a release's column."""
    heads = page.locator("#releases-grid [role=columnheader]").all_inner_texts()
    line = page.locator(
        f'#releases-grid .row-of-releases:has([role=rowheader][title*="{row}"])'
    ).first
    return line.locator(f"[aria-colindex='{heads.index(release) + 1}']")


def state(page) -> dict:
    """What the address says, once it has been brought up to date."""
    # A timer of the page's own, later than the one with which it changes the address: they end in order.
    page.evaluate("new Promise(done => setTimeout(done, 400))")
    query = page.evaluate("location.hash").partition("?")[2]
    return {key: values[0] for key, values in parse_qs(query).items()}


@pytest.mark.parametrize("change", releases_page.CHANGES, ids=lambda one: one.old.strip())
def test_asv_has_the_places_that_are_patched(change):
    import asv

    path = releases_page.Path(asv.__file__).parent / "www" / change.file
    assert path.read_text().count(change.old) == change.times


def test_cells_say_what_happened_without_colour(visit, site):
    page = opened(visit, site)
    assert cell(page, FILES, "2.18.6").inner_text() == "first"
    assert cell(page, FILES, "3.1.0").inner_text() == "▲ 1.60✓"
    assert cell(page, FILES, "3.2.0").inner_text() == "1.00"
    assert cell(page, FILES, "3.4.0").inner_text() == "▽ 0.63"
    assert cell(page, RATIO, "3.0.8").inner_text() == "▲ 0.80"  # less of what is better
    assert cell(page, RATIO, "3.4.0").inner_text() == "✗ fails"
    assert cell(page, RATIO, "3.4.2").inner_text() == "n/a"
    assert cell(page, READ, "3.0.8").inner_text() == "▲ 10.0"
    assert "3.3.0" not in page.locator("#releases-grid [role=columnheader]").all_inner_texts()
    assert "18 %" in page.locator("#releases-certainty").inner_text()


def test_detail_has_figures_and_interval(visit, site):
    page = opened(visit, site)
    detail = page.locator("#releases-detail")
    cell(page, READ, "3.0.8").hover()
    text = detail.inner_text()
    half = math.sqrt(2) * calibration.ASSUMED * stats.norm.ppf(0.975)
    interval = f"[{10 * math.exp(-half):.2f}, {10 * math.exp(half):.2f}]"
    assert f"1.000ms in 2.18.7 → 10.000ms, ratio 10.00 {interval} (95 %), worse" in text
    cell(page, FILES, "3.1.0").hover()
    assert "1.600 (exact), worse" in detail.inner_text()
    assert "Acknowledged: Metadata are written <b>twice</b> to be safe." in detail.inner_text()
    assert detail.locator("a").get_attribute("href") == "https://example.org/1"
    cell(page, FILES, "3.4.0").hover()
    assert "1 releases between were not measured" in detail.inner_text()
    cell(page, RATIO, "3.4.2").hover()
    assert "n/a: zarr 3 can’t do it; another line can" in detail.inner_text()


def test_where_the_interval_leaves_out_one_and_there_is_no_change_it_says_why(visit, tmp_path):
    made = MadeHistory(tmp_path)
    made.declare(READ, "seconds", "time", (PARAMS,))
    for version, factor in zip(made.versions, [1, 1.75, 1, 1, 1, 1, 1, 1]):
        made.measured(version, READ, 1e-3 * factor, 1e-3)
    page = opened(visit, published(made.save()))
    detail = page.locator("#releases-detail")
    cell(page, f"{READ}({PARAMS[0]})", "2.18.7").hover()
    low = 1.75 * math.exp(-math.sqrt(2) * calibration.ASSUMED * stats.norm.ppf(0.975))
    assert low > 1 and f"1.75 [{low:.2f}, " in detail.inner_text()
    assert detail.inner_text().endswith("not sure among 2 comparisons")
    cell(page, f"{READ}({PARAMS[1]})", "2.18.7").hover()
    assert detail.inner_text().endswith("no change found")


def test_a_raced_change_below_what_a_race_can_tell_says_so(visit, tmp_path):
    made = MadeHistory(tmp_path)
    made.series(READ, [1e-3] * 8)
    kept = race(tmp_path, {"3.3.0": 1e-3, "3.4.0": 1.02e-3}, renewals=40)
    (raced,) = kept.cells.values()
    assert estimate(raced, "3.3.0", "3.4.0").low > 1
    page = opened(visit, published(made.save()))
    cell(page, READ, "3.4.0").hover()
    assert page.locator("#releases-detail").inner_text().endswith("too small to be sure in a race")


def test_a_click_on_what_has_no_figure_says_why(visit, site):
    page = opened(visit, site)
    cell(page, RATIO, "3.4.2").click()
    assert "n/a: zarr 3 can’t do it" in page.locator("#releases-detail").inner_text()
    assert page.locator("#releases-display").is_visible()


def test_compared_with_a_chosen_release(visit, site):
    page = opened(visit, site)
    page.select_option("[name=against]", "3.4.2")
    page.get_by_text("base", exact=True).first.wait_for()
    assert cell(page, FILES, "3.1.0").inner_text() == "▲ 1.60"
    assert cell(page, READ, "3.0.8").inner_text() == "▲ 10.0"
    assert cell(page, READ, "2.18.6").inner_text() == "1.00"
    assert state(page)["against"] == "3.4.2"


def test_choices_leave_rows_and_columns_out(visit, site):
    page = opened(visit, site)
    names = page.locator("#releases-grid [role=rowheader][title]")
    assert names.count() == 4
    page.select_option("[name=suite]", "read")
    assert names.count() == 2
    page.fill("[name=text]", "WHOLE 32")
    assert names.count() == 1
    page.select_option("[name=line]", "3")
    assert page.locator("#releases-grid [role=columnheader]").nth(1).inner_text() == "3.0.8"
    assert state(page) == {"suite": "read", "text": "WHOLE 32", "line": "3"}
    page.select_option("[name=show]", "worse")
    assert names.count() == 0
    assert page.get_by_text("No row is left").is_visible()


def test_opens_with_the_worst_first(visit, site):
    page = opened(visit, site)
    titles = page.locator("#releases-grid [role=rowheader][title]")
    assert [titles.nth(n).get_attribute("title") for n in range(4)] == [
        f"{RATIO}('16×16×16')",
        f"{READ}('16×16×16')",
        f"{FILES}('16×16×16')",
        f"{READ}('32×32×32')",
    ]
    page.select_option("[name=sort]", "suite")
    headings = page.locator("#releases-grid .suite [role=rowheader]").all_inner_texts()
    assert [one.split()[0] for one in headings] == ["footprint", "read"]


def test_volume_is_a_choice(visit, site):
    page = opened(visit, site)
    page.select_option("[name=series]", label="desk · tomogram")
    assert state(page)["series"].startswith("tomobench-py3.13-volumetomogram@")
    cell(page, READ, "3.0.8").click()
    page.locator("#main-graph canvas.flot-base").wait_for()
    assert parse_qs(urlsplit(page.url).fragment.partition("?")[2])["env-volume"] == ["tomogram"]


def test_click_leads_to_the_graph_of_that_place_and_back(visit, site):
    page = opened(visit, site)
    cell(page, READ + "('32", "3.1.0").click()
    page.locator("#main-graph canvas.flot-base").wait_for()
    assert not page.locator("#releases-display").is_visible()
    address = unquote(page.url)
    assert f"#{READ}?" in address and "p-chunks='32×32×32'" in address
    assert "commits=3.0.8-3.1.0" in address and "branch=main" in address
    series = page.evaluate(
        "$('#main-graph').data('plot').getData().filter(one => one.data.length > 1).length"
    )
    assert series == 1
    page.go_back()
    page.locator("#releases-grid .active").wait_for()
    assert page.locator("#releases-grid .active").inner_text() == "1.00"
    assert not page.locator("#graph-display").is_visible()


def test_other_pages_hide_this_one(visit, site):
    page = opened(visit, site)
    for name in ("Benchmark grid", "Benchmark list", "Regressions"):
        open_asvs(page, name)
        page.locator("#releases-display").wait_for(state="hidden")
    page.get_by_role("link", name="Releases", exact=True).click()
    page.locator("#releases-display").wait_for(state="visible")
    assert page.locator("#nav-li-releases.active").count() == 1


def test_keyboard(visit, site):
    page = opened(visit, site, "#/releases?sort=suite")
    page.focus("#releases-grid")
    active = page.locator("#releases-grid .active")
    assert active.get_attribute("aria-colindex") == "2"
    for key in ("ArrowRight", "ArrowRight", "ArrowDown"):
        page.keyboard.press(key)
    assert active.inner_text() == "▲ 0.80"
    assert page.get_attribute("#releases-grid", "aria-activedescendant") == active.get_attribute(
        "id"
    )
    assert "rgb(0, 0, 0)" in active.evaluate("one => getComputedStyle(one).boxShadow")
    page.keyboard.press("Control+End")
    assert f"{READ}('32" in page.locator(
        "#releases-grid .row-of-releases:has(.active) .name"
    ).get_attribute("title")
    page.keyboard.press("Control+Home")
    page.keyboard.press("Enter")
    page.locator("#main-graph canvas.flot-base").wait_for()
    assert FILES in page.url


def test_the_address_can_be_shared(visit, site):
    page = opened(visit, site)
    page.select_option("[name=sort]", "suite")
    page.focus("#releases-grid")
    page.keyboard.press("ArrowRight")
    assert state(page)["release"] == "2.18.7"
    shared = page.evaluate("location.hash")
    again = opened(visit, site, shared)
    assert again.input_value("[name=sort]") == "suite"
    again.locator("#releases-grid .active").wait_for()
    assert (
        again.locator("#releases-detail").inner_text()
        == page.locator("#releases-detail").inner_text()
    )


def test_nonsense_in_the_address_does_no_harm(visit, site):
    page = opened(
        visit, site, "#/releases?series=x&against=9.9&suite=no&cell=a&release=b&sort=%22%3E"
    )
    assert page.locator("#releases-grid [role=rowheader][title]").count() == 4


def test_fits_a_phone(visit, site):
    page = opened(visit, site, width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.alone
def test_is_quick_with_2000_rows(visit, big_site, capsys):
    visited = visit(big_site)
    started = time.perf_counter()
    page = visited.page()
    page.goto(visited.address + "#/releases")
    page.locator("#releases-grid [role=gridcell]").first.wait_for()
    first = time.perf_counter() - started
    sort = page.evaluate("""() => {
        const select = document.querySelector('[name=sort]');
        const choose = value => {
            select.value = value;
            select.dispatchEvent(new Event('change', {bubbles: true}));
        };
        choose('suite');
        const begun = performance.now();
        choose('worst');
        document.body.offsetHeight;
        return performance.now() - begun;
    }""")
    frames = page.evaluate("""() => new Promise(done => {
        const scroll = document.querySelector('#releases-scroll'), times = [];
        let last = performance.now(), n = 0;
        requestAnimationFrame(function step(now) {
            times.push(now - last);
            last = now;
            scroll.scrollTop += 600;
            if (++n < 80) requestAnimationFrame(step);
            else done(times.slice(1).sort((a, b) => a - b));
        });
    })""")
    in_document = page.locator("#releases-grid [role=gridcell]").count()
    with capsys.disabled():
        print(
            f"\n24 releases × 2000 rows: first cells after {first:.2f} s, "
            f"worst first in {sort:.0f} ms, "
            f"frames of scrolling {frames[len(frames) // 2]:.0f} ms (median), "
            f"{frames[-1]:.0f} ms (longest), "
            f"{in_document} cells in the document"
        )
    assert page.get_attribute("#releases-grid", "aria-rowcount") == "2001"
    assert page.locator("#releases-grid [role=columnheader]").count() == len(HISTORY_OF_24) + 1
    assert in_document < 3000 and first < 10 and frames[len(frames) // 2] < 200


def test_without_what_it_needs_there_is_no_page(tmp_path):
    made = MadeHistory(tmp_path / "made")
    made.series(FILES, [5, 5])
    made.save()
    (made.root / "results/desk/calibration.csv").write_text("no,calibration\n1,2\n")
    assert "no Releases page" in publish(made.root)
    assert "releases.js" not in (made.root / "html/index.html").read_text()


def test_says_which_file_was_left_out(tmp_path):
    made = MadeHistory(tmp_path / "made")
    made.series(FILES, [5, 5, 6])
    made.save()
    made.file("2.18.7").write_text("{")
    assert "2.18.7-tomobench" in publish(made.root)
    data = json.loads((made.root / "html/releases/0.json").read_text())
    assert data["columns"] == ["2.18.6", "3.0.8"] and data["verdicts"] == ["02"]


def test_a_race_is_a_series_with_ratios_of_its_own(visit, tmp_path):
    made = MadeHistory(tmp_path)
    made.series(READ, [1e-3] * 8)
    kept = race(tmp_path, {"3.3.0": 1e-3, "3.4.0": 1.3e-3, "3.4.2": 1e-3})
    page = opened(visit, published(made.save()))
    assert page.locator("[name=series] option").all_inner_texts() == ["desk · phantom-128", RACED]
    # The runs say 1.00 of this pair: where a race tells, its figure is shown of the runs too.
    (raced,) = kept.cells.values()
    taken = estimate(raced, "3.3.0", "3.4.0")
    assert cell(page, READ, "3.4.0").inner_text() == f"▲ {taken.ratio:.2f}"
    cell(page, READ, "3.4.0").hover()
    said = f"{taken.ratio:.2f} [{taken.low:.2f}, {taken.high:.2f}] (95 %, of a race), worse"
    assert said in page.locator("#releases-detail").inner_text()
    assert cell(page, READ, "3.3.0").inner_text() == "1.00"
    page.select_option("[name=series]", label=RACED)
    page.get_by_text("raced, turn by turn").wait_for()
    for against in ("3.3.0", "3.4.2"):
        taken = estimate(raced, against, "3.4.0")
        expect(cell(page, READ, "3.4.0")).to_have_text(f"▲ {taken.ratio:.2f}")
        cell(page, READ, "3.4.2").hover()
        cell(page, READ, "3.4.0").hover()
        said = f"{taken.ratio:.2f} [{taken.low:.2f}, {taken.high:.2f}] (95 %), worse"
        expect(page.locator("#releases-detail")).to_contain_text(said)
        page.select_option("[name=against]", "3.4.2")
        page.get_by_text("base", exact=True).first.wait_for()


def leads(page, links: str) -> list[tuple[str, str]]:
    """The links that are to be followed: what each says, and where it goes."""
    return page.locator(links).evaluate_all("all => all.map(one => [one.textContent, one.href])")


def rows_of(page, address: str) -> int:
    """How many rows the Releases page says it has there."""
    page.goto("about:blank")
    page.goto(address)
    heading = page.locator("#releases-grid .heading .name")
    heading.wait_for()
    return int(heading.inner_text().split()[0])


@pytest.mark.committed
@pytest.mark.parametrize("release", ["3.1.4/", "3.3.0/", "3.3.0/?since=2.18.7&layout=64×64×64"])
def test_a_number_of_cells_on_a_release_s_page_leads_to_as_many(visit, committed_site, release):
    page = visit(committed_site).open(f"release/{release}", "#release-table .changed")
    found = leads(page, "#release-table .changed a")
    assert found
    for text, address in found:
        told = sum(int(one) for one in re.findall(r"\d+", text))
        assert rows_of(page, address) == told, (text, unquote(address))


@pytest.mark.committed
def test_a_card_s_number_of_cells_leads_to_as_many(visit, committed_site):
    page = visit(committed_site).open("#/findings", "#findings-known article")
    found = leads(page, "#findings-known .figures a")
    assert len(found) > 4
    for text, address in found:
        wrong = re.search(r"(\d+) of \d+ cells wrong", text)
        told = wrong[1] if wrong else sum(map(int, re.findall(r"[▲▽✗] (\d+)", text)))
        assert rows_of(page, address) == int(told), (text, unquote(address))


def test_what_a_link_leaves_out_can_be_seen_and_taken_back(visit, site):
    page = opened(visit, site, "#/releases?family=Whole%20reads&column=time&only=32")
    names = page.locator("#releases-grid [role=rowheader][title]")
    assert names.count() == 1 and page.locator("[name=family]").is_visible()
    assert not page.locator("#releases-choices [name=layout]").is_visible()
    page.fill("[name=only]", "")
    assert names.count() == 2
    page.select_option("[name=column]", "")
    page.select_option("[name=family]", "")
    assert names.count() == 4 and state(page) == {}
    page.fill("[name=only]", "(")
    assert "No row is left" in page.locator("#releases-grid").inner_text()


def test_without_a_series_there_is_no_such_page(tmp_path):
    made = MadeHistory(tmp_path)
    made.series(FILES, [5] * 8)
    made.declare(FILES, "files", version="2")
    made.save()
    assert "no Releases page: nothing of today's benchmarks was measured" in publish(tmp_path)
    assert not (tmp_path / "html/releases.json").exists()
    assert 'id="nav-li-releases"' not in (tmp_path / "html/index.html").read_text()
