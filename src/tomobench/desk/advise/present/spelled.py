"""A layout as a person types it: ``64x64x64``, ``32x32x32/128x128x128,3,blosc-zstd-5-shuffle``."""

import os
import re

from tomobench.bench.layout import CODECS, SHUFFLES, Codec, Layout
from tomobench.desk.errors import UserError

EXAMPLES = "64x64x64, 256x256x256,2,blosc-lz4-5 or 32x32x32/128x128x128,3"
_SHAPE = r"[0-9]{1,5}(?:[x×][0-9]{1,5}){2}"
_CUT = re.compile(rf"({_SHAPE})(?:/({_SHAPE}))?")
_CODEC = re.compile(
    rf"({'|'.join(map(re.escape, CODECS))})(?:-([0-9]{{1,2}}))?(?:-({'|'.join(SHUFFLES)}))?"
)


def is_one(text: str) -> bool:
    """Whether this is meant as a layout, and not as a path or an address; never where it is a path."""
    return bool(re.match(r"\s*[0-9]+[x×][0-9]", text)) and not os.path.exists(text)  # noqa: PTH110 - of any text


def parse(text: str) -> Layout:
    """CHUNKS[/SHARDS][,2|3][,CODEC[-LEVEL[-SHUFFLE]]], shapes as z, y, x. Format 2 unless there are
    shards; Blosc-zstd at level 5 with shuffle unless another is named. Raises UserError."""
    cut, *words = text.replace(" ", "").split(",")
    match = _CUT.fullmatch(cut)
    if not match:
        raise UserError(f"{text!r} is no layout: write for example {EXAMPLES}")
    chunks, shards = (_shape(one) if one else None for one in match.groups())
    assert chunks is not None  # it matched
    formats = [int(word) for word in words if word in ("2", "3")]
    codecs = [_codec(text, word) for word in words if word not in ("2", "3")]
    if len(formats) > 1 or len(codecs) > 1:
        raise UserError(f"{text!r} names two formats or two codecs: write for example {EXAMPLES}")
    zarr_format = formats[0] if formats else 3 if shards else 2
    if 0 in chunks or 0 in (shards or ()):
        raise UserError(f"{text!r} has an edge of 0: chunks have at least one voxel")
    if shards and zarr_format == 2:
        raise UserError(f"{text!r}: Zarr format 2 has no shards")
    try:
        return Layout(chunks, shards, codecs[0] if codecs else Codec(), zarr_format)
    except ValueError as error:
        raise UserError(f"{text!r}: {error}") from None


def _shape(text: str) -> tuple[int, ...]:
    return tuple(map(int, re.split("[x×]", text)))


def _codec(text: str, word: str) -> Codec:
    match = _CODEC.fullmatch(word)
    if not match:
        raise UserError(f"{text!r}: there is no codec {word!r}: choose from {', '.join(CODECS)}")
    name, level, shuffle = match.groups()
    if shuffle and not CODECS[name]:
        raise UserError(f"{text!r}: {name} has no shuffle")
    usual = "shuffle" if CODECS[name] else "none"
    return Codec(name, int(level or 5), shuffle or usual)
