"""Programs by the names that people know, and what each reads Zarr with: one table, with sources."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tomobench.bench.layout import CODECS, Layout
from tomobench.desk.advise.readers import verdicts
from tomobench.desk.errors import UserError


@dataclass(frozen=True)
class Tool:
    """A program. ``reads_with``: the reader that was tried in its place (verdicts.READERS), or None
    for one of its own, of which its documentation is believed: element types and codecs.
    ``source``: where that is said."""

    reads_with: str | None
    source: str
    dtypes: Sequence[str] = ()
    codecs: Sequence[str] = ()


#: The programs. A version of a program that reads with something else is a row of its own.
TOOLS = {
    "copick": Tool("zarr-2.18", "copick 1.31 on PyPI: it requires zarr < 3"),
    "copick-2": Tool("zarr-3", "github.com/copick/copick, pyproject.toml of the 2.0 pre-releases"),
    "napari": Tool("zarr-3", "github.com/ome/napari-ome-zarr, pyproject.toml: zarr >= 3.1.5"),
    "vizarr": Tool("zarrita", "github.com/hms-dbmi/vizarr, package.json: zarrita"),
    "neuroglancer": Tool(
        None,
        "github.com/google/neuroglancer, its page on the zarr data source",
        ("uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "float32"),
        tuple(CODECS),
    ),
}
#: Every name that is taken.
NAMES = (*TOOLS, *verdicts.READERS)


def named(text: str | None) -> tuple[str, ...]:
    """The programs and readers of a list with commas. Raises UserError for an unknown name."""
    names = tuple(filter(None, (text or "").replace(" ", "").split(",")))
    for name in names:
        _check(name)
    return names


def _check(name: str) -> None:
    if name not in NAMES:
        raise UserError(f"there is no reader {name!r}: choose from {', '.join(NAMES)}")


def can_open(
    name: str, layout: Layout, line: str, root: Path | None = None, dtype: str = "float32"
) -> str | None:
    """Why a program (or reader) can't open a layout that the line's newest release wrote; None when
    it can.

    Raises UserError for an unknown name, and without the table of readers.
    """
    _check(name)
    tool = TOOLS.get(name)
    if tool is None or tool.reads_with:
        reader = tool.reads_with if tool and tool.reads_with else name
        if verdicts.can_open(reader, layout, line, root) is None:
            return None
        through = "" if reader == name else f" (it reads with {verdicts.READERS[reader]})"
        return f"{name} can't open {verdicts.kind_of(layout)} as zarr {line} writes it{through}"
    if dtype not in tool.dtypes:
        return f"{name} shows no {dtype}: it takes {', '.join(tool.dtypes)}"
    if layout.codec.name not in tool.codecs:
        return f"{name} has no codec {layout.codec.name}"
    return None
