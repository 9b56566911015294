"""The Advice page in a browser: that it says what the command says, and that a reader finds the way."""

import csv
import io
import json
import shlex
from itertools import combinations
from urllib.parse import parse_qs, quote

import pytest
from click.testing import CliRunner

from tests.browser.publishing import MODULES, need_modules, publish, resize
from tests.made.history import FILES, MadeHistory
from tomobench.desk.advise.evidence import evidence
from tomobench.desk.cli import tomobench
from tomobench.desk.publish.site import advice_page
from tomobench.desk.releases.lock import line_of

#: What is asked in the address. More is asked of the scripts alone (tests/unit/publish/test_advice.py).
QUESTIONS = [
    {},
    {"use": "archive", "shape": "300x960x928", "dtype": "int8", "storage": "s3"},
    {"use": "xy=10,region-64", "storage": "s3", "latency": "50", "bandwidth": "40", "tomograms": "484"},
    {"use": "pipeline-4", "shape": "128x128x128", "release": "2.18.7", "present": "32x32x32"},
    {"use": "viewer", "ratio": "1.5", "present": "16x16x16/64x64x64", "memory": "300MiB"},
]  # fmt: skip
CHARTS = [{}, {"use": "viewer", "storage": "s3", "present": "64x64x64"}]
WIDTHS = (390, 1280)
ANSWERED = "#advice-results:not([hidden])"


@pytest.fixture(scope="module")
def found(committed_site):
    """The evidence in the committed results."""
    return evidence.load(committed_site)


@pytest.fixture
def advice(visit, committed_site):
    """A function that opens the page with a question in the address, and waits for the answer."""

    def open_(width=1280, answered=True, **choices):
        query = "&".join(f"{name}={quote(value)}" for name, value in choices.items())
        shown = ANSWERED if answered else ""
        return visit(committed_site, width=width).open(f"#/advice?{query}", shown)

    return open_


@pytest.fixture
def plan(committed_site, monkeypatch):
    """A function that runs a command line that the page gives, in the site's project."""
    monkeypatch.chdir(committed_site)

    def run(command: str, form: str) -> str:
        words = [*shlex.split(command)[1:], "--format", form]
        done = CliRunner().invoke(tomobench, words, catch_exceptions=False)
        assert done.exit_code == 0
        return done.stdout

    return run


def state(page) -> dict:
    """What the address says."""
    query = page.evaluate("location.hash").partition("?")[2]
    return {key: values[0] for key, values in parse_qs(query).items()}


def headline(page) -> str:
    return page.locator("#advice-headline").inner_text()


def type_in(page, **fields) -> None:
    """Type into fields, and wait for the answer, or for what is wrong."""
    for name, text in fields.items():
        page.fill(f"[name={name}]", text)
    page.locator(f"{ANSWERED}, .advice-problem").first.wait_for()


@pytest.mark.parametrize("change", advice_page.CHANGES, ids=lambda one: one.old.strip())
def test_asv_has_the_places_that_are_patched(change):
    import asv

    path = advice_page.Path(asv.__file__).parent / "www" / change.file
    assert path.read_text().count(change.old) == change.times


@pytest.mark.parametrize("asked", QUESTIONS, ids=lambda one: " ".join(one.values()) or "default")
def test_the_page_answers_as_the_command_that_it_gives(advice, plan, asked):
    page = advice(**asked)
    command = page.locator("#advice-command").inner_text()
    theirs = json.loads(plan(command, "json"))
    assert headline(page) == theirs["answer"]
    lines = page.locator("#advice-lines li").all_inner_texts()
    assert lines[0] == theirs["reason"] and f"{theirs['writers']}." in lines
    says = theirs.get("current", {"says": []})["says"]
    assert page.locator("#advice-change p").all_inner_texts() == says
    rows = page.locator("#advice-table tbody tr:not(.present) th span").all_inner_texts()
    cuts = [
        one["chunks"] + (f" in {one['shards']}" if one["shards"] != "none" else "")
        for one in theirs["candidates"]
    ]
    assert rows == cuts
    notes = page.locator("#advice-notes li").all_inner_texts()
    assert notes[: len(theirs["notes"])] == theirs["notes"]
    assert (
        page.locator("#advice-script").inner_text().startswith(f"{command} --script convert.py\n")
    )


def test_the_csv_is_the_command_s(advice, plan):
    page = advice(use="xy,region-64", present="64x64x64", storage="s3")
    with page.expect_download() as saved:
        page.click("#advice-csv")
    mine = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    theirs = list(
        csv.DictReader(io.StringIO(plan(page.locator("#advice-command").inner_text(), "csv")))
    )
    assert len(mine) == len(theirs) > 1
    for one, other in zip(mine, theirs):
        assert list(one) == list(other)
        for name, text in one.items():
            assert text == other[name] or float(text) == pytest.approx(float(other[name]), rel=1e-9)


