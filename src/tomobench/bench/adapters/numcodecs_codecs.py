"""Codecs as numcodecs has them: what Zarr format 2 stores, in both lines."""

import numcodecs

from tomobench.bench.layout import Codec

SHUFFLE_NUMBERS = {
    "none": numcodecs.Blosc.NOSHUFFLE,
    "shuffle": numcodecs.Blosc.SHUFFLE,
    "bitshuffle": numcodecs.Blosc.BITSHUFFLE,
}


def compressor(codec: Codec):
    """The numcodecs codec for ``codec``, or None for no compression."""
    if codec.name == "none":
        return None
    if codec.name.startswith("blosc-"):
        cname = codec.name.removeprefix("blosc-")
        return numcodecs.Blosc(cname, clevel=codec.level, shuffle=SHUFFLE_NUMBERS[codec.shuffle])
    return {"zstd": numcodecs.Zstd, "gzip": numcodecs.GZip}[codec.name](level=codec.level)


def codec_of(compressor) -> Codec:
    """The reverse of :func:`compressor`, for checking what an array says of itself."""
    if compressor is None:
        return Codec("none")
    if isinstance(compressor, numcodecs.Blosc):
        names = {number: name for name, number in SHUFFLE_NUMBERS.items()}
        return Codec(f"blosc-{compressor.cname}", compressor.clevel, names[compressor.shuffle])
    return Codec(compressor.codec_id, compressor.level)
