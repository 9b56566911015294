"""Files that somebody else wrote or named: read if they are files, and written over nothing else."""

import contextlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from tomobench.bench.cache import whole_file
from tomobench.desk.errors import UserError, reason

KINDS = {
    stat.S_ISDIR: "a folder",
    stat.S_ISFIFO: "a pipe",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
    stat.S_ISSOCK: "a socket",
    stat.S_ISLNK: "a link",
}
"""What is no regular file."""


def regular(path: Path) -> Path:
    """The path, if a file can be read there; links are followed. A pipe would be waited for without end.

    Raises FileNotFoundError, and UserError for what is no file.
    """
    if kind := _kind(path.stat().st_mode):
        raise UserError(f"{path} is {kind}, not a file")
    return path


def expanded(path: str | os.PathLike[str]) -> Path:
    """A path, ~ as the shell has it; a name that begins with ~ and is nobody's home stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path.expanduser raises RuntimeError for nobody's


def there(path: Path) -> bool:
    """Whether anything has this name, if only a link that leads nowhere: not the same as no file."""
    return path.is_symlink() or path.exists()


def text(path: Path) -> str:
    """The text of a file, UTF-8. Raises UserError for one that can't be read or is no text."""
    try:
        return regular(path).read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is no text (UTF-8)") from None


def parsed(path: Path) -> Any:
    """What a file of JSON holds. Raises UserError for one that can't be read, is no JSON or is nested without end."""
    content = text(path)
    try:
        return json.loads(content)
    except RecursionError:
        raise UserError(f"{path} is nested too deeply") from None
    except ValueError as error:
        raise UserError(f"{path} is no JSON: {error}") from None


def output(path: Path) -> Path:
    """The path, if a file may be put there under this name: nothing is there, or a regular file.

    A temporary file is renamed to it, which would replace a device, a pipe or a link by a file.
    Raises UserError.
    """
    try:
        kind = _kind(path.lstat().st_mode)
    except FileNotFoundError:
        return path
    except OSError as error:
        raise UserError(f"can't write {path} ({error.strerror}): choose another name") from None
    if kind:
        raise UserError(f"{path} is {kind}: name a file to write")
    return path


def inside(folder: Path, path: Path) -> Path:
    """The path, if it lies in the folder once all links are followed; the folder may be a link itself.

    Who names a folder means what is in it, not what somebody linked there. Raises UserError.
    """
    if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder)):
        raise UserError(f"{path} leads out of {folder}: put what it names in its place")
    return path


@contextlib.contextmanager
def written(path: Path, mode: str = "wb") -> Iterator[IO]:
    """:func:`whole_file` for a name that the user gave. Raises UserError where nothing can be written."""
    output(path)
    try:
        with whole_file(path, mode) as file:
            yield file
    except OSError as error:
        raise UserError(f"{path} can't be written: {reason(error)}") from None


def _kind(mode: int) -> str | None:
    return next((said for is_one, said in KINDS.items() if is_one(mode)), None)