def test_errors_stand_beside_the_numbers_and_ties_are_said(advice):
    page = advice(use="xy,whole")
    row = page.locator("#advice-table tbody tr").first
    assert row.locator("td", has_text="±").count() >= 3  # two accesses and writing
    assert row.locator("abbr[title=modelled]").count()
    assert any(line.startswith(("No difference in time", "Format 2 or 3"))
               for line in page.locator("#advice-lines li").all_inner_texts())  # fmt: skip


@pytest.mark.parametrize(
    "asked", QUESTIONS[:3], ids=lambda one: " ".join(one.values()) or "default"
)
def test_the_answer_is_above_the_fold_and_nothing_is_wider_than_the_page(advice, asked):
    page = advice(width=WIDTHS[0], **asked)
    for width in WIDTHS:
        resize(page, width)
        box = page.locator("#advice-headline").bounding_box()
        assert box["y"] + box["height"] < page.viewport_size["height"] * 0.75, width
        for part in ("document.documentElement", "document.querySelector('#advice-display')"):
            assert page.evaluate(f"{part}.scrollWidth") <= width, part


@pytest.mark.parametrize("asked", CHARTS, ids=lambda one: " ".join(one.values()) or "default")
@pytest.mark.parametrize("across", ["objects", "stored", "memory"])
def test_the_chart_s_labels_do_not_overlap_and_its_axes_are_named(advice, across, asked):
    page = advice(width=WIDTHS[0], across=across, **asked)
    for width in WIDTHS:
        resize(page, width)
        boxes = page.evaluate(
            """() => [...document.querySelectorAll('#advice-chart text')].map(one => {
                const {left, top, right, bottom} = one.getBoundingClientRect();
                return [one.textContent, left, top, right, bottom];
            })"""
        )
        assert len(boxes) > 6
        for (a, *one), (b, *other) in combinations(boxes, 2):
            apart = (
                one[2] <= other[0] + 1
                or other[2] <= one[0] + 1
                or one[3] <= other[1] + 3
                or other[3] <= one[1] + 3
            )
            assert apart, (width, a, b)
        axes = page.locator("#advice-chart .axis").all_text_contents()
        assert len(axes) == 2 and all("(logarithmic)" in one for one in axes), width
        assert page.locator("#advice-chart .best-name").count() == 1, width
        assert max(box[3] for box in boxes) <= width


def test_what_is_typed_is_answered_and_kept_in_the_address(advice):
    page = advice()
    before = headline(page)
    type_in(page, shape="512x512x512", tomograms="484")
    assert headline(page) != before
    page.select_option("[name=storage]", "s3")
    page.locator(ANSWERED).wait_for()
    type_in(page, latency="80", bandwidth="25")
    page.select_option("[name=usual]", "whole")
    page.locator(ANSWERED).wait_for()
    asked = state(page)
    assert asked == {
        "shape": "512x512x512", "tomograms": "484", "storage": "s3", "latency": "80", "bandwidth": "25", "use": "whole",
    }  # fmt: skip
    assert headline(advice(**asked)) == headline(page)


def test_what_is_no_question_has_a_line_beside_the_field_and_no_answer_stands(advice):
    page = advice()
    old = headline(page)
    for name, text, right in (
        ("shape", "184x630", "184x630x630"),
        ("use", "xz=x", "xy"),
        ("ratio", "much", ""),
        ("tomograms", "0", "1"),
        ("present", "64x64", ""),
    ):
        page.fill(f"[name={name}]", text)
        assert page.locator("#advice-results").is_hidden(), name  # at once, before it is answered
        page.locator(".advice-problem").wait_for()
        line = page.locator(".advice-problem").inner_text()
        assert page.locator(f"label:has([name={name}]) .advice-problem").count() == 1, name
        assert line in headline(page) and headline(page) != old and "\n" not in line
        assert page.get_attribute(f"[name={name}]", "aria-invalid") == "true", name
        assert page.locator("#advice-lines li, #advice-change p").count() == 0, name
        type_in(page, **{name: right})
        page.locator(ANSWERED).wait_for()
        assert headline(page) == old and page.locator(".advice-problem").count() == 0, name


def test_where_no_layout_is_left_the_reasons_are_the_answer(advice):
    page = advice(answered=False, objects="1")
    page.locator("#advice-headline", has_text="No layout is left").wait_for()
    assert "more than 1 objects" in headline(page) and page.locator("#advice-results").is_hidden()


def test_readers_leave_layouts_out_with_the_reason(advice):
    page = advice(readers="copick", format="2", storage="disk")
    assert page.get_by_label("copick", exact=True).is_checked()
    notes = page.locator("#advice-notes li").all_inner_texts()
    assert any(line.startswith("left out, format 3") for line in notes)


