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
    project.asv("run", "3.4.2^!", "--bench", r"write\.Overwrite", "-a", "repeat=2", "-a", "rounds=1")
    path = next((project.folder / "results" / "local-test").glob("3.4.2-*.json"))
    results = json.loads(path.read_text())["results"]
    assert set(results) == {
        f"write.Overwrite{grid}.time_{where}" for grid in ("Chunks", "Shards") for where in ("aligned", "unaligned")
    }
    assert all(any(value for value in one[0]) for one in results.values())
    assert not list((project.cache / "scratch").iterdir())
