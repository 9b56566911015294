"""How the chunks of a Zarr array are coded, by its metadata, and the nearest codec of ours."""

from dataclasses import dataclass

from tomobench.bench.layout import CODECS, SHUFFLES, Codec

#: Codecs that are not among ours, and the one whose cost is nearest: the same family, or the same
#: entropy coder.
NEAREST = {
    "blosc-lz4hc": "blosc-lz4",
    "blosc-blosclz": "blosc-lz4",
    "blosc-snappy": "blosc-lz4",
    "blosc-zlib": "gzip",
    "lz4": "blosc-lz4",
    "zlib": "gzip",
    "bz2": "gzip",
    "lzma": "gzip",
}
#: Blosc's shuffles by their numbers in Zarr format 2 (numcodecs/blosc.pyx); -1: bits for bytes.
_BLOSC = {0: "none", 1: "shuffle", 2: "bitshuffle"}
#: What stands in a list of codecs and does not compress: numbers to bytes, order of axes, checks.
_PLAIN = {"bytes", "transpose", "crc32c", "numcodecs.crc32c", "adler32", "fletcher32", "crc32"}


@dataclass(frozen=True)
class Coding:
    """said: as a person says it. nearest: a codec of ours. same: whether it is that very codec.
    documents: the codecs of a chunk as the metadata has them, the compressor last."""

    said: str
    nearest: Codec
    same: bool
    documents: tuple[dict, ...]


def of_format_2(document: dict, itemsize: int) -> Coding:
    """The coding of a ``.zarray``; ``itemsize``: bytes of a voxel."""
    listed = [*(document.get("filters") or []), document.get("compressor")]
    return _coding([_plain_2(dict(one)) for one in listed if one], itemsize)


def of_format_3(codecs: list[dict], itemsize: int) -> Coding:
    """The coding of a list of codecs; of a shard's, that of the chunks in it."""
    for one in codecs:
        if one["name"] == "sharding_indexed":
            return of_format_3(one["configuration"]["codecs"], itemsize)
    return _coding([_plain_3(one) for one in codecs if one["name"] not in _PLAIN], itemsize)


def _plain_2(one: dict) -> dict:
    return {**one, "name": one.pop("id")}


def _plain_3(one: dict) -> dict:
    return {**(one.get("configuration") or {}), "name": one["name"].removeprefix("numcodecs.")}


def _coding(listed: list[dict], itemsize: int) -> Coding:
    found = [_named(one, itemsize) for one in listed if one["name"] not in _PLAIN]
    said = " + ".join(str(codec or name) for name, codec in found) or "none"
    compressors = [(name, codec) for name, codec in found if codec or name in NEAREST]
    if not compressors:
        none = Codec("none")
        return Coding(said, none, not found, tuple(listed))
    name, codec = compressors[-1]
    level = listed[-1].get("level", listed[-1].get("clevel", 5))
    nearest = codec or Codec(NEAREST[name], level if isinstance(level, int) else 5)
    return Coding(said, nearest, codec is not None and len(found) == 1, tuple(listed))


def _named(one: dict, itemsize: int) -> tuple[str, Codec | None]:
    """A codec's name, and the codec if it is one of ours."""
    name = one["name"]
    if name == "blosc":
        name = f"blosc-{one.get('cname', 'lz4')}"
        shuffle = one.get("shuffle", 1)
        if shuffle == -1:
            shuffle = 2 if itemsize == 1 else 1
        shuffle = _BLOSC.get(shuffle, str(shuffle).replace("noshuffle", "none"))
        known = name in CODECS and shuffle in SHUFFLES
        level = int(one.get("clevel", 5))
        return f"{name}-{level}-{shuffle}", Codec(name, level, shuffle) if known else None
    if name in CODECS:
        return name, Codec(name, int(one.get("level", 0)), "none")
    return name, None
