"""What the Advice page computes from: the model of ``tomobench plan`` as data, for its scripts.

The page searches as :mod:`tomobench.desk.advise.plan.search` does. Every number that is fitted, measured or
chosen comes from here; the scripts hold the arithmetic alone. A test puts random questions to both.
"""

from functools import lru_cache
from itertools import product
from pathlib import Path

import numpy as np
from asv.console import log

from tomobench.bench.grids import BY_CHUNK, BY_SHARD, WHOLE
from tomobench.bench.layout import CODECS, SHUFFLES, Codec, Layout, say
from tomobench.bench.objects import METADATA_OBJECTS
from tomobench.desk.advise.costs import prices
from tomobench.desk.advise.evidence import coding, expected, fetches, stored, use, work
from tomobench.desk.advise.evidence.evidence import WRITE, Evidence
from tomobench.desk.advise.evidence.figure import MARKS
from tomobench.desk.advise.evidence.stored import DEFAULT, Ratios
from tomobench.desk.advise.plan import (
    candidates,
    estimate,
    lattice,
    left_out,
    model,
    network,
    parallel,
    reasons,
    search,
    snippets,
    writers,
)
from tomobench.desk.advise.plan.estimate import Estimate
from tomobench.desk.advise.plan.fitted import fitted
from tomobench.desk.advise.plan.network import S3, Storage
from tomobench.desk.advise.plan.question import MOST_VOXELS, Question
from tomobench.desk.advise.readers import tools, verdicts
from tomobench.desk.errors import UserError
from tomobench.desk.publish.site import advice_upgrade, shared
from tomobench.desk.publish.site.advice_costs import costs
from tomobench.desk.results.calibration import ASSUMED
from tomobench.desk.volumes import phantom
from tomobench.desk.volumes.data_set import TOMOGRAM

#: A shape that no volume has, so that nothing was measured on it.
NOWHERE = (1, 1, 1)
#: The compression that a person gives, in the notes: the page puts the number in.
GIVEN = "--ratio {ratio}"


@lru_cache(maxsize=4)
def releases(known: Evidence) -> tuple[str, ...]:
    """The hashes of the releases whose times have a model, of reads and of writes, oldest first."""
    return tuple(one for one in known.releases if _has_model(known, one))


def _has_model(known: Evidence, release: str) -> bool:
    try:
        return fitted(known, release).on_disk is not None
    except UserError:
        return False


def gather(known: Evidence, root: Path) -> dict:
    """What holds for every release. Raises UserError when none was timed in reads and in writes.

    ``newest``: the release that is asked about at first; ``default``: the one that tomobench plan answers for when
    none is named. It may have no model.
    """
    timed = releases(known)
    if not timed:
        raise UserError(
            f"no release was timed in reads and writes on {known.machine}: measure some with asv run"
        )
    default, names = known.release(None), shared.names(known.history)
    coded = coding.load(root)
    codecs = list(dict.fromkeys([DEFAULT, *coded.codecs()]))
    desk = Desks(known, timed[-1])
    return {
        "machine": known.machine,
        "releases": [[names[one], known.history.find(one).line] for one in timed],
        "own": [names[one] for one in timed if known.history.find(one).own],
        "newest": names[default if default in timed else timed[-1]],
        "default": names[default],
        "tomogram": str(say(TOMOGRAM)),
        "volumes": sorted({str(say(one.shape)) for one in known.found.values()}),
        "rules": _rules(),
        "types": {name: np.dtype(name).itemsize for name in phantom.TYPES},
        "kinds": phantom.KINDS,
        "marks": MARKS,
        "uses": {
            "names": list(use.NAMES),
            "named": use.NAMED,
            "selected": {name: use.selections(name) for name in use.NAMES},
            "said": {name: use.said(name) for name in (*use.NAMES, use.WRITES)},
            "suites": use.NAMES | {use.WRITES: WRITE},
            "choices": use.CHOICES,
            "patch": use.PATCH,
            "workers": use.WORKERS,
            "heaviest": use.HEAVIEST,
        },
        "shuffled": CODECS,
        "codecs": [vars(one) for one in codecs],
        "codings": _codings(coded),
        "ratios": _ratios(desk, coded),
        "given": {name: reasons.of_stored(desk.of(name, ratio=1.0)) for name in phantom.TYPES},
        "metadata": {f"{line}|{format_}": n for (line, format_), n in METADATA_OBJECTS.items()},
        "impossible": {
            f"{line}|{n}": reason
            for line in known.tips()
            for n, kind in enumerate(left_out.KINDS)
            if (reason := snippets.impossible(_of_kind(kind), line))
        },
        "readers": _readers(root, list(known.tips())),
        "writers": [_writers(_of_kind(kind)) for kind in left_out.KINDS],
        "slabs": writers.SLABS,
        "prices": _prices(),
        "search": reasons.of_search(desk.of("float32")),
    }


