"""The shapes of data from files: what fits can be used as its type says, whatever JSON held."""

import json
import math
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made.json_values import VALUES
from tomobench.desk import shapes


@given(VALUES)
def test_what_fits_a_float_can_be_calculated_with(value):
    if shapes.fits(value, float):
        assert math.isfinite(np.array([value], dtype=float)[0])


@given(st.dictionaries(st.text(), st.integers()), st.lists(st.tuples(st.text(), st.floats())))
def test_what_has_the_shape_fits_but_for_what_is_not_finite(names, pairs):
    back = json.loads(json.dumps([names, pairs]))
    assert shapes.fits(back[0], dict[str, int])
    whole = all(math.isfinite(one) for _, one in pairs)
    assert shapes.fits(back[1], list[tuple[str, float]]) == whole


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, str),
        (True, int),
        (False, float),
        (10**400, float),
        (math.nan, float),
        (1.0, int),
        (["a"], list[int]),
        (["a"], tuple[str, str]),
        (["a", "b", "c"], tuple[str, str]),
        ("ab", tuple[str, str]),
        ("ab", list[str]),
        ([], dict[str, str]),
        ({"a": None}, dict[str, str]),
        ({"a": [1]}, dict[str, list[str]]),
        (5, str | None),
    ],
)
def test_what_has_another_shape_does_not_fit(value, kind):
    assert not shapes.fits(value, kind)


@pytest.mark.parametrize(
    ("value", "kind"),
    [(5, float), (None, str | None), (["a", 1], tuple[str, int]), ([], list[str]), ({}, dict[str, str])],
)  # fmt: skip
def test_what_has_the_shape_fits(value, kind):
    assert shapes.fits(value, kind)


@dataclass
class Made:
    name: str
    many: list[int] = field(default_factory=list)


def test_a_record_is_made_and_what_it_may_lack_is_as_it_comes():
    assert shapes.made(Made, {"name": "a"}) == Made("a")
    assert shapes.made(Made, {"name": "a", "many": [1]}) == Made("a", [1])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({}, "name"),
        ({"name": None}, "its name is None"),
        ({"name": "a", "many": ["b"]}, "its many is"),
        ({"name": "a", "other": 1}, "other"),
        ([], "not an object"),
        (None, "not an object"),
    ],
)
def test_a_record_of_another_shape_says_which_field(content, said):
    with pytest.raises(TypeError, match=said):
        shapes.made(Made, content)
