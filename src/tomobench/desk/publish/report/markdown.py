"""The report as Markdown: its tables and figures, with what they rest on."""

from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.results.table import Table

#: Tables that are in the text; the others are data behind figures.
SHOWN = [
    "quick",
    "slices",
    "sharding",
    "scaling",
    "dataset",
    "cost",
    "model",
    "front",
    "latency-model",
]
CAPTIONS = {
    "comparison": "Chunk shapes compared. Bars: asv's 99 % interval of the median.",
    "history": "Key accesses over releases. Bars: asv's 99 % interval of the median.",
    "sharding": "Chunks by shards. Colours are logarithmic, each panel its own; darker is more.",
    "latency": "Time against the round trip to S3; bars are the quartiles of the samples.",
    "amplification": "Read amplification, format 3.",
    "front": "Time of an XY slice against objects, for every layout.",
    "model-cells": "What the model says of cells that it did not see.",
}


def text(
    evidence: Evidence, release: str, tables: list[Table], drawn: list[str], left_out: list[str]
) -> str:
    """The report. ``drawn``: names of the figures there are; ``left_out``: a line for each that
    there is not, and why."""
    name = evidence.history.name_of(release)
    parts = [f"# Zarr on tomograms: zarr {name}", _head(evidence), ""]
    for table in sorted(tables, key=_place):
        if table.name in SHOWN and table.records:
            parts += [f"## {table.title}", ""]
            parts += [table.markdown(), "", *([table.note, ""] if table.note else [])]
        if table.name in drawn:
            caption = CAPTIONS[table.name]
            parts += [
                f"![{caption}]({table.name}.png)",
                "",
                f"*{caption}* Data: `{table.name}.csv`.",
                "",
            ]
    parts += (
        ["## Not in this report", "", *(f"- {line}" for line in left_out), ""] if left_out else []
    )
    return "\n".join(parts)


def _place(table: Table) -> int:
    return SHOWN.index(table.name) if table.name in SHOWN else len(SHOWN)


def _head(evidence: Evidence) -> str:
    volumes = ", ".join(sorted({volume for volume, _ in evidence.found}))
    said = f"Machine {evidence.machine}; volumes {volumes}. Times are asv's medians."
    if evidence.unknown:
        unknown = ", ".join(evidence.unknown)
        said += f" Left out, because their shape is not known on this machine: {unknown}."
    return said