def of_release(known: Evidence, release: str) -> dict:
    """What one release has: the costs that are fitted to it, what was measured, and how far off it is."""
    desks, fit = Desks(known, release), fitted(known, release)
    desk = desks.of("float32")
    return {
        "merges": fetches.Fetcher(fit.version).merges,
        "atOnceWhole": fetches.Fetcher(fit.version).at_once_whole,
        **costs(fit),
        "opening": advice_upgrade.opening(known, release),
        "memory": advice_upgrade.memory(known, release),
        **advice_upgrade.beside(known, release, releases(known)),
        "measured": [_measured(volume, one) for volume, one in known.of(release).items()],
        "notes": {
            "source": {
                volume: reasons.of_source(desks.of_volume(volume))
                for volume in ["", *known.of(release)]
            },
            "type": {
                f"{dtype}|{kind}": said[0]
                for dtype, kind in product(phantom.TYPES, phantom.KINDS)
                if (said := reasons.of_type(desks.of(dtype, kind, 1.0)))
            },
            "errors": reasons.of_errors(desk),
            "network": reasons.of_network(desks.on_s3()),
            "blocks": list(parallel.notes(desks.by_workers())),
        },
    }


class Desks:
    """Estimates of questions that differ in one thing, for one release."""

    def __init__(self, known: Evidence, release: str):
        self.known, self.release = known, release

    def of(self, dtype: str, kind: str = "raw", ratio: float | None = None) -> Estimate:
        """Voxels of a type and kind, of a shape that was not measured; their compression given, or not."""
        given = ratio and Ratios(GIVEN, {(DEFAULT, (64, 64, 64)): ratio})
        return self._made(NOWHERE, "xy", given, dtype=dtype, kind=kind)

    def of_volume(self, volume: str) -> Estimate:
        """Voxels like those of a volume; "" for none."""
        if not volume:
            return self.of("float32")
        one = self.known.found[volume, self.release]
        return self._made(one.shape, "xy", None, dtype=one.dtype, kind=one.kind)

    def on_s3(self) -> Estimate:
        return self._made(NOWHERE, "xy", None, storage=Storage(S3))

    def by_workers(self) -> Estimate:
        return self._made(NOWHERE, "pipeline", None)

    def _made(self, shape, use_, given, **more) -> Estimate:
        question = Question(shape, use.parse(use_), self.release, **more)
        return Estimate(question, self.known, given)


def _rules() -> dict:
    """The constants of the arithmetic and of the search."""
    return {
        "least": lattice.LEAST,
        "most": lattice.MOST,
        "largestShard": lattice.LARGEST_SHARD,
        "within": lattice.WITHIN,
        "multiples": lattice.MULTIPLES,
        "chunkGrid": list(BY_CHUNK.axes["chunks"].values()),
        "shardGrid": [list(axis.values()) for axis in BY_SHARD.axes.values()],
        "whole": WHOLE,
        "kinds": left_out.KINDS,
        "positions": expected.MOST,
        "spread": estimate.SPREAD,
        "entry": fetches.ENTRY,
        "checksum": fetches.CHECKSUM,
        "gap": fetches.GAP,
        "largest": fetches.LARGEST,
        "tripsOfPut": fetches.TRIPS_OF_PUT,
        "cores": work.CORES,
        "fresh": model.FRESH,
        "costs": list(model.COSTS),
        "coding": model.CODING,
        "mostVoxels": MOST_VOXELS,
        "concurrency": network.CONCURRENCY,
        "tie": search.TIE,
        "worth": search.WORTH,
        "spare": search.SPARE,
        "pool": search.POOL,
        "lines": search.LINES,
        "sameBytes": candidates.SAME_BYTES,
        "assumed": ASSUMED,
    }


def _codings(coded: coding.Coding) -> dict[str, dict]:
    """By type and kind: the factors of each codec."""
    found: dict[str, dict] = {}
    for (dtype, kind, codec), factors in coded.found.items():
        found.setdefault(f"{dtype}|{kind}", {})[str(codec)] = factors
    return found


