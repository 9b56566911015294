"""The Advice page in a browser: that it says what the ranking says, and that a reader finds the way."""

import itertools
import json
import random
import re
from urllib.parse import parse_qs, quote

import pytest

from tests.browser.publishing import MODULES, need_modules, publish
from tests.made.history import FILES, MadeHistory
from tomobench.bench.layout import Layout
from tomobench.desk.advise.evidence import evidence, use
from tomobench.desk.advise.plan import candidates, reasons, snippets
from tomobench.desk.publish.site import advice_data, advice_page
from tomobench.desk.releases.lock import line_of

#: What is asked in the address, and the same question to the ranking.
QUESTIONS = [
    {},
    {"use": "xz"},
    {"use": "region-96", "volume": "128×128×128"},
    {"use": "whole", "line": "2.18"},
    {"use": "archive", "format": "3"},
    {"use": "xy=10,yz=1,whole=0.5", "place": "s3-20"},
    {"use": "region-64", "place": "s3-100", "format": "2"},
    {"use": "xy", "place": "s3-1", "volume": "192×320×320", "line": "2.18"},
]


@pytest.fixture(scope="module")
def found(committed_site):
    """The evidence in the committed results."""
    return evidence.load(committed_site)


@pytest.fixture(scope="module")
def data(committed_site):
    """What the page was given."""
    return json.loads((committed_site / "html/advice/0.json").read_text())


@pytest.fixture
def advice(visit, committed_site):
    """A function that opens the page with choices in the address."""

    def open_(width=1280, **choices):
        query = "&".join(f"{name}={quote(value)}" for name, value in choices.items())
        page = visit(committed_site, width=width).open(f"#/advice?{query}")
        page.locator("#advice-headline b, #advice-left-out li").first.wait_for()
        return page

    return open_


def state(page) -> dict:
    """What the address says."""
    query = page.evaluate("location.hash").partition("?")[2]
    return {key: values[0] for key, values in parse_qs(query).items()}


def ranking(
    found, volume="184×630×630", use_="xy", place="disk", line="3", format_=None, readers=()
):
    """The ranking's own answer."""
    question = candidates.Question(
        shape=tuple(map(int, volume.split("×"))),
        use=use.parse(use_),
        release=found.tips()[line],
        storage=next(one.storage for one in advice_data.PLACES if one.key == place),
        dtype=advice_data.DTYPE,
        formats=(int(format_),) if format_ else (2, 3),
        readers=readers,
    )
    return candidates.rank(question, found)


def said(layout: Layout) -> str:
    shards = f" in shards of {'×'.join(map(str, layout.shards))}" if layout.shards else ""
    return (
        f"chunks of {'×'.join(map(str, layout.chunks))}{shards}, Zarr format {layout.zarr_format}"
    )


def shown(page) -> list[str]:
    """The layouts of the table, in order."""
    buttons = page.locator("#advice-table tbody th button")
    return [buttons.nth(n).get_attribute("title") for n in range(buttons.count())]


@pytest.mark.parametrize("change", advice_page.CHANGES, ids=lambda one: one.old.strip())
def test_asv_has_the_places_that_are_patched(change):
    import asv

    path = advice_page.Path(asv.__file__).parent / "www" / change.file
    assert path.read_text().count(change.old) == change.times


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda one: " ".join(one.values()) or "default")
def test_the_page_ranks_as_the_plan_does(advice, found, asked):
    page = advice(**asked)
    words = {"use": "use_", "format": "format_"}
    answer = ranking(found, **{words.get(name, name): value for name, value in asked.items()})
    expected = [said(one.layout) for one in answer.candidates]
    assert shown(page) == expected
    assert page.locator("#advice-headline b").inner_text() == expected[0]
    front = [said(one.layout) for one in answer.candidates if one.front]
    rows = page.locator("#advice-table tbody tr.front th button")
    assert [rows.nth(n).get_attribute("title") for n in range(rows.count())] == front


