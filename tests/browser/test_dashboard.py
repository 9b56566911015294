"""The published dashboard in a browser: what a reader opens is drawn, from this site alone."""

import json
from itertools import pairwise
from urllib.parse import quote, urlsplit

import pytest
from asv import util

from tests.made import project as made_project
from tests.made.waiting import until

# Points of colour: axes, texts and grids are drawn in greys.
COLOURED = """canvas => {
    const {width, height} = canvas;
    const copy = new OffscreenCanvas(width, height).getContext('2d', {willReadFrequently: true});
    copy.drawImage(canvas, 0, 0);
    const data = copy.getImageData(0, 0, width, height).data;
    let count = 0;
    for (let i = 0; i < data.length; i += 4) {
        const [r, g, b, a] = data.slice(i, i + 4);
        if (a > 100 && Math.max(r, g, b) - Math.min(r, g, b) > 60) ++count;
    }
    return count;
}"""

# The releases to choose from where another parameter is on the x axis, each with its day of upload.
RELEASES = "#graphdisplay-navigation-params .panel:has-text('release') .btn:text-matches('-..-')"


@pytest.fixture(params=["made", "committed"])
def site(request):
    """A project with a published site: one made for the tests, and this repository itself."""
    return request.getfixturevalue(f"{request.param}_site")


@pytest.fixture
def index(site):
    """What the site's pages know of the benchmarks."""
    return json.loads((site / "html/index.json").read_text())


@pytest.fixture
def committed_index(committed_site):
    """The same of this repository's own site."""
    return json.loads((committed_site / "html/index.json").read_text())


@pytest.fixture
def by_chunks(index):
    """The name of a read over chunk shapes, slabs among them."""
    return next(
        name
        for name, one in index["benchmarks"].items()
        if name.startswith("read.") and "16×128×128" in str(one["params"])
    )


def drawn(page, selector) -> int:
    """How many points of colour the first canvas there has, once it has any."""
    canvas = page.locator(f"{selector} canvas.flot-base").first
    canvas.wait_for()
    return canvas.evaluate(COLOURED)


def test_grid(visit, site, index):
    page = visit(site).open("#/")
    plots = page.locator(".benchmark-plot canvas.flot-base")
    assert page.locator(".benchmark-container").count() == len(index["benchmarks"])
    assert plots.count() > 0
    assert all(plots.nth(n).evaluate(COLOURED) > 20 for n in range(plots.count()))
    names = page.locator(".benchmark-text").all_text_contents()
    assert sorted(names) == sorted(one["pretty_name"] for one in index["benchmarks"].values())
    assert page.title() == "Benchmark grid · tomobench"


def test_graph_over_releases(visit, site, by_chunks):
    page = visit(site).open(f"#{by_chunks}")
    assert drawn(page, "#main-graph") > 50
    assert drawn(page, "#overview") > 20
    assert ".." in page.locator("#range").input_value()
    text = page.locator("#graphdisplay-navigation").inner_text()
    assert "16×128×128" in text and "releases" in text


def test_graph_over_chunk_shape_at_a_release(visit, site, by_chunks):
    page = visit(site).open(f"#{by_chunks}")
    choices = page.locator("#graphdisplay-navigation-params .btn")
    choices.get_by_text("chunks", exact=True).click()
    assert drawn(page, "#main-graph") > 500
    chosen = page.locator(RELEASES).last
    release = chosen.inner_text().split()[0]
    chosen.click()
    page.locator(".legendLabel", has_text=f"release {release}").first.wait_for()
    assert drawn(page, "#main-graph") > 500
    ticks = page.locator("#main-graph .flot-x-axis .flot-tick-label").all_text_contents()
    assert {"16×16×16", "16×128×128"} < set(ticks)


BUILT = 150
"""Rows of the list that are built at once (benchmark_list.js)."""


def test_list_and_its_order(visit, site, index):
    page = visit(site).open("#/summarylist")
    rows = page.locator("#summarylist-body tbody tr")
    assert rows.count() >= min(len(index["benchmarks"]), BUILT)
    page.locator("#summarylist-body th", has_text="Value").click()
    page.locator("#summarylist-body th.asc, #summarylist-body th.desc").first.wait_for()


NODES = 4000
"""Elements of a page that a browser has at once: asv makes 71,584 of the committed list."""


