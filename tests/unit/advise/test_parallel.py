"""What a plan says of a codec pipeline and of blocks: from the committed counts, or that there are none."""

import re

import pytest

from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.plan import parallel

pytestmark = pytest.mark.usefixtures("project")


def lines(run, *words):
    done = run("plan", "--shape", "128x128x128", *words)
    assert done.code == 0, done.error
    return [one for one in done.printed.splitlines() if one.startswith(("- codec", "- Dask"))]


def test_a_plan_says_what_the_fused_pipeline_saves(run, committed):
    (said,) = lines(run, "--machine", "reference", "--codec-pipeline", "fused")
    least, most = map(int, re.search(r"(\d+)% to (\d+)% fewer", said).groups())
    starts = parallel.cells(
        committed, committed.release("3.4.2"), "pipelines.Counts.track_function_starts"
    )
    layouts = {layout for _, _, layout in starts}
    saved = [
        1 - starts["read whole", "fused", one] / starts["read whole", "default", one]
        for one in layouts
    ]
    assert (least, most) == (round(min(saved) * 100), round(max(saved) * 100))


@pytest.mark.parametrize(("release", "name"), [("3.4.2", "zarrs"), ("2.18.7", "fused")])
def test_what_was_not_counted_is_said(run, release, name):
    (said,) = lines(run, "--machine", "reference", "--release", release, "--codec-pipeline", name)
    assert f"not counted with zarr {release}" in said


@pytest.mark.parametrize("use", ["region-64", "write", "training", "xy=2,region-32"])
def test_what_one_reader_does_has_one_worker(use):
    assert uses.parse(use).workers == 1


def test_several_workers_are_told_of_blocks_of_dask(run):
    (said,) = lines(run, "--machine", "reference", "--use", "pipeline-4", "--release", "3.4.2")
    assert "of chunks in shards and across chunks" in said
    assert not lines(run, "--machine", "reference", "--use", "xy", "--release", "3.4.2")


@pytest.mark.parametrize(
    ("pipeline", "settings"),
    [
        ("default", []),
        ("fused", ["zarr.core.codec_pipeline.FusedCodecPipeline"]),
        ("zarrs", ["zarrs.pipeline.ZarrsCodecPipeline"]),
    ],
)
def test_the_script_of_zarr_3_sets_the_pipeline_that_was_asked_for(run, pipeline, settings):
    words = ["--machine", "reference", "--code", "--codec-pipeline", pipeline]
    printed = run("plan", "--shape", "128x128x128", *words).printed
    found = re.findall(
        r'^zarr\.config\.set\(\{"codec_pipeline\.path": "(.*)"\}\)$', printed, re.MULTILINE
    )
    assert found == settings and "With zarr 3:" in printed
    compile(printed.partition("With zarr 3:\n\n")[2], "script", "exec")
