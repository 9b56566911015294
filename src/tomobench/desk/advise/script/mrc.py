"""How the code that we give out takes the bytes of an MRC: as volumes/mrc_files.py does, in one text for all of it."""

#: Functions for a script that has NumPy as np. Not a template: its braces are its own.
VOXELS = '''\
def voxels_of_mrc(mrc):
    """The voxels of an open MRC (z, y, x), its bytes signed or not as the header says."""
    return mrc.data.view("u1") if int(mrc.header.mode) == 0 and unsigned(mrc.header) else mrc.data


def unsigned(header):
    """Whether bytes are: a range that one kind alone holds decides, else IMOD's stamp without its flag (its mrc_format.txt)."""
    low, high = float(header.dmin), float(header.dmax)
    if low >= 0 and high > 127:
        return True
    if -128 <= low < 0 and high <= 127 and low.is_integer() and high.is_integer():
        return False
    flags = imod_flags(header)
    return flags is not None and not flags & 1


def imod_flags(header):
    """IMOD's flags in a header; None where its stamp is missing."""
    order = header.mode.dtype.str[0].replace("|", "<")
    stamp, flags = np.frombuffer(header.extra2.tobytes(), f"{order}i4", count=2, offset=40)
    return int(flags) if stamp == 1146047817 else None'''
