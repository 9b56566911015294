"""The write suite, as asv runs it: what each timed call starts from, and what is left afterwards."""

import json


def test_every_call_writes_over_a_fresh_copy_and_nothing_is_left(project):
    project.leave_the_shared_cache()
    benchmark = project.folder / "benchmarks" / "write.py"
    text = benchmark.read_text()
    inside = "        self.array[selection] = patch\n"
    assert text.count(inside) == 1
    # Before each write over the region the copy must be as the store is, and the region as the volume is.
    watched = (
        "        if self.place is not None:\n"
        "            for file in files_below(self.path):\n"
        "                assert file.read_bytes() == (self.store.path / file.relative_to(self.path)).read_bytes()\n"
        "            assert np.array_equal(self.array[selection], self.store.voxels[selection])\n"
        + inside
        + "        assert np.array_equal(self.array[selection], patch)\n"
    )
    benchmark.write_text(text.replace(inside, watched))
    project.asv(
        "run", "3.4.2^!", "--bench", r"write\.Overwrite", "-a", "repeat=2", "-a", "rounds=1"
    )
    path = next((project.folder / "results" / "local-test").glob("3.4.2-*.json"))
    results = json.loads(path.read_text())["results"]
    found = ("time_aligned", "time_unaligned", "track_changed_files")
    assert set(results) == {
        f"write.Overwrite{grid}.{name}" for grid in ("Chunks", "Shards") for name in found
    }
    # The regions, cut at the edges, are all of the volume: 3×3×4 chunks of 16³ in each format, or the one shard.
    assert results["write.OverwriteChunks.track_changed_files"][0][:2] == [36, 36]
    assert results["write.OverwriteShards.track_changed_files"][0][0] == 36
    assert results["write.OverwriteShards.track_changed_files"][0][3] == 1
    assert all(any(value for value in one[0]) for one in results.values())
    assert not list((project.cache / "scratch").iterdir())


def test_files_written_in_one_call_are_counted(project):
    project.asv("run", "3.4.2^!", "--bench", r"write\.OneCall.*\.track_")
    path = next((project.folder / "results" / "local-test").glob("3.4.2-*.json"))
    results = json.loads(path.read_text())["results"]
    # 3×3×4 chunks of 16³; .zarray and .zattrs, or zarr.json; all chunks in one shard.
    assert results["write.OneCallChunks.track_files"][0][:2] == [38, 37]
    assert results["write.OneCallShards.track_files"][0][3] == 2
