"""What asv itself says of the same samples: asv compare, its regression page, asv find.

asv's own functions are called where it has them; the search of asv find is written again, step by
step, because there it measures while it searches.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from asv import _stats, step_detect
from asv.commands.compare import _is_result_better
from asv_runner.statistics import compute_stats

from studies.proof.samples import Pair

FACTOR = 1.1
"""By how much a result must differ for asv compare and asv continuous to mark it: their default."""

THRESHOLD = 0.05
"""The least step on asv's regression page, where the configuration does not say otherwise."""


def compare(pair: Pair) -> bool:
    """Whether asv compare marks the pair, in either direction."""
    before, after = (float(np.median(one)) for one in pair.samples)
    if max(before, after) < FACTOR * min(before, after):
        return False  # what follows is slow, and could only say no once more
    kept = [(compute_stats(list(one), 1)[1], list(one)) for one in pair.samples]
    one, other = ((before, kept[0]), (after, kept[1]))
    return any(
        _is_result_better(a, b, a_kept, b_kept, FACTOR)
        for (a, a_kept), (b, b_kept) in ((one, other), (other, one))
    )


def regression_page(history: Sequence[np.ndarray], after: Sequence[np.ndarray]) -> bool:
    """Whether asv's page lists a step up at the first release of ``after``.

    ``history`` and ``after``: the samples of each release in order, in seconds.
    """
    found = [compute_stats(list(samples), 1) for samples in (*history, *after)]
    values, weights = zip(*((value, _stats.get_weight(kept)) for value, kept in found))
    steps = step_detect.detect_steps(list(values), list(weights))
    _, _, listed = step_detect.detect_regressions(steps, THRESHOLD)
    return any(first == len(history) for _, first, *_ in listed or ())


def find(values: Sequence[float]) -> int:
    """The index that asv find names as the greatest regression, of the releases' values in order.

    asv 0.6.6, ``asv.commands.find``: ``do_search`` and ``difference_3way``.
    """
    low, high = 0, len(values) - 1
    while high - low > 1:
        middle = (high - low) // 2 + low
        total = sum(abs(values[place]) for place in (low, middle, high)) or 1.0
        first, second = (
            max(0.0, (values[b] - values[a]) / total) for a, b in pairwise((low, middle, high))
        )
        low, high = (low, middle) if first >= second else (middle, high)
    return high
