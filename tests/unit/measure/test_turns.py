"""Turns kept in a folder: the same back, whole or not at all, and damage is named."""

import gzip
import json
from types import SimpleNamespace

import pytest

from tests.made import race as made
from tomobench.desk.errors import UserError
from tomobench.desk.measure.race import kept_turns, race, turns
from tomobench.desk.measure.race.turns import About, Renewal, Turn
from tomobench.desk.results import machine as machines

ABOUT = About(
    "desk", "made", "tomobench-py3.13", {"a": "0" * 64, "b": "1" * 64}, ["m.time_x"], {"m.time_x": "1"},
    "0.3.2", 7, "2026-01-01T00:00:00+00:00",
)  # fmt: skip


@pytest.fixture
def kept(tmp_path, cache_folder):
    """A race of two renewals, in a folder of results."""
    race = turns.create(tmp_path / "desk" / turns.FOLDER / "0123456789", ABOUT)
    rows = list(made.turns({"a": 1e-3, "b": 2e-3}, renewals=2))
    for number in (1, 2):
        note = Renewal(number, ["b", "a"], [("a", "m.time_y", "n/a", "no")], {"m.time_x": 1.5}, 0.5)
        race = turns.add(race, note, [row for row in rows if row.renewal == number])
    return race, rows


def test_what_was_kept_comes_back(kept, tmp_path):
    race, rows = kept
    (back,) = turns.load_folder(tmp_path, "desk")
    assert back.about == ABOUT and back.id == "0123456789"
    assert back.rows() is not None and [row._replace(seconds=0) for row in back.rows()] == [
        row._replace(seconds=0) for row in rows
    ]
    assert [row.seconds for row in back.rows()] == pytest.approx(
        [row.seconds for row in rows], rel=1e-5
    )
    cell = back.cells["m.time_x"]
    assert cell.seconds.shape == (2, 20, 2) and cell.renewals == [1, 2]
    assert cell.releases == ["a", "b"] and len(cell.medians("a")) == 2
    assert back.left_out_since(0) == {"m.time_y": {"a": ("n/a", "no")}}
    assert race.cells["m.time_x"].seconds == pytest.approx(cell.seconds)


def test_no_file_is_taken_for_a_result_of_asv(kept, tmp_path):
    assert not list(tmp_path.rglob("*.json"))


def test_the_same_turns_are_the_same_bytes(kept, tmp_path):
    race, rows = kept
    other = turns.create(tmp_path / "other" / turns.FOLDER / "x", ABOUT)
    turns.add(other, race.renewals[0], [row for row in rows if row.renewal == 1])
    files = [one / turns.name_of(1) / turns.TURNS for one in (race.folder, other.folder)]
    assert files[0].read_bytes() == files[1].read_bytes()


def test_half_a_renewal_is_none(kept):
    race, _ = kept

    def broken():
        yield Turn(3, 0, 0, "m.time_x", "made", "a", 1, 1.0)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        turns.add(race, Renewal(3, ["a"]), broken())
    assert [one.number for one in turns.open_race(race.folder).renewals] == [1, 2]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (turns.ABOUT, b"{", "desk/races/0123456789/race.jsonl is damaged"),
        (f"renewal-001/{turns.RENEWAL}", b"{}", "renewal-001/renewal.jsonl is damaged"),
        (f"renewal-002/{turns.TURNS}", b"not gzip", "renewal-002/turns.csv.gz is damaged"),
        (
            f"renewal-002/{turns.TURNS}",
            gzip.compress(b"a,b\n1,2\n", mtime=0),
            "turns.csv.gz is damaged",
        ),
        (f"renewal-002/{turns.TURNS}", gzip.compress(b"", mtime=0), "turns.csv.gz is damaged"),
    ],
)
def test_damage_is_named(kept, tmp_path, name, content, said):
    race, _ = kept
    (race.folder / name).write_bytes(content)
    with pytest.raises(UserError, match=said) as error:
        _ = [one.cells for one in turns.load_folder(tmp_path, "desk")]
    assert "\n" not in str(error.value) and "--fresh" in str(error.value)


