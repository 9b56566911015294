"""Packages that lie in folders beside the line's environment, for the suites that name them."""

import json
import os
import sys

from tomobench.bench.blame import NotMeasured

#: The environment variable that has the folders, by the names of their requirements files (JSON).
FOLDERS = "TOMOBENCH_BESIDE"
#: The environment variable that has the address of an existing dask.distributed cluster: to be used where processes would
#: be started on this machine. Who takes it first has it alone: tomobench history for its steps, and what a step measures
#: is then not told of it; else the suites of blocks for their workers.
CLUSTER = "TOMOBENCH_DASK"
#: Seconds in which such a cluster must answer, or have a worker.
PATIENCE = 20


def folder(name: str) -> str:
    """The folder of ``requirements/<name>.txt``. Raises NotMeasured where it is not installed."""
    try:
        return json.loads(os.environ.get(FOLDERS, "{}"))[name]
    except KeyError:
        raise NotMeasured(
            f"the packages of requirements/{name}.txt are not installed: is the package index in reach?"
        ) from None


def importable(name: str) -> None:
    """From now on this process, and those that it starts, can import the packages of ``requirements/<name>.txt``.

    They come last on the import path: where the line has a package, the line's is taken. Raises NotMeasured.
    """
    if (found := folder(name)) not in sys.path:
        sys.path.append(found)
