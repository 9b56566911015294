"""The calls that people make, as a list: each worked, raised, or gave something else.

Varies: the call. Held equal: a small array of our own, each release's own defaults. What was raised or is wrong is printed:
asv run --show-stderr. A call that raises loses nothing: it is told of the release in which it did so first. A call that a
release does not have is n/a. A few seconds a release.
"""

from tomobench.bench import calls
from tomobench.bench.grids import ON_SMALL

from .common import require_part


class Calls:
    params = [calls.NAMES]  # noqa: RUF012 - as asv has it
    param_names = ["way"]  # noqa: RUF012
    timeout = 1200
    looked_up = True
    part_of = ON_SMALL
    version = f"1.{calls.VERSION}"

    def setup(self, name):
        require_part(self)
        self.outcome, said = calls.outcome(name)
        print(said)

    def track_outcome(self, name):
        return self.outcome

    track_outcome.unit = "0 worked, 1 raised, 2 wrong"
    track_outcome.pretty_name = "What comes of a call"
