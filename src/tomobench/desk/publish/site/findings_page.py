"""The Findings page, the first that a visitor sees: what happened, in cards, and what each release changed.

The cards' words are in ``findings.toml``, beside asv.conf.json; every figure on them is worked out from the results when
the site is published. Its files: findings.json, findings.js, findings.css.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from asv.console import log
from asv.publishing import OutputPublisher

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.judge import compare, findings, noise
from tomobench.desk.judge.examination import all_series
from tomobench.desk.judge.project import Project
from tomobench.desk.publish.site import data, shared
from tomobench.desk.publish.site.changes import Change, add_page
from tomobench.desk.publish.site.releases_page import id_of

HERE = Path(__file__).parent
FILE = "findings.toml"
MOST = 3
"""Benchmarks that the table names of a release, those of which most changed."""

CHANGES = (
    Change(
        "index.html",
        '\t<li id="nav-li-" class="active">',
        '\t<li id="nav-li-findings"><a href="#/findings">Findings</a></li>\n\t<li id="nav-li-" class="active">',
    ),
    Change(
        "index.html",
        '            src="regressions.js">\n    </script>\n',
        '            src="regressions.js">\n    </script>\n'
        '    <script src="findings.js"></script>\n'
        '    <link href="findings.css" rel="stylesheet" type="text/css"/>\n',
    ),
    Change(
        "index.html",
        '    <div id="regressions-display"',
        (HERE / "findings.html").read_text(encoding="utf-8") + '    <div id="regressions-display"',
    ),
)


@dataclass(frozen=True)
class Known:
    """An entry of FILE. ``release``: the version that brought it; ``benchmark``: a regular expression for
    benchmark(parameters); ``cell``: the one that is drawn; ``volume``: where it was measured."""

    title: str
    release: str
    benchmark: str
    text: str
    cell: str
    volume: str
    links: list[str] = field(default_factory=list)


class FindingsPage(OutputPublisher):
    """Writes the page; where nothing can be compared there is none, and the log says why."""

    # Before the pages of releases, which have the same list of pages.
    order = 10

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Write the page for the machine with most results."""
        site = Path(conf.html_dir)
        try:
            project = shared.project(conf, repo)
            content = gather(project, load(repo.root), benchmarks)
        except UserError as error:
            log.warning(f"The site has no Findings page: {error}")
            return
        data.write(site / "findings.json", content)
        add_page(("findings.js", "findings.css"), CHANGES, site)


def load(root: Path) -> list[Known]:
    """The entries of FILE below ``root``; none if there is no such file. Raises UserError for a wrong one."""
    path = root / FILE
    if not files.there(path):
        return []
    try:
        found = [Known(**entry) for entry in tomllib.loads(files.text(path))["finding"]]
        for one in found:
            re.compile(one.benchmark)
    except (UserError, ValueError, KeyError, TypeError, RecursionError, re.error) as error:
        raise UserError(f"{FILE} cannot be used: {error}".splitlines()[0]) from None
    return found


def gather(project: Project, known: list[Known], benchmarks: dict) -> dict:
    """The page's data. ``benchmarks``: asv's descriptions, by name. Raises UserError if nothing was compared."""
    main = [release.hash for release in project.history.branch("main")]
    machine = _machine(project)
    records = project.spreads(machine)
    histories = [
        findings.Steps(one.of_releases(main), noise.of(one, records), main)
        for one in all_series(project, machine)
    ]
    histories = [one for one in histories if len(one.series.releases) > 1]
    if not histories:
        raise UserError("a comparison wants two releases or more")
    return {
        "machine": machine,
        "releases": [
            {"hash": one.hash, "name": one.version, "day": f"{one.uploaded:%Y-%m-%d}"}
            for one in project.history.branch("main")
        ],
        "known": [card for one in known if (card := _card(one, histories, project))],
        "changes": [
            _release(release, before, histories, benchmarks)
            for before, release in zip([None, *main], main)
        ][::-1],
    }


