"""The table of interned strings has room, however full it was."""

import subprocess
import sys

import pytest

#: Interns so many strings, makes room or not, then interns 4,000 one by one: the most that one of them took.
LARGEST = """
import sys, tracemalloc
from tomobench.bench import traced
first, room = int(sys.argv[1]), sys.argv[2] == "room"
before = [sys.intern(f"before {n}") for n in range(first)]
if room:
    traced.make_room()
    traced.make_room()
strings = [f"after {n}" for n in range(4000)]
kept = [None] * len(strings)
tracemalloc.start()
most = 0
for place, one in enumerate(strings):
    was, _ = tracemalloc.get_traced_memory()
    kept[place] = sys.intern(one)
    most = max(most, tracemalloc.get_traced_memory()[0] - was)
print(most)
"""


def largest(first: int, room: str) -> int:
    words = [sys.executable, "-c", LARGEST, str(first), room]
    return int(subprocess.run(words, capture_output=True, text=True, check=True).stdout)


EVERY = range(0, 60_000, 4000)


@pytest.mark.parametrize("first", EVERY)
def test_no_string_makes_the_table_grow_once_there_is_room(first):
    assert largest(first, "room") < 2**17


def test_without_room_one_of_them_does():
    assert max(largest(first, "none") for first in EVERY) > 2**17
