"""tomobench explain on wheels with known changes, on both lines and across them, and what it refuses."""

import csv
import json
import re
from collections import Counter

import pytest

from studies.proof.project import newest
from tests import REPOSITORY
from tomobench.desk.releases import lock, repack

FINE, COARSE = "16×16×16", "64×64×64"
"""The small volume in 36 chunks, where calls show, and in one that holds it, where a copy of a chunk does."""

CHUNKS = 36
COUNTED = rf"^counts\.Chunks\.track_function_starts\(.*, {COARSE}, 2\)$"


def reads(format_: str) -> str:
    """Whole reads in both layouts, as a regular expression."""
    return rf"^counts\.Chunks\.track_function_starts\(read whole, ({FINE}|{COARSE}), {format_}\)$"


EXTRA = """

def _extra():
    pass


_quick_decode = {owner}.{method}


def _decode_twice(self, *args, **kwargs):
    _extra()
    found = _quick_decode(self, *args, **kwargs)
    return {copy}


{owner}.{method} = _decode_twice
"""
"""One call more for each chunk, and a second copy of it."""

COPIED = "type(found).from_ndarray_like(found.as_ndarray_like().copy())"
#: What is replaced in which file, and what is added to its end: a function renamed, a cache taken away.
CHANGES = {
    "3": {
        "zarr/codecs/blosc.py": [(r"@cached_property", "@property")],
        "zarr/storage/_local.py": [(r"\b_get\b", "_get_it")],
        "zarr/codecs/bytes.py": [
            (r"\Z", EXTRA.format(owner="BytesCodec", method="_decode_sync", copy=COPIED))
        ],
    },
    "2.18": {
        "zarr/storage.py": [(r"\b_fromfile\b", "_from_that_file")],
        "zarr/core.py": [
            (r"if not self\._cache_metadata:", "if self._load_metadata() is None:"),
            (r"\Z", EXTRA.format(owner="Array", method="_decode_chunk", copy="found.copy()")),
        ],
    },
}
BASES = {"3": newest(REPOSITORY).version, "2.18": "2.18.7"}


@pytest.fixture(scope="module")
def changed(tmp_path_factory):
    """The changed wheel of each line."""
    folder = tmp_path_factory.mktemp("wheels")
    found = {}
    for line, changes in CHANGES.items():
        release = lock.load(REPOSITORY).find(BASES[line])
        version = f"{release.version}+changed"
        files = repack.renamed(
            repack.files_of(repack.download(release, folder)), release.version, version
        )
        for name, replaced in changes.items():
            text = files[name].decode()
            for old, new in replaced:
                assert re.search(old, text), f"{release.version} has no {old} in {name}"
                text = re.sub(old, lambda found, new=new: new, text)
            files[name] = text.encode()
        found[line] = repack.write(files, version, folder)
    return found


@pytest.fixture(scope="module")
def project(make_project, tmp_path_factory):
    return make_project(tmp_path_factory.mktemp("explain") / "project")


def explained(project, *words) -> list[dict]:
    """The rows of the command as CSV."""
    said = project.run("tomobench", "explain", *words, "--format", "csv").stdout
    # What is said on stderr stands around them.
    table = said[said.index("access,layout,") :].splitlines()
    return list(csv.DictReader(line for line in table if not line.startswith("tomobench:")))


def rows_of(rows, what, layout):
    return {row["name"]: row for row in rows if row["what"] == what and row["layout"] == layout}


def told(row) -> tuple[str, ...]:
    return row["difference"], row["per"], row["mark"]


def test_an_extra_call_a_lost_cache_a_second_copy_and_a_new_name_on_line_3(project, changed):
    rows = explained(project, BASES["3"], changed["3"], "--benchmark", reads("3"))
    functions = rows_of(rows, "function", FINE)
    assert told(functions["_extra"]) == (str(CHUNKS), "+1 a chunk", "new")
    assert functions["_extra"]["file"] == "zarr/codecs/bytes.py"
    assert told(functions["_get_it"]) == ("0", "", "renamed")
    assert functions["_get_it"]["was"] == "zarr/storage/_local.py _get"
    # Once for an array that is opened, before; now once for a chunk.
    lost = functions["BloscCodec._blosc_codec"]
    assert (lost["before"], lost["after"]) == ("1", str(CHUNKS))
    held = rows_of(rows, "bytes at the peak", COARSE)["_decode_twice"]
    assert held["file"] == "zarr/codecs/bytes.py" and int(held["difference"]) >= 4 * 64**3
    assert not [row for row in rows if row["what"].startswith("request")]


