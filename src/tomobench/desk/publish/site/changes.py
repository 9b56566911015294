"""Changes to the copies that ``asv publish`` makes of asv's pages.

What asv's pages say and do stands in their scripts, so these are replacements of text, each in a
place that must be there exactly as often as is said. With another asv, a change that no longer fits
is left out with a warning, and the page is as asv wrote it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from asv.console import log


@dataclass(frozen=True)
class Change:
    """Text to replace in a file of the site, where it must stand ``times`` times."""

    file: str
    old: str
    new: str
    times: int = 1


def add_page(names: Iterable[str], changes: Iterable[Change], site: Path) -> None:
    """Copy a page's own files, which lie beside this one, into the site, and make the changes that show it."""
    for name in names:
        text = Path(__file__).with_name(name).read_text(encoding="utf-8")
        (site / name).write_text(text, encoding="utf-8")
    apply(changes, site)


def apply(changes: Iterable[Change], site: Path) -> None:
    """Make the changes that fit, and warn of the others."""
    for change in changes:
        if fit([change], site):
            path = site / change.file
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace(change.old, change.new), encoding="utf-8")


def fit(changes: Iterable[Change], site: Path) -> bool:
    """Whether all of the changes fit; warns of one that does not."""
    for change in changes:
        found = (site / change.file).read_text(encoding="utf-8").count(change.old)
        if found != change.times:
            log.warning(
                f"{change.file} stays as asv wrote it where {change.old!r} was to be changed: "
                f"that stands there {found} times, not {change.times}"
            )
            return False
    return True