def _machine(project: Project) -> str:
    count = {
        name: sum(row.machine == name for row in project.reading.rows) for name in project.machines
    }
    if not count:
        raise UserError("there are no results to compare")
    return max(count, key=count.__getitem__)


def _card(known: Known, histories: list[findings.Steps], project: Project) -> dict | None:
    """An entry with its figures; None, and a warning, where the results have nothing of it."""
    for history in histories:
        series = history.series
        if series.volume != known.volume:
            continue
        release = project.history.find(known.release).hash
        rows = np.flatnonzero(series.matching(known.benchmark))
        if release in series.releases and (
            count := _count(history, rows, series.releases.index(release))
        ):
            drawn = _row(series, known.cell)
            return {
                **vars(known),
                **count,
                "release": release,
                "series": id_of(series),
                "unit": series.lines[drawn].unit,
                "values": {
                    name: data.number(value)
                    for name, value in zip(series.releases, series.values[drawn])
                },
            }
    log.warning(f"The Findings page leaves out {known.title!r}: the results have no such change")
    return None


def _row(series, name: str) -> int:
    names = [line.name for line in series.lines]
    if name not in names:
        raise UserError(f"{FILE} names a cell that there is not: {name}")
    return names.index(name)


def _count(history: findings.Steps, rows: np.ndarray, column: int) -> dict | None:
    """How many of these cells changed in a release, which way, and by how much; None if none did."""
    verdict = history.neighbours.verdict[rows, column]
    ratio = history.neighbours.ratio[rows, column]
    changed = np.isin(verdict, (compare.WORSE, compare.BETTER))
    fails = int((verdict == compare.FAILS).sum())
    if not changed.any() and not fails:
        return None
    before = history.neighbours.before[rows, column]
    return {
        "cells": int((verdict != compare.NONE).sum()),
        "worse": int((verdict == compare.WORSE).sum()),
        "better": int((verdict == compare.BETTER).sum()),
        "fails": fails,
        "ratio": [data.number(of(ratio[changed])) for of in (np.min, np.median, np.max)]
        if changed.any()
        else None,
        "against": history.series.releases[before[changed | (verdict == compare.FAILS)].max()],
    }


def _release(
    release: str, before: str | None, histories: list[findings.Steps], benchmarks: dict
) -> dict:
    """What a release changed: how many cells, and the benchmarks of which most did.

    Those that the release ``before`` was not measured on come last: some release in between changed them.
    """
    groups = [
        {
            "benchmark": name,
            "title": benchmarks[name].get("pretty_name") or name,
            "series": id_of(history.series),
            "volume": history.series.volume,
            "weight": weight,
            **count,
        }
        for history in histories
        for name, count, weight in _groups(history, release)
    ]
    groups.sort(key=lambda one: (one["against"] != before, -one["weight"]))
    totals = {word: sum(one[word] for one in groups) for word in ("worse", "better", "fails")}
    return {
        "release": release,
        **totals,
        "measured": _measured(release, histories),
        "most": groups[:MOST],
    }


def _measured(release: str, histories: list[findings.Steps]) -> bool:
    return any(release in one.series.releases for one in histories)


def _groups(history: findings.Steps, release: str) -> Iterator[tuple[str, dict, float]]:
    """The benchmarks of which cells changed in a release, with a weight: how much changed, over all cells."""
    series = history.series
    if release not in series.releases:
        return
    column = series.releases.index(release)
    names = np.array([line.benchmark for line in series.lines])
    for name in dict.fromkeys(names):
        rows = np.flatnonzero(names == name)
        if count := _count(history, rows, column):
            verdict = history.neighbours.verdict[rows, column]
            with np.errstate(divide="ignore"):
                logs = np.abs(np.log(history.neighbours.ratio[rows, column]))
            # To nothing and to failure is taken for a factor of a hundred, and so is what is more.
            logs = np.where(verdict == compare.FAILS, np.inf, logs)
            logs = logs[np.isin(verdict, list(findings.WORDS))]
            yield str(name), count, float(np.minimum(logs, np.log(100)).sum())