def test_the_same_on_line_2_18_where_a_lost_cache_is_a_request_too(project, changed):
    rows = explained(project, BASES["2.18"], changed["2.18"], "--benchmark", reads("2"))
    fine, coarse = f"{FINE}, format 2", f"{COARSE}, format 2"
    assert {row["layout"] for row in rows} == {fine, coarse}
    functions = rows_of(rows, "function", fine)
    assert told(functions["_extra"]) == (str(CHUNKS), "+1 a chunk", "new")
    renamed = functions["DirectoryStore._from_that_file"]
    assert renamed["mark"] == "renamed" and renamed["was"].endswith("DirectoryStore._fromfile")
    assert int(functions["Array._load_metadata"]["difference"]) > 0
    requests = {row["file"]: row for row in rows if row["what"] == "request"}
    assert (requests[".zarray"]["name"], requests[".zarray"]["mark"]) == ("get", "new")
    held = rows_of(rows, "bytes at the peak", coarse)["_decode_twice"]
    assert int(held["difference"]) >= 4 * 64**3


@pytest.mark.dear
def test_listed_differences_add_up_to_the_count_that_is_recorded_also_across_lines(
    project, changed
):
    new = changed["3"]
    project.here("releases", "add", new)
    wheel = f"{BASES['3']}+changed"
    for release in (BASES["2.18"], wheel):
        project.run("asv", "run", release, "--bench", COUNTED)
    counts = {release: recorded(project, release) for release in (BASES["2.18"], wheel)}
    rows = explained(project, BASES["2.18"], new, "--benchmark", COUNTED)
    listed = Counter()
    for row in rows:
        if row["what"] in ("function", "other packages"):
            listed[row["access"]] += int(row["difference"])
    # What 2.18 can't do has no count.
    before, after = counts[BASES["2.18"]], counts[wheel]
    assert listed == {access: after[access] - before[access] for access in before}
    assert {"new", "vanished"} <= {row["mark"] for row in rows}
    project.here("releases", "remove", wheel)


def recorded(project, release) -> dict[str, float]:
    """What counts recorded: function starts by access."""
    said = project.here("releases", "show", release).stdout
    digest = re.search(r"hash +(\S+)", said)[1]
    (path,) = (project.folder / "results/local-test").glob(f"{digest}-*.json")
    found = json.loads(path.read_text())["results"]["counts.Chunks.track_function_starts"]
    values, (accesses, chunks, formats) = found[0], found[1]
    names = [(a, c, f) for a in accesses for c in chunks for f in formats]
    return {
        access: value
        for (access, chunk, format_), value in zip(names, values)
        if (chunk, format_) == (COARSE, "2") and value == value and value is not None
    }


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["9.9.9", "3.4.2"], "no zarr release is called '9.9.9'"),
        (["3.4.2", "missing.whl"], "missing.whl cannot be read: No such file"),
        (["3.4.2", "3.4.2"], "3.4.2 and 3.4.2 are one wheel: there is nothing to explain"),
        (["3.4.2"], "name two releases, A and B, or --facts"),
        (["2.18.7", "3.4.2", "--benchmark", "no such"], "no benchmark is found by 'no such'"),
        (
            ["2.18.7", "3.4.2", "--benchmark", rf"counts\.Shards.*read whole, {COARSE}, none"],
            "nothing to explain: n/a in 2.18.7: zarr 2.18 has no Zarr format 3",
        ),
        (["2.18.7", "3.4.2", "--all", "--benchmark", "x"], "--all and --benchmark both say"),
        (["2.18.7", "3.4.2", "--machine", "x"], "--machine says whose history --facts explains"),
        (["2.18.7", "3.4.2", "--facts"], "--facts takes a range of releases"),
        (["2.18.7", "3.4.2", "--benchmark", "("], "'(' is no regular expression"),
    ],
)
def test_what_cant_be_explained_is_refused_in_one_line(project, words, said):
    done = project.here("explain", *words, ok=False)
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("tomobench: ") and said in last


@pytest.mark.dear
def test_what_one_side_has_not_is_left_out_and_said(project):
    done = project.run("tomobench", "explain", "2.18.7", BASES["3"], "--benchmark", reads("(2|3)"))
    assert (
        "tomobench: left out: 2 cells n/a in 2.18.7: zarr 2.18 has no Zarr format 3" in done.stdout
    )
    assert done.stdout.count("function starts") == 1
