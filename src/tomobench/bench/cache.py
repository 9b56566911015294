"""Where volumes and stores are kept between runs, and how they get there whole.

Whatever is cached is written under a temporary name in the same folder and renamed when it is complete,
so that a reader never sees half a file, and an interrupted run leaves the previous state.
"""

import contextlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from pathlib import Path

#: The environment variable that names the cache folder.
CHOSEN = "TOMOBENCH_CACHE"


def root() -> Path:
    """The cache folder of this machine: $TOMOBENCH_CACHE, else tomobench in the user's cache folder."""
    if chosen := os.environ.get(CHOSEN):
        return Path(os.path.expanduser(chosen))  # no shell did, where a file of settings names it
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "tomobench"


@contextlib.contextmanager
def whole_file(path: Path, mode: str = "wb"):
    """Open a temporary file beside ``path``; it takes that name only if the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        os.chmod(name, 0o644)
        with os.fdopen(handle, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(path)  # a full disk does not say which file had no room
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


def whole_copy(source: Path, target: Path) -> None:
    """Copy a file, whole or not at all."""
    with whole_file(target) as file:
        file.write(source.read_bytes())


class NotKept(Exception):
    """Nobody has found it yet, and one only looks up."""


_looking_up = ContextVar("looking up", default=False)


@contextlib.contextmanager
def looking_up() -> Iterator[None]:
    """Within the block nothing is found anew: who would (:func:`require_finding`) raises NotKept."""
    before = _looking_up.set(True)
    try:
        yield
    finally:
        _looking_up.reset(before)


def require_finding(what: Path) -> None:
    """Raise NotKept where one only looks up: ``what`` is not there, or no longer as it was."""
    if _looking_up.get():
        raise NotKept(str(what))


def kept_json[Kind](path: Path, kind: type[Kind]) -> Kind | None:
    """What the JSON file ``path`` holds, a ``kind`` (dict, list); None where there is no file, or it is damaged.

    A damaged file is found anew, and says nothing about a release. Raises OSError where the system does not let it be read.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError):
        return None
    return found if isinstance(found, kind) else None


def once(path: Path, find: Callable[[], dict]) -> dict:
    """What ``find`` finds, kept as JSON in the file ``path``: found once, and read from there ever after.

    Found anew where the file is damaged.
    """
    if (kept := kept_json(path, dict)) is not None:
        return kept
    require_finding(path)
    text = json.dumps(find())
    with whole_file(path, "w") as file:
        file.write(text)
    return json.loads(text)


@contextlib.contextmanager
def whole_folder(path: Path):
    """Yield a temporary folder beside ``path``; it replaces ``path`` only if the block ends well.

    When two processes make the same folder at once, one of both stays: both made the same thing. What was
    there before is removed last, so that the name is without a folder for as short as can be.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        os.chmod(scratch, 0o755)
        yield scratch
        with _doomed(path):
            try:
                os.rename(scratch, path)
            except OSError:
                if not path.exists():
                    raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def discard(path: Path) -> None:
    """Remove a cached folder: renamed first, so that nobody finds it half removed."""
    with _doomed(path):
        pass


@contextlib.contextmanager
def _doomed(path: Path) -> Iterator[None]:
    """Within the block a folder is out of the way; back if it ends badly, else removed."""
    doomed = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    try:
        with contextlib.suppress(FileNotFoundError):
            os.rename(path, doomed / "old")
        try:
            yield
        except BaseException:
            with contextlib.suppress(OSError):
                os.rename(doomed / "old", path)
            raise
    finally:
        shutil.rmtree(doomed, ignore_errors=True)
