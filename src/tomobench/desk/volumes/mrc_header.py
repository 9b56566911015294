"""What the header of an MRC says of its voxels: MRC2014 by mrcfile's definition, and what IMOD and others make of it.

The program of ``plan --script`` has these functions too: see :mod:`tomobench.desk.advise.script.shared`.
"""

import math

import numpy as np


def modes() -> dict[int, tuple[float, str]]:
    """By mode: bytes a voxel, and NumPy's type, "" for what is no number. 101: four bits."""
    return {
        0: (1, "i1"),
        1: (2, "i2"),
        2: (4, "f4"),
        3: (4, ""),
        4: (8, ""),
        6: (2, "u2"),
        12: (2, "f2"),
        16: (3, ""),
        101: (0.5, "u1"),
    }


def headers_of(head) -> list:
    """The header of a file that begins so, in each byte order in which it makes sense, the likeliest first.

    Old programs leave stamp and MAP word empty, and SerialEM wrote half a stamp. Mode 0 is 0 in both orders: there
    the smaller edges are right, as 256 turned is 65,536.
    """
    from mrcfile.dtypes import HEADER_DTYPE

    if len(head) < HEADER_DTYPE.itemsize:
        return []
    kinds = [HEADER_DTYPE.newbyteorder(order) for order in "<>"]
    found = [np.frombuffer(head, kind, count=1)[0] for kind in kinds]
    return sorted(filter(is_plausible, found), key=lambda header: int(header["nx"]))


def is_plausible(header) -> bool:
    """Whether a header makes sense: old ones have no MAP word."""
    axes = sorted(int(header[name]) for name in ("mapc", "mapr", "maps"))
    named = header["map"][:3] == b"MAP" or axes == [1, 2, 3]
    # In the wrong byte order edges are larger.
    edges = [int(header[name]) for name in ("nx", "ny", "nz")]
    return named and int(header["mode"]) in modes() and all(0 < edge < 2**24 for edge in edges)


def bytes_of_row(header) -> int:
    """Bytes that a row of voxels takes."""
    return math.ceil(int(header["nx"]) * modes()[int(header["mode"])][0])


def bytes_of_mrc(header) -> int:
    """The length of the file that begins with this header."""
    extended, sections, rows = (int(header[name]) for name in ("nsymbt", "nz", "ny"))
    return header.dtype.itemsize + max(0, extended) + sections * rows * bytes_of_row(header)


def amiss_in_mrc(header, size: int) -> str | None:
    """Why a file of ``size`` bytes is no single whole volume of numbers, by its header; None where it is one."""
    mode, extended = int(header["mode"]), int(header["nsymbt"])
    kind = {3: "complex int16", 4: "complex64", 16: "RGB bytes"}.get(mode)
    if kind:
        return f"voxels of type {kind} (mode {mode}), no whole or real numbers; convert it first"
    needed, why = bytes_of_mrc(header), None
    if extended < 0:
        why = f"an extended header of {extended} bytes"
    elif size < needed:
        why = f"{size} bytes; by its header it has {needed}"
    if why:
        return f"not a whole, valid MRC file ({why}); copy or export it again"
    depth, sections = int(header["mz"]), int(header["nz"])
    if 401 <= int(header["ispg"]) <= 630 and 0 < depth < sections:  # MRC2014's stacks of volumes
        return f"a stack of {sections / depth:g} volumes; extract one first"
    return None


def odd_in_mrc(header, head, size: int) -> list[str]:
    """Lines on what is unusual about a file that is read all the same. ``head``: its first bytes."""
    order, stamp, words, lines = header.dtype["mode"].str[0], head[212:216], [], []
    if head[208:211] != b"MAP":
        words.append(f"the MAP word is {head[208:212]!r}")
    usual = {
        "<": (b"\x44\x44\0\0", b"\x44\x41\0\0"),
        ">": (b"\x11\x11\0\0",),
    }  # as MRC2014 has them
    if stamp not in usual[order]:
        words.append(f"the machine stamp is 0x{stamp.hex()}")
    if words:
        said = {"<": "little", ">": "big"}[order]
        lines.append(
            f"{' and '.join(words)}; read as {said}-endian all the same, since its shape and mode make sense so"
        )
    if surplus := size - bytes_of_mrc(header):
        lines.append(f"MRC file is {surplus} bytes larger than expected")
    return lines


def order_of_mrc(header) -> list[int]:
    """Which array axes are z, y and x: the header says what columns, rows and sections are. Raises ValueError."""
    stored = [int(header[name]) for name in ("maps", "mapr", "mapc")]
    if stored == [0, 0, 0]:  # never filled in
        return [0, 1, 2]
    if sorted(stored) != [1, 2, 3]:
        raise ValueError(f"its header's axes (mapc, mapr, maps) are {stored[::-1]}, not 1, 2 and 3")
    return [stored.index(axis) for axis in (3, 2, 1)]


def unsigned(header) -> bool | None:
    """Whether bytes are unsigned, by the header; None where nothing says, and MRC2014 has signed ones alone.

    A range that one kind alone can hold decides. IMOD's bytes, labels above all, are unsigned unless a flag says
    otherwise (its mrc_format.txt).
    """
    low, high = float(header["dmin"]), float(header["dmax"])
    if low >= 0 and high > 127:
        return True
    if -128 <= low < 0 and high <= 127 and low.is_integer() and high.is_integer():
        return False
    flags = imod_flags(header)
    if flags is not None:
        return not flags & 1
    in_both = 0 <= low < high  # else they are of other voxels, or were never filled in
    return False if in_both else None


def imod_flags(header) -> int | None:
    """IMOD's flags in a header; None where its stamp is missing."""
    order = header.dtype["mode"].str[0]
    extra = header["extra2"].tobytes().ljust(48, b"\0")
    stamp, flags = np.frombuffer(extra, f"{order}i4", count=2, offset=40)
    return int(flags) if stamp == 1146047817 else None
