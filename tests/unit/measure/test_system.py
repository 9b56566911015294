"""What a system lacks ends in one line."""

import os
import platform

import pytest

from tomobench.bench import cold
from tomobench.desk.asv import measured


def test_a_race_on_a_system_that_can_not_fork_says_what_to_do_instead(run, monkeypatch):
    monkeypatch.delattr(os, "fork")
    done = run("race", "3.3.0", "3.4.2")
    assert done.code == 1 and "fork" in done.error and "asv run" in done.error


def test_malloc_is_told_nothing_where_it_is_not_glibcs_and_the_record_says_so(
    tmp_path, monkeypatch
):
    assert measured.GLIBC.items() <= measured.base(tmp_path).items()
    assert measured.NO_GLIBC not in measured.said(measured.base(tmp_path), {})
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))
    assert not measured.GLIBC.keys() & measured.base(tmp_path).keys()
    assert measured.NO_GLIBC in measured.said(measured.base(tmp_path), {})


def test_a_cold_read_without_a_way_to_empty_the_page_cache_is_not_possible(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.delattr(os, "posix_fadvise")
    with pytest.raises(NotImplementedError, match="this system has no posix_fadvise"):
        cold.require_cold([tmp_path / "file"])
