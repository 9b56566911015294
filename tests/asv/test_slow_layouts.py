"""A layout that takes a release long to write: all ways but the slowest are counted and checked, and only the plainest is timed."""

import json

CELL = r"[(, ]+16×16×16, whole\)"
SUITES = {
    "write.Shards.time_whole": True,
    "write.OneCallShards.time_whole": False,
    "write.OverwriteShards.time_aligned": False,
    "correctness.Shards.track_wrong_voxels.by assignment, zarr": True,
    "correctness.Shards.track_wrong_voxels.over a region, aligned, zarr": True,
    "correctness.Shards.track_wrong_voxels.by create_array with data, zarr": False,
    "counts.Shards.track_puts.write whole": True,
    "counts.Shards.track_puts.write 64³ aligned": True,
    "counts.Shards.track_puts.write whole, in one call": False,
}


def test_a_slow_layout_is_counted_and_checked_but_not_timed_in_other_ways(project):
    project.leave_the_shared_cache()
    project.asv("run", "3.4.2^!", "--quick", "--bench", rf"footprint\.Shards\.track_files{CELL}")
    (check,) = (project.cache / "stores").glob("*/*/zarr3-16x16x16-in-48x48x64-*/check.json")
    found = json.loads(check.read_text())
    assert found["finding"] is None and 0 < found["seconds"] < 10
    check.write_text(json.dumps(found | {"seconds": 70.2}))
    command = ["run", "3.4.2^!", "--quick", "--show-stderr", "-a", "rounds=1"]
    for suite in SUITES:
        command += ["--bench", f"^{suite}{CELL}"]
    done = project.asv(*command)
    assert done.stdout.count("not tried: one whole write took 70 s") == list(SUITES.values()).count(
        False
    )
