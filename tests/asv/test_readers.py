"""``tomobench readers``, and what the planner asks of its table."""

import csv
import shutil

import pytest

from tomobench.bench.layout import Codec, Layout
from tomobench.desk.advise.readers import verdicts as readers
from tomobench.desk.advise.readers.runs import Reader, keep_earlier, tried
from tomobench.desk.advise.readers.verdicts import NOT_RUN, Trial
from tomobench.desk.errors import UserError
from tomobench.drivers import readers as stores


@pytest.fixture(scope="module")
def ran(make_project, tmp_path_factory, request):
    """A project in which the command was run, and what it printed."""
    project = make_project(tmp_path_factory.mktemp("readers") / "project")
    modules = request.config.rootpath / "node_modules"
    if modules.is_dir():
        (project.folder / "node_modules").symlink_to(modules)
    return project, project.run("tomobench", "readers").stdout


def rows_of(project, reader):
    with (project.folder / readers.FILE).open(newline="") as file:
        return [row for row in csv.DictReader(file) if row["reader"] == reader]


def verdicts(project, reader, writer="3"):
    return {
        r["layout"]: r["verdict"]
        for r in rows_of(project, reader)
        if r["written_by"].startswith(writer)
    }


def test_every_reader_is_tried_on_every_kind(ran):
    project, _ = ran
    for reader in readers.READERS:
        # 2.18 writes format 2 with nine codecs, and with the other separator.
        assert len(verdicts(project, reader, "2.18")) == 10
        assert set(verdicts(project, reader, "3.")) == {str(kind) for kind in stores.kinds()}


def test_zarr_reads_what_it_writes_and_218_no_format_3(ran):
    project, _ = ran
    assert set(verdicts(project, "zarr-3").values()) == {stores.READS}
    assert set(verdicts(project, "zarr-3", "2.18").values()) == {stores.READS}
    for layout, verdict in verdicts(project, "zarr-2.18").items():
        assert verdict == (stores.READS if layout.startswith("format 2") else stores.REFUSES)


def test_tensorstore_refuses_zstd_of_218(ran):
    project, printed = ran
    found = verdicts(project, "tensorstore", "2.18")
    assert [layout for layout, verdict in found.items() if verdict != stores.READS] == [
        "format 2, zstd"
    ]
    assert "checksum" in printed


def test_zarrs_decodes_itself(ran):
    project, _ = ran
    rows = rows_of(project, "zarrs")
    assert {row["version"] for row in rows} == {"0.2.3"}
    assert not any("decoded by" in row["reason"] for row in rows)
    assert sum(row["verdict"] == stores.READS for row in rows) > 20


@pytest.mark.skipif(not shutil.which("node"), reason="no node on PATH")
def test_zarrita_reads_what_vizarr_shows(ran):
    project, _ = ran
    if not (project.folder / "node_modules").exists():
        pytest.skip("no libraries in node_modules: npm ci --ignore-scripts installs them")
    assert verdicts(project, "zarrita")["format 2, blosc-zstd shuffle"] == stores.READS
    assert verdicts(project, "zarrita")["format 3, sharded, blosc-zstd shuffle"] == stores.READS


def test_the_table_can_be_shown_again(ran):
    project, printed = ran
    shown = project.run("tomobench", "readers", "--show").stdout
    assert shown.strip() and shown.strip() in printed
    assert "✓" in shown and "✗" in shown


def test_no_reason_names_this_machine(ran):
    project, _ = ran
    text = (project.folder / readers.FILE).read_text()
    assert str(project.folder.parent) not in text and "/tmp" not in text


@pytest.mark.dear
def test_without_node_zarrita_is_not_run_and_earlier_verdicts_stay(ran, tmp_path):
    project, _ = ran
    before = rows_of(project, "zarrita")
    again = project.run("tomobench", "readers", PATH=str(tmp_path))
    assert "zarrita: there is no node on PATH" in again.stdout
    assert rows_of(project, "zarrita") == before


@pytest.fixture
def listed(tmp_path):
    """A folder that lists three stores, for readers that are made here."""
    content = '{"release": "3.4.2", "stores": [{"kind": "a"}, {"kind": "b"}, {"kind": "c"}]}'
    (tmp_path / stores.LIST).write_text(content)
    return tmp_path


def shell(script):
    return Reader("made", lambda folder, first: ["sh", "-c", script, "sh", str(folder), str(first)])


