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
    coders = [_coder(one, itemsize) for one in listed if one["name"] not in _PLAIN]
    compressors = [one.nearest for one in coders if one.nearest]
    return Coding(
        said=" + ".join(one.said for one in coders) or "none",
        nearest=compressors[-1] if compressors else Codec("none"),
        same=not coders or (len(coders) == 1 and coders[0].same),
        documents=tuple(listed),
    )


@dataclass(frozen=True)
class _Coder:
    """One codec: as a person says it, the nearest of ours (None: it compresses nothing), whether it is that one."""

    said: str
    nearest: Codec | None
    same: bool


def _coder(one: dict, itemsize: int) -> _Coder:
    name = one["name"]
    if name == "blosc":
        return _blosc(one, itemsize)
    if name in CODECS:
        codec = Codec(name, int(one.get("level", 0)), "none")
        return _Coder(str(codec), codec, True)
    near = Codec(NEAREST[name], _level(one.get("level")), "none") if name in NEAREST else None
    return _Coder(name, near, False)


def _blosc(one: dict, itemsize: int) -> _Coder:
    name, level = f"blosc-{one.get('cname', 'lz4')}", int(one.get("clevel", 5))
    shuffle = one.get("shuffle", 1)
    if shuffle == -1:
        shuffle = 2 if itemsize == 1 else 1
    shuffle = _BLOSC.get(shuffle, str(shuffle).replace("noshuffle", "none"))
    said, known = f"{name}-{level}-{shuffle}", shuffle in SHUFFLES
    if name in CODECS and known:
        return _Coder(said, Codec(name, level, shuffle), True)
    family = name if name in CODECS else NEAREST[name]
    return _Coder(said, Codec(family, _level(level), shuffle if known else "shuffle"), False)


def _level(stated: object) -> int:
    """A level as the nearest codec has it: 0 to 9, and the middle where another is stated, or none."""
    return stated if isinstance(stated, int) and 0 <= stated <= 9 else 5
