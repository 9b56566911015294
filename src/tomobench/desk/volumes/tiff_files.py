"""Opening TIFF and BigTIFF stacks, OME-TIFF among them, with tifffile."""

import contextlib
import logging
from pathlib import Path
from typing import BinaryIO

import numpy as np
import tifffile

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import axes, stated, tiff_stack, units
from tomobench.desk.volumes.contiguous import Rows
from tomobench.desk.volumes.opened import Excerpt, Opened


def opened(source: str, file: BinaryIO, part: Excerpt) -> Opened:
    """The one image series of a TIFF as a volume; a page is read at a time. Raises UserError.

    Pages that an OME-TIFF has in other files are not looked for: its names may lead anywhere.
    """
    file.seek(0)
    with _complaints(source):
        # An unpacked file has no name of its own.
        tiff = tifffile.TiffFile(file, name=Path(source).name, _multifile=False)
        if why := tiff_stack.amiss_in_tiff(tiff):
            raise UserError(f"{source}: {why}")
        (series,) = tiff.series
        shape, dtype = tuple(series.shape), np.dtype(series.dtype)
        names, notes = _names(source, series.axes, shape)
        spacing = units.spacing(stated.edges_of_tiff(tiff))
    arranged = axes.arrangement(source, shape, names, part.channel)
    if series.dataoffset is not None:
        rows = Rows(source, file, series.dataoffset, shape, dtype.newbyteorder(tiff.byteorder))
        read, unit = rows.read, (*(1,) * (len(shape) - 1), shape[-1])
    else:
        read, unit = _pages(source, series)
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


def _names(source: str, letters: str, shape) -> tuple[list[str], list[str]]:
    """The axes' names, and a line where the pages of a stack are taken as z."""
    names, axis = tiff_stack.names_of_series(letters, shape)
    if axis is None:
        return names, []
    return names, [
        f"{source}: no axis of this TIFF is named Z; its pages (axis {axis}) are taken as z"
    ]


def _pages(source: str, series):
    """What reads a region page by page, and the shape of a page among the axes."""
    try:
        pages = tiff_stack.Pages(series)
    except ValueError as error:
        raise UserError(f"{source}: {error}") from error

    def read(wanted):
        with _complaints(source):
            return pages[wanted]

    return read, (*(1,) * pages.outer, *pages.page)


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
    except (UserError, MemoryError):
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
