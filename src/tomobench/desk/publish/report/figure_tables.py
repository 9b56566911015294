"""The data behind each figure of the report, and the model's errors."""

from math import prod
from typing import Any

from tomobench.bench.grids import BY_CHUNK
from tomobench.bench.layout import Layout, say
from tomobench.desk.advise.evidence import stored
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import WRITE, Evidence, Measurements
from tomobench.desk.advise.plan import candidates, model
from tomobench.desk.advise.plan.candidates import Question
from tomobench.desk.advise.plan.fitted import fitted
from tomobench.desk.publish.report.tables import SLICES, mib, name_of
from tomobench.desk.results.table import Table
from tomobench.desk.volumes.data_set import TOMOGRAM

KEY_ACCESSES = (WRITE, "whole", "XY slice", "64³ unaligned")


def model_errors(evidence: Evidence) -> Table:
    """How far off the model is on what it did not see, for each release."""
    records = []
    for release in evidence.releases:
        cells = model.cells(evidence, release)
        for by in model.GROUPS:
            held = list(model.held_out(cells, by))
            for writes in (False, True):
                errors = model.errors(one for one in held if one.cell.writes is writes)
                if errors:
                    records.append(_errors_record(evidence, release, by, writes, errors))
    digits = {"cells": ".0f", "median error %": ".1f", "nine in ten within %": ".0f"}
    digits |= {"largest factor": ".2f"}
    note = (
        "Each layout (its chunk and shard shape, both formats), or each volume, is left out of the "
        f"fit in turn. Target: a median under {TARGET_MEDIAN:.0%}, never more than "
        f"{TARGET_FACTOR:g} times off, on layouts."
    )
    if error := stored.largest_error(evidence, "float32"):
        note += " Stored bytes, from another volume or other chunk shapes: never more than "
        note += f"{error:.1%} off."
    return Table(
        records, digits, name="model", title="The model's error on what it did not see", note=note
    )


#: What the model is meant to reach on layouts that were held out.
TARGET_MEDIAN, TARGET_FACTOR = 0.15, 2.0


def _errors_record(evidence, release, by, writes, errors: model.Errors) -> dict:
    reached = errors.median < TARGET_MEDIAN and errors.largest <= TARGET_FACTOR
    return {
        "release": evidence.history.name_of(release),
        "held out": by,
        "what": "writes" if writes else "reads",
        "cells": errors.cells,
        "median error %": errors.median * 100,
        "nine in ten within %": errors.ninth * 100,
        "largest factor": errors.largest,
        "target": ("reached" if reached else "missed") if by == "layout" else "",
    }


def model_cells(evidence: Evidence, release: str) -> Table:
    """Each held-out cell, measured and predicted."""
    cells = model.cells(evidence, release)
    held = [one for by in model.GROUPS for one in model.held_out(cells, by)]
    records = [
        {
            "held out": one.by,
            "volume": one.cell.volume,
            "layout": name_of(one.cell.layout),
            "format": one.cell.layout.zarr_format,
            "access": one.cell.access,
            "measured ms": one.cell.seconds * 1e3,
            "predicted ms": one.predicted * 1e3,
        }
        for one in held
    ]
    return Table(records, name="model-cells", title="Held-out cells, measured and predicted")


def comparison(evidence: Evidence, releases: list[str], volume: str) -> Table:
    """What the six panels show: each chunk shape in format 2, which both lines have."""
    records = []
    for release in releases:
        found = evidence.found.get((volume, release))
        if found is None:
            continue
        for layout in BY_CHUNK.layouts(found.shape):
            if layout.zarr_format == 2 and layout in found.stored:
                nbytes = found.stored[layout]
                record: dict[str, Any] = {
                    "release": evidence.history.name_of(release),
                    "layout": name_of(layout),
                }
                record |= {"files": found.files.get(layout), "stored MiB": mib(nbytes)}
                record["ratio"] = prod(found.shape) * found.itemsize / nbytes
                for name in (WRITE, "whole", "XY slice"):
                    record |= _with_interval(found, name, layout)
                records.append(record)
    return Table(records, name="comparison", title=f"Chunk shapes compared, {volume}, format 2")


