"""Codecs raced on voxels of each type, in numcodecs: what a byte takes, over the default on float32.

A chunk is read from the page cache and decoded: the time of a copy of its coded bytes, and of decoding
them. Writing is encoding, and the copy. Chunks of 64³ of a phantom; each codec in turn, again and again,
and the shortest processor time of each. Blosc has one thread, as in zarr 3, which decodes in threads
of its own.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tomobench.bench.layout import Codec
from tomobench.desk import progress
from tomobench.desk.advise.evidence import coding, like
from tomobench.desk.advise.evidence.stored import DEFAULT
from tomobench.desk.results.table import Table
from tomobench.desk.volumes import phantom
from tomobench.desk.volumes.zarr_codecs import numcodecs

EDGE, CHUNKS = 64, 2
#: Turns of decoding, and of encoding, which takes longer.
TURNS, TURNS_OF_ENCODING = 12, 8
#: Seconds of a job from which it has its SLOWLY first turns alone.
SLOW, SLOWLY = 0.1, 3
VOXELS = (
    ("float32", "raw"), ("int8", "raw"), ("uint8", "raw"), ("int16", "raw"), ("uint16", "raw"),
    ("float16", "raw"), ("float64", "raw"), ("float32", "denoised"), ("uint8", "labels"),
)  # fmt: skip


def race(path: Path) -> None:
    """Race all, and write the table."""
    numcodecs.blosc.use_threads = False
    times: dict[tuple[str, str, Codec], tuple[float, float, float]] = {}
    for dtype, kind in progress.told("types raced", VOXELS):
        chunks = list(_chunks(dtype, kind))
        times |= {(dtype, kind, codec): found for codec, found in _raced(chunks).items()}
    base = times["float32", "raw", DEFAULT]
    rows = [
        {
            "dtype": dtype,
            "kind": kind,
            "codec": codec.name,
            "level": codec.level,
            "shuffle": codec.shuffle,
            "ratio": f"{ratio:.4g}",
            "decoding": f"{decoding / base[1]:.4g}",
            "encoding": f"{encoding / base[2]:.4g}",
        }
        for (dtype, kind, codec), (ratio, decoding, encoding) in times.items()
    ]
    Table(rows, headings=coding.HEADINGS).save(path)


def _chunks(dtype: str, kind: str) -> Iterator[np.ndarray]:
    voxels = phantom.make((EDGE, EDGE, EDGE * CHUNKS), kind, dtype)
    for n in range(CHUNKS):
        yield np.ascontiguousarray(voxels[:, :, n * EDGE : (n + 1) * EDGE])


def _raced(chunks: list[np.ndarray]) -> dict[Codec, tuple[float, float, float]]:
    """By codec: ratio, and seconds a byte of voxels to read and decode, and to encode and write."""
    size = sum(one.nbytes for one in chunks)
    made = {codec: like.numcodec(codec) for codec in like.codecs()}
    kept = {codec: [_encoded(one, chunk) for chunk in chunks] for codec, one in made.items()}
    decoding = _shortest(
        {codec: lambda c=codec, one=one: _decode(one, kept[c]) for codec, one in made.items()},
        TURNS,
    )
    encoding = _shortest(
        {codec: lambda one=one: _encode(one, chunks) for codec, one in made.items()},
        TURNS_OF_ENCODING,
    )
    return {
        codec: (size / sum(map(len, kept[codec])), decoding[codec] / size, encoding[codec] / size)
        for codec in made
    }


def _encoded(codec, chunk: np.ndarray) -> bytes:
    return bytes(codec.encode(chunk)) if codec else chunk.tobytes()


def _decode(codec, stored: list[bytes]) -> None:
    for one in stored:
        read = bytearray(one)  # as a file is read
        if codec:
            codec.decode(read)


def _encode(codec, chunks: list[np.ndarray]) -> None:
    for one in chunks:
        bytearray(_encoded(codec, one))


def _shortest(jobs: dict, turns: int) -> dict:
    found = dict.fromkeys(jobs, float("inf"))
    for turn in range(turns):
        for name, job in jobs.items():
            if turn >= SLOWLY and found[name] > SLOW:
                continue
            start = time.thread_time()
            job()
            found[name] = min(found[name], time.thread_time() - start)
    return found