def test_a_reader_that_dies_loses_only_the_store_it_died_at(listed):
    script = """echo '{"version": "1"}'
    [ $2 = 0 ] && echo '{"kind": "a", "verdict": "reads", "reason": ""}' && echo "$1/b bad" >&2 && exit 9
    echo '{"kind": "c", "verdict": "wrong", "reason": "whole:    3 voxels"}'"""
    found = tried(listed, shell(script), listed)
    assert [(row.layout, row.verdict) for row in found] == [
        ("a", "reads"),
        ("b", "refuses"),
        ("c", "wrong"),
    ]
    assert found[1].reason == "its process ended with 9: b bad"
    assert found[2].reason == "whole: 3 voxels" and {row.version for row in found} == {"1"}


def test_what_a_reader_misses_is_not_its_refusal(listed):
    found = tried(listed, shell("""echo '{"missing": "no such package"}'"""), listed)
    assert {(row.verdict, row.reason) for row in found} == {(NOT_RUN, "no such package")}


def test_wrong_voxels_are_seen(tmp_path):
    voxels = stores.voxels()
    store = stores.Store(tmp_path, Layout((16, 16, 16)), voxels)
    right = {"verdict": stores.READS, "reason": ""}
    assert stores.verdict(lambda store: lambda part: part.read(voxels), store) == right
    other = voxels.copy()
    other[20, 20, 10] = 0.0  # was -0.0
    found = stores.verdict(lambda store: lambda part: part.read(other), store)
    assert found == {"verdict": stores.WRONG, "reason": f"whole: 1 of {voxels.size} voxels differ"}
    found = stores.verdict(lambda store: lambda part: part.read(voxels).astype("f8"), store)
    assert found["verdict"] == stores.WRONG and "float64" in found["reason"]


def row(verdict, reader="zarrs", writer="3.4.2", layout="format 3, sharded, gzip", reason="why"):
    return Trial(reader, "0.2.3", writer, layout, verdict, reason)


def test_can_open_tells_the_reason(tmp_path):
    readers.save(
        tmp_path,
        [
            row(stores.READS, reason=""),
            row(stores.REFUSES, layout="format 3, zstd"),
            row(NOT_RUN, layout="format 3, none", reason="no node"),
            row(stores.WRONG, writer="2.18.7", layout="format 2, blosc-zstd bitshuffle"),
        ],
    )

    def ask(layout, line="3", reader="zarrs"):
        return readers.can_open(reader, layout, line, tmp_path)

    sharded = Layout((32, 32, 32), (128, 128, 128), Codec("gzip", 9), 3)
    assert ask(sharded) is None
    assert ask(Layout((8, 8, 8), None, Codec("zstd"), 3)) == "zarrs 0.2.3 can't open it: why"
    assert ask(Layout((8, 8, 8), None, Codec("none"), 3)) == "zarrs 0.2.3 was not run: no node"
    bits = Layout((8, 8, 8), None, Codec(shuffle="bitshuffle"), 2)
    assert ask(bits, "2.18") == "zarrs 0.2.3 reads it wrong: why"
    assert "was not tried on format 2" in ask(bits)
    with pytest.raises(UserError, match="choose from zarr-2.18, zarr-3"):
        ask(bits, reader="napari")


def test_without_a_table_or_with_a_damaged_one(tmp_path):
    with pytest.raises(UserError, match="tomobench readers"):
        readers.load(tmp_path)
    path = tmp_path / readers.FILE
    path.parent.mkdir()
    for damage in (
        "",
        "reader,version\nx,y\n",
        "\0",
        "reader,version,written_by,layout,verdict,reason\na,b,c,d,e,f\n",
    ):
        path.write_text(damage)
        with pytest.raises(UserError, match="damaged"):
            readers.load(tmp_path)


def test_earlier_verdicts_take_the_place_of_what_was_not_run():
    now = [row(NOT_RUN), row(stores.READS, reader="zarr-3")]
    kept = list(keep_earlier(now, [row(stores.REFUSES), row(stores.REFUSES, reader="zarr-3")]))
    assert [one.verdict for one in kept] == [stores.REFUSES, stores.READS]


def test_the_committed_table_has_every_reader_and_kind():
    from tomobench.desk.releases.lock import find_root

    rows = readers.load(find_root())
    for reader in readers.READERS:
        mine = [one for one in rows if one.reader == reader and one.written_by.startswith("3")]
        assert {one.layout for one in mine} == {str(kind) for kind in stores.kinds()}