def listed(page, column: int) -> list[str]:
    """The texts of a column of the list, as far as it is built."""
    return page.locator(f"#summarylist-body tbody td:nth-child({column})").all_inner_texts()


def test_list_is_built_as_far_as_it_is_seen(visit, committed_site):
    page = visit(committed_site).open("#/summarylist")
    assert page.evaluate("document.querySelectorAll('*').length") < NODES
    built = len(listed(page, 1))
    page.locator("#summarylist-body tfoot").scroll_into_view_if_needed()
    page.wait_for_function(
        "built => document.querySelectorAll('#summarylist-body tbody tr').length > built", arg=built
    )


def test_list_is_ordered_as_a_whole_and_filtered(visit, committed_site):
    page = visit(committed_site).open("#/summarylist")
    parts = ("branch-main", "env-volume-phantom-128", "measured-plain")
    (path,) = committed_site.glob(
        f"html/graphs/*/{parts[0]}/*/{parts[1]}/*/{parts[2]}/**/summary.json"
    )
    rows = [row for row in json.loads(path.read_text()) if row["prev_value"]]
    largest = max(rows, key=lambda row: row["last_value"] / row["prev_value"])
    heading = page.locator("#summarylist-body th", has_text="Recent change")
    heading.click()
    heading.click()
    assert "sort=2&dir=desc" in page.url
    words = largest["pretty_name"].replace("'", "").replace("(", " (")
    assert listed(page, 1)[0].split() == words.split()
    page.locator("#summarylist-body input").fill("chunk 16×16×16")
    names = [name.lower() for name in listed(page, 1)]
    assert names and all("chunk" in name and "16×16×16" in name for name in names)


def test_regressions_page(visit, site):
    page = visit(site).open("#/regressions")
    page.locator("#regressions-body table th", has_text="Release").first.wait_for()
    assert "Regressions" in page.locator("#title").inner_text()


def test_libraries_come_from_the_site(visit, site):
    visited = visit(site)
    page = visited.open()
    scripts = page.evaluate("[...document.scripts].map(one => one.src).filter(src => src)")
    assert {urlsplit(url).hostname for url in scripts} == {"127.0.0.1"}
    assert sum("/vendor/" in url for url in visited.requested) == 10
    page.evaluate("document.fonts.load('12px \"Glyphicons Halflings\"')")
    versions = page.evaluate("[$.fn.jquery, $.plot.version, typeof $.fn.stupidtable]")
    assert versions == ["3.3.1", "0.8.3", "function"]


def test_links_of_regressions_lead_to_releases(visit, made_site):
    page = visit(made_site).open("#/regressions")
    row = page.locator("#regressions-body tr", has_text="read.Chunks.time_whole").first
    row.locator("a", has_text=made_project.SLOWER_FROM).click()
    assert page.locator("h1").inner_text().startswith(f"zarr {made_project.SLOWER_FROM}")


def test_graph_of_a_regression_marks_it(visit, made_site):
    marked = quote("3.1.0-3.2.0")
    page = visit(made_site).open(f"#read.Chunks.time_whole?commits={marked}")
    markings = page.evaluate("$('#main-graph').data('plot').getOptions().grid.markings")
    places = {str(one["xaxis"]["from"]) for one in markings if one["color"] == "#d00"}
    revisions = page.evaluate("['3.1.0', '3.2.0'].map($.asv.get_revision)")
    assert places == set(map(str, revisions))


def _place(page, n: int) -> list[float]:
    """Where the first series' point ``n`` is on the screen."""
    return page.evaluate(
        """n => {
            const plot = $('#main-graph').data('plot');
            const {points, pointsize} = plot.getData()[0].datapoints;
            const [x, y] = points.slice(n * pointsize);
            const point = plot.pointOffset({x, y}), corner = plot.getPlaceholder().offset();
            return [corner.left + point.left, corner.top + point.top];
        }""",
        n,
    )


def test_clicked_point_opens_the_release(visit, made_site):
    visited = visit(made_site)
    page = visited.open("#read.Chunks.time_whole")
    with visited.context.expect_page() as opened:
        page.mouse.click(*_place(page, 0))
    assert opened.value.locator("h1").inner_text() == f"zarr {made_project.VERSIONS[0]}"