def test_an_upgrade_is_checked_for_the_present_layout(advice, committed_site):
    page = advice(present="64x64x64", **{"from": "2.18.7", "to": "3.4.2"})
    rows = page.locator("#advice-changes tbody tr")
    rows.first.wait_for()
    names = page.locator("#advice-changes tbody th").all_inner_texts()
    assert names[:4] == ["opening", "an XY slice", "all of it", "writing it"] and names[
        4
    ].startswith("memory of reading all")
    assert "64×64×64, format 2, the present layout" in page.locator("#advice-of").inner_text()
    avoid = json.loads((committed_site / "html/advice/0/avoid.json").read_text())
    worse = sum(len(one["worse"]) for name, one in avoid.items() if not name.startswith("2.18"))
    assert page.locator("#advice-avoid .worse").count() == worse > 0
    assert "parallel writers" in page.locator("#advice-avoid li").last.inner_text()
    page.select_option("#advice-to", "3.1.0")
    page.locator("#advice-avoid .wrong").first.wait_for()
    assert page.locator("#advice-avoid .wrong").count() == len(avoid["3.1.0"]["wrong"])
    page.select_option("#advice-to", "3.4.2")
    page.select_option("#advice-from", "3.4.2")
    page.locator("#advice-verdict", has_text="No difference beyond the noise").wait_for()
    assert page.locator("#advice-changes .worse, #advice-avoid .worse").count() == 0
    assert state(page)["from"] == "3.4.2"


@pytest.mark.committed
def test_of_a_release_that_was_compared_with_none_nothing_is_said_to_be_fine(
    advice, committed_site
):
    avoid = json.loads((committed_site / "html/advice/0/avoid.json").read_text())
    known = {name: one for name, one in avoid.items() if name != "3.4.2"}
    # A wheel of one's own between the two is no part of an upgrade.
    known["3.3.0"] = {**known["3.3.0"], "own": True}
    page = advice(**{"from": "3.2.1", "to": "3.4.2"})
    page.locator("#advice-avoid li", has_text="parallel writers").wait_for()
    page.route("**/avoid.json*", lambda route: route.fulfill(json=known))
    page.reload()
    page.locator("#advice-avoid li", has_text="zarr 3.4.2: not compared").wait_for()
    page.select_option("#advice-to", "3.2.1")
    page.select_option("#advice-from", "3.4.2")
    page.locator("#advice-avoid li", has_text="zarr 3.4.2: not compared").wait_for()
    page.select_option("#advice-from", "3.2.1")
    page.select_option("#advice-to", "3.4.1")
    page.locator("#advice-avoid li", has_text="parallel writers").wait_for()
    told = page.locator("#advice-avoid").inner_text()
    assert "zarr 3.3.0" not in told and "not compared" not in told
    assert known["3.3.0"]["worse"]


@pytest.mark.committed
def test_the_upgrade_that_nobody_asked_for_is_of_releases_that_can_be_compared(advice):
    page = advice()
    page.locator("#advice-changes tbody tr").nth(4).wait_for()
    verdict = page.locator("#advice-verdict").inner_text()
    assert verdict.startswith("No difference beyond the noise") and "can’t" not in verdict
    assert page.locator("#advice-changes .worse, #advice-changes .better").count() == 0
    # 3.4.1 was not timed over S3, and 2.18.7 was.
    far = advice(storage="s3", present="64x64x64")
    far.locator("#advice-changes tbody tr").nth(4).wait_for()
    assert far.input_value("#advice-from") == "2.18.7"
    none = advice(storage="s3", present="64x64x64/128x128x128,3")
    none.locator("#advice-verdict", has_text="times over S3 can’t be compared").wait_for()
    names = none.locator("#advice-changes tbody th").all_inner_texts()
    assert not {"an XY slice", "all of it", "writing it"} & set(names)


def test_an_upgrade_of_a_layout_that_a_release_cannot_have_says_so(advice):
    page = advice(present="32x32x32/64x64x64", **{"from": "2.18.7"})
    page.locator("#advice-verdict", has_text="zarr 2.18.7 has no such store").wait_for()
    assert page.locator("#advice-changes tr").count() == 0


def test_the_address_can_be_shared_and_nonsense_does_no_harm(advice):
    page = advice(use="yz", storage="s3", latency="50", release="2.18.7", format="2")
    assert (
        page.input_value("[name=usual]") == "yz"
        and page.locator("#advice-more").get_attribute("open") is not None
    )
    nonsense = advice(
        answered=False, use="xy=-1,<b>", dtype="x", release="9", shape="1", readers='">', across="z"
    )
    nonsense.locator(".advice-problem").first.wait_for()
    assert nonsense.input_value("[name=dtype]") == "float32"
    assert nonsense.input_value("#advice-across") == "objects"


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


def test_release_pages_link_here(visit, committed_site, found):
    page = visit(committed_site).open(f"release/{found.tips()['3']}/")
    page.get_by_role("link", name="Advice", exact=True).click()
    page.locator("#advice-headline b").wait_for()
    assert line_of(found.tips()["3"]) == line_of(page.input_value("[name=release]"))


def test_without_times_there_is_no_page(tmp_path):
    need_modules()
    made = MadeHistory(tmp_path / "made")
    made.series(FILES, [5, 5])
    made.save()
    (made.root / "node_modules").symlink_to(MODULES)
    assert "no Advice page" in publish(made.root)
    assert "advice.js" not in (made.root / "html/index.html").read_text()
