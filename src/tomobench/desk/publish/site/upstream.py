"""Links to zarr-python: the commits that were measured first, and what was written by hand beside them."""

import re
from collections.abc import Iterable

from tomobench.desk.judge.upstream.table import REPAIRED, FactCommit

MOST = 3
"""Commits that are named; what several brought is told by the largest."""


def links(measured: Iterable[FactCommit], by_hand: Iterable[str]) -> list[dict[str, str]]:
    """``address`` and ``name`` of each link, the measured ones first.

    A pull request that was written down by hand and measured is told once. One that was not what was found is told as
    such; where nothing was measured, it stands alone.
    """
    rows = list(measured)
    found = [{"address": one.address, "name": _name(one, rows)} for one in rows[:MOST]]
    addresses = {one.address for one in rows}
    for link in dict.fromkeys(by_hand):
        if link.rstrip("/") in addresses:
            continue
        name = "#".join(link.rstrip("/").split("/")[-2:])
        if rows and re.search(r"/(pull|commit)/", link):
            name += " (by hand: not what was measured)"
        found.append({"address": link, "name": name})
    return found


def _name(one: FactCommit, rows: list[FactCommit]) -> str:
    name = f"pull#{one.pull}" if one.pull else f"commit {one.commit[:9]}"
    several = sum(row.did == one.did for row in rows) > 1
    said = f"measured, {float(one.share):.0%} of it" if several else "measured"
    if one.did == REPAIRED:
        said = "measured: repaired it"
    return f"{name} ({'; '.join(filter(None, [said, one.doubt]))})"
