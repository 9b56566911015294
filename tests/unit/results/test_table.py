"""One table, four ways to print it: they agree on what it holds."""

import csv
import io
import json
import math

from hypothesis import given
from hypothesis import strategies as st

from tomobench.desk.results.table import NONE, Table

texts = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1)
numbers = st.one_of(st.none(), st.floats(allow_infinity=False), st.integers(-(2**40), 2**40))
records = st.lists(st.fixed_dictionaries({"name": texts, "ms": numbers}), min_size=1, max_size=5)


def is_missing(value):
    return value is None or (isinstance(value, float) and math.isnan(value))


@given(records)
def test_csv_and_json_hold_every_number_in_full(found):
    table = Table(found, {"ms": ".2f"})
    rows = list(csv.DictReader(io.StringIO(table.csv())))
    objects = json.loads(table.json())
    assert [row["name"] for row in rows] == [one["name"] for one in found]
    for row, one, record in zip(rows, objects, found, strict=True):
        if is_missing(record["ms"]):
            assert (row["ms"], one["ms"]) == ("", None)
        else:
            assert float(row["ms"]) == one["ms"] == record["ms"]


def test_a_person_gets_rounded_numbers_and_a_dash_where_there_is_none():
    table = Table(
        [{"layout": "64³ | a*b", "ms": 1.2345}, {"layout": "x", "ms": None}], {"ms": ".1f"}
    )
    assert table.text().splitlines()[2].split() == ["64³", "|", "a*b", "1.2"]
    assert table.text().splitlines()[3].split() == ["x", NONE]
    assert "64³ \\| a\\*b" in table.markdown()
    assert table.said("table") == table.text() and table.said("markdown") == table.markdown()


def test_a_table_without_records_keeps_its_headings():
    table = Table([], headings=("layout", "ms"))
    assert table.csv() == "layout,ms" and table.json() == "[]"
    assert "layout" in table.text()


def test_a_table_is_saved_as_csv(tmp_path):
    table = Table([{"layout": "64³", "ms": None}, {"layout": "a, b", "ms": 0.1}])
    table.save(tmp_path / "new" / "table.csv")
    assert (tmp_path / "new" / "table.csv").read_text() == 'layout,ms\n64³,\n"a, b",0.1\n'