def _volumes(site) -> str:
    """What an address says that asks for all volumes that were measured."""
    index = json.loads((site / "html/index.json").read_text())
    return "&".join(f"env-volume={one}" for one in index["params"]["env-volume"])


def test_variable_of_the_environment_reads_as_its_name(visit, made_site):
    page = visit(made_site).open(f"#read.Chunks.time_whole?{_volumes(made_site)}")
    headings = page.locator("#graphdisplay-navigation .panel-heading").all_inner_texts()
    assert "volume" in headings
    assert "volume tomogram" in page.locator("#main-graph .legend").inner_text()
    page = visit(made_site).open("#/summarylist")
    assert "volume" in page.locator("#summarylist-navigation .panel-heading").all_inner_texts()


def _curves(page) -> list[str]:
    """The names of the series that are drawn, once some are."""
    page.wait_for_function("$('#main-graph').data('plot')")
    return page.evaluate("$('#main-graph').data('plot').getData().map(one => one.label)")


def _chosen(page) -> list[str]:
    """The volumes that are chosen beside the graph."""
    panel = page.locator("#graphdisplay-navigation .panel:has(.panel-heading:text-is('volume'))")
    return panel.locator("[aria-pressed=true]").all_inner_texts()


def _wait_until_chosen(page, volumes: list[str]) -> None:
    """asv marks what is chosen, and what a screen reader is told follows a moment later."""
    until(lambda: _chosen(page) == volumes)


@pytest.mark.parametrize("clicks", [["#log-scale"], ["#log-scale", "#even-spacing"]], ids=len)
def test_a_setting_leaves_every_curve(visit, committed_site, clicks):
    visited = visit(committed_site)
    page = visited.page()
    page.clock.install()
    page.goto(f"{visited.address}#read.Chunks.time_whole?{_volumes(committed_site)}")
    page.wait_for_load_state("networkidle")
    page.clock.run_for(1000)
    before = _curves(page)
    assert len(before) > 50
    # What comes from the site comes before what asv has kept, and before what it asked for first.
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))
    page.evaluate("clicks => clicks.forEach(one => document.querySelector(one).click())", clicks)
    page.wait_for_load_state("networkidle")
    page.clock.resume()
    page.wait_for_function(
        "count => $('#main-graph').data('plot').getData().length >= count", arg=len(before)
    )
    page.clock.run_for(1000)
    assert sorted(_curves(page)) == sorted(before)


def test_a_graph_is_of_one_volume_until_others_are_chosen(visit, made_site):
    page = visit(made_site).open("#read.Chunks.time_whole")
    _wait_until_chosen(page, ["phantom-128"])
    few = len(_curves(page))
    for clicked, chosen in (
        ("tomogram", ["phantom-128", "tomogram"]),
        ("phantom-128", ["tomogram"]),
    ):
        page.locator("#graphdisplay-state-params .btn", has_text=clicked).click()
        page.wait_for_function(
            "count => $('#main-graph').data('plot').getData().length === count",
            arg=few * len(chosen),
        )
        _wait_until_chosen(page, chosen)
    again = visit(made_site).open(f"#read.Chunks.time_whole?{_volumes(made_site)}")
    again.locator("#log-scale").click()
    again.wait_for_load_state("networkidle")
    _wait_until_chosen(again, ["phantom-128", "tomogram"])


def test_every_graph_begins_with_a_volume_that_was_measured(committed_site, committed_index):
    measured = {
        (path.stem, part.removeprefix("env-volume-"))
        for path in committed_site.glob("html/graphs/**/*.json")
        if {"branch-main", "measured-plain"} <= set(path.parts)
        for part in path.parts
        if part.startswith("env-volume-")
    }
    first = committed_site / "asv.conf.json"
    main = util.load_json(first, js_comments=True)["matrix"]["env_nobuild"]["volume"][0]
    for name, one in committed_index["benchmarks"].items():
        assert (name, one["volume"]) in measured
        assert one["volume"] == main or (name, main) not in measured


