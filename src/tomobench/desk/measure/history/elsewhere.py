"""What a worker of a cluster is asked to do: to measure a step in its own clone, and give back what it wrote.

A worker runs in the ``.venv`` of a clone that was set up there (``make setup``): that is how tomobench gets the desk's
packages anywhere, and code sent along would still want them. So nothing is shipped, and each step begins with the
question whether all that decides a count is the client's there too. Who differs is told which file or package it is.

The client sends this file as text. So it begins with the standard library alone, and any worker understands it: one with
another Python or another tomobench can say so.
"""

import hashlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

PACKAGE = "tomobench"
FILES = ("asv.conf.json", "releases.lock.json")
FOLDERS = ("benchmarks", f"src/{PACKAGE}")
REFUSED, FAILED, UNWANTED, WROTE = "refused", "failed", "unwanted", "wrote"
"""How it went; of the last there are results."""

DIGEST = "sha256:"

LENDER = "worker"
"""What a worker's machine is called in what it gives back."""

LOOK = 0.2
"""Seconds between looks at a step that is under way."""


Answer = tuple[str, str | dict[str, str]]
"""How it went, and the files of the results folder by name, or the reason why there are none."""


def measured(
    wanted: Mapping[str, str], asked: Mapping[str, str], variables: Mapping[str, str]
) -> Answer:
    """Measure a step, if all that decides a count is as the client has it.

    ``wanted``: what decides a count, of the client; ``asked``: the options of one_step that are no place here;
    ``variables``: environment variables of the client's that are part of what is asked.
    """
    root = _clone()
    if root is None:
        return REFUSED, f"its Python has {PACKAGE} from no clone"
    if reason := difference(wanted, deciding(root)):
        return REFUSED, reason
    return _measured(root, asked, variables)


def deciding(root: Path) -> dict[str, str]:
    """What decides a count: the system with its Python, the desk's packages, and the clone's code, lists and locks."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        **dict(_packages()),
        **{name: _digest(root, [root / name]) for name in FILES},
        **{
            f"requirements/{one.name}": _digest(root, [one])
            for one in sorted(root.glob("requirements/*.txt"))
        },
        **{name: _digest(root, _code(root / name)) for name in FOLDERS},
    }


def difference(wanted: Mapping[str, str], found: Mapping[str, str]) -> str | None:
    """The first thing of ``wanted`` that is another one in ``found``, in words; None if all is the same."""
    for name, value in wanted.items():
        other = found.get(name, "missing")
        if other != value:
            said = "differs" if value.startswith(DIGEST) else f"is {other}, not {value}"
            return f"its {name} {said}"
    return next((f"it has {name}" for name in found if name not in wanted), None)


def _clone() -> Path | None:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parents[2]
    return root if all((root / name).exists() for name in (*FILES, *FOLDERS)) else None


def _packages() -> Iterator[tuple[str, str]]:
    """The packages that tomobench asks for, without those of its extras, and their versions here."""
    for said in importlib.metadata.requires(PACKAGE) or ():
        name = re.split(r"[^\w.-]", said)[0]
        if "extra ==" not in said:
            try:
                yield name, importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                yield name, "missing"


def _code(folder: Path) -> list[Path]:
    """The files below a folder, but for what Python and editors leave there."""
    return [
        one for one in folder.rglob("[!.]*") if one.is_file() and "__pycache__" not in one.parts
    ]


def _digest(root: Path, paths: list[Path]) -> str:
    """Of the files' names and contents."""
    found = hashlib.sha256()
    for path in sorted(paths):
        content = path.read_bytes()
        found.update(os.fsencode(f"{path.relative_to(root)} {len(content)} ") + content)
    return f"{DIGEST}{found.hexdigest()}"


def _measured(root: Path, asked: Mapping[str, str], variables: Mapping[str, str]) -> Answer:
    from distributed import get_worker

    from tomobench.desk.measure.history.step_process import StepProcess

    worker = get_worker()
    key = worker.get_current_task()
    with tempfile.TemporaryDirectory(prefix="step-", dir=worker.local_directory) as scratch:
        found = Path(scratch, "results")
        options = {**asked, "root": root, "folder": found, "machine": LENDER}
        process = StepProcess(options, Path(scratch, "said.txt"), _environment(variables))
        try:
            while not process.done():
                if not _is_wanted(worker, key):
                    return UNWANTED, ""
                time.sleep(LOOK)
        finally:
            if not process.done():
                process.end()
        reason = process.failure()
        return (WROTE, _read(found)) if reason is None else (FAILED, reason)


def _is_wanted(worker: Any, key: Any) -> bool:
    """Whether the client still waits for this task: Dask tells a worker when it does not."""
    task = worker.state.tasks.get(key)
    return task is not None and task.state == "executing"


def _environment(variables: Mapping[str, str]) -> dict[str, str]:
    """The worker's own, with a cache of its own; what else tomobench is told is the client's.

    What Dask sets for its tasks is taken off: by it malloc gives memory back at once, and a step takes longer.
    """
    tasks = _set_by_dask()
    kept = {
        name: value
        for name, value in os.environ.items()
        if (not name.startswith("TOMOBENCH_") or name == "TOMOBENCH_CACHE")
        and tasks.get(name) != value
    }
    return {**kept, **variables, "TOMOBENCH_MACHINE": LENDER}


def _set_by_dask() -> dict[str, str]:
    """The environment variables that Dask's nanny gives a worker."""
    from dask import config

    kinds = ("pre-spawn-environ", "environ")
    several = [config.get(f"distributed.nanny.{kind}", None) or {} for kind in kinds]
    return {name: str(value) for one in several for name, value in one.items()}


def _read(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file()
    }
