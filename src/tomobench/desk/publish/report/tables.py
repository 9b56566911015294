"""The report's tables: the published report's, for a release, and the data behind each figure."""

from collections.abc import Iterator
from decimal import Decimal
from math import prod

from tomobench.bench.grids import BY_CHUNK
from tomobench.bench.layout import Layout, say
from tomobench.desk.advise.costs.prices import load as load_prices
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.evidence.evidence import WRITE, Evidence, Measurements
from tomobench.desk.advise.evidence.figure import MODELLED
from tomobench.desk.advise.plan import candidates
from tomobench.desk.advise.plan.candidates import Candidate, Question, Storage
from tomobench.desk.publish.report import quick
from tomobench.desk.results.table import Table, mib
from tomobench.desk.volumes.data_set import SMALL_VOLUME, TOMOGRAM, TOMOGRAMS

#: The accesses whose slices, history and amplification are shown.
SLICES = ("XY slice", "XZ slice", "YZ slice")


def name_of(layout: Layout) -> str:
    """A layout in a table: chunks, and shards where there are some."""
    return str(say(layout.chunks)) + (f" in {say(layout.shards)}" if layout.shards else "")


def quick_results(evidence: Evidence, releases: list[str], volume: str) -> Table:
    """Files, times, stored MiB and ratio of each layout: the published report's first table."""
    rows = [r for r in evidence.rows if r.volume == volume and r.release in releases]
    records = [
        {
            "release": record["release"],
            "format": record["format"],
            "layout": record["chunks"]
            + ("" if record["shards"] == "none" else f" in {record['shards']}"),
            **{c.heading: _number(record.get(c.heading)) for c in quick.COLUMNS},
        }
        for record in quick.records(rows, evidence.history)
    ]
    return Table(records, quick.DIGITS, name="quick", title=f"Quick results, {volume}")


def _number(value):
    return value if isinstance(value, int | float) else None


def slices(evidence: Evidence, release: str, volume: str) -> Table:
    """Time, requests and amplification of a slice in each plane."""
    found = evidence.found[volume, release]
    records = []
    for layout in _measured_layouts(found, "XY slice"):
        record = {"layout": name_of(layout), "format": layout.zarr_format}
        for name in SLICES:
            plane = name.split()[0]
            time = found.times.get((name, layout))
            record[f"{plane} ms"] = time and time.value * 1e3
            record[f"{plane} requests"] = found.counts.get(("requests", name, layout))
            record[f"{plane} amplification"] = found.counts.get(("amplification", name, layout))
        records.append(record)
    digits = {"ms": ".2f", "requests": ".0f", "amplification": ".0f"}
    named = {f"{name.split()[0]} {what}": d for name in SLICES for what, d in digits.items()}
    return Table(records, named, name="slices", title=f"Slices in each plane, {volume}")


def sharding(evidence: Evidence, release: str) -> Table:
    """Small chunks by shard, on every volume that was measured so."""
    records = []
    for volume, found in _raw(evidence, release):
        for layout in _measured_layouts(found, "whole"):
            if layout.zarr_format == 3 and (layout.shards or layout.chunks in _in_shards(found)):
                records.append(_shard_record(volume, found, layout))
    digits = {"files": ".0f", "stored MiB": ".2f", "write ms": ".1f", "read whole ms": ".1f"}
    digits |= {"XY slice ms": ".2f", "one chunk ms": ".2f", "XY slice requests": ".0f"}
    digits |= {"XY slice amplification": ".0f"}
    return Table(records, digits, name="sharding", title="Sharding")


def _in_shards(found: Measurements) -> set:
    return {layout.chunks for _, layout in found.times if layout.shards}


def _shard_record(volume: str, found: Measurements, layout: Layout) -> dict:
    def ms(name):
        time = found.times.get((name, layout))
        return time and time.value * 1e3

    return {
        "volume": volume,
        "chunks": str(say(layout.chunks)),
        "shards": str(say(layout.shards)),
        "files": found.files.get(layout),
        "stored MiB": mib(found.stored.get(layout)),
        "write ms": ms(WRITE),
        "read whole ms": ms("whole"),
        "XY slice ms": ms("XY slice"),
        "one chunk ms": ms("one chunk"),
        "XY slice requests": found.counts.get(("requests", "XY slice", layout)),
        "XY slice amplification": found.counts.get(("amplification", "XY slice", layout)),
    }


