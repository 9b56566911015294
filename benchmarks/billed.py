"""What an access is billed on S3: requests by kind, bytes and connections. Exact, but for
connections; no clock.

Varies: the access, the client and the layout. Held equal: as in remote.py, with no network in
between, each release's default concurrency, and a client that is new for each access; s3fs as it comes (without its HEADs, one a GET of a whole object,
it is what remote.py calls "s3fs one request"). Counted by a
proxy that reads along: what s3fs and obstore do of their own is in it. ``tomobench costs`` makes
money of these. Connections depend on how fast answers come, and may differ by some from run to run.
"""

from tomobench.bench import billed, s3
from tomobench.bench.grids import ON_S3
from tomobench.bench.layout import Label

from .common import open_store, over

AXES = {
    "access": [Label(name) for name in billed.ACCESSES],
    "client": [Label(s3.S3FS), Label(s3.OBSTORE)],
}


@over(ON_S3, **AXES)
class Layouts:
    timeout = 600
    version = f"1.{billed.VERSION}"

    def setup(self, name, client, *cell):
        self.store = open_store(self.grid, cell)
        billed.figure(self.store, client, name, "get")  # n/a, or failed, as the access was

    def track_get(self, name, client, *cell):
        return billed.figure(self.store, client, name, "get")

    def track_range_get(self, name, client, *cell):
        return billed.figure(self.store, client, name, "range get")

    def track_head(self, name, client, *cell):
        return billed.figure(self.store, client, name, "head")

    def track_list(self, name, client, *cell):
        return billed.figure(self.store, client, name, "list")

    def track_put(self, name, client, *cell):
        return billed.figure(self.store, client, name, "put")

    def track_post(self, name, client, *cell):
        return billed.figure(self.store, client, name, "post")

    def track_others(self, name, client, *cell):
        return billed.figure(self.store, client, name, "others")

    def track_bytes_out(self, name, client, *cell):
        return billed.figure(self.store, client, name, "bytes_out")

    def track_bytes_in(self, name, client, *cell):
        return billed.figure(self.store, client, name, "bytes_in")

    def track_connections(self, name, client, *cell):
        return billed.figure(self.store, client, name, "connections")

    track_get.unit = "requests"
    track_get.pretty_name = "GET, billed"
    track_range_get.unit = "requests"
    track_range_get.pretty_name = "GET of a range, billed"
    track_head.unit = "requests"
    track_head.pretty_name = "HEAD, billed"
    track_list.unit = "requests"
    track_list.pretty_name = "LIST, billed"
    track_put.unit = "requests"
    track_put.pretty_name = "PUT, billed"
    track_post.unit = "requests"
    track_post.pretty_name = "POST, billed: what begins and ends an upload in parts"
    track_others.unit = "requests"
    track_others.pretty_name = "Other requests: DELETE, not billed"
    track_bytes_out.unit = "bytes"
    track_bytes_out.pretty_name = "Bytes out, billed"
    track_bytes_in.unit = "bytes"
    track_bytes_in.pretty_name = "Bytes in, billed"
    track_connections.unit = "connections"
    track_connections.pretty_name = "Connections"
