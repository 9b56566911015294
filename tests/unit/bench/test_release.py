"""The release under test: what is kept of it is kept for one wheel, in one configuration of zarr."""

from tomobench.bench import release, tried


def test_what_was_found_in_another_configuration_is_kept_elsewhere(monkeypatch, tmp_path):
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path))
    for name in release.VARIABLES:
        monkeypatch.setenv(name, "0" * 64)
    own = tried.kept("calls", 1)
    assert own == tmp_path / "tried" / "0000000000000000" / "calls-1.json"
    found = {own}
    for configuration in ("async.concurrency=1", "async.concurrency=2"):
        monkeypatch.setenv("zarr_config", configuration)
        found.add(tried.kept("calls", 1))
    assert len(found) == 3
    for path in found:
        path.parent.mkdir(parents=True)
    assert set(release.folders("tried", "0" * 64)) == {path.parent for path in found}
