"""Which axes of a stored array are z, y and x, by their names where they have any.

The program of ``plan --script`` has some of these functions too: see :mod:`tomobench.desk.advise.script.shared`.
"""

import dataclasses
import re

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes.opened import AskedAmiss, Region, require_no_channel


@dataclasses.dataclass(frozen=True)
class Arrangement:
    """order: the three stored axes that are z, y and x. fixed: the index on each other stored axis."""

    order: tuple[int, ...]
    fixed: dict[int, int]

    def of(self, stored) -> tuple:
        """Values of the stored axes (lengths, scales), for z, y and x."""
        return tuple(stored[axis] for axis in self.order)

    def stored(self, wanted: Region) -> tuple[slice, ...]:
        """The slices of the stored array that hold a region."""
        slices = {axis: slice(at, at + 1) for axis, at in self.fixed.items()}
        slices |= dict(zip(self.order, wanted, strict=True))
        return tuple(slices[axis] for axis in range(len(slices)))

    def arranged(self, block: np.ndarray) -> np.ndarray:
        """A block of the stored array with its axes z, y, x."""
        volume = block[tuple(0 if a in self.fixed else slice(None) for a in range(block.ndim))]
        kept = sorted(self.order)
        return volume.transpose([kept.index(axis) for axis in self.order])


def plain(name) -> str | None:
    """``z``, ``y``, ``x``, ``c`` or ``t`` for any usual way of writing it, or None."""
    text = str(name).strip().lower()
    word = "(?:dim|dimension|axis|coord|coordinate|pos|position)"
    match = re.fullmatch(rf"(?:{word}[ _-]?)?([tczyx])(?:[ _-]?{word})?", text)
    long = {"channel": "c", "channels": "c", "time": "t"}
    return long.get(text) or (match[1] if match else None)


def order_of(shape, names) -> list[int]:
    """The axes that are z, y and x: by their names, or without names the last, those of length 1 left out as far as needed.

    More than three where too many are longer than 1. Raises ValueError for what has no z, y and x.
    """
    if len(shape) < 3:
        kind = "a 2-D image" if len(shape) == 2 else f"an array of {len(shape)} axes"
        raise ValueError(f"{kind}, shape {tuple(shape)}; a volume has three axes, z, y and x")
    if names is None:
        surplus = [axis for axis, length in enumerate(shape) if length == 1][: len(shape) - 3]
        return [axis for axis in range(len(shape)) if axis not in surplus]
    known = [plain(name) for name in names]
    if len(names) != len(shape) or any(known.count(one) > 1 for one in "tczyx"):
        raise ValueError(f"its axes are named {list(names)}, its shape is {tuple(shape)}")
    if not set("zyx") <= set(known):
        raise ValueError(
            f"its axes are named {', '.join(map(str, names))}; a volume has three axes, z, y and x"
        )
    return [known.index(one) for one in "zyx"]


def arrangement(source: str, shape, names=None, channel: int | None = None) -> Arrangement:
    """The arrangement of an array of this shape, whose axes have these names (None: no names).

    Without names the last three axes are z, y and x; surplus ones must have length 1. Raises
    UserError for what is no single volume.
    """
    try:
        order = tuple(order_of(shape, names))
    except ValueError as error:
        raise UserError(f"{source}: {error}") from error
    if names is None:
        return _unnamed(source, tuple(shape), order, channel)
    surplus = {axis: names[axis] for axis in range(len(shape)) if axis not in order}
    of_channel = next((axis for axis, name in surplus.items() if plain(name) == "c"), None)
    return Arrangement(order, _fixed(source, shape, surplus, of_channel, channel))


def of_array(
    source: str, shape, names: list[str] | None, channel: int | None, notes: list[str]
) -> Arrangement:
    """As :func:`arrangement`, of an array that stands alone: names of which none is z, y or x say nothing, with a note."""
    if names is not None and not any(map(plain, names)):
        notes.append(f"{source}: its axes are named {', '.join(names)}; taken as z, y, x")
        names = None
    return arrangement(source, shape, names, channel)


def _unnamed(source: str, shape, left: tuple[int, ...], channel: int | None) -> Arrangement:
    surplus = [axis for axis in range(len(shape)) if axis not in left]
    if len(left) == 4 and (channel is not None):
        surplus.append(left[0])
        return Arrangement(left[1:], _fixed(source, shape, surplus, left[0], channel))
    if len(left) > 3:
        raise AskedAmiss(
            f"{source}: an array of {len(shape)} axes, shape {shape}; a volume has three axes, z, "
            "y and x, so extract one first, or choose along the first axis with --channel"
        )
    of_channel = surplus[0] if surplus else None
    return Arrangement(left, _fixed(source, shape, surplus, of_channel, channel))


def _fixed(source: str, shape, surplus, of_channel: int | None, channel: int | None):
    """The index on each surplus axis; ``surplus``: axes, or their names by axis."""
    if of_channel is None:
        require_no_channel(source, channel)
    fixed = dict.fromkeys(surplus, 0)
    if channel is not None:
        if not 0 <= channel < shape[of_channel]:
            raise AskedAmiss(f"{source}: no channel {channel}; it has 0 to {shape[of_channel] - 1}")
        fixed[of_channel] = channel
    for axis in surplus:
        if shape[axis] == 1 or (axis == of_channel and channel is not None):
            continue
        choose = "choose one with --channel" if axis == of_channel else "extract one first"
        raise AskedAmiss(
            f"{source}: {shape[axis]} steps along {surplus[axis]!r}; only a single volume can be "
            f"imported, so {choose}"
        )
    return fixed
