"""Decoding the chunks of Zarr arrays, formats 2 and 3, with numcodecs.

Not zarr, so that what is measured has no part in preparing what it is measured on.
"""

import functools
import math
import warnings
from collections.abc import Callable

import numpy as np

from tomobench.desk.volumes.whole_blosc import whole_blosc

# numcodecs tells every user of a package that it will no longer use, whatever the filters are.
with warnings.catch_warnings(record=True):
    import numcodecs

Decode = Callable
Read = Callable[..., "bytes | None"]
"""Takes a start (below 0: from the end) and a length, both optional; None: there is no chunk."""

_OF_NUMBERS = {"astype", "bitround", "delta", "fixedscaleoffset", "quantize"}
_PACKERS = {"blosc", "bz2", "gzip", "lz4", "lzma", "packbits", "shuffle", "zlib", "zstd"}
_CHECKS = {"adler32", "crc32", "crc32c", "fletcher32", "jenkins_lookup3"}
_SAFE = _OF_NUMBERS | _PACKERS | _CHECKS
"""numcodecs' codecs that may decode. Its pickle runs whatever program a chunk contains."""
_UNCONFIGURED = {"blosc", "bz2", "gzip", "lz4", "zlib", "zstd"}
"""How these were encoded stands in their bytes, and options differ from writer to writer."""
_INDICES = 16  # of shards, kept: a row of chunks leads through several
_NOTHING = 2**64 - 1  # in a shard's index: no such chunk


class Chunk:
    """Decodes a chunk of ``unit``: unpacked, then made numbers by ``core``, then turned back."""

    def __init__(self, unit, dtype: np.dtype, packers: list, core: Decode, filters: list):
        self.unit = tuple(unit)
        self._dtype, self._packers, self._core, self._filters = dtype, packers, core, filters

    def decoded(self, read: Read, key: str, inner: tuple[int, ...]) -> np.ndarray | None:
        """What is under a key, or None if nothing is; ``inner`` is all zeros."""
        data = read()
        return None if data is None else self.decode(data)

    def decode(self, data: bytes) -> np.ndarray:
        """A chunk from its bytes. Raises whatever a codec does."""
        for decode in reversed(self._packers):
            data = decode(data)
        array = self._core(data)
        for decode in reversed(self._filters):
            array = decode(array)
        return array.astype(self._dtype, copy=False).reshape(self.unit)


class Shard:
    """Decodes a shard, or the chunks in it one by one (Zarr 3's ``sharding_indexed``)."""

    def __init__(self, shape, dtype: np.dtype, fill, configuration: dict):
        self._shape, self._dtype, self._fill = tuple(shape), dtype, fill
        self.unit = tuple(int(edge) for edge in configuration["chunk_shape"])
        if len(self.unit) != len(self._shape) or not all(edge > 0 for edge in self.unit):
            raise ValueError(f"chunks of {self.unit} in shards of {self._shape}")
        grid = [divmod(s, u) for s, u in zip(self._shape, self.unit, strict=True)]
        if any(rest for _, rest in grid):
            raise ValueError(f"chunks of {self.unit} in shards of {self._shape}")
        self._grid = tuple(count for count, _ in grid)
        self._inner = of_format_3(configuration["codecs"], self.unit, dtype, fill)
        index = configuration.get("index_codecs") or [{"name": "bytes"}, {"name": "crc32c"}]
        self._index = of_format_3(index, (*self._grid, 2), np.dtype("<u8"), 0)
        checks = sum(codec["name"] == "crc32c" for codec in index)
        self._index_bytes = math.prod(self._grid) * 16 + 4 * checks
        self._at_end = configuration.get("index_location", "end") == "end"
        self._indices: dict[str, np.ndarray | None] = {}

    def decoded(self, read: Read, key: str, inner: tuple[int, ...]) -> np.ndarray | None:
        """The chunk ``inner`` of the shard under a key, or None; its bytes alone are read."""
        if key not in self._indices:
            if len(self._indices) >= _INDICES:
                self._indices.clear()
            self._indices[key] = self._read_index(read)
        index = self._indices[key]
        return None if index is None else self._chunk(read, index[inner])

    def decode(self, data: bytes) -> np.ndarray:
        """A whole shard from its bytes."""
        view = memoryview(data)

        def read(start: int = 0, length: int | None = None):
            return view[start:] if length is None else view[start:][:length]

        shard = np.full(self._shape, self._fill, self._dtype)
        index = self._read_index(read)
        assert index is not None  # its bytes are here
        for inner in np.ndindex(*self._grid):
            chunk = self._chunk(read, index[inner])
            if chunk is not None:
                ends = zip(inner, self.unit, strict=True)
                shard[tuple(slice(i * u, (i + 1) * u) for i, u in ends)] = chunk
        return shard

    def _chunk(self, read: Read, entry: np.ndarray) -> np.ndarray | None:
        start, length = (int(number) for number in entry)
        if start == _NOTHING:
            return None
        data = read(start, length)
        if data is None or len(data) != length:
            raise ValueError("the index of its shard points beyond its end")
        return self._inner.decode(data)

    def _read_index(self, read: Read) -> np.ndarray | None:
        data = read(-self._index_bytes) if self._at_end else read(0, self._index_bytes)
        return None if data is None else self._index.decode(data)


