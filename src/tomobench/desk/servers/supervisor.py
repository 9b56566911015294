"""The process that owns a server, so that none outlives the suite or test that asked for it.

    python -m tomobench.desk.servers.supervisor KIND PARENT_PID

It starts the server, prints one line of JSON (how to reach it, or ``{"error": …}``), and waits
until its input is closed or its parent has ended, by whatever: then the server is killed and its
data removed. If this process itself is killed, the server goes with it (launcher.py), and the
parent removes the data.
"""

import contextlib
import json
import os
import select
import signal
import sys
import threading

from tomobench.desk.errors import UserError
from tomobench.desk.servers import ceph_recipe, seaweedfs_recipe
from tomobench.desk.servers.house import House

RECIPES = {"seaweedfs": seaweedfs_recipe.start, "ceph": ceph_recipe.start}
#: A free port may be taken by someone else before the server has it.
ATTEMPTS = 3
#: Seconds between looks at whether the parent is still there.
_LOOK = 0.2


def main(kind: str, parent: int) -> None:
    """Own a server of a kind until ``parent``, a process id, ends or closes our input."""
    # In its own session, Ctrl-C does not come here; a SIGTERM leaves through the block below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    house, answer = _started(RECIPES[kind], parent)
    with house:
        print(json.dumps(answer), flush=True)
        _wait(parent)


def _started(recipe, parent: int) -> tuple[House, dict]:
    for _ in range(ATTEMPTS):
        house = House()
        try:
            with _given_up_with(parent, house):
                facts = recipe(house)
            made = {"folder": str(house.folder), "outside": list(map(str, house.outside))}
            return house, {**facts, **made, "pids": house.pids}
        except UserError as error:
            house.close()
            reason = str(error)
        except BaseException:
            house.close()
            raise
    return house, {"error": reason}


@contextlib.contextmanager
def _given_up_with(parent: int, house: House):
    """While a server starts, leave at once when the parent does."""
    over = threading.Event()

    def watch():
        while not over.is_set():
            if gone(parent):
                house.close()
                os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _wait(parent: int) -> None:
    while not gone(parent):
        pass


def gone(parent: int) -> bool:
    """Whether the parent has ended or closed our input; takes a moment to find that it has not."""
    # Not the input alone: a process that the parent forked may still hold its other end.
    return bool(select.select([sys.stdin], [], [], _LOOK)[0]) or os.getppid() != parent


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
