"""What is added to zarr's own modules, as text: Python that runs in a release's environment.

All that is slowed is slowed by a share of its own elapsed time, in a spin after it. What is wrapped
is what one call reads in all, not one chunk of it: zarr 3 reads chunks concurrently, and a share of
each one's time would add up to a multiple of the whole.
"""

SLOWER = '''"""Added by tomobench's proof: what spin() follows takes SHARE times longer."""

import time

SHARE = {share}


def spin(seconds):
    if not SHARE:
        return
    end = time.perf_counter() + seconds * SHARE
    while time.perf_counter() < end:
        pass
'''
"""A module of its own. SHARE is looked up at each call, so that one process can change it."""

READ = """

import time as _time

from zarr import _slower

_quick_read = BatchedCodecPipeline.read


async def _slower_read(self, *args, **kwargs):
    start = _time.perf_counter()
    result = await _quick_read(self, *args, **kwargs)
    if {condition}:
        _slower.spin(_time.perf_counter() - start)
    return result


BatchedCodecPipeline.read = _slower_read
"""
"""The pipeline of codecs, for a whole selection: chunks fetched, decoded and put in their place."""

DECODING = "not self.supports_partial_decode"
"""The pipeline that decodes chunks: an array's own or, in a sharded array, a shard's."""

SHARDED = "self.supports_partial_decode"
"""The pipeline of a sharded array, whose one codec is the shard."""

STORE = """

import time as _time

from zarr import _slower

_quick_get = LocalStore.get
_gets, _since = 0, 0.0


async def _slower_get(self, *args, **kwargs):
    global _gets, _since
    if not _gets:
        _since = _time.perf_counter()
    _gets += 1
    try:
        return await _quick_get(self, *args, **kwargs)
    finally:
        _gets -= 1
        if not _gets:
            _slower.spin(_time.perf_counter() - _since)


LocalStore.get = _slower_get
"""
"""Reads of the store on disk: the time in which at least one is under way. zarr runs all of them in
one thread's event loop, so the count needs no lock."""

REQUEST = """

_quick_read_batch = BatchedCodecPipeline.read_batch


async def _read_batch_asking_first(self, batch_info, *args, **kwargs):
    from zarr.storage import StorePath

    batch_info = list(batch_info)
    for byte_getter, *_ in batch_info:
        if isinstance(byte_getter, StorePath):
            await byte_getter.exists()
    return await _quick_read_batch(self, batch_info, *args, **kwargs)


BatchedCodecPipeline.read_batch = _read_batch_asking_first
"""
"""Before each object of chunks (a chunk, or a shard) is fetched: is it there?"""

LARGER_3 = """

_compress = BloscCodec._encode_sync


def _store_only(self, chunk_bytes, chunk_spec):
    return _compress(replace(self, clevel=0), chunk_bytes, chunk_spec)


BloscCodec._encode_sync = _store_only
"""
LARGER_2 = """

from dataclasses import replace as _replace

from numcodecs import Blosc as _Blosc

_compress = V2Codec._encode_sync


def _store_only(self, chunk_array, chunk_spec):
    if isinstance(self.compressor, _Blosc):
        used = self.compressor
        self = _replace(self, compressor=_Blosc(used.cname, 0, used.shuffle, used.blocksize))
    return _compress(self, chunk_array, chunk_spec)


V2Codec._encode_sync = _store_only
"""
"""Blosc's level 0 whatever level was asked for: any Blosc reads it, and the metadata stay."""
