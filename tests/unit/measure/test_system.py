"""What a system lacks ends in one line."""

import os


def test_a_race_on_a_system_that_can_not_fork_says_what_to_do_instead(run, monkeypatch):
    monkeypatch.delattr(os, "fork")
    done = run("race", "3.3.0", "3.4.2")
    assert done.code == 1 and "fork" in done.error and "asv run" in done.error
