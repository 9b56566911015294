"""What the metadata of MRC and TIFF state of a voxel's edges: z, y, x in Å, None where one is not known.

The program of ``plan --script`` has these functions too: see :mod:`tomobench.desk.advise.script.shared`.
"""

import contextlib
import re
from xml.etree import ElementTree

from tomobench.desk.volumes.units import length


def edges_of_mrc(header) -> list:
    """Cell lengths over intervals, as mrcfile's voxel_size has it."""
    counts = {axis: int(header[f"m{axis}"]) for axis in "zyx"}
    return [float(header["cella"][axis]) / n if n > 0 else None for axis, n in counts.items()]


def edges_of_tiff(tiff) -> list:
    """Those of an open TIFF (tifffile's): by OME-XML or by ImageJ."""
    if tiff.is_ome:
        return edges_of_ome(tiff.ome_metadata)
    return edges_of_imagej(tiff) if tiff.is_imagej else [None] * 3


def edges_of_ome(text) -> list:
    """Physical sizes in OME-XML, where lengths without a unit are in µm."""
    said: dict[str, str] = {}
    with contextlib.suppress(ElementTree.ParseError, TypeError):
        pixels = ElementTree.fromstring(text).find(".//{*}Pixels")
        said = {} if pixels is None else pixels.attrib
    sizes = [f"PhysicalSize{axis}" for axis in "ZYX"]
    return [length(said.get(size), said.get(f"{size}Unit", "µm")) for size in sizes]


def edges_of_imagej(tiff) -> list:
    """ImageJ has the spacing of slices, a unit (or one for each axis), and pixels a unit in the resolution tags.

    Inches are no spacing: they are how large a picture is printed, which ImageJ takes over where a file has no unit.
    """
    said, tags = tiff.imagej_metadata or {}, tiff.pages[0].tags
    per_unit = [
        tags[name].value if name in tags else (0, 0) for name in ("YResolution", "XResolution")
    ]
    counts = [said.get("spacing"), *(below / above if above else None for above, below in per_unit)]
    units = [said.get("zunit"), said.get("yunit"), None]
    said_of = [plain_text(unit or said.get("unit")) for unit in units]
    found = [
        None if unit in ("in", "inch") else length(n, unit)
        for n, unit in zip(counts, said_of, strict=True)
    ]
    return [None if found[0] is None else abs(found[0]), *found[1:]]


def plain_text(text) -> str:
    r"""A text in which ImageJ wrote letters beyond ASCII as \u00B5."""
    return re.sub(r"\\u([0-9A-Fa-f]{4})", lambda found: chr(int(found[1], 16)), str(text))
