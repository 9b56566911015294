"""How many rounds a scatter asks for."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from studies.proof import price


@given(st.floats(0.002, 0.3), st.floats(1.01, 3))
def test_more_scatter_asks_for_as_many_rounds_or_more(scatter, factor):
    assert 2 <= price.rounds_needed(scatter) <= price.rounds_needed(scatter * factor)


def test_so_many_rounds_find_the_change_as_often_as_is_said():
    scatter, draw = 0.06, np.random.default_rng(1)
    rounds = price.rounds_needed(scatter)
    found = [
        np.mean(
            [
                stats.ttest_1samp(shift + scatter * draw.normal(size=rounds), 0).pvalue
                < price.FALSE
                for _ in range(4000)
            ]
        )
        for shift in (np.log1p(price.CHANGE), 0)
    ]
    assert price.POWER - 0.015 < found[0] < price.POWER + 0.04
    assert abs(found[1] - price.FALSE) < 0.006
