"""A server that fails for a moment: does a release recover, or give wrong voxels?

Varies: the fault, the access, the client and the layout. Held equal: as in remote.py, with no
network in between.

The scale: 0 it recovered, 1 it failed and said so, 2 it hung (more than 45 s), 3 it gave or left
behind wrong voxels without a word. The fault comes in the first two answers about voxels (stall and
restart: in the first); after that the server is sound: a client that asks again recovers. 503: Slow
Down. reset: the connection is reset before an answer. stall: no answer comes. cut: the connection
ends after half of the body. short: half of the body is sent as if it were all. restart: the server
is gone for 3 s, with all connections. What a release said is printed: asv run --show-stderr.
"""

from tomobench.bench import faults, s3
from tomobench.bench.grids import TWO_ON_S3
from tomobench.bench.layout import Label

from .common import open_store, over

AXES = {
    "fault": [Label(name) for name in faults.FAULTS],
    "access": [Label(faults.READ), Label(faults.WRITE)],
    "client": [Label(s3.S3FS), Label(s3.OBSTORE)],
}


@over(TWO_ON_S3, **AXES)
class Outcome:
    timeout = 300
    version = f"1.{faults.VERSION}"

    def setup(self, fault, name, client, *cell):
        store = open_store(self.grid, cell)
        self.outcome, said = faults.outcome(store, client, fault, name)
        print(said)

    def track_outcome(self, fault, name, client, *cell):
        return self.outcome

    track_outcome.unit = "0 recovered, 1 failed loudly, 2 hung, 3 wrong voxels"
    track_outcome.pretty_name = "What a fault of the server leads to"
