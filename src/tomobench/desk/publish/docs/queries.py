"""What a document may ask of the committed results. A query that finds nothing is an error.

A cell is named as asv names it where it takes a regular expression: ``read.Chunks.time_whole(64×64×64, 2)``.
"""

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from math import prod
from pathlib import Path
from statistics import median

import numpy as np
from asv.results import Results

from tomobench.bench import access, system
from tomobench.bench.layout import Codec, say
from tomobench.desk import digits
from tomobench.desk.advise.costs import costs as billing
from tomobench.desk.advise.costs import prices
from tomobench.desk.advise.evidence import coding, fetches, stored
from tomobench.desk.advise.evidence import evidence as evidences
from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.inspect import awkward as awkwards
from tomobench.desk.advise.plan import candidates, lattice, memory, model, network, reasons, search
from tomobench.desk.advise.plan import searched as plans
from tomobench.desk.advise.plan.fitted import fitted
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.readers import tools
from tomobench.desk.errors import UserError
from tomobench.desk.judge import compare, noise, project, raced
from tomobench.desk.judge.explain import kept, text
from tomobench.desk.judge.series import Series
from tomobench.desk.judge.upstream import table as upstream
from tomobench.desk.measure.history import took
from tomobench.desk.publish.docs.losses import Losses
from tomobench.desk.publish.docs.some import SMALL, some
from tomobench.desk.results import calibration
from tomobench.desk.results.reading import MEASURED
from tomobench.desk.results.table import Table
from tomobench.desk.volumes import phantom
from tomobench.desk.volumes.data_set import TOMOGRAM

MACHINE = "reference"
"""Whose results the documents speak of."""

SAID = {compare.WORSE: "worse", compare.BETTER: "better", compare.SAME: "same"}


@dataclass(frozen=True)
class Raced:
    """A raced cell: the time of a release over that of another, its interval, and the verdict."""

    cell: str
    ratio: float
    low: float
    high: float
    verdict: str

    def __str__(self) -> str:
        return f"{self.ratio:.2f} [{self.low:.2f}, {self.high:.2f}]"


