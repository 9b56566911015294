"""The write suite, as asv runs it: what each timed call starts from, and what is left afterwards."""

import json

#: Put before each write over the region: it must hold other voxels than are written, and the rest the volume's own.
WATCH = """
        selection, (new, _) = self.patches[name]
        if "watching":
            found, wanted = np.array(self.array[...]), np.array(self.store.voxels)
            assert np.mean(found[selection] != new) > 0.9, "the voxels are there already"
            for other, _ in self.patches.values():
                found[other] = wanted[other] = 0
            assert np.array_equal(found, wanted), "voxels outside of the regions have changed"
"""


def test_every_call_writes_other_voxels_and_nothing_is_left(project):
    project.leave_the_shared_cache()
    benchmark = project.folder / "benchmarks" / "write.py"
    text = benchmark.read_text()
    inside = "    def overwrite(self, name):\n"
    assert inside in text
    benchmark.write_text(text.replace(inside, inside + WATCH.lstrip("\n")))
    project.asv("run", "3.4.2^!", "--bench", r"write\.OverwriteShards", "-a", "repeat=3", "-a", "rounds=2")
    path = next((project.folder / "results" / "local-test").glob("3.4.2-*.json"))
    results = json.loads(path.read_text())["results"]
    assert set(results) == {f"write.OverwriteShards.time_{where}" for where in ("aligned", "unaligned")}
    assert all(any(value for value in one[0]) for one in results.values())
    assert not list((project.cache / "scratch").iterdir())
