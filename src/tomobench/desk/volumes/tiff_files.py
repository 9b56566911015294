"""Opening TIFF and BigTIFF stacks, OME-TIFF among them, with tifffile."""

import contextlib
import logging
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

import numpy as np
import tifffile

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import axes, stated, units
from tomobench.desk.volumes.contiguous import Rows
from tomobench.desk.volumes.opened import Excerpt, Opened

_LETTERS = {"S": "c"}  # samples of a pixel: red, green, blue
_STACKED = "IQTR"  # what tifffile calls the axis of a stack that says nothing of z


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """The one image series of a TIFF as a volume; a page is read at a time. Raises UserError.

    Pages that an OME-TIFF has in other files are not looked for: its names may lead anywhere.
    """
    file.seek(0)
    with _complaints(source):
        # An unpacked file has no name of its own.
        tiff = tifffile.TiffFile(file, name=Path(source).name, _multifile=False)
        if other := _other_file(tiff):
            raise UserError(
                f"{source}: some of its pages lie in {other}; export them into one file"
            )
        series = _only_series(source, tiff)
        shape, dtype = tuple(series.shape), np.dtype(series.dtype)
        names, notes = _names(source, series.axes, shape)
        spacing = units.spacing(stated.edges_of_tiff(tiff))
    arranged = axes.arrangement(source, shape, names, part.channel)
    if series.dataoffset is not None:
        rows = Rows(source, file, series.dataoffset, shape, dtype.newbyteorder(tiff.byteorder))
        read, unit = rows.read, (*(1,) * (len(shape) - 1), shape[-1])
    else:
        read, unit = _pages(source, series, shape, dtype)
    return Opened(
        "OME-TIFF" if tiff.is_ome else "TIFF",
        arranged.of(shape),
        dtype,
        spacing,
        {"axes": series.axes},
        lambda wanted: arranged.arranged(read(arranged.stored(wanted))),
        arranged.of(unit),
        notes=notes,
    )


def _only_series(source: str, tiff):
    """The series that all pages belong to. Raises UserError where some do not: sections would be missing.

    ImageJ, and tifffile, may write a whole stack as one page that says how many planes follow.
    """
    if len(tiff.series) > 1:
        listed = ", ".join("×".join(map(str, one.shape)) for one in tiff.series[:4])
        raise UserError(
            f"{source}: {len(tiff.series)} images ({listed}), of which one would be read; export "
            "the volume into a file of its own"
        )
    (series,) = tiff.series
    planes, pages = series.size // max(1, series.pages[0].size), len(tiff.pages)
    if pages not in (1, planes):
        raise UserError(
            f"{source}: {pages} pages, but its description says {planes}; export it again"
        )
    return series


def _other_file(tiff) -> str | None:
    """The first file besides this one that an OME-TIFF has pages in, or its description; None if there is none."""
    if not tiff.is_ome:
        return None
    with contextlib.suppress(ElementTree.ParseError):
        described = ElementTree.fromstring(tiff.ome_metadata)
        own = described.get("UUID")
        for part in described.iter():
            name = part.get("FileName") or part.get("MetadataFile")
            if name and not (own and part.text == own):
                return name
    return None


def _names(source: str, letters: str, shape) -> tuple[list[str], list[str]]:
    """The axes' names; where none is z, the one axis of a stack is."""
    names = [_LETTERS.get(letter, letter.lower()) for letter in letters]
    if "z" in names or len(names) < 3:
        return names, []
    stacked = [i for i, letter in enumerate(letters) if letter in _STACKED and shape[i] > 1]
    if len(stacked) != 1:
        return names, []
    axis = letters[stacked[0]]
    names[stacked[0]] = "z"
    return names, [
        f"{source}: no axis of this TIFF is named Z; its pages (axis {axis}) are taken as z"
    ]


def _pages(source: str, series, shape: tuple[int, ...], dtype: np.dtype):
    """What reads a region page by page, and the shape of a page among the axes."""
    page_shape = tuple(series.pages[0].shape)
    outer = len(shape) - len(page_shape)
    if shape[outer:] != page_shape:
        raise UserError(f"{source}: pages of {page_shape} in a stack of {shape}; export it plainly")

    def read(wanted):
        counts = [part.stop - part.start for part in wanted]
        block = np.empty(counts, dtype)
        for index in np.ndindex(*counts[:outer]):
            at = [part.start + i for part, i in zip(wanted, index, strict=False)]
            number = int(np.ravel_multi_index(at, shape[:outer])) if outer else 0
            with _complaints(source):
                block[index] = series.pages[number].asarray()[tuple(wanted[outer:])]
        return block

    return read, (*(1,) * outer, *page_shape)


class _Collector(logging.Handler):
    """What tifffile logs as an error and reads on in spite of: pages may be missing, or zeros."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """As logging has it."""
        self.lines.append(record.getMessage())


@contextlib.contextmanager
def _complaints(source: str):
    """tifffile's and its codecs' errors, raised or logged, as a line."""
    logger, collector = logging.getLogger("tifffile"), _Collector()
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(collector)
    try:
        yield
    except UserError:
        raise
    except Exception as error:  # each codec has errors of its own
        raise _bad(source, str(error)) from error
    finally:
        logger.removeHandler(collector)
        logger.propagate = propagated
    if collector.lines:
        raise _bad(source, collector.lines[0])


def _bad(source: str, reason: str) -> UserError:
    said = " ".join(reason.split())[:200]
    return UserError(f"{source}: not a whole, readable TIFF file ({said}); copy or export it again")
