"""Claims that the results check: each function is named in claims.toml, and returns an Computed."""

from math import prod

from studies.reference_report.context import Computed, Context, exact, layout_of, not_measured
from tomobench.bench.layout import Codec, Layout, say
from tomobench.desk.advise.plan.reasons import time_said
from tomobench.desk.advise.readers.verdicts import FILE as READERS_FILE
from tomobench.desk.advise.readers.verdicts import can_open
from tomobench.desk.volumes.data_set import FULL_VOLUME, SMALL_VOLUME


def calibrated(context: Context, chunks) -> Computed:
    """The phantom's ratio, which was made to be the published report's."""
    found = context.findings(context.old, SMALL_VOLUME)
    stored = found.stored.get(layout_of(chunks)) if found else None
    if found is None or not stored:
        return not_measured(f"{SMALL_VOLUME} on 2.18")
    ratio = prod(found.shape) * found.itemsize / stored
    return Computed(ratio, f"of {SMALL_VOLUME}, which was calibrated to be so", comparable=False)


def time(context: Context, access, chunks) -> Computed:
    """A time here: of another machine and other voxels than the published report's."""
    seconds = context.seconds(context.old, SMALL_VOLUME, access, layout_of(chunks))
    if seconds is None:
        return not_measured(f"{access} on 2.18")
    where = f"zarr {_version(context, context.old)} on {context.evidence.machine}"
    how = f"{where}: another machine than the published report's"
    return Computed(seconds * 1e3, how, comparable=False)


def speedup(context: Context, access, of, over) -> Computed:
    """How many times as fast an access of 128³ is in chunks ``of`` as in chunks ``over``."""
    fast, slow = (
        context.seconds(context.old, SMALL_VOLUME, access, layout_of(edges)) for edges in (of, over)
    )
    if not (fast and slow):
        return not_measured(f"{access} on 2.18")
    times = f"{time_said(slow)} and {time_said(fast)}"
    how = f"{times}, zarr {_version(context, context.old)} on {SMALL_VOLUME}"
    return exact(slow / fast, how)


def scaling(context: Context, access, chunks) -> Computed:
    """How many times as long an access takes on a full tomogram as on 128³."""
    layout = layout_of(chunks)
    small, full = (
        context.seconds(context.old, volume, access, layout)
        for volume in (SMALL_VOLUME, FULL_VOLUME)
    )
    if not (small and full):
        return not_measured(f"{access} of {FULL_VOLUME} on 2.18")
    return exact(
        full / small,
        f"{time_said(small)} and {time_said(full)}, zarr {_version(context, context.old)}",
    )


def sharded_over_not(context: Context, access, chunks, shards, bytes=False) -> Computed:
    """An access of 128³ in shards, in format 3, over the same in an object a chunk: time, or
    bytes."""
    found = context.findings(context.release, SMALL_VOLUME)
    layouts = [layout_of(chunks, shards), Layout(tuple(chunks), zarr_format=3)]
    if found is None:
        return not_measured(f"{SMALL_VOLUME} on 3")
    if bytes:
        values = [found.counts.get(("bytes_fetched", access, layout)) for layout in layouts]
    else:
        values = [
            context.seconds(context.release, SMALL_VOLUME, access, layout) for layout in layouts
        ]
    measured = [value for value in values if value is not None]
    if len(measured) < 2:
        return not_measured(f"{access} in shards")
    said = [f"{value / 2**20:.3g} MiB" if bytes else time_said(value) for value in measured]
    how = f"{' and '.join(said)}, zarr {_version(context, context.release)} on {SMALL_VOLUME}"
    return exact(measured[0] / measured[1], how)


def level(context: Context, level, than, chunks) -> Computed:
    """The ratio at a level over that at another."""
    found = _ratios(context, "footprint.Levels.track_ratio")
    one, other = (found.get((f"{n}", str(say(tuple(chunks))), "none")) for n in (level, than))
    if not (one and other):
        return not_measured("level")
    return exact(one / other, f"ratios {one:.4f} and {other:.4f} on {SMALL_VOLUME}")


def best_codec(context: Context) -> Computed:
    """The best ratio of all codecs over that of the default, chunks of 64³, format 2."""
    found = {
        cell[0]: ratio
        for cell, ratio in _ratios(context, "footprint.Codecs.track_ratio").items()
        if cell[1] == "2"
    }
    default = Codec()
    ours = found.get(f"{default.name} {default.shuffle}")
    if not ours:
        return not_measured("codecs")
    best = max(found, key=found.__getitem__)
    return exact(
        found[best] / ours, f"{best}: {found[best]:.4f}, default: {ours:.4f}, {SMALL_VOLUME}"
    )


def _ratios(context: Context, benchmark: str) -> dict[tuple, float]:
    return {
        tuple(str(value) for _, value in row.cell): row.value
        for row in context.evidence.rows
        if row.benchmark == benchmark
        and (row.release, row.volume) == (context.release, SMALL_VOLUME)
        and row.value is not None
        and row.measured
    }


def formats_of_reader(context: Context, reader) -> Computed:
    """How many of the two formats a reader reads, unsharded, with the default codec."""
    if not (context.root / READERS_FILE).exists():
        return not_measured("what readers open")
    refused = {
        n: can_open(reader, Layout((64, 64, 64), zarr_format=n), line, context.root)
        for n, line in ((2, "2.18"), (3, "3"))
    }
    if any(reason and "not run" in reason for reason in refused.values()):
        return not_measured(f"what {reader} opens")
    opened = [f"format {n}" for n, reason in refused.items() if reason is None]
    return exact(len(opened), f"it reads {' and '.join(opened) or 'neither'}, tried")


def _version(context: Context, release: str | None) -> str:
    return context.evidence.history.name_of(release) if release else "none"