class Queries:
    """The results of MACHINE below ``root``. Every public method may be asked by name.

    Raises UserError, with what was asked, wherever nothing is found.
    """

    def __init__(self, root: Path):
        self._root = root
        self._project = project.load(root)
        self._rows = [row for row in self._project.reading.rows if row.machine == MACHINE]
        if not self._rows:
            raise UserError(f"there are no results of {MACHINE}")
        self._judged = lru_cache(self._judge)  # which takes half a second

    def functions(self) -> dict[str, object]:
        """The queries, by the name that a template gives them."""
        losses = Losses(self._project.history, self.releases, self._values)
        return _public(losses) | {
            name: one for name, one in _public(self).items() if name != "functions"
        }

    def cell(self, name: str, release: str, volume: str = SMALL) -> float:
        """A number of a plain run, in its benchmark's unit (seconds, bytes, requests …)."""
        key = volume, self._hash(release), name
        if key not in self._values:
            raise UserError(f"{name} was not measured with {release} on {volume}")
        return self._values[key]

    def values(self, pattern: str, releases: Iterable[str], volume: str = SMALL) -> list[float]:
        """All numbers of the cells that a regular expression finds whole, of these releases: each has some."""
        wanted = {self._hash(one): one for one in releases}
        found = [
            (release, value)
            for (where, release, name), value in self._values.items()
            if where == volume and release in wanted and re.fullmatch(pattern, name)
        ]
        without = set(wanted) - {release for release, _ in found}
        if without:
            listed = ", ".join(sorted(wanted[one] for one in without))
            raise UserError(f"no cell is called {pattern} in {listed}")
        return some([value for _, value in found], f"no cell is called {pattern}")

    def failed(self, pattern: str, release: str, volume: str = SMALL) -> int:
        """How many of the cells that a regular expression finds whole failed in a release."""
        states = [
            row.value is None
            for row in self._rows
            if (row.volume, row.release) == (volume, self._hash(release))
            and not row.server
            and re.fullmatch(pattern, _name(row))
        ]
        return sum(some(states, f"no cell is called {pattern}"))

    def releases(self, line: str | None = None) -> list[str]:
        """The releases of a line (2.18 or 3; all) that were measured on SMALL, oldest first."""
        main = self._project.history.branch("main")
        held = {release for volume, release, _ in self._values if volume == SMALL}
        found = [one.version for one in main if one.hash in held and line in (None, one.line)]
        return some(found, f"no release of line {line} was measured")

    def explained(self, release: str = "") -> list[dict]:
        """Why the facts of a release (of all) are so: its cell, what it is ``against``, function starts ``before`` and
        ``after``, and the most telling ``lines``."""
        name = self._project.history.name_of
        found = [
            {
                "release": name(of.release),
                "against": name(of.compared_with),
                "cell": str(one.cell),
                "before": one.before or 0,
                "after": one.after or 0,
                "lines": text.telling(one, ["function starts"]),
            }
            for of, one in kept.load(self._project.folder).items()
            if not release or of.release == self._hash(release)
        ]
        return some(found, f"no fact of {release or 'the history'} is explained")

    def explained_mib(self) -> float:
        """The size of the file of explanations, in MiB."""
        return (self._project.folder / kept.NAME).stat().st_size / 2**20

    def yanked(self) -> list[str]:
        """The releases that the index took back, and that were measured on SMALL, oldest first."""
        held = {release for volume, release, _ in self._values if volume == SMALL}
        found = [one.version for one in self._project.history.yanked() if one.hash in held]
        return some(found, "no yanked release was measured")

    def raced(self, name: str, before: str, after: str) -> Raced:
        """What the newest race that has both says of a cell: the time of ``after`` over ``before``."""
        for one in self.all_raced(before, after):
            if one.cell == name:
                return one
        raise UserError(f"{name} was not raced between {before} and {after}")

    def all_raced(self, before: str, after: str, verdict: str = "", cells: str = "") -> list[Raced]:
        """What the races say of every cell that they hold of both, the newest race first: those
        whose verdict (worse, better, same) and whose name regular expressions find."""
        found = self._judged(self._hash(before), self._hash(after))
        some(found, f"{before} and {after} were not raced")
        return [
            one for one in found if re.search(verdict, one.verdict) and re.search(cells, one.cell)
        ]

    def neighbours(self, releases: Iterable[str], verdict: str = "") -> int:
        """How many raced comparisons of neighbouring releases have such a verdict."""
        return sum(len(self.all_raced(*two, verdict)) for two in pairwise(releases))

    def raced_cells(self) -> int:
        """How many cells the race of most releases holds."""
        return len(max(self._races, key=lambda one: len(one.releases)).lines)

    def scatter(self, pattern: str, releases: Iterable[str], volume: str = SMALL) -> dict:
        """How releases differ: ``cells``, and the ``share``, the pooled standard deviation of ln(value)
        over these releases, of the cells that a regular expression finds whole."""
        groups: dict[str, list[float]] = {}
        wanted = {self._hash(one) for one in releases}
        for (where, release, name), value in self._values.items():
            if where == volume and release in wanted and re.fullmatch(pattern, name):
                groups.setdefault(name, []).append(np.log(value))
        several = [np.var(one, ddof=1) for one in groups.values() if len(one) == len(wanted)]
        some(several, f"no cell is called {pattern}")
        return {"cells": len(several), "share": float(np.sqrt(np.mean(several)))}

    def spread(self, release: str) -> float:
        """The median over the timed cells of their spread in the calibration of a release."""
        return median(one.spread for one in self._calibrated(release))

    def calibrated_runs(self, release: str) -> int:
        """How many runs of a release the calibration holds."""
        return max(one.runs for one in self._calibrated(release))

    def table(self, path: str, **where) -> list[dict[str, str]]:
        """The rows of a CSV below results/ whose columns are, whole, what these regular expressions say."""
        rows = self._table(path)
        for column, said in where.items():
            rows = [row for row in rows if re.fullmatch(str(said), row[column])]
        return some(rows, f"{path} has no such row")

    def row(self, path: str, **where) -> dict[str, str]:
        """The only row of a CSV that is so."""
        found = self.table(path, **where)
        if len(found) > 1:
            raise UserError(f"{path} has {len(found)} such rows")
        return found[0]

    def total(self, path: str, column: str, **where) -> int:
        """The sum of a column of whole numbers."""
        return sum(int(row[column]) for row in self.table(path, **where))

    def column_scatter(self, path: str, column: str, **where) -> float:
        """The standard deviation of ln of a column of ratios."""
        ratios = [float(row[column]) for row in self.table(path, **where)]
        return float(np.std(np.log(ratios)))

    def found(self, path: str, columns: Iterable[str], **where) -> str:
        """The sum of columns of shares, as ``found/pairs``, of the only row that is so."""
        row = self.row(path, **where)
        shares = [row[column].split("/") for column in columns if row[column] != "-"]
        some(shares, f"{path} has no shares there")
        return "/".join(str(sum(int(one[place]) for one in shares)) for place in (0, 1))

    def model_error(self, release: str, by: str, writes: bool) -> model.Errors:
        """How far off the plan's model is, each of ``by`` (layout, volume) left out in turn."""
        cells = model.cells(self._evidence, self._hash(release))
        held = (one for one in model.held_out(cells, by) if one.cell.writes is writes)
        return some(model.errors(held), f"{release} has no cells to leave out")

    def network_error(self, release: str, writes: bool) -> dict:
        """How far off it is over S3: ``cells``, ``median``, ``nine`` in ten and ``largest``, as factors."""
        logs = [
            abs(np.log(said / one.measured))
            for one, said in fitted(self._evidence, self._hash(release)).far_held_out
            if one.writes is writes
        ]
        some(logs, f"{release} has no times over S3")
        factors = np.exp([np.median(logs), np.quantile(logs, 0.9), max(logs)])
        return {"cells": len(logs), **dict(zip(("median", "nine", "largest"), map(float, factors)))}

    def timed_again(self, release: str) -> float:
        """How many times as long as the shortest the longest time is of a read over S3 that several suites time alike:
        by round trip, client, rate and concurrency; the largest of all such reads."""
        hash_ = self._hash(release)
        found: dict[tuple, list[float]] = {}
        for sheet in self._evidence.sheets:
            if sheet.release != hash_ or not sheet.benchmark.startswith("remote.Reads"):
                continue
            for row in sheet.rows():
                cell = {"round_trip_ms": "20"} | {k: v.strip("'") for k, v in row.cell}
                alike = {"client": "s3fs", "rate": "unlimited", "concurrency": "default"}
                same = all(cell.get(k, v) == v for k, v in alike.items())
                if same and row.measured and row.value:
                    access = row.benchmark.rsplit(".", 1)[1]
                    key = row.volume, access, cell["layout"], cell["round_trip_ms"]
                    found.setdefault(key, []).append(row.value)
        return max(max(times) / min(times) for times in found.values())

    def shard_errors(self, release: str) -> list[dict]:
        """How far off modelled reads over S3 are from shards that hold the whole volume: by ``chunks``, layouts held
        out in turn."""
        pairs: dict[str, list[tuple[float, float]]] = {}
        for one, predicted in fitted(self._evidence, self._hash(release)).far_held_out:
            if one.layout.shards and not one.writes:
                pairs.setdefault(str(say(one.layout.chunks)), []).append((one.measured, predicted))
        return [
            {"chunks": chunks, "errors": model.errors_of_pairs(found)}
            for chunks, found in pairs.items()
        ]

    def type_errors(self, release: str) -> list[dict]:
        """How far off modelled times are of voxels that the model is not fitted to: ``voxels``, ``what``, and the
        errors."""
        found = fitted(self._evidence, self._hash(release)).errors_of_types
        return [
            {
                "voxels": f"{kind} {dtype}",
                "what": "writes" if writes else "reads",
                "errors": errors,
            }
            for (dtype, kind, writes), errors in found.items()
        ]

    def memory_error(self, release: str) -> model.Errors:
        """How far off the plan's memory is from the peaks that were counted, one chunk at a time."""
        found = self._evidence.of(self._hash(release))
        return some(memory.errors(found, release), f"{release} has no peaks of memory")

    def access_errors(self, release: str) -> dict[str, model.Errors]:
        """How far off modelled times on a disk are, by access, layouts held out in turn."""
        held = fitted(self._evidence, self._hash(release)).held["layout"]
        names = dict.fromkeys(one.cell.access for one in held)
        errors = {name: model.errors(h for h in held if h.cell.access == name) for name in names}
        return {name: one for name, one in errors.items() if one}

    def searched(self) -> dict:
        """What the race of the search found: ``questions``, how many answers are ``near`` the best, the
        ``furthest`` from it, within what ``half`` of the model's times are; and ``by_type``."""
        rows = plans.load(self._root)
        dtypes = {row.question: row.dtype for row in rows}
        answers = plans.answers(rows)
        by_type = {
            dtype: self._answers([one for one in answers if dtypes[one.question] == dtype])
            for dtype in sorted(set(dtypes.values()))
        }
        return {**self._answers(answers), "by_type": by_type}

    def _answers(self, found: list[plans.RacedAnswer]) -> dict:
        off = np.abs(np.log(np.concatenate([one.factors for one in found])))
        return {
            "questions": len(found),
            "near": sum(one.within for one in found),
            "furthest": max(one.off for one in found),
            "half": float(np.expm1(np.median(off))),
        }

    def tools(self) -> dict[str, tools.Tool]:
        """The programs that ``plan --readers`` takes, and what each reads with."""
        return tools.TOOLS

    def compared(self) -> int:
        """How many layouts a search for the published report's tomogram compares."""
        return len(lattice.cuts(TOMOGRAM, 4, tuple(candidates.layouts(TOMOGRAM))))

    def planned(self, use: str, latency: float | None = None) -> dict[str, str]:
        """What ``tomobench plan`` names for a full tomogram: its ``cut``, ``codec`` and Zarr ``format``, and the ``time`` of
        the mean access. ``latency``: over S3, ms of a round trip."""
        storage = network.Storage()
        if latency is not None:
            storage = network.Storage(network.S3, latency / 1e3)
        question = Question(TOMOGRAM, uses.parse(use), self._evidence.release(None), storage)
        first = search.search(question, self._evidence, self._root).ranking.candidates[0]
        return {
            "cut": reasons.cut_said(first.layout),
            "codec": reasons.codec_said(first.layout.codec),
            "format": str(first.layout.zarr_format),
            "time": reasons.time_said(first.seconds.value),
        }

    def codings(self, codec: str | None = None) -> list[dict]:
        """The rows of results/coding.csv, each with the codec's ``name`` as it is said: of one codec,
        or of raw float32 in all."""
        with (self._root / coding.FILE).open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            made = Codec(row["codec"], int(row["level"]), row["shuffle"])
            row["name"] = reasons.codec_said(made)
        if codec:
            return [row for row in rows if row["name"] == codec]
        return [row for row in rows if (row["dtype"], row["kind"]) == ("float32", "raw")]

    def stored_error(self) -> float:
        """The largest error of stored bytes, as a share, on float32 volumes."""
        return some(stored.largest_error(self._evidence, "float32"), "nothing was stored")

    def sharded_requests(self) -> dict[str, int]:
        """Of all ``cells`` of reads out of shards whose requests were counted: how many the plan's arithmetic
        has ``wrong``."""
        right = []
        for (_, release), one in self._evidence.found.items():
            reader = fetches.Fetcher(self._project.history.name_of(release))
            for (metric, name, layout), counted in one.counts.items():
                if metric == "requests" and layout.shards and name in access.READS:
                    parts = access.READS[name](one.shape, layout)
                    density = one.stored[layout] / prod(one.shape)
                    done = fetches.of(parts, one.shape, layout, density, reader)
                    right.append(done.requests == counted)
        some(right, "no requests of shards were counted")
        return {"cells": len(right), "wrong": right.count(False)}

    def awkward(self) -> Iterable[awkwards.Rule]:
        """The rules of ``tomobench inspect``."""
        return awkwards.RULES

    def cost(self, layout: str, name: str, release: str) -> billing.Cost:
        """What an access and the data set cost on S3, by ``tomobench costs``."""
        for one in self._costs:
            if (one.layout, one.access_name, one.release) == (layout, name, release):
                return one
        raise UserError(f"nothing was counted of {name} of {layout} with {release}")

    def took(self, pattern: str, line: str | None = None, volume: str = SMALL) -> dict:
        """What measuring took, of the benchmarks that a regular expression finds whole, over the releases
        of a line: ``minutes`` in all, ``seconds`` of the release in the middle, and the share inside
        ``timed`` calls. As ``tomobench history --took`` counts."""
        several = [
            took.seconds(found, filter(re.compile(pattern).fullmatch, found.get_all_result_keys()))
            for where, of_line, found in self._kept
            if where == volume and line in (None, of_line)
        ]
        several = some([one for one in several if one[0]], f"no benchmark is called {pattern}")
        whole, timed = map(sum, zip(*several))
        middle = median(one for one, _ in several)
        return {"minutes": whole / 60, "seconds": middle, "timed": timed / whole}

    def pinned(self, package: str, environment: str) -> str:
        """The version of a package in the lock of an environment, as requirements/parallel.txt."""
        lock = (self._root / "requirements" / f"{environment}.txt").read_text(encoding="utf-8")
        return some(re.findall(rf"^{package}==(\S+)", lock, re.MULTILINE), f"no {package} there")[0]

    def repeats(self) -> int:
        """How often the suite ``system`` repeats an access on disk."""
        return system.REPEATS

    def assumed(self) -> float:
        """What times are taken to differ by, as a share, where nothing was calibrated."""
        return calibration.ASSUMED

    def least(self) -> float:
        """The least change of a raced time that counts, as a share."""
        return raced.LEAST

    def megabytes(self) -> float:
        """The size of the results, in MB (10⁶ bytes)."""
        files = (self._root / "results" / MACHINE).rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file()) / 1e6

    @cached_property
    def _values(self) -> dict[tuple[str, str, str], float]:
        """By volume, release's hash and the cell's name."""
        return {
            (row.volume, row.release, _name(row)): row.value
            for row in self._rows
            if row.measured and row.value is not None and not row.server
        }

    @cached_property
    def _races(self) -> list[Series]:
        return self._project.raced(MACHINE)

    def _judge(self, before: str, after: str) -> list[Raced]:
        return [one for race in self._races for one in _compared(race, before, after)]

    @cached_property
    def _evidence(self) -> evidences.Evidence:
        sheets = [one for one in self._project.reading.sheets if one.machine == MACHINE]
        return evidences.gather(sheets, self._project.history, self._root)

    @cached_property
    def _costs(self) -> list[billing.Cost]:
        billed = [
            row
            for row in self._rows
            if row.benchmark.startswith("billed.Layouts.track_") and row.volume == SMALL
        ]
        shape = phantom.shape_of(SMALL)
        assert shape is not None  # SMALL is a phantom's
        return billing.of_rows(
            billed, billing.S3FS, shape, prices.load(prices.OURS), self._project.history
        )

    @cached_property
    def _kept(self) -> list[tuple[str, str, Results]]:
        """Volume and line of each result file of a plain run, and the file."""
        found = []
        for path in sorted((self._root / "results" / MACHINE).glob("*-*.json")):
            one = Results.load(str(path), machine_name=MACHINE)
            if MEASURED not in one.params:
                line = self._project.history.find(one.commit_hash).line
                found.append((one.env_vars["volume"], line, one))
        return found

    def _table(self, path: str) -> list[dict[str, str]]:
        try:
            with (self._root / "results" / path).open(newline="", encoding="utf-8") as file:
                return list(csv.DictReader(file))
        except OSError as error:
            raise UserError(f"results/{path} can't be read: {error.strerror}") from None

    def _calibrated(self, release: str) -> list[calibration.Spread]:
        found = self._project.spreads(MACHINE)
        return some(
            [one for one in found if one.release == self._hash(release) and one.tier == "timed"],
            f"{release} is not calibrated",
        )

    def who_table(self) -> str:
        """Which commits did what, as a table: a row for each fact of which one was measured."""
        facts: dict[tuple[str, str], list[str]] = {}
        for one in self._commits:
            if one.known:
                name = f"#{one.pull}" if one.pull else one.commit[:9]
                share = "" if float(one.share) > 0.995 else f"{float(one.share):.0%}"
                more = "; ".join(filter(None, [share, one.doubt]))
                said = one.fact.partition(" (")[0]
                facts.setdefault((one.release, said), []).append(
                    f"[{name}]({one.address})" + (f" ({more})" if more else "")
                )
        rows = [
            {"release": release, "fact": fact, "commits": ", ".join(dict.fromkeys(commits))}
            for (release, fact), commits in facts.items()
        ]
        return Table(some(rows, "results/upstream names no commit: tomobench who")).markdown()

    def who_left(self) -> str:
        """The facts without a commit, by why: an item of a list each."""
        left: dict[str, list[str]] = {}
        for one in self._commits:
            if not one.known:
                left.setdefault(one.state, []).append(one.release)
        return "\n".join(
            f"- {digits.several(len(of), 'fact')}, of {', '.join(dict.fromkeys(of))}: {why}"
            for why, of in left.items()
        )

    @property
    def _commits(self) -> list[upstream.FactCommit]:
        return upstream.load(Path(self._project.folder))

    def _hash(self, release: str) -> str:
        return self._project.history.find(release).hash


def _public(queries: object) -> dict[str, object]:
    """Its public methods, by name."""
    return {
        name: getattr(queries, name) for name in vars(type(queries)) if not name.startswith("_")
    }


def _name(row) -> str:
    values = ", ".join(value for _, value in row.cell)
    return f"{row.benchmark}({values})" if row.cell else row.benchmark


def _compared(race: Series, before: str, after: str) -> Iterable[Raced]:
    """The cells of a race that holds both releases, as ``tomobench regressions --against`` judges them."""
    if {before, after} <= {*race.releases}:
        column, place = race.releases.index(before), race.releases.index(after)
        found = compare.with_one(race, noise.of(race, []), column)
        for number, line in enumerate(race.lines):
            if (said := SAID.get(found.verdict[number, place])) is not None:
                ratio, low, high = (
                    float(getattr(found, one)[number, place]) for one in ("ratio", "low", "high")
                )
                yield Raced(line.name, ratio, low, high, said)
