"""What a plan says of a codec pipeline and of blocks: from the committed counts, or that there are none."""

import re

import pytest

from tomobench.desk.advise.plan import parallel


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


def test_several_workers_are_told_of_blocks_of_dask(run):
    (said,) = lines(run, "--machine", "reference", "--use", "pipeline-4", "--release", "3.4.2")
    assert "of chunks in shards and across chunks" in said
    assert not lines(run, "--machine", "reference", "--use", "xy", "--release", "3.4.2")
