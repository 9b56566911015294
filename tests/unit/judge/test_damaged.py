"""Whatever a file of results holds, regressions uses it, or names it and leaves it out: it ends without a traceback."""

import gzip
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.made.history import FILES, READ
from tests.made.json_values import VALUES, places, put
from tests.unit.judge.test_races import race
from tomobench.desk.measure.race import turns

#: Each example is a whole command.
few = settings(max_examples=30)


@pytest.fixture
def measured(made):
    """Runs and a race."""
    made.series(FILES, [10] * 7 + [12])
    made.series(READ, [1.0] * 8)
    made.save()
    race(made.root, {"3.3.0": 1e-3, "3.4.0": 2e-3}, renewals=3, count=8)
    return made


def written(path, content):
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    "name",
    [
        "desk/3.4.2-tomobench-py3.13-volumephantom-128.json",
        "desk/machine.json",
        "benchmarks.json",
        f"desk/{turns.FOLDER}/race01/{turns.ABOUT}",
        f"desk/{turns.FOLDER}/race01/renewal-002/{turns.RENEWAL}",
    ],
)
def test_a_file_with_anything_anywhere(measured, run, name):
    path = measured.root / "results" / name
    whole = path.read_text()

    @few
    @given(st.sampled_from(places(json.loads(whole))), VALUES)
    def test(place, value):
        content = json.loads(whole)
        put(content, place, value)
        written(path, content)
        done = run("regressions", "--format", "json")
        assert done.code == 0 or done.error

    test()


def change(path, field, value):
    """Give a field of a file another value."""
    written(path, {**json.loads(path.read_text()), field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("volume", None), ("environment", None), ("benchmarks", None), ("releases", None)),
        *(("started", 5), ("machine", None), ("versions", []), ("seed", "x"), ("runner", 3)),
        ("releases", {"3.3.0": ""}),
        ("machine", "lab"),
    ],
)
def test_a_race_with_another_shape_is_left_out_and_the_rest_compared(measured, run, field, value):
    path = measured.root / f"results/desk/{turns.FOLDER}/race01/{turns.ABOUT}"
    change(path, field, value)
    done = run("regressions")
    assert done.code == 1 and "tomobench: 1 damaged: desk/races/race01" in done.error
    assert "20 % more objects" in done.printed and "take 2.0 times" not in done.printed


@pytest.mark.parametrize(
    ("field", "value"),
    [
        *(("untimed", [["a"]]), ("untimed", [["9.9.9", "x", "failed", "why"]])),
        *(("seconds", None), ("seconds", {"x": 10**400}), ("number", 99), ("number", 1)),
        ("startup", "soon"),
    ],
)
def test_a_renewal_with_another_shape_is_named(measured, run, field, value):
    path = measured.root / f"results/desk/{turns.FOLDER}/race01/renewal-002/{turns.RENEWAL}"
    change(path, field, value)
    done = run("regressions")
    assert done.code == 1 and "races/race01/renewal-002/renewal.jsonl is damaged" in done.error


ROW = f"2,0,0,{READ}('16×16×16'),phantom-128,3.3.0,1,0.001"


@pytest.mark.parametrize(
    "row",
    [
        ROW.replace("3.3.0", "9.9.9"),
        ROW.replace("2,0", "1,0", 1),
        ROW.replace("2,0", f"2,{10**12}", 1),
        ROW.replace("2,0", f"{10**30},0", 1),
        *(ROW.replace("0.001", one) for one in ("nan", "inf", "-1", "0", "x")),
        ROW.rpartition(",")[0],
    ],
)
def test_turns_that_no_race_gives_are_named(measured, run, row):
    path = measured.root / f"results/desk/{turns.FOLDER}/race01/renewal-002/{turns.TURNS}"
    text = gzip.decompress(path.read_bytes()).decode()
    path.write_bytes(gzip.compress(f"{text}{row}\n".encode()))
    done = run("regressions")
    assert done.code == 1 and "races/race01/renewal-002/turns.csv.gz is damaged" in done.error


def test_turns_with_any_byte_changed(measured, run):
    path = measured.root / f"results/desk/{turns.FOLDER}/race01/renewal-002/{turns.TURNS}"
    whole = path.read_bytes()

    @few
    @given(st.integers(0, len(whole) - 1), st.integers(0, 255))
    def test(place, value):
        path.write_bytes(whole[:place] + bytes([value]) + whole[place + 1 :])
        done = run("regressions", "--format", "json")
        assert done.code == 0 or "turns.csv.gz is damaged" in done.error

    test()


@pytest.mark.parametrize("cells", [[10, 10], []])
def test_a_benchmark_with_more_or_fewer_numbers_than_cells_is_damaged(measured, run, cells):
    path = measured.file("3.4.2")
    content = json.loads(path.read_text())
    content["results"][FILES][0] = cells
    written(path, content)
    done = run("regressions")
    assert done.code == 1 and f"{FILES} has {len(cells)} numbers for 1 cells" in done.error