def test_figures_carry_how_they_were_got(advice, data):
    page = advice(volume="128×128×128")
    best = shown(page)[0]
    (row,) = [
        row for row in data["answers"]["128×128×128|3|disk"]["rows"] if said_of(data, row) == best
    ]
    value, how = row["accesses"]["xy"][2]
    assert how == "measured"
    text = page.locator("#advice-figures dd").first.inner_text()
    assert text == f"{data['marks'][how]}{reasons.time_said(value)}"
    assert page.locator("#advice-figures abbr").first.get_attribute("title") == "measured"
    modelled = advice()
    marks = modelled.locator("#advice-figures abbr[title=modelled]")
    assert marks.count() and marks.first.inner_text() == data["marks"]["modelled"]


def said_of(data, row) -> str:
    one = data["layouts"][row["layout"]]
    return said(
        Layout(
            tuple(one["chunks"]), one["shards"] and tuple(one["shards"]), zarr_format=one["format"]
        )
    )


def test_readers_leave_layouts_out_with_the_reason(advice):
    page = advice()
    assert page.locator("#advice-left-out li").count() == 0
    page.get_by_label("zarr-2.18").check()
    assert all(layout.endswith("format 2") for layout in shown(page))
    reason = page.locator("#advice-left-out li").first.inner_text()
    assert "(format 3)" in reason and "zarr-2.18 2.18.7 can't open it: " in reason
    page.select_option("[name=format]", "3")
    assert page.locator("#advice-headline").inner_text() == "No layout is left by these choices."
    assert state(page)["readers"] == "zarr-2.18"


def test_a_mix_is_weighed(advice):
    page = advice()
    assert not page.locator("#advice-weights").is_visible()
    page.select_option("[name=use]", "mixed")
    for name, weight in (
        ("xy", "10"),
        ("whole", "1"),
        ("xz", "0"),
        ("yz", "0"),
        ("region-64", "0"),
    ):
        page.fill(f"#advice-weights [name={name}]", weight)
    page.fill("#advice-weights [name=region-96]", "0")
    page.locator("#advice-weights [name=region-96]").blur()
    assert state(page)["use"] == "xy=10,whole=1"
    order = shown(page)
    again = advice(use="xy=10,whole=1")
    assert shown(again) == order
    assert again.input_value("#advice-weights [name=xy]") == "10"


def test_tomograms_multiply_what_is_stored(advice):
    page = advice(tomograms="484")
    one = page.locator("#advice-table tbody tr").first.locator("td").nth(5).inner_text()
    all_ = (
        page.locator("#advice-figures div", has_text="objects, 484 tomograms")
        .locator("dd")
        .inner_text()
    )
    assert int(all_.replace(",", "")) == 484 * int(one.replace(",", ""))


def test_the_script_is_the_one_that_the_tests_run(advice):
    page = advice(line="2.18", use="xy")
    page.locator("#advice-code summary").click()
    page.locator("#advice-code pre", has_text="import zarr").wait_for()
    numbers = re.findall(r"\d+", page.locator("#advice-headline b").inner_text())
    layout = Layout(tuple(map(int, numbers[:3])))
    expected = snippets.code(layout, "2.18", advice_data.TOMOGRAM, advice_data.DTYPE)
    assert page.locator("#advice-code pre").text_content() == expected


def test_the_front_is_drawn_and_chosen_from_by_keyboard(advice):
    page = advice()
    points = page.locator("#advice-chart g[data-layout]")
    assert points.count() == page.locator("#advice-table tbody tr").count()
    assert page.locator("#advice-chart .best").count() == 1
    assert page.locator("#advice-chart .edge").get_attribute("d").count("L") > 0
    other = page.locator("#advice-chart g[data-layout='1']")
    other.focus()
    page.keyboard.press("Enter")
    second = shown(page)[1]
    assert page.locator("#advice-headline b").inner_text() == second
    assert "times the time of" in page.locator("#advice-reason").inner_text()
    assert page.evaluate("document.activeElement.dataset.layout") == "1"
    shared = state(page)
    assert advice(**shared).locator("#advice-headline b").inner_text() == second
    page.get_by_role("button", name="Back to the best").click()
    assert "layout" not in state(page)


