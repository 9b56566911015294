"""Who started, what held the memory, which keys: on code made for the tests."""

import sys
import types
from dataclasses import dataclass

import pytest

from tomobench.bench import peak, starts, who
from tomobench.bench.layout import Layout


@dataclass(frozen=True)
class Made:
    """A class whose __init__ is code without a file."""

    number: int


def once():
    return None


def twice():
    once()
    return [once() for _ in range(2)]


def noted(function):
    with starts.noting() as codes:
        function()
    return starts.functions(codes)


def by_name(found):
    return {one.name: number for one, number in found.items()}


def test_functions_are_noted_by_name_and_as_often_as_they_are_counted():
    found = by_name(noted(twice))
    assert (found["once"], found["twice"]) == (3, 1)
    with starts.counting() as counter:
        first = next(counter)
        twice()
        assert next(counter) - first - 1 == 4


def test_the_own_method_of_a_dataclass_has_the_name_and_place_of_its_class():
    found = {one.name: one for one in noted(lambda: Made(1))}
    one = found["Made.__init__"]
    assert one.file.endswith("test_who.py")
    assert one.line == Made.__firstlineno__


def test_equal_code_of_two_files_stays_apart():
    functions = []
    for file in ("zarr_a.py", "zarr_b.py"):
        space: dict = {}
        exec(compile("def f():\n    return 1\n", file, "exec"), space)
        functions.append(space["f"])
    assert functions[0].__code__ == functions[1].__code__
    found = noted(lambda: [one() for one in functions])
    assert {one.file for one in found if one.name == "f"} == {"zarr_a.py", "zarr_b.py"}


def test_a_body_is_the_same_whatever_its_name_and_line():
    def made(text: str) -> types.CodeType:
        space: dict = {}
        exec(text, space)
        return next(one for one in space.values() if isinstance(one, types.FunctionType)).__code__

    one = made("def f(a):\n    return a.x in {'b', 'c'}\n")
    moved = made("\n\n\ndef g(a):\n    return a.x in {'b', 'c'}\n")
    other = made("def f(a):\n    return a.y in {'b', 'c'}\n")
    assert starts.body_of(one) == starts.body_of(moved) != starts.body_of(other)


def test_what_is_held_at_the_peak_is_found_though_it_is_gone_at_the_end():
    def act(watched):
        watched(lambda: _holds(2**20))

    found = peak.held(act)
    here = {line: size for (file, line), size in found.lines.items() if file == __file__}
    first = _holds.__code__.co_firstlineno
    assert found.most >= 5 * 2**20
    assert here[first + 1] >= 2**20
    # Two within one line: what was in between is held then, too.
    assert here[first + 2] >= 4 * 2**20
    assert found.at == (__file__, first + 2)


def _holds(size: int) -> int:
    kept = bytearray(size)
    total = len((kept + kept)[:])
    return total + len(kept)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("array.zarr/0.1.22", "array.zarr/*.*.*"),
        ("/array.zarr/c/0/1/22", "array.zarr/c/*/*/*"),
        ("array.zarr/zarr.json", "array.zarr/zarr.json"),
        ("multiscale.zarr/2/.zarray", "multiscale.zarr/*/.zarray"),
    ],
)
def test_a_key_s_pattern_has_no_number_of_a_chunk(key, said):
    assert who.pattern(key) == said


def test_units_of_an_access_are_what_its_parts_meet():
    layout = Layout((16, 16, 16), (32, 32, 32), zarr_format=3)
    shape = (40, 48, 56)
    assert who.units(shape, layout, "read whole") == {"calls": 1, "chunks": 36, "objects": 8}
    assert who.units(shape, layout, "read XY slice") == {"calls": 1, "chunks": 12, "objects": 4}
    assert who.units(shape, layout, "open array") == {"calls": 1, "chunks": 0, "objects": 0}
    assert who.units(shape, layout, "read 8 boxes of 96³")["calls"] == 8
    whole = who.units(shape, layout, "write whole, in one call")
    assert whole == who.units(shape, layout, "read whole")


def test_no_tool_of_sys_monitoring_stays_behind():
    noted(twice)
    assert sys.monitoring.get_tool(sys.monitoring.PROFILER_ID) is None
