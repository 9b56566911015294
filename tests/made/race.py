"""Turns made for the tests: what the releases' true times are is known."""

import numpy as np

from tomobench.desk.measure.race.turns import Turn


def turns(
    times, renewals=6, count=20, scatter=0.02, noise=0.05, drift=0.5, seed=0, benchmark="m.time_x"
):
    """Rows of a race of ``times`` {release: seconds}: a machine that drifts by a factor of up to
    1 + ``drift``, processes that differ by ``scatter``, calls that differ by ``noise``."""
    draw = np.random.default_rng(seed)
    for renewal in range(1, renewals + 1):
        process = {release: np.exp(draw.normal(0, scatter)) for release in times}
        for turn in range(-2, count):
            weather = 1 + drift * draw.random()
            for order, release in enumerate(draw.permutation(list(times))):
                seconds = (
                    times[release] * process[release] * weather * np.exp(draw.normal(0, noise))
                )
                # The first turns are slow: they must not count.
                seconds *= 10 if turn < 0 else 1
                yield Turn(renewal, turn, order, benchmark, "made", str(release), 1, float(seconds))