def scaling(evidence: Evidence, release: str) -> Table:
    """A full tomogram against 128³: what was measured, else what the model says."""
    small = evidence.found.get((SMALL_VOLUME, release))
    question = Question(TOMOGRAM, uses.parse("xy,whole"), release)
    ranked = {one.layout: one for one in candidates.rank(question, evidence).candidates}
    records = []
    for layout in BY_CHUNK.layouts(TOMOGRAM):
        if layout.zarr_format == 2 and layout in ranked:
            records += list(_scaled(layout, ranked[layout], small))
    digits = {"128³ ms": ".2f", "full ms": ".1f", "times": ".1f"}
    note = (
        f"{prod(TOMOGRAM) / 128**3:.1f} times the voxels. Where it says {MODELLED}, "
        "the full tomogram was not measured."
    )
    return Table(
        records, digits, name="scaling", title=f"From 128³ to {say(TOMOGRAM)}, format 2", note=note
    )


def _scaled(layout: Layout, one: Candidate, small: Measurements | None) -> Iterator[dict]:
    times = {WRITE: one.write, "whole": one.accesses["whole"], "XY slice": one.accesses["xy"]}
    for name, access in times.items():
        before = small and small.times.get((name, layout))
        if before:
            yield {
                "layout": name_of(layout),
                "access": name,
                "128³ ms": before.value * 1e3,
                "full ms": access.seconds.value * 1e3,
                "times": access.seconds.value / before.value,
                "how": access.seconds.how,
            }


def dataset(evidence: Evidence, release: str) -> Table:
    """Data set 10445 in each layout: files, bytes, what keeping and listing them costs."""
    prices = load_prices()
    question = Question(
        TOMOGRAM, uses.parse("archive"), release, Storage(candidates.S3), tomograms=TOMOGRAMS
    )
    records = []
    for one in candidates.rank(question, evidence).candidates:
        objects = int(one.objects.value)
        records.append(
            {
                "layout": name_of(one.layout),
                "format": one.layout.zarr_format,
                "files of one": objects,
                "files": objects * TOMOGRAMS,
                "stored GB": one.stored.value * TOMOGRAMS / 1e9,
                "keeping, $ a month": _money(one.month),
                "listing, $": float(prices.of_listing(objects * TOMOGRAMS)),
            }
        )
    digits = {"files of one": ",.0f", "files": ",.0f", "stored GB": ".1f"}
    digits |= {"keeping, $ a month": ".2f", "listing, $": ".6f"}
    title = f"Data set of {TOMOGRAMS} tomograms of {say(TOMOGRAM)} float32"
    note = f"Prices: {prices.name}, {prices.date}. GB: 10⁹ bytes; the bill is by GB of "
    note += f"{prices.bytes_per_gb:,} bytes."
    return Table(records, digits, name="dataset", title=title, note=note)


def _money(amount: Decimal | None) -> float:
    assert amount is not None  # as on S3, where everything has a price
    return float(amount)


def cost(evidence: Evidence, release: str) -> Table:
    """A million accesses of a full tomogram on S3: requests, and transfer to the internet."""
    prices = load_prices()
    found: dict[Layout, dict] = {}
    for name in ("xy", "region-64", "whole"):
        question = Question(TOMOGRAM, uses.parse(name), release, Storage(candidates.S3))
        for one in candidates.rank(question, evidence).candidates:
            record = found.setdefault(
                one.layout, {"layout": name_of(one.layout), "format": one.layout.zarr_format}
            )
            record[f"{name}: requests"] = one.accesses[name].requests.value
            record[f"{name}: $ requests"] = _money(one.requests)
            record[f"{name}: $ transfer"] = _money(one.transfer)
    records = [found[layout] for layout in candidates.layouts(TOMOGRAM) if layout in found]
    formats = {"requests": ",.1f", "$ requests": ",.2f", "$ transfer": ",.0f"}
    columns = (column for column in (records[0] if records else ()) if ":" in column)
    digits = {column: formats[column.split(": ")[1]] for column in columns}
    note = (
        f"Requests of one access; $ for a million. {prices.name}, {prices.date}; an open array, "
        "no HEADs. Transfer is to the internet; within the region it costs nothing."
    )
    return Table(
        records,
        digits,
        name="cost",
        title=f"A million accesses of a tomogram of {say(TOMOGRAM)}",
        note=note,
    )


def _raw(evidence: Evidence, release: str) -> Iterator[tuple[str, Measurements]]:
    return ((volume, one) for volume, one in evidence.of(release).items() if one.raw and one.times)


def _measured_layouts(found: Measurements, name: str) -> list[Layout]:
    timed = {layout for access, layout in found.times if access == name}
    return sorted(timed, key=lambda one: (one.zarr_format, one.shards or (), one.key))