def test_the_chart_can_show_stored_bytes(advice):
    page = advice()
    before = page.locator("#advice-chart svg").get_attribute("aria-label")
    page.select_option("#advice-across", "stored")
    after = page.locator("#advice-chart svg").get_attribute("aria-label")
    assert before.endswith("against objects a tomogram") and after.endswith(
        "against stored bytes a tomogram"
    )
    assert state(page)["across"] == "stored"


def test_every_leaf_of_the_tree_is_the_winner_there(advice, found):
    page = advice()
    leaves = page.locator("#advice-tree .leaf")
    assert leaves.count() > 2
    for n in range(leaves.count()):
        leaf = leaves.nth(n).inner_text()
        leaves.nth(n).click()
        assert page.locator("#advice-table tbody th button").first.inner_text() == leaf


def test_a_tree_leads_from_every_choice_to_its_outcome(advice):
    page = advice()
    draw = random.Random(7)
    attributes = {"a": list("123"), "b": list("xy"), "c": list("pqrs")}
    choices = [dict(zip(attributes, values)) for values in itertools.product(*attributes.values())]
    for outcomes in ("A", "AB", "ABC"):
        table = {"".join(one.values()): draw.choice(outcomes) for one in choices}
        grown = page.evaluate(
            "([attributes, table]) => window.tomobenchTree(attributes, one => table[one.a + one.b + one.c])",
            [attributes, table],
        )
        for one in choices:
            assert walk(grown, one) == table["".join(one.values())]
        assert (grown["leaves"] == 1) == (len(set(table.values())) == 1)


def walk(node, choice) -> str:
    while "attribute" in node:
        value = choice[node["attribute"]]
        (node,) = [one["tree"] for one in node["branches"] if value in one["values"]]
    return node["outcome"]


def test_the_address_can_be_shared_and_nonsense_does_no_harm(advice):
    page = advice(use="yz", place="s3-50", line="2.18", format="2", readers="zarrita,zarrs")
    assert [page.input_value(f"[name={name}]") for name in ("use", "place", "line")] == [
        "yz",
        "s3-50",
        "2.18",
    ]
    assert page.get_by_label("zarrs").is_checked() and page.get_by_label("zarrita").is_checked()
    nonsense = advice(
        use="xy=-1,<b>", place="x", line="9", volume="1", tomograms="-3", readers='">', layout="z"
    )
    assert shown(nonsense) and nonsense.input_value("[name=tomograms]") == "1"


def test_other_pages_hide_this_one(advice):
    page = advice()
    for name in ("Benchmark grid", "Releases", "Regressions"):
        if name != "Releases":
            page.get_by_text("asv’s pages").click()
        page.get_by_role("link", name=name, exact=True).click()
        page.locator("#advice-display").wait_for(state="hidden")
        page.get_by_role("link", name="Advice", exact=True).click()
        page.locator("#advice-display").wait_for(state="visible")
        assert not page.locator("#releases-display").is_visible()
    assert page.locator("#nav-li-advice.active").count() == 1


def test_fits_a_phone(advice):
    page = advice(width=360)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.evaluate("document.querySelector('#advice-display').scrollWidth") <= 360
    assert (
        page.evaluate("document.querySelector('#advice-chart svg').getBoundingClientRect().right")
        <= 360
    )


def test_release_pages_link_here(visit, committed_site, found):
    page = visit(committed_site).open(f"release/{found.tips()['3']}/")
    page.get_by_role("link", name="Advice", exact=True).click()
    page.locator("#advice-headline b").wait_for()
    assert line_of(found.tips()["3"]) == page.input_value("[name=line]")


def test_without_times_there_is_no_page(tmp_path):
    need_modules()
    made = MadeHistory(tmp_path / "made")
    made.series(FILES, [5, 5])
    made.save()
    (made.root / "node_modules").symlink_to(MODULES)
    assert "no Advice page" in publish(made.root)
    assert "advice.js" not in (made.root / "html/index.html").read_text()