@pytest.mark.parametrize("scale", ["", "&x-axis-scale=date", "&x-axis-scale=even"])
@pytest.mark.parametrize("width", [390, 1280])
def test_names_of_releases_do_not_overlap(visit, committed_site, committed_index, width, scale):
    place = f"#read.Chunks.time_whole?env-volume=phantom-128{scale}"
    page = visit(committed_site, width=width).open(place)
    page.locator("#main-graph canvas.flot-base").wait_for()
    names = page.evaluate(
        """names => [...document.querySelectorAll('#main-graph > div')]
            .filter(one => names.includes(one.textContent.trim()))
            .map(one => [one.getBoundingClientRect(), one.textContent.trim()])
            .map(([{left, right}, name]) => [left, right, name]).sort((a, b) => a[0] - b[0])""",
        list(committed_index["tags"]),
    )
    assert len(names) > 3
    assert all(right <= left for (_, right, _), (left, _, _) in pairwise(names))
    newest = max(committed_index["tags"].items(), key=lambda one: one[1])[0]
    assert names[-1][2] == newest and names[-1][1] <= width


def test_the_legend_of_many_series_stays_in_the_graph(visit, committed_site):
    page = visit(committed_site).open(f"#read.Chunks.time_whole?{_volumes(committed_site)}")
    ends = page.evaluate(
        """() => {
            const plot = $('#main-graph').data('plot'), corner = plot.offset();
            const boxes = [...document.querySelectorAll('#main-graph .legend > *')];
            return [Math.max(...boxes.map(one => one.getBoundingClientRect().bottom)), corner.top + plot.height()];
        }"""
    )
    assert ends[0] < ends[1]


def _tab_to(page, control) -> None:
    """Press Tab until this has the focus."""
    for _ in range(100):
        if control.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("Tab does not lead there")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_settings_of_a_graph_by_keyboard(visit, made_site, key):
    page = visit(made_site).open("#read.Chunks.time_whole")
    log = page.get_by_role("button", name="log scale")
    _tab_to(page, log)
    for state in ("true", "false"):
        page.keyboard.press(key)
        page.locator(f"#log-scale[aria-pressed={state}]").wait_for()
        assert ("y-axis-scale=log" in page.url) == (state == "true")
    volume = page.get_by_role("button", name="tomogram", pressed=False)
    _tab_to(page, volume)
    paper = volume.evaluate("one => getComputedStyle(one).backgroundColor")
    assert paper == log.evaluate("one => getComputedStyle(one).backgroundColor")
    page.keyboard.press(key)
    page.get_by_role("button", name="tomogram", pressed=True).wait_for()
    assert page.evaluate("document.activeElement.textContent") == "tomogram"
    _wait_until_chosen(page, ["phantom-128", "tomogram"])


def test_benchmarks_beside_a_graph_by_keyboard(visit, made_site):
    page = visit(made_site).open("#read.Chunks.time_whole")
    for name in ("footprint", "Chunks"):
        part = page.get_by_role("button", name=name, expanded=False).first
        _tab_to(page, part)
        page.keyboard.press("Enter")
    page.get_by_role("link", name="Files").wait_for()


@pytest.mark.parametrize("place", ["summarylist", "regressions"])
def test_tables_are_ordered_by_keyboard(visit, made_site, place):
    page = visit(made_site).open(f"#/{place}")
    heading = page.locator("th[data-sort]:visible").nth(1)
    _tab_to(page, heading)
    assert heading.get_attribute("aria-sort") == "none"
    for direction in ("ascending", "descending"):
        page.keyboard.press("Enter")
        page.locator(f"th[aria-sort={direction}]:visible", has_text=heading.inner_text()).wait_for()
        assert page.locator("th[aria-sort$=ending]:visible").count() == 1
        assert f"sort=1&dir={direction.removesuffix('ending')}" in page.url


def test_releases_to_choose_from_are_in_order(visit, made_site):
    page = visit(made_site).open("#read.Chunks.time_whole?x-axis=chunks")
    shown = [text.split()[0] for text in page.locator(RELEASES).all_inner_texts()]
    assert shown == list(reversed(made_project.VERSIONS))


def test_bars_are_no_releases(visit, made_site):
    visited = visit(made_site)
    page = visited.open("#read.Chunks.time_whole?x-axis=chunks")
    x, top = _place(page, 1)
    page.mouse.click(x, top + 20)
    value = page.evaluate("$('#main-graph').data('plot').getData()[0].data[1][1]")
    page.locator(".tooltip", has_text=f"{value:.3f}s").wait_for()
    assert len(visited.context.pages) == 1
