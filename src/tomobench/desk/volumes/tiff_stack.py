"""Which TIFF is one volume, and how its pages are read: of a file that tifffile has open.

The program of ``plan --script`` has these too: see :mod:`tomobench.desk.advise.script.shared`.
"""

import contextlib
from xml.etree import ElementTree

import numpy as np


def amiss_in_tiff(tiff) -> str | None:
    """Why a TIFF is no single image that is whole in this file: sections would be missing. None where it is one.

    ImageJ, and tifffile, may write a whole stack as one page that says how many planes follow.
    """
    if other := other_file(tiff):
        return f"some of its pages lie in {other}; export them into one file"
    if len(tiff.series) != 1:
        listed = ", ".join("×".join(map(str, one.shape)) for one in tiff.series[:4])
        return (
            f"{len(tiff.series)} images ({listed}), of which one would be read; export the volume "
            "into a file of its own"
        )
    series, pages = tiff.series[0], len(tiff.pages)
    planes = series.size // max(1, series.pages[0].size)
    if pages != planes and (pages != 1 or series.dataoffset is None):
        return f"{pages} pages, but its description says {planes}; export it again"
    return None


def other_file(tiff) -> str | None:
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


def names_of_series(letters, shape) -> tuple[list[str], str | None]:
    """The names of a series' axes; and the letter of the axis that is taken as z, where none is named so.

    It is the one axis of a stack that says nothing of z, by tifffile's letters. S is for samples: red, green, blue.
    """
    names = ["c" if letter == "S" else letter.lower() for letter in letters]
    stacked = [axis for axis, letter in enumerate(letters) if letter in "IQTR" and shape[axis] > 1]
    if "z" in names or len(names) < 3 or len(stacked) != 1:
        return names, None
    names[stacked[0]] = "z"
    return names, letters[stacked[0]]


class Pages:
    """The pages of a series as one array; each is decoded as it is asked for. Raises ValueError for pages of another shape.

    shape, dtype: of the series. outer: how many axes count pages.
    """

    def __init__(self, series):
        self.series, self.shape, self.dtype = series, tuple(series.shape), np.dtype(series.dtype)
        self.page = tuple(series.pages[0].shape)
        self.outer = len(self.shape) - len(self.page)
        if self.shape[self.outer :] != self.page:
            raise ValueError(f"pages of {self.page} in a stack of {self.shape}; export it plainly")

    def __getitem__(self, wanted):
        counts = [part.stop - part.start for part in wanted]
        block = np.empty(counts, self.dtype)
        for index in np.ndindex(*counts[: self.outer]):
            number = 0
            for part, i, edge in zip(wanted, index, self.shape, strict=False):
                number = number * edge + part.start + i
            page = self.series.pages[number]
            if page is None:
                raise ValueError(f"plane {number} has no page; export it again")
            block[index] = page.asarray()[tuple(wanted[self.outer :])]
        return block
