"""The Findings page, the first that a visitor sees: what happened, in cards, and what each release changed.

The cards' words are in ``findings.toml``, beside asv.conf.json; every figure on them is worked out from the results when
the site is published. Its files: findings.json, findings.js, findings.css.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from math import prod
from pathlib import Path

import numpy as np
from asv.console import log
from asv.publishing import OutputPublisher

from tomobench.desk.errors import UserError
from tomobench.desk.judge import compare, findings, sentences
from tomobench.desk.judge.facts import WrongFact
from tomobench.desk.judge.project import Project
from tomobench.desk.judge.series import FAILED, Series, named
from tomobench.desk.judge.subjects import place_of
from tomobench.desk.judge.tiers import HARMS, OF_WRONG, RAISES, where_wrong
from tomobench.desk.judge.upstream import table
from tomobench.desk.publish.site import data, families, shared, upstream
from tomobench.desk.publish.site.changes import Change, add_page
from tomobench.desk.publish.site.known import FILE, Known, Words, words
from tomobench.desk.publish.site.releases_page import id_of
from tomobench.desk.publish.site.told import tell

HERE = Path(__file__).parent
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


class FindingsPage(OutputPublisher):
    """Writes the page; where nothing can be compared there is none, and the log says why."""

    # Before the pages of releases, which have the same list of pages.
    order = 10

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Write the page for the machine with most results."""
        site = Path(conf.html_dir)
        try:
            judged = next(iter(shared.judged(conf, repo).values()), None)
            if judged is None:
                raise UserError("a comparison needs two releases or more")
            known = words(repo.root, repo.history, Path(conf.results_dir))
            content = gather(shared.project(conf, repo), judged, known)
        except UserError as error:
            log.warning(f"The site has no Findings page: {error}")
            return
        data.write(site / "findings.json", content)
        add_page(("findings.js", "findings.css"), CHANGES, site)


def gather(project: Project, judged: shared.Judged, known: Words) -> dict:
    """The page's data. Raises UserError for an entry that names what there is not."""
    main = project.history.branch("main")
    machine, asked = judged.answer.question.machine, shared.names(project.history)
    histories = project.steps(machine)
    return {
        "machine": machine,
        "releases": [
            {
                "hash": one.hash,
                "name": one.version,
                "day": f"{one.uploaded:%Y-%m-%d}",
                "asked": asked[one.hash],
                "own": one.own,
            }
            for one in main
        ],
        "upgrade": _upgrade(project, judged, histories),
        "losses": list(_losses(judged)),
        "known": [card for one in known.known if (card := _card(one, histories, project, known))],
        "changes": [_release(one.hash, project, judged, known) for one in reversed(main)],
    }


def _upgrade(project: Project, judged: shared.Judged, histories) -> dict:
    """The question that is asked most: from the newest measured release of the first line to that of the last, and the
    chunk shapes that can be asked about."""
    measured = [one for one in project.history.branch("main") if one.hash in judged.measured]
    # A wheel of one's own is what is asked about, not what one comes from.
    earlier = [one for one in measured[:-1] if not one.own] or measured[-1:]
    newest = {one.line: one.hash for one in (*earlier, measured[-1])}
    layouts = {
        families.chunks(place_of(line).layout)
        for history in histories
        for line in history.series.lines
    }
    cubes = [one for one in layouts if re.fullmatch(r"[0-9]+(×[0-9]+)+", one)]
    return {
        "since": next(iter(newest.values())) if len(newest) > 1 else earlier[-1].hash,
        "release": measured[-1].hash,
        "layouts": sorted(cubes, key=lambda one: (prod(map(int, one.split("×"))), one)),
    }


def _losses(judged: shared.Judged) -> Iterator[dict]:
    """What is wrong, each with the releases that have it: lost voxels first, errors then, last what is accepted.

    ``kind``: lost, raises or accepted. What is accepted is told once a reason, whatever ways a release was tried in.
    """
    found: dict[tuple, list] = defaultdict(list)
    for fact in judged.answer.wrong:
        reason = fact.unsafe or fact.acknowledged
        kind = "accepted" if reason else "raises" if fact.metric is RAISES else "lost"
        of = reason or fact.subjects
        found[_KINDS.index(kind), OF_WRONG.index(fact.metric), of].append(fact)
    for (kind, _, of), several in sorted(found.items(), key=lambda one: one[0][:2]):
        worst = max(several, key=_harm)
        yield {
            "kind": _KINDS[kind],
            "said": sentences.headline([worst]),
            "accepted": of if _KINDS[kind] == "accepted" else "",
            "releases": list(dict.fromkeys(one.release for one in several)),
        }


