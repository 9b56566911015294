"""A project beside the clone's: what of the user's environment is meant for the clone alone."""

from tomobench.desk.measure import aside


def test_its_history_is_handed_to_no_cluster(tmp_path, monkeypatch, refused):
    """With an address that can't be one the command would end before it looks where it is."""
    monkeypatch.setenv("TOMOBENCH_DASK", "nowhere")
    beside = aside.Aside(tmp_path, tmp_path, "phantom-128")
    said = refused(beside.run_on_stderr, "history", "3.4.2")
    assert "is not inside a tomobench repository" in said
