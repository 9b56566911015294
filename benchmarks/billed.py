"""What an access is billed on S3: requests by kind, bytes and connections. Exact, but for
connections; no clock.

Varies: the access, the client and the layout. Held equal: as in remote.py, with no network in
between, each release's default concurrency, and a client that is new for each access; s3fs as it comes (without its HEADs, one a GET of a whole object,
it is what remote.py calls "s3fs one request"). Counted by a
proxy that reads along: what s3fs and obstore do of their own is in it. ``tomobench costs`` makes
money of these. Connections depend on how fast answers come, and may differ by some from run to run.
"""

from tomobench.bench import billed, s3
from tomobench.bench.grids import ON_S3, PRACTICE_ON_S3
from tomobench.bench.layout import Label

from .common import open_store, over, tracked

AXES = {
    "access": [Label(name) for name in billed.ACCESSES],
    "client": [Label(s3.S3FS), Label(s3.OBSTORE)],
}

METRICS = {
    "get": ("requests", "GET, billed"),
    "range get": ("requests", "GET of a range, billed"),
    "head": ("requests", "HEAD, billed"),
    "list": ("requests", "LIST, billed"),
    "put": ("requests", "PUT, billed"),
    "post": ("requests", "POST, billed: what begins and ends an upload in parts"),
    "others": ("requests", "Other requests: DELETE, not billed"),
    "bytes_out": ("bytes", "Bytes out, billed"),
    "bytes_in": ("bytes", "Bytes in, billed"),
    "connections": ("connections", "Connections"),
}


@tracked(METRICS)
class _Billed:
    timeout = 600
    version = f"1.{billed.VERSION}"

    def setup(self, name, client, *cell):
        self.store = open_store(self.grid, cell)
        billed.figure(self.store, client, name, "get")  # n/a, or failed, as the access was

    def figure(self, metric, name, client, *cell):
        return billed.figure(self.store, client, name, metric)


@over(ON_S3, **AXES)
class Layouts(_Billed):
    pass


@over(PRACTICE_ON_S3, **AXES)
class Practice(_Billed):
    pass