_KINDS = ["lost", "raises", "accepted"]


def _harm(fact: WrongFact) -> tuple[float, int]:
    return max(np.nan_to_num([count for *_, count in fact.cells])), len(fact.subjects)


def _card(
    known: Known, histories: list[findings.Steps], project: Project, beside: Words
) -> dict | None:
    """An entry with its figures; None, and a warning, where the results have nothing of it."""
    release = project.history.find(known.release).hash
    for history in histories:
        series = history.series
        if series.volume != known.volume or release not in series.releases:
            continue
        rows = np.flatnonzero(series.matching(known.benchmark))
        column = series.releases.index(release)
        count = _harmed(series, rows, column) or _count(history, rows, column)
        drawn = _row(series, known.cell, project) if count else None
        if count and drawn is not None:
            return {
                **vars(known),
                **count,
                "links": upstream.links(_measured(known, series, rows, beside), known.links),
                "release": release,
                "before": (before := project.history.before(release)) and before.hash,
                "series": id_of(series),
                "unit": (unit := series.lines[drawn].unit),
                "steps": (families.harm_of(unit) or {}).get("steps", []),
                "values": {
                    name: data.number(value)
                    for name, value in zip(series.releases, series.values[drawn])
                },
            }
    log.warning(f"The Findings page leaves out {known.title!r}: the results have no such change")
    return None


def _measured(
    known: Known, series: Series, rows: np.ndarray, beside: Words
) -> list[table.FactCommit]:
    """The commits that changed one of an entry's cells in its release."""
    cells = {series.lines[row].name for row in rows}
    return table.of_cells(beside.commits, cells, known.release)


def _harmed(series: Series, rows: np.ndarray, column: int) -> dict | None:
    """Of cells of correctness: how many are wrong in a release and which releases have it; None where none is.

    ``voxels``: the most that are lost, of cells that count them.
    """
    rows = np.array([row for row in rows if series.lines[row].unit in HARMS], dtype=int)
    units = [series.lines[row].unit for row in rows]
    wrong = (series.states[rows] == FAILED) | where_wrong(units, series.values[rows])
    if not wrong[:, column].any():
        return None
    losing = wrong.any(axis=0)
    counted = series.values[rows[[HARMS[unit].counts for unit in units]]][:, losing]
    return {
        "lost": [name for name, loses in zip(series.releases, losing) if loses],
        "cells": int((wrong | series.measured[rows])[:, column].sum()),
        "wrong": int(wrong[:, column].sum()),
        "voxels": data.number(np.nan_to_num(counted, nan=-math.inf).max(initial=-math.inf)),
    }


def _row(series: Series, name: str, project: Project) -> int | None:
    """The place of a cell; None where it was not measured. Raises UserError where no benchmark has it."""
    names = [line.name for line in series.lines]
    if name in names:
        return names.index(name)
    benchmark = name.partition("(")[0]
    described = project.reading.benchmarks.get(benchmark)
    cells = product(*described["params"]) if described else []
    if name not in (named(benchmark, values) for values in cells):
        raise UserError(f"{FILE} names a cell that does not exist: {name}")
    return None


def _count(history: findings.Steps, rows: np.ndarray, column: int) -> dict | None:
    """How many of these cells changed in a release, which way, and by how much; None if none did.

    What is too small to count is no change, as on the Releases page.
    """
    ratio = history.neighbours.ratio[rows, column]
    small = np.abs(ratio - 1) < [families.least(history.series.lines[row]) for row in rows]
    verdict = np.where(small, compare.SAME, history.neighbours.verdict[rows, column])
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


def _release(release: str, project: Project, judged: shared.Judged, known: Words) -> dict:
    """What a release changed: its facts, as everywhere else."""
    told = [fact for one in judged.verdict.releases if one.release == release for fact in one.facts]
    return {
        "release": release,
        "measured": release in judged.measured,
        "facts": [tell(one, project.history, known) for one in told],
    }
