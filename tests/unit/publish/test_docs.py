"""README and docs/: what their queries give, and nothing else."""

import re
from pathlib import Path

import pytest
from packaging.version import Version

from studies.documents.__main__ import functions
from tests import REPOSITORY
from tomobench.bench import calls
from tomobench.desk.errors import UserError
from tomobench.desk.publish.docs import documents


@pytest.fixture(scope="module")
def asks():
    """All that a template may ask, of the committed results."""
    return functions(REPOSITORY)


@pytest.fixture
def folder(tmp_path):
    """A folder for templates."""
    (tmp_path / documents.TEMPLATES).mkdir(parents=True)
    return tmp_path


def template(folder: Path, text: str, name: str = "page.md") -> Path:
    """Write a template; its path from the folder."""
    path = documents.TEMPLATES / name
    (folder / path).write_text(text, encoding="utf-8")
    return path


@pytest.mark.committed
@pytest.mark.parametrize("document", documents.templates(REPOSITORY), ids=str)
def test_a_document_is_what_its_queries_give(document, asks):
    written = (REPOSITORY / document).read_text(encoding="utf-8")
    made = documents.rendered(REPOSITORY, documents.templates(REPOSITORY)[document], asks)
    assert written == made, f"{document} is out of date: make docs"


def test_every_document_has_a_template():
    pages = {path.relative_to(REPOSITORY) for path in (REPOSITORY / "docs").glob("*.md")}
    assert {*pages, Path("README.md")} == {*documents.templates(REPOSITORY)}


@pytest.mark.parametrize("document", documents.templates(REPOSITORY), ids=str)
def test_every_path_that_a_document_names_is_there(document):
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:src|benchmarks|studies|tests|tools|docs)/[\w./-]*\w", text))
    linked = set(re.findall(r"\]\((?!https?:)([^)#]+)", text))
    gone = [one for one in named if not (REPOSITORY / one).exists()]
    gone += [one for one in linked if not (REPOSITORY / document.parent / one).exists()]
    assert gone == []


@pytest.mark.committed
@pytest.mark.parametrize(
    "query",
    [
        'cell("read.Chunks.time_whole(7×7×7, 2)", "3.4.2")',
        'cell("read.Chunks.time_whole(64×64×64, 2)", "3.4.2", "no-such-volume")',
        'cell("read.Chunks.time_whole(64×64×64, 2)", "9.9.9")',
        'raced("read.Chunks.time_whole(16×16×16, 2)", "3.4.1", "3.4.2")',
        'values("read[.]NoSuch.*", releases())',
        'values("read[.]Chunks[.]time_.*", ["3.4.2", "3.0.1"])',
        'releases("4")',
        'table("no/such.csv")',
        'row("reference/proof/table-power.csv", renewals=11)',
        'row("reference/proof/table-power.csv", renewals=10)',
        'row("reference/proof/table-power.csv", renewal=10)',
        'cost("7×7×7", "read XY slice", "3.4.2")',
        'took("nothing")',
        'failed("nothing", "3.4.2")',
        'losing("nothing")',
        'broken_by("3.4.2")',
        'calls_changed(["3.4.2"])',
        'pinned("nothing", "desk")',
        'spread("3.4.1")',
        'model_error("3.4.1", "layers", false)',
        'claim("a claim that nobody made")',
        "no_such_query()",
    ],
)
def test_a_query_that_finds_nothing_names_the_document_and_itself(query, asks, folder, refused):
    page = template(folder, f"First line.\n\nTimes: {{{{ {query} }}}} s.\n")
    said = refused(documents.rendered, folder, page, asks)
    assert said.startswith("docs/templates/page.md:3: ")
    assert query in said


@pytest.mark.committed
def test_releases_that_lose_are_listed_with_those_that_were_yanked(asks):
    pattern = "correctness.Shards.track_wrong_voxels.by create_array with data, .*"
    losing = asks["losing"](pattern)
    assert losing == sorted(losing, key=Version)
    for release in {*asks["releases"]("3"), *asks["yanked"]()} - {
        "3.0.0",
        "3.0.1",
    }:  # which have no such call
        assert (release in losing) == any(asks["values"](pattern, [release])), release


@pytest.mark.committed
def test_a_call_that_a_release_broke_worked_before_and_raises_in_it(asks):
    broken = asks["broken_by"]("3.3.0")
    assert {asks["outcome"](one, "3.2.1") for one in broken} == {calls.WORKED}
    assert {asks["outcome"](one, "3.3.0") for one in broken} == {calls.RAISED}
    still = asks["broken_by"]("3.3.0", "3.4.2")
    assert {*still} == {one for one in broken if asks["outcome"](one, "3.4.2") == calls.RAISED}
    assert {*broken} <= {*asks["calls_changed"](["3.2.1", "3.3.0"])}


def test_a_template_that_is_no_template_is_one_line(folder, refused):
    page = template(folder, "\n{{ 1 + }\n")
    assert refused(documents.rendered, folder, page, {}).startswith("docs/templates/page.md:2: ")


def test_nothing_is_written_when_one_query_finds_nothing(folder):
    template(folder, "{{ figure }}\n", "a.md")
    template(folder, "{{ missing }}\n", "b.md")
    (folder / "docs" / "a.md").write_text("as it was\n")
    with pytest.raises(UserError):
        documents.write(folder, {"figure": 7}, print)
    assert (folder / "docs" / "a.md").read_text() == "as it was\n"


def test_a_document_is_stale_when_a_figure_or_a_hand_changed_it(folder):
    template(folder, "{{ figure }} s\n", documents.README)
    documents.write(folder, {"figure": 7}, lambda line: None)
    assert (folder / documents.README).read_text().endswith("7 s\n")
    assert list(documents.stale(folder, {"figure": 7})) == []
    assert list(documents.stale(folder, {"figure": 8})) == [Path(documents.README)]
    (folder / documents.README).write_text("7 s\n")
    assert list(documents.stale(folder, {"figure": 7})) == [Path(documents.README)]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("{{ 0.01234|ms }}", "12"),
        ('{{ 1234.5|f(",.1f") }}', "1,234.5"),
        ("{{ 0.355|percent }}", "36"),
        ("{{ [3, 1, 2]|span }}", "1 to 3"),
        ('{{ [0.0011, 0.0012]|span(".0f", 1e3) }}', "1"),
        ("{{ [2, 3]|factor }}", "1.50"),
        ("{{ 1234.5|figures }}", "1,234"),
        ("{{ 22.4|figures }} {{ 4.62|figures }} {{ 0.963|figures }}", "22 4.6 0.96"),
        ("{{ 1.0|figures(3) }}", "1.00"),
        ("{{ 99.7|figures }} {{ 99.4|figures }}", "100 99"),
        ('{{ "12/18"|pairs }}', "12 times of 18"),
    ],
)
def test_a_number_is_written_as_its_filter_says(written, expected, folder):
    page = template(folder, written)
    assert documents.rendered(folder, page, {}).splitlines()[-1] == expected
