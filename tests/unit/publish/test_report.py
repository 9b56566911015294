"""``tomobench report`` on the committed results."""

import csv
import re
import struct
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import CliRunner

from tomobench.bench.layout import Codec
from tomobench.desk.advise.evidence.evidence import Evidence, Measured, Measurements
from tomobench.desk.cli import tomobench
from tomobench.desk.publish.report import figure_tables, figures, tables

pytestmark = pytest.mark.committed

TABLES = "quick comparison slices history sharding amplification scaling dataset cost front"
NOT_OVER_S3 = "3.1.6"
"""A release that was not measured over S3."""

DRAWN = ["comparison", "history", "sharding", "amplification", "front", "model-cells"]


@pytest.fixture(scope="module")
def reported(tmp_path_factory, committed_folder):
    """The report of the committed results, made once, and the files that the command names."""
    out = tmp_path_factory.mktemp("report") / "there"
    words = ["report", "--machine", "reference", "--out", str(out), "--release", NOT_OVER_S3]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(committed_folder)
        patch.delenv("TOMOBENCH_PRICES", raising=False)
        done = CliRunner().invoke(tomobench, words, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return out, [Path(line) for line in done.stdout.splitlines()]


def read(out, name: str) -> list[dict]:
    with (out / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_promised_file_is_there(reported):
    out, paths = reported
    assert all(path.stat().st_size for path in paths)
    for name in [*TABLES.split(), "model", "model-cells", "results"]:
        assert {out / f"{name}.csv", out / f"{name}.parquet"} <= set(paths)
    for name in DRAWN:
        assert {out / f"{name}.png", out / f"{name}.svg"} <= set(paths)
    text = (out / "report.md").read_text()
    shown = set(re.findall(r"\]\((.+?\.png)\)", text))
    assert {f"{name}.png" for name in DRAWN} <= shown
    assert all((out / name).exists() for name in shown)


def test_parquet_and_csv_say_the_same(reported):
    out, _ = reported
    for name in ("quick", "cost", "results"):
        rows, table = read(out, name), pyarrow.parquet.read_table(out / f"{name}.parquet")
        assert table.num_rows == len(rows)
        assert table.column_names == list(rows[0])
    assert table["value"].to_pylist() == [float(row["value"]) for row in rows]


def test_every_measured_number_is_in_the_tidy_table(reported, committed):
    assert len(read(reported[0], "results")) == sum(row.measured for row in committed.rows)


def test_tables_agree_with_the_results(reported, committed):
    out, _ = reported
    compared = 0
    for row in read(out, "quick"):
        found = committed.found["phantom-128", row["release"]]
        for layout, nbytes in found.stored.items():
            if layout.codec != Codec():
                continue
            if (tables.name_of(layout), str(layout.zarr_format)) == (row["layout"], row["format"]):
                compared += 1
                assert float(row["stored MiB"]) == pytest.approx(nbytes / 2**20)
                assert float(row["files"]) == found.files[layout]
                time = found.times["XY slice", layout].value
                assert float(row["XY slice ms"]) == pytest.approx(time * 1e3)
    assert compared == len(read(out, "quick")) == 41


def test_costs_are_those_of_the_arithmetic(reported):
    rows = {(r["layout"], r["format"]): r for r in read(reported[0], "cost")}
    small, large = rows["16×16×16", "2"], rows["128×128×128", "2"]
    assert float(small["whole: $ requests"]) == pytest.approx(19200 * 0.0004 / 1000 * 1e6)
    assert float(large["whole: $ requests"]) == pytest.approx(20)
    data = {(r["layout"], r["format"]): r for r in read(reported[0], "dataset")}
    assert int(float(data["16×16×16", "3"]["files"])) == 484 * 19201
    assert float(data["16×16×16", "3"]["listing, $"]) == pytest.approx(9294 * 0.005 / 1000)


@pytest.mark.parametrize("name", DRAWN)
def test_figures_are_as_wide_as_a_column_or_a_page(reported, name):
    with (reported[0] / f"{name}.png").open("rb") as file:
        width = struct.unpack(">I", file.read(24)[16:20])[0]
    assert round(width / 300 * 25.4) in (85, 180)


def test_latency_is_drawn_when_there_are_results_of_it(committed, tmp_path):
    found = Measurements((128, 128, 128), "float32")
    for trip in (0.0, 0.02, 0.05):
        for layout in ("32×32×32", "32×32×32 in whole"):
            found.remote["whole", layout, trip] = Measured(0.1 + trip, 0.09 + trip, 0.12 + trip)
    release = committed.tips()["3"]
    table = figure_tables.latency(
        Evidence("m", committed.history, {("v", release): found}), release
    )
    assert [r["round trip ms"] for r in table.records if r["layout"] == "32×32×32"] == [0, 20, 50]
    figures.latency(table, tmp_path / "latency")
    assert (tmp_path / "latency.svg").stat().st_size > 1000


def test_what_was_not_measured_is_said_and_not_drawn(reported):
    out, paths = reported
    assert out / "report.md" in paths
    assert "the remote suite has no results of this release" in (out / "report.md").read_text()
    assert not (out / "latency.png").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--out", "asv.conf.json"], "is a file"),
        (["--release", "9.9"], "no zarr release"),
        (["--volume", "phantom-7"], "was not measured"),
    ],
)
def test_bad_input_is_one_clear_line(project, run, words, said):
    done = run("report", "--machine", "reference", *words)
    assert done.code == 1 and said in done.error