def _with_interval(found: Measurements, name: str, layout: Layout) -> dict:
    time = found.times.get((name, layout))
    ends = (
        [None] * 3
        if time is None
        else [time.value, time.low or time.value, time.high or time.value]
    )
    ms = [end and end * 1e3 for end in ends]
    return {f"{name} ms": ms[0], f"{name} low ms": ms[1], f"{name} high ms": ms[2]}


def history(evidence: Evidence, volume: str) -> Table:
    """The key accesses over the releases that were measured, format 2 (the one that all have)."""
    records = []
    for release in evidence.releases:
        found = evidence.found.get((volume, release))
        if found is None:
            continue
        for layout in BY_CHUNK.layouts(found.shape):
            for name in KEY_ACCESSES:
                time = found.times.get((name, layout))
                if time and layout.zarr_format == 2:
                    records.append(
                        {
                            "release": evidence.history.name_of(release),
                            "layout": name_of(layout),
                            "access": name,
                            "ms": time.value * 1e3,
                            "low ms": (time.low or time.value) * 1e3,
                            "high ms": (time.high or time.value) * 1e3,
                        }
                    )
    return Table(records, name="history", title=f"Key accesses over releases, {volume}, format 2")


def amplification(evidence: Evidence, releases: list[str], volume: str) -> Table:
    """Bytes fetched over bytes asked for."""
    records = []
    for release in releases:
        found = evidence.found.get((volume, release))
        for (metric, name, layout), value in found.counts.items() if found else []:
            if metric == "amplification" and name in (*SLICES, "64³ unaligned", "whole"):
                records.append(
                    {
                        "release": evidence.history.name_of(release),
                        "layout": name_of(layout),
                        "format": layout.zarr_format,
                        "access": name,
                        "amplification": value,
                    }
                )
    return Table(
        records,
        {"amplification": ".1f"},
        name="amplification",
        title=f"Read amplification, {volume}",
        note="Bytes fetched over bytes asked for.",
    )


def front(evidence: Evidence, release: str) -> Table:
    """Time of an XY slice of a full tomogram against objects, for every layout."""
    ranking = candidates.rank(Question(TOMOGRAM, uses.parse("xy"), release), evidence)
    records = [
        {
            "layout": name_of(one.layout),
            "format": one.layout.zarr_format,
            "objects": one.objects.value,
            "stored MiB": mib(one.stored.value),
            "XY slice ms": one.seconds.value * 1e3,
            "how": one.seconds.how,
            "on the front": "yes" if one.front else "no",
        }
        for one in ranking.candidates
    ]
    digits = {"objects": ",.0f", "stored MiB": ".1f", "XY slice ms": ".1f"}
    return Table(
        records,
        digits,
        name="front",
        title=f"XY slices of {say(TOMOGRAM)}: the Pareto front",
        note=ranking.reason,
    )


def latency(evidence: Evidence, release: str) -> Table:
    """Times of the remote suite by round trip; no records when it has no results."""
    records = []
    for volume, found in evidence.of(release).items():
        for (name, layout, round_trip), time in found.remote.items():
            records.append(
                {
                    "volume": volume,
                    "layout": layout,
                    "access": name,
                    "round trip ms": round_trip * 1e3,
                    "ms": time.value * 1e3,
                    "low ms": (time.low or time.value) * 1e3,
                    "high ms": (time.high or time.value) * 1e3,
                }
            )
    digits = {"round trip ms": ".0f", "ms": ".1f", "low ms": ".1f", "high ms": ".1f"}
    return Table(records, digits, name="latency", title="Time against latency")


def latency_model(evidence: Evidence, release: str) -> Table:
    """The remote suite's times and what the model says of them, each layout held out in turn."""
    records = [
        {
            "volume": one.volume,
            "layout": name_of(one.layout),
            "format": one.layout.zarr_format,
            "access": one.access,
            "round trip ms": one.round_trip * 1e3,
            "measured ms": one.measured * 1e3,
            "predicted ms": predicted * 1e3,
            "times": predicted / one.measured,
        }
        for one, predicted in fitted(evidence, release).far_held_out
    ]
    digits = {"round trip ms": ".0f", "measured ms": ".1f", "predicted ms": ".1f", "times": ".2f"}
    return Table(
        records, digits, name="latency-model", title="Times over S3, measured and predicted"
    )
