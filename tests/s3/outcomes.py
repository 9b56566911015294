"""Run by a release's Python: what comes of a fault, of a store that was noted before as right.

Prints "noted", and goes on when it is given a line. Then prints what comes, or why nothing.
"""

import sys
from pathlib import Path

import numpy as np

from tomobench.bench import adapters, faults, remote
from tomobench.bench.blame import NotMeasured
from tomobench.bench.child import Child
from tomobench.bench.layout import Layout
from tomobench.bench.s3 import ServiceClient
from tomobench.bench.store import Store

VOXELS = np.random.default_rng(0).normal(size=(16, 16, 16)).astype(np.float32)


def note(store: Store, client: str) -> None:
    with ServiceClient() as service:
        remote.checked(adapters.load(), service, store, client)


folder, client = sys.argv[1:]
store = Store(Path(folder, "wheel", "volume", "layout"), Layout((8, 8, 8)), VOXELS)
Child(note, store, client).result(60)
print("noted", flush=True)
sys.stdin.readline()
try:
    print("outcome", *faults.outcome(store, client, "503", faults.READ))
except NotMeasured as reason:
    print("not measured", reason)
