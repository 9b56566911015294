"""The write suite, as asv runs it: what each timed call starts from, and what is left afterwards."""

import json


def test_every_call_writes_over_a_fresh_copy_and_nothing_is_left(project):
    project.leave_the_shared_cache()
    benchmark = project.folder / "benchmarks" / "write.py"
    text = benchmark.read_text()
    inside = "    def overwrite(self, name):\n"
    assert inside in text
    # Before each write over the region, the copy must hold the volume and nothing else.
    watched = inside + (
        "        if self.place is not None:\n"
        "            found = difference(ADAPTER, self.path, np.array(self.store.voxels), self.store.layout)\n"
        "            assert found is None, found\n"
    )
    benchmark.write_text(text.replace(inside, watched))
    project.asv("run", "3.4.2^!", "--bench", r"write\.OverwriteShards", "-a", "repeat=2", "-a", "rounds=1")
    path = next((project.folder / "results" / "local-test").glob("3.4.2-*.json"))
    results = json.loads(path.read_text())["results"]
    assert set(results) == {f"write.OverwriteShards.time_{where}" for where in ("aligned", "unaligned")}
    assert all(any(value for value in one[0]) for one in results.values())
    assert not list((project.cache / "scratch").iterdir())
