"""One Zarr array, format 2 or 3, read chunk by chunk: never more than one is decoded at once."""

import functools
import itertools
import math
from collections.abc import Iterator

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.volumes import chunk_keys, zarr_codecs
from tomobench.desk.volumes.opened import NoChunks
from tomobench.desk.volumes.zarr_stores import METADATA, Keys, join

MOST_CHUNKS = 2**20
"""A full tomogram in chunks of 16³ has fewer than 2**15. Metadata that say far more are wrong, and would be gone through."""

_FAULTS = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RuntimeError)
Slices = tuple[slice, ...]


class Array:
    """The array in the folder ``folder`` of a store, by its metadata's documents.

    shape, chunk (the edges of a chunk or shard: of what has a key), unit (of what is decoded at
    once), dtype; names of the axes or None. Raises UserError for metadata that makes no
    sense.
    """

    names: list[str] | None
    _codecs: zarr_codecs.Chunk | zarr_codecs.Shard

    def __init__(self, store: Keys, folder: str, documents: dict[str, dict]):
        self._store, self._folder = store, folder
        self.name = join(store.name, folder)
        try:
            if "zarr.json" in documents:
                self._parse_3(documents["zarr.json"])
            else:
                self._parse_2(documents[".zarray"], documents.get(".zattrs", {}))
            self.names = _named(self.names)
        except _FAULTS as error:
            raise UserError(f"{self.name}: no readable Zarr array ({_brief(error)})") from error
        self.unit = self._codecs.unit

    def _parse_2(self, document: dict, attributes: dict) -> None:
        if document.get("zarr_format") != 2:
            raise ValueError(f"zarr_format {document.get('zarr_format')!r}")
        self.names = attributes.get("_ARRAY_DIMENSIONS")
        self._parse_chunks(document)
        self.dtype = _dtype(document["dtype"])
        self._fill = _fill(document.get("fill_value"), self.dtype)
        self._codecs = zarr_codecs.of_format_2(document, self.chunk, self.dtype)

    def _parse_3(self, document: dict) -> None:
        if document.get("zarr_format") != 3 or document.get("node_type") != "array":
            raise ValueError(
                f"a {document.get('node_type')!r}, zarr_format {document['zarr_format']!r}"
            )
        self.names = document.get("dimension_names")
        self._parse_chunks(document)
        self.dtype = _dtype(document["data_type"])
        self._fill = _fill(document.get("fill_value"), self.dtype)
        self._codecs = zarr_codecs.of_format_3(
            document["codecs"], self.chunk, self.dtype, self._fill
        )

    def _parse_chunks(self, document: dict) -> None:
        self.shape, self.chunk = chunk_keys.grid_of(document)
        self._naming = chunk_keys.naming_of(document)

    @property
    def separator(self) -> str:
        """What stands between the numbers in a chunk's key."""
        return self._naming[1]

    def key(self, index: tuple[int, ...]) -> str:
        """The key in the store of a chunk (of a shard, where there are some)."""
        return join(self._folder, chunk_keys.chunk_key(self._naming, index))

    def prepare(self, wanted: Slices) -> list[str]:
        """Bring the chunks of a region and find how they are named; lines on what is odd.

        Raises NoChunks if not one of them exists (metadata was copied alone, or a server answers
        404 to everything), and UserError for more than MOST_CHUNKS.
        """
        edges = zip(wanted, self.unit, strict=True)
        number = math.prod(-(-part.stop // edge) - part.start // edge for part, edge in edges)
        if number > MOST_CHUNKS:
            raise UserError(
                f"{self.name}: its metadata say that what is wanted has {number:,} chunks: choose a smaller --region"
            )
        stated = self._naming
        counts = [len(steps) for steps in _steps(wanted, self.chunk)]
        for self._naming in chunk_keys.namings(stated):
            self._store.bring(self._keys(wanted))
            found = sum(self._store.has(key) for key in self._keys(wanted))
            if found:
                lines = chunk_keys.odd_of_chunks(self._naming, stated, counts, found, self._fill)
                return [f"{self.name}: {line}" for line in lines]
        self._naming = stated
        there = [name for name in self._store.names(self._folder) if name not in METADATA]
        listed = f"there is {there[0]}" if there else "nothing else is there"
        raise NoChunks(
            f"{self.name}: not one chunk of what is wanted exists; looked for "
            f"{next(self._keys(wanted))}, {listed}: was its metadata copied alone?"
        )

    def read(self, wanted: Slices) -> np.ndarray:
        """A region, one slice an axis. Raises UserError for a damaged chunk."""
        block = np.empty([part.stop - part.start for part in wanted], self.dtype)
        for index in _indices(wanted, self.unit):
            target, source = [], []
            for part, i, edge in zip(wanted, index, self.unit, strict=True):
                first, last = max(part.start, i * edge), min(part.stop, (i + 1) * edge)
                target.append(slice(first - part.start, last - part.start))
                source.append(slice(first - i * edge, last - i * edge))
            chunk = self._decoded(index)
            block[tuple(target)] = self._fill if chunk is None else chunk[tuple(source)]
        return block

    def _decoded(self, index: tuple[int, ...]) -> np.ndarray | None:
        """The unit of this index in the array's grid of units, or None where there is none."""
        counts = [c // u for c, u in zip(self.chunk, self.unit, strict=True)]
        outer = tuple(i // n for i, n in zip(index, counts, strict=True))
        inner = tuple(i % n for i, n in zip(index, counts, strict=True))
        key = join(self._folder, chunk_keys.chunk_key(self._naming, outer))
        try:
            return self._codecs.decoded(functools.partial(self._store.read, key), key, inner)
        except (UserError, MemoryError):
            raise
        except Exception as error:  # each codec has errors of its own
            raise self._store.damaged(key, _brief(error)) from error

    def _keys(self, wanted: Slices) -> Iterator[str]:
        for index in _indices(wanted, self.chunk):
            yield join(self._folder, chunk_keys.chunk_key(self._naming, index))


def _steps(wanted: Slices, edges: tuple[int, ...]) -> list[range]:
    return [range(w.start // e, -(-w.stop // e)) for w, e in zip(wanted, edges, strict=True)]


def _indices(wanted: Slices, edges: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    return itertools.product(*_steps(wanted, edges))


def _named(names) -> list[str] | None:
    """Names of axes, or None if none has one."""
    named = [str(name) if name is not None else "" for name in names or ()]
    return named if any(named) else None


def _dtype(kind) -> np.dtype:
    # What is no plain name is no number either: it is refused by its type.
    return np.dtype(kind) if isinstance(kind, str) else np.dtype(object)


def _fill(value, dtype: np.dtype):
    """The fill value; of none, or of types that are refused anyway, 0."""
    if value is None or dtype.kind not in "biuf":
        return dtype.type(0)
    if isinstance(value, str) and value.startswith("0x"):
        number = int(value, 16).to_bytes(dtype.itemsize, "big")
        return np.frombuffer(number, dtype.newbyteorder(">"))[0]
    return np.asarray(float(value) if isinstance(value, str) else value).astype(dtype)[()]


def _brief(error: Exception) -> str:
    """A reason in a line."""
    return " ".join(str(error).split())[:200] or type(error).__name__
