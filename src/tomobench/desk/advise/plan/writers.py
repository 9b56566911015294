"""What several writers at once must keep to in a layout: from the list of what is unsafe by design."""

from tomobench.bench.layout import Layout, say
from tomobench.desk.judge.tiers import UNSAFE_WAYS


def share(layout: Layout) -> str:
    """What two writers must not have in common: a shard, or a chunk."""
    return "shard" if layout.shards else "chunk"


def advice(layout: Layout) -> str:
    """What to keep to, and why, in a sentence without its end."""
    what = share(layout)
    reasons = {why for way, why in UNSAFE_WAYS.items() if way.endswith(f"in one {what}")}
    return (
        f"Align parallel writers to {what}s ({say(layout.shards or layout.chunks)}): {'; '.join(sorted(reasons))}, "
        "so what another wrote meanwhile is lost without an error"
    )
