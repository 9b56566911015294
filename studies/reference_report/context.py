"""What the computations take from, and what they return."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tomobench.bench.layout import Layout
from tomobench.desk.advise.costs.prices import Prices
from tomobench.desk.advise.costs.prices import load as load_prices
from tomobench.desk.advise.evidence.evidence import Evidence, Measurements

TEST = (128, 128, 128)
ITEMSIZE = 4


@dataclass(frozen=True)
class Computed:
    """What was found: ``value`` in the claim's unit, None where nothing can be; ``how`` in a few
    words. Not ``comparable``: it is shown, but proves nothing either way."""

    value: float | None
    how: str
    comparable: bool = True


@dataclass
class Context:
    """What the computations take from."""

    evidence: Evidence
    release: str
    root: Path

    @cached_property
    def prices(self) -> Prices:
        return load_prices()

    @property
    def old(self) -> str | None:
        """The newest 2.18 that was timed, the published report's line."""
        return self.evidence.tips().get("2.18")

    def findings(self, release: str | None, volume: str) -> Measurements | None:
        """What was found of a release on a volume, None if nothing."""
        return self.evidence.found.get((volume, release)) if release else None

    def seconds(self, release: str | None, volume: str, name: str, layout: Layout) -> float | None:
        """A time that was measured, None if it was not."""
        found = self.findings(release, volume)
        time = found.times.get((name, layout)) if found else None
        return time.value if time else None


def layout_of(chunks, shards=None) -> Layout:
    return Layout(tuple(chunks), shards and tuple(shards), zarr_format=3 if shards else 2)


def exact(value, how: str) -> Computed:
    return Computed(float(value), how)


def not_measured(what: str) -> Computed:
    return Computed(None, f"{what} was not measured")
