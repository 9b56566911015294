"""What two releases were both timed in: nowhere else are their times compared."""

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

from tomobench.desk.advise.evidence.evidence import Evidence

#: The fields of Measurements that hold times.
TIMED = ("times", "coded", "remote")

#: Timed cells: (volume, one of TIMED, key there).
type Cells = frozenset[tuple[str, str, Hashable]]


def cells(known: Evidence, release: str, other: str) -> Cells:
    """The cells in which both releases (hashes) were timed."""
    return _cells(known, release) & _cells(known, other)


def _cells(known: Evidence, release: str) -> Cells:
    return frozenset(
        (volume, name, key)
        for volume, one in known.of(release).items()
        for name in TIMED
        for key in getattr(one, name)
    )


def limited(known: Evidence, release: str, cells: Cells) -> Evidence:
    """The evidence of one release, with these of its times alone. What was counted stays."""
    found = {}
    for volume, one in known.of(release).items():
        times: dict[str, Any] = {
            name: {
                key: time
                for key, time in getattr(one, name).items()
                if (volume, name, key) in cells
            }
            for name in TIMED
        }
        found[volume, release] = replace(one, **times)
    return replace(known, found=found)
