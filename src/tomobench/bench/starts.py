"""Which Python functions start: how many, and who they were. No clock.

The standard library is left out, because how often an event loop turns depends on how fast a thread answers; zarr's
and numcodecs' own functions start as often every time. Counting names nobody, as what it noted would be in the
memory that is traced meanwhile.
"""

import gc
import hashlib
import itertools
import os
import sys
import sysconfig
import types
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

#: Where Python's own modules lie, and the name that the frozen ones have in place of a file's.
STANDARD_LIBRARY = (sysconfig.get_path("stdlib"), "<frozen")
#: The folder that installed packages are in.
PACKAGES = "site-packages"
#: The name that code made from a text has in place of a file's, as the methods of a dataclass have.
MADE = "<string>"
_UNCOUNTED: set[int] = set()
"""Identities of our own code that zarr calls where it would call the standard library's."""


@dataclass(frozen=True)
class Function:
    """``file``: below the folder that its package is in. ``line``: the first one; 0 where there is none.

    ``body``: a digest of what it does, whatever its name and place.
    """

    file: str
    name: str
    line: int
    body: str


def of_the_standard_library(code: types.CodeType) -> bool:
    """Whether code is of Python's own modules."""
    file = code.co_filename
    return file.startswith(STANDARD_LIBRARY) and PACKAGES not in file


def uncounted[F: Callable](function: F) -> F:
    """A function of ours that stands in for one of the standard library: it is left out, too."""
    _UNCOUNTED.add(id(function.__code__))
    return function


@contextmanager
def counting() -> Iterator[Iterator[int]]:
    """Count starts in all threads, within the block: the next number is the count so far."""
    counter = itertools.count()  # next() is one step to the interpreter: no thread can come between
    with _told(lambda code: next(counter)):
        yield counter


@contextmanager
def noting() -> Iterator[list[types.CodeType]]:
    """Note the code of each start in all threads, within the block, in their order."""
    noted: list[types.CodeType] = []
    # append, too, is one step. Equal code of two files is equal to a dict: a list keeps them apart.
    with _told(noted.append):
        yield noted


@contextmanager
def _told(note: Callable) -> Iterator[None]:
    monitoring, tool = sys.monitoring, sys.monitoring.PROFILER_ID

    def started(code, offset):
        if of_the_standard_library(code) or id(code) in _UNCOUNTED:
            return monitoring.DISABLE
        note(code)

    monitoring.use_tool_id(tool, "tomobench")
    try:
        monitoring.register_callback(tool, monitoring.events.PY_START, started)
        monitoring.set_events(tool, monitoring.events.PY_START)
        yield
    finally:
        monitoring.set_events(tool, 0)
        monitoring.free_tool_id(tool)


def functions(noted: list[types.CodeType]) -> dict[Function, int]:
    """How often each function started."""
    codes = {id(code): code for code in noted}
    found: Counter[Function] = Counter()
    for key, number in Counter(map(id, noted)).items():
        found[function_of(codes[key])] += number
    return dict(found)


def function_of(code: types.CodeType) -> Function:
    """Whose code it is. That of a dataclass's own method has no file: the function that holds it knows its class."""
    if code.co_filename == MADE and (owner := _owner(code)) is not None:
        file = getattr(sys.modules.get(owner.__module__), "__file__", None) or MADE
        return Function(file_of(file), owner.__qualname__, _line_of(owner), body_of(code))
    return Function(file_of(code.co_filename), code.co_qualname, code.co_firstlineno, body_of(code))


def _owner(code: types.CodeType) -> types.FunctionType | None:
    holders = gc.get_referrers(code)
    return next((one for one in holders if isinstance(one, types.FunctionType)), None)


def _line_of(function: types.FunctionType) -> int:
    """The first line of the class that a made method is of."""
    found = sys.modules.get(function.__module__)
    for name in function.__qualname__.split(".")[:-1]:
        found = getattr(found, name, None)
    return getattr(found, "__firstlineno__", 0)


def file_of(name: str) -> str:
    """A file without the folder that its package is in."""
    folder = os.environ.get("TOMOBENCH_RELEASE_DIR")
    own = str(Path(__file__).parents[2])
    for base in filter(
        None, (folder, own, *(STANDARD_LIBRARY[:1] if PACKAGES not in name else ()))
    ):
        if name.startswith(base + os.sep):
            return name.removeprefix(base + os.sep)
    return name.rpartition(f"{PACKAGES}{os.sep}")[2]


def body_of(code: types.CodeType) -> str:
    """A digest of what code does, whatever it is called and wherever it stands."""
    return hashlib.sha256(repr(_said(code)).encode()).hexdigest()[:12]


def _said(code: types.CodeType) -> tuple:
    constants = [_said(one) if isinstance(one, types.CodeType) else one for one in code.co_consts]
    # A set of strings is in another order in each process.
    constants = [sorted(one, key=repr) if isinstance(one, frozenset) else one for one in constants]
    return code.co_code, code.co_names, code.co_varnames, constants
