"""The memory of a read, held against the peaks that were counted in the committed results."""

import numpy as np
import pytest

from tomobench.desk.advise.evidence import memory


@pytest.mark.committed
@pytest.mark.parametrize("line", ["2.18", "3"])
def test_most_counted_peaks_are_near(committed, line):
    found = memory.held_against_counts(committed, committed.tips()[line])
    assert len(found) > 50
    low, middle, high = np.quantile(found, [0.1, 0.5, 0.9])
    assert low > 0.65 and 0.95 < middle < 1.1 and high < 1.6