def _ratios(desks: Desks, coded: coding.Coding) -> dict[str, dict]:
    """Compression by type, kind and volume ("" for none that was measured itself)."""
    known = desks.known
    volumes = {name: (one.dtype, one.kind) for (name, _), one in known.found.items() if one.stored}
    raced = [(dtype, kind) for dtype in phantom.TYPES for kind in phantom.KINDS
             if coded.knows(dtype, kind)]  # fmt: skip
    wanted = [(*one, "") for one in dict.fromkeys([*volumes.values(), *raced])]
    wanted += [(*one, name) for name, one in volumes.items()]
    found = {}
    for dtype, kind, volume in wanted:
        desk = desks.of(dtype, kind)
        if volume:
            desk.given = stored.ratios(known, dtype, volume, kind)
        found[f"{dtype}|{kind}|{volume}"] = _ratio(desk)
    return found


def _ratio(desk: Estimate) -> dict:
    one = desk.ratios
    return {
        "volume": one.volume,
        "single": len({codec for codec, _ in one.found}) == 1,
        "found": {
            f"{codec}|{'x'.join(map(str, chunks))}": ratio
            for (codec, chunks), ratio in one.found.items()
        },
        "bySize": one.by_size,
        "against": {str(codec): pair for codec, pair in one.against_default.items()},
        "said": reasons.of_stored(desk),
    }


def _readers(root: Path, lines: list[str]) -> dict:
    """By name: what it is, and by line and element type why it can't open a kind of layout in a codec, of any level."""
    try:
        verdicts.load(root)
    except UserError as error:
        log.warning(f"The Advice page asks for no readers: {error}")
        return {}
    said: dict[str | None, int] = {}
    tables: dict[tuple, int] = {}
    closed = {}
    codecs = [
        Codec(name, shuffle=shuffle)
        for name, shuffled in CODECS.items()
        for shuffle in (SHUFFLES if shuffled else ("none",))
    ]
    for name, line, dtype in product(tools.NAMES, lines, phantom.TYPES):
        reasons_ = [
            tools.can_open(name, _of_kind(kind, codec), line, root, dtype)
            for kind, codec in product(left_out.KINDS, codecs)
        ]
        table = tuple(said.setdefault(one, len(said)) for one in reasons_)
        closed[f"{name}|{line}|{dtype}"] = tables.setdefault(table, len(tables))
    names = {
        name: verdicts.READERS.get(name) or f"reads with {tools.TOOLS[name].reads_with or 'its own reader'}"
        for name in tools.NAMES
    }  # fmt: skip
    return {
        "names": names,
        "codecs": [f"{one.name}|{one.shuffle}" for one in codecs],
        "said": list(said),
        "tables": list(tables),
        "closed": closed,
    }


def _writers(layout: Layout) -> str:
    unit = layout.shards or layout.chunks
    return writers.advice(layout).replace(str(say(unit)), "{unit}")


def _of_kind(kind: tuple[int, bool], codec: Codec = DEFAULT) -> Layout:
    return left_out.of_kind(*kind, codec)


def _prices() -> dict:
    used = prices.load()
    return {
        "requests": {kind: float(price) for kind, price in used.per_thousand_requests.items()},
        "perGb": {what: float(price) for what, price in used.per_gb.items()},
        "gb": used.bytes_per_gb,
        "currency": used.currency,
        "said": f"costs are those of {used.name} on {used.date} ({used.source}), in {used.currency}",
    }


def _measured(volume: str, one) -> dict:
    """What was measured of a volume, by the layout's key, as far as plan uses it."""
    names = {*use.NAMES.values(), WRITE}
    times: dict[str, dict] = {name: {} for name in names}
    for (name, layout), time in one.times.items():
        if name in names:
            times[name][layout.key] = time.value
    counts: dict[str, dict] = {}
    for (what, name, layout), number in one.counts.items():
        if name in names and what in ("requests", "bytes_fetched"):
            counts.setdefault(f"{what}|{name}", {})[layout.key] = number
    return {
        "volume": volume,
        "shape": one.shape,
        "dtype": one.dtype,
        "kind": one.kind,
        "times": times,
        "stored": {layout.key: nbytes for layout, nbytes in one.stored.items()},
        "counts": counts,
    }
