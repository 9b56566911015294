"""The tiers of facts, and the gates that look at them: no more, as a command asks for their names before all else."""

from enum import StrEnum


class Tier(StrEnum):
    """In order of what a user must know first.

    WRONG: voxels lost or unreadable, calls that raise; absolute, never a ratio. TRAFFIC: requests,
    bytes, objects, stored bytes. TIME: time and memory. WORK: Python function starts.
    """

    WRONG = "wrong"
    TRAFFIC = "traffic"
    TIME = "time"
    WORK = "work"


GATES = {
    "wrong": (Tier.WRONG,),
    "traffic": (Tier.WRONG, Tier.TRAFFIC),
    "any": tuple(Tier),
}
"""The tiers that each ``--fail-on`` looks at."""
