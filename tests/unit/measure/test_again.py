"""``tomobench history --again``: what the cache keeps of failures is forgotten, and nothing else."""

import json
from dataclasses import dataclass

import pytest

from tests import REPOSITORY
from tomobench.bench import cache, tried
from tomobench.bench.release import DIGITS
from tomobench.desk.measure.history import again
from tomobench.desk.releases import lock
from tomobench.desk.releases.release import Release

VOLUME = "phantom-128"


@dataclass(frozen=True)
class OfVolume:
    """What is asked of a step: its release, and its volume."""

    release: Release
    volume: str


@pytest.fixture
def step(monkeypatch, tmp_path):
    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path))
    return OfVolume(lock.load(REPOSITORY).find("3.4.2"), VOLUME)


def kept(folder, found):
    """A file of what was found, in a folder of the cache."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(found))
    return path


@pytest.mark.parametrize("configured", ["", f"-{'0' * DIGITS}"])
@pytest.mark.parametrize("where", ["a store", "small arrays"])
def test_failures_are_forgotten_and_figures_are_not(step, where, configured):
    wheel = step.release.sha256[:DIGITS] + configured
    folder = {
        "a store": cache.root() / "stores" / wheel / f"{VOLUME}-0" / "layout",
        "small arrays": tried.folder(wheel),
    }[where]
    failed = kept(folder, {"a way": {"failed": "ValueError: no"}})
    figures = [
        kept(folder, one) for one in ({"a way": {"lost": 0}}, {"a way": {"impossible": "n/a"}})
    ]
    again.forget([step])
    assert not failed.exists() and all(one.exists() for one in figures)
