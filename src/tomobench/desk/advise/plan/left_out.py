"""Which layouts can't be asked for at all, and why, in sentences of ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path

import numpy as np

from tomobench.bench.layout import Codec, Layout
from tomobench.desk.advise.evidence.expected import Cuts
from tomobench.desk.advise.plan import snippets
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.readers import tools
from tomobench.desk.releases.release import LINES

#: A layout of each kind as far as a line, a format or a reader minds: format, and whether sharded.
KINDS = [(2, False), (3, False), (3, True)]


@dataclass(frozen=True)
class Rules:
    """What a question allows, of the codecs that are compared."""

    question: Question
    line: str
    root: Path | None
    codecs: Sequence[Codec]

    def why_not(self, layout: Layout) -> str | None:
        """Why a layout is left out, in a sentence; None where it is not."""
        if reason := snippets.impossible(layout, self.line):
            return reason
        if layout.zarr_format not in self.question.formats:
            return f"Zarr format {layout.zarr_format} was not asked for"
        asked = self.question
        said = (
            tools.can_open(name, layout, self.line, self.root, asked.dtype)
            for name in asked.readers
        )
        return next(filter(None, said), None)

    @cached_property
    def _why_not(self) -> dict[tuple[int, bool, Codec], str | None]:
        return {
            (*kind, codec): self.why_not(of_kind(*kind, codec))
            for kind, codec in product(KINDS, self.codecs)
        }

    @property
    def usable(self) -> list[Codec]:
        """The codecs that a layout of one kind or another may be used in."""
        open_ = {codec for (*_, codec), reason in self._why_not.items() if reason is None}
        return [codec for codec in self.codecs if codec in open_]

    def lines(self, layout: Layout) -> list[str]:
        """The lines of zarr of which each writes a layout so that it may be used."""
        return [line for line in LINES if replace(self, line=line).why_not(layout) is None]

    def allows(self, layout: Layout) -> bool:
        """Whether a layout of its kind may be used."""
        return self._why_not[layout.zarr_format, bool(layout.shards), layout.codec] is None

    def coded(self, layout: Layout) -> Iterator[Layout]:
        """A layout in each of the codecs that it may be used in."""
        several = (replace(layout, codec=codec) for codec in self.codecs)
        return filter(self.allows, several)

    def kept(self, cuts: Cuts) -> tuple[np.ndarray, dict[str, str]]:
        """Which layouts may be used in one codec or another, (n,); and why kinds of others may not."""
        kept = np.ones(len(cuts), dtype=bool)
        said: dict[str, str] = {}
        for zarr_format, sharded in KINDS:
            reasons = [self._why_not[zarr_format, sharded, codec] for codec in self.codecs]
            if None in reasons:
                continue
            kept &= ~((cuts.zarr_format == zarr_format) & (cuts.sharded == sharded))
            name = f"format {zarr_format}, sharded" if sharded else f"format {zarr_format}"
            said[name] = f"{name}: {reasons[0]}"
        return kept, said

    def allowing(self, cuts: Cuts, codec: Codec) -> Cuts:
        """Those of the layouts that may be used in a codec."""
        allowed = [
            (cuts.zarr_format == kind[0]) & (cuts.sharded == kind[1])
            for kind in KINDS
            if self._why_not[(*kind, codec)] is None
        ]
        return cuts.take(np.any(allowed, axis=0) if allowed else np.zeros(len(cuts), dtype=bool))


def of_kind(zarr_format: int, sharded: bool, codec: Codec) -> Layout:
    layout = Layout((64, 64, 64), codec=codec, zarr_format=zarr_format)
    return replace(layout, shards=(128, 128, 128)) if sharded else layout
