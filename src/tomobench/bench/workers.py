"""Workers that read all chunks of an array, one a call: threads of a process, and processes of one thread.

All of them are in processes of their own that have taken nothing over from their parent, threads too: so that what an
idle process holds is the same for all, and can be told from what reading takes.
"""

from statistics import median

import numpy as np

from tomobench.bench import blame
from tomobench.bench.cache import once
from tomobench.bench.crews import MEMORY, VOXELS, Crew, crew
from tomobench.bench.layout import Label
from tomobench.bench.store import Store, whole
from tomobench.bench.ways import Piece, Way, pieces

#: Counted up when what is measured or checked changes.
VERSION = 2
#: Threads in each process, and processes.
WORKERS = {
    Label("1 thread"): (1, 1),
    Label("2 threads"): (2, 1),
    Label("4 threads"): (4, 1),
    Label("1 process"): (1, 1),
    Label("2 processes"): (1, 2),
    Label("4 processes"): (1, 4),
}
#: One process with one thread is measured once, under the first of its names.
SAME = (Label("1 process"), Label("1 thread"))
#: How often memory and voxels are looked at, each time by new processes: the median of memory is kept, and most wrong voxels.
REPEATS = 3


def dealt(store: Store, workers: str) -> list[list[list[Piece]]]:
    """For each process the chunks of each of its threads, dealt out in turn, in (z, y, x) order.

    Raises NotImplementedError where there are fewer chunks than workers.
    """
    threads, processes = WORKERS[Label(workers)]
    chunks = pieces(Way("chunk"), store.shape, store.layout)
    number = threads * processes
    if len(chunks) < number:
        raise NotImplementedError(f"there are fewer chunks than {number}")
    turns = [chunks[one::number] for one in range(number)]
    return [turns[one * threads : (one + 1) * threads] for one in range(processes)]


def read(readers: Crew, store: Store, workers: str, watch: str | None = None):
    """Have them read all chunks; what it took (:class:`tomobench.bench.crews.Watched`)."""
    return readers.read_pieces(store.path, dealt(store, workers), watch)


def figures(store: Store, workers: str) -> dict:
    """wrong_voxels; process_memory: bytes above what idle processes hold, of several the sum. Raises as
    :func:`blame.require`."""
    kept = store.folder / f"workers-{workers.replace(' ', '-')}-{VERSION}.json"
    return blame.require(once(kept, lambda: _confirmed(whole(store), workers)))


def _confirmed(store: Store, workers: str) -> dict:
    found = blame.look(_figures, store, workers)
    return blame.confirmed(found, blame.failed, _figures, store, workers)


def _figures(store: Store, workers: str) -> dict:
    memory, wrong = [], []
    for _ in range(REPEATS):
        # New processes: those that have read once hold what they then took, and malloc keeps it for them.
        with crew(np.array(store.voxels)) as readers:
            memory.append(read(readers, store, workers, MEMORY).above_idle)
            wrong.append(read(readers, store, workers, VOXELS).wrong)
    return {"wrong_voxels": max(wrong), "process_memory": median(memory)}
