"""The hash of a release: what asv calls it.

asv names files by the first eight characters of a commit's hash and looks commits up by prefix. So
a hash has at most eight characters, and none is a prefix of another. A final release is called by
its version where that fits; everything else by a digest of its wheel. A hash once given is for
good, because results are filed under it: the caller that gives new ones says which are taken.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from packaging.version import Version

from tomobench.desk.releases.release import Release, Wheel

LENGTH = 8
"""Characters of a hash that asv uses in the names of result files (asv 0.6.6, ``Results``)."""


def give(wheels: Iterable[Wheel], taken: Collection[str] = ()) -> list[Release]:
    """Give each wheel a hash that conflicts with none in ``taken`` and none of the others.

    Final releases choose first, in order of upload: the short names are theirs.
    """
    used = set(taken)
    releases = []
    for wheel in sorted(wheels, key=_turn):
        chosen = next(name for name in _candidates(wheel) if not conflicts(name, used))
        used.add(chosen)
        releases.append(Release(**vars(wheel), hash=chosen))
    return releases


def conflicts(name: str, others: Iterable[str]) -> list[str]:
    """Return those of ``others`` that asv could take for ``name``, or the other way round."""
    return [other for other in others if other.startswith(name) or name.startswith(other)]


def _turn(wheel: Wheel) -> tuple[Any, ...]:
    return (not wheel.final, wheel.uploaded, Version(wheel.version), wheel.sha256)


def _candidates(wheel: Wheel) -> Iterator[str]:
    if wheel.final and len(wheel.version) <= LENGTH:
        yield wheel.version
    digest = wheel.sha256
    while True:
        if not _reads_as_number(digest[:LENGTH]):
            yield digest[:LENGTH]
        digest = hashlib.sha256(digest.encode()).hexdigest()


def _reads_as_number(digits: str) -> bool:
    # 00123456 and 1234e567 come back from a spreadsheet as something else.
    try:
        float(digits)
    except ValueError:
        return False
    return True