def of_format_2(document: dict, chunk: tuple[int, ...], dtype: np.dtype) -> Chunk:
    """The decoder that a ``.zarray`` asks for. Raises ValueError, TypeError or KeyError."""
    configurations = [*(document.get("filters") or []), document.get("compressor")]
    packers = [_decoder(dict(one)) for one in configurations if one is not None]
    core = functools.partial(_numbers, dtype=dtype, shape=chunk)
    if document.get("order", "C") == "F":
        # Order F is order C with the axes the other way round.
        core = functools.partial(_numbers, dtype=dtype, shape=chunk[::-1])
        return Chunk(chunk, dtype, packers, core, [np.transpose])
    return Chunk(chunk, dtype, packers, core, [])


def of_format_3(codecs: list[dict], shape: tuple[int, ...], dtype: np.dtype, fill) -> Chunk | Shard:
    """The decoder of a list of codecs, which stand in the order of encoding. Raises as above."""
    filters: list[Decode] = []
    packers: list[Decode] = []
    core: Decode | None = None
    unit, encoded = tuple(shape), dtype
    for document in codecs:
        name, configuration = document["name"], dict(document.get("configuration") or {})
        if core is not None:
            packers.append(_packer(name, configuration, encoded))
        elif name == "transpose":
            order = [int(axis) for axis in configuration["order"]]
            filters.append(functools.partial(np.transpose, axes=np.argsort(order)))
            unit = tuple(unit[axis] for axis in order)
        elif name == "bytes":
            encoded = encoded.newbyteorder(">" if configuration.get("endian") == "big" else "<")
            core = functools.partial(_numbers, dtype=encoded, shape=unit)
        elif name == "sharding_indexed":
            shard = Shard(unit, encoded, fill, configuration)
            if len(codecs) == 1:
                return shard
            core = shard.decode
        else:
            encoded = _filter(filters, name, configuration, unit, encoded)
    if core is None:
        raise ValueError("no codec makes bytes of numbers")
    return Chunk(shape, dtype, packers, core, filters)


def _packer(name: str, configuration: dict, dtype: np.dtype) -> Decode:
    plain = name.removeprefix("numcodecs.")
    if name == "crc32c":
        configuration = {"location": "end"}  # Zarr 3's own, unlike numcodecs'
    if plain == "shuffle":
        configuration.setdefault("elementsize", dtype.itemsize)
    return _decoder({**configuration, "id": plain})


def _decoder(configuration: dict) -> Decode:
    codec = _codec(configuration)
    if configuration["id"] == "blosc":
        return lambda data: codec.decode(whole_blosc(data))
    return codec.decode


def _filter(filters: list, name: str, configuration: dict, unit, dtype: np.dtype) -> np.dtype:
    """Add the decoder of a codec from numbers to numbers; the type that it makes when encoding."""
    plain = name.removeprefix("numcodecs.")
    if plain not in _OF_NUMBERS:
        raise ValueError(f"codec {name!r} is not known")
    if plain != "bitround":
        configuration.setdefault("decode_dtype" if plain == "astype" else "dtype", dtype.str)
    codec = _codec({**configuration, "id": plain})

    def decode(array):
        return _numbers(codec.decode(np.ascontiguousarray(array)), dtype, unit)

    filters.append(decode)
    return np.dtype(getattr(codec, "encode_dtype", None) or getattr(codec, "astype", None) or dtype)


def _codec(configuration: dict):
    plain = configuration["id"]
    if plain not in _SAFE:
        raise ValueError(f"codec {plain!r} is not known")
    return numcodecs.get_codec({"id": plain} if plain in _UNCONFIGURED else configuration)


def _numbers(data, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Bytes, or those of an array of another type, taken as numbers of this type and shape."""
    if isinstance(data, np.ndarray) and data.dtype == dtype:
        return data.reshape(shape)
    if isinstance(data, np.ndarray):
        data = np.ascontiguousarray(data).reshape(-1).view(np.uint8)
    return np.frombuffer(data, dtype).reshape(shape)
