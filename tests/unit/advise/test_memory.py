"""The memory of a read, held against the peaks that were counted in the committed results."""

import numpy as np
import pytest

from tomobench.bench import access
from tomobench.desk.advise.evidence import fetches, memory, work
from tomobench.desk.advise.evidence.fetches import Fetcher


@pytest.mark.committed
@pytest.mark.parametrize("line", ["2.18", "3"])
def test_most_counted_peaks_are_near(committed, line):
    release = committed.tips()[line]
    reader = Fetcher(committed.history.name_of(release))
    found = []
    for one in committed.of(release).values():
        for (metric, name, layout), counted in one.counts.items():
            if metric != "peak_memory" or name not in access.READS or layout not in one.stored:
                continue
            parts = access.READS[name](one.shape, layout)
            if len(parts) > 1 or parts[0].orthogonal:
                continue
            density = one.stored[layout] / np.prod(one.shape)
            nbytes = fetches.of(parts, one.shape, layout, density, reader).bytes
            done = work.of(parts, layout)
            said = memory.of(done, nbytes, one.itemsize, layout, line, at_once=1)
            found.append(said / counted)
    assert len(found) > 50
    low, middle, high = np.quantile(found, [0.1, 0.5, 0.9])
    assert low > 0.65 and 0.95 < middle < 1.1 and high < 1.6