def test_a_file_that_is_gone_is_named(kept, tmp_path):
    race, _ = kept
    (race.folder / "renewal-002" / turns.TURNS).unlink()
    with pytest.raises(UserError, match=r"renewal-002/turns.csv.gz is damaged"):
        _ = turns.open_race(race.folder).cells


def test_what_was_parsed_before_is_the_same_and_is_not_parsed_again(
    kept, cache_folder, monkeypatch
):
    race, _ = kept
    parsed = turns.open_race(race.folder).cells["m.time_x"]
    monkeypatch.setattr(turns, "_parsed", None)
    again = turns.open_race(race.folder).cells["m.time_x"]
    for name in ("seconds", "order", "calls"):
        assert (getattr(parsed, name) == getattr(again, name)).all(), name
    assert (parsed.volume, parsed.releases) == (again.volume, again.releases)


def test_other_turns_are_parsed_anew(kept):
    race, rows = kept
    assert turns.open_race(race.folder).cells["m.time_x"].seconds.shape == (2, 20, 2)
    turns.forget(race.folder / turns.name_of(2))
    assert turns.open_race(race.folder).cells["m.time_x"].seconds.shape == (1, 20, 2)
    turns.forget(race.folder / turns.name_of(1))
    turns.add(race, race.renewals[0], [row for row in rows if row.renewal == 1 and row.turn < 5])
    assert turns.open_race(race.folder).cells["m.time_x"].seconds.shape == (1, 5, 2)


@pytest.mark.parametrize("damage", [b"", b"0" * 64])
def test_turns_are_parsed_anew_where_the_cache_is_damaged(kept, cache_folder, damage):
    race, _ = kept
    whole = turns.open_race(race.folder).cells["m.time_x"].seconds
    files = list((cache_folder / kept_turns.FOLDER).iterdir())
    assert len(files) == 2
    for path in files:
        path.write_bytes(damage)
    assert (turns.open_race(race.folder).cells["m.time_x"].seconds == whole).all()


MACHINE = {"cpu": "EPYC", "num_cpu": "2", "ram": "24 GiB", "arch": "x86_64", "os": "Linux"}


def field_of(folder, **machine):
    """A field of two releases on a machine, whose results are in a folder."""
    return SimpleNamespace(
        conf=SimpleNamespace(results_dir=str(folder)),
        machine=SimpleNamespace(machine="desk", **MACHINE | machine),
        environment=SimpleNamespace(name="tomobench-py3.13"),
        id="0123456789",
        volume="made",
        runner="0.3.2",
        cells={"m.time_x": None},
        releases=[SimpleNamespace(hash=one, sha256="0" * 64) for one in "ab"],
        versions={"m.time_x": "1"},
    )


def test_a_race_keeps_which_machine_it_is_of(tmp_path):
    begun = race.begin(field_of(tmp_path), fresh=False)
    assert turns.open_race(begun.folder).about.described == MACHINE


@pytest.mark.parametrize("part", machines.FIELDS)
def test_a_race_goes_on_on_its_own_machine_alone(tmp_path, part):
    begun = race.begin(field_of(tmp_path), fresh=False)
    assert race.begin(field_of(tmp_path), fresh=False).about == begun.about
    other = field_of(tmp_path, **{part: "other"})
    with pytest.raises(UserError, match=f"is of another machine \\({part} "):
        race.begin(other, fresh=False)
    assert race.begin(other, fresh=True).about.described == MACHINE | {part: "other"}


def test_a_race_that_does_not_say_of_which_machine_it_is_goes_on(tmp_path):
    begun = race.begin(field_of(tmp_path), fresh=False)
    about = begun.folder / turns.ABOUT
    told = json.loads(about.read_text())
    del told["described"]
    about.write_text(json.dumps(told))
    assert race.begin(field_of(tmp_path, cpu="other"), fresh=False).about.described == {}
