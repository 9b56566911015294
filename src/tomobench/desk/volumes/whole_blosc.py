"""Whether a chunk of Blosc is whole.

The program of ``plan --script`` has this function too: see :mod:`tomobench.desk.advise.script.shared`.
"""


def whole_blosc(data) -> bytes:
    """The bytes of a chunk of Blosc. Raises ValueError for one that was cut: numcodecs reads on beyond its end."""
    found = bytes(data)
    stated = int.from_bytes(found[12:16], "little")  # of Blosc's header of 16 bytes
    if len(found) < 16 or stated != len(found):
        raise ValueError(f"a chunk of Blosc was cut: {len(found)} bytes of {stated}")
    return found
