"""A layout's compressor as an expression of Python, for each line of zarr.

Zarr format 2 stores numcodecs' codecs, in both lines; format 3 has its own.
"""

from tomobench.bench.layout import CODECS, Codec, Layout

#: The words of zarr 3's own Blosc codec for our shuffles; numcodecs has constants.
_ZARR_3_SHUFFLES = {"shuffle": "shuffle", "bitshuffle": "bitshuffle", "none": "noshuffle"}
_CONSTANTS = {"shuffle": "SHUFFLE", "bitshuffle": "BITSHUFFLE", "none": "NOSHUFFLE"}
_CLASSES = {"zstd": ("Zstd", "ZstdCodec"), "gzip": ("GZip", "GzipCodec")}


def expression(layout: Layout) -> tuple[str, str]:
    """The compressor as an expression, and the import that it needs ("" for none)."""
    codec = layout.codec
    if codec.name == "none":
        return "None", ""
    if layout.zarr_format == 2:
        return _numcodecs(codec)
    if CODECS[codec.name]:
        name, shuffle = codec.name.removeprefix("blosc-"), _ZARR_3_SHUFFLES[codec.shuffle]
        made = f'BloscCodec(cname="{name}", clevel={codec.level}, shuffle="{shuffle}")'
        return made, "from zarr.codecs import BloscCodec"
    name = _CLASSES[codec.name][1]
    return f"{name}(level={codec.level})", f"from zarr.codecs import {name}"


def _numcodecs(codec: Codec) -> tuple[str, str]:
    if CODECS[codec.name]:
        name = codec.name.removeprefix("blosc-")
        made = f'Blosc(cname="{name}", clevel={codec.level}, shuffle=Blosc.{_CONSTANTS[codec.shuffle]})'
        return made, "from numcodecs import Blosc"
    name = _CLASSES[codec.name][0]
    return f"{name}(level={codec.level})", f"from numcodecs import {name}"
