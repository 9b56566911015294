"""The Releases page: every benchmark and cell against every release, as a heat map in asv's own
site.

What is a change is decided by tomobench.desk.judge, as for ``tomobench regressions``; the
page shows it. Its files:

    releases.json                   the releases, and the series (a machine, a volume) there are
    releases/<n>.json               a series: its rows, their values, and each release against the one before
    releases/<n>/<release>.json     the verdicts against that release, fetched when it is chosen
    filed.js, releases.js, releases.css   the page

A race is a series of its own; its ratios and intervals are its turns' own, not those of the values.
Where a race compares a pair of a plain series, the race's figure is shown there too (raced_pairs.py).
"""

import json
from pathlib import Path

import numpy as np
from asv.console import log
from asv.publishing import OutputPublisher
from asv.results import iter_results
from scipy.special import stdtrit

from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, compare, findings, raced
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.project import Project
from tomobench.desk.judge.series import FAILED, MEASURED, MISSING, NA, Series
from tomobench.desk.publish.site import data, families, races, shared
from tomobench.desk.publish.site.changes import Change, add_page
from tomobench.desk.publish.site.raced_pairs import RacedSeries
from tomobench.desk.results import calibration

HERE = Path(__file__).parent

CHANGES = (
    Change(
        "index.html",
        '\t<li id="nav-li-regressions">',
        '\t<li id="nav-li-releases"><a href="#/releases">Releases</a></li>\n'
        '\t<li id="nav-li-regressions">',
    ),
    Change(
        "index.html",
        '            src="regressions.js">\n    </script>\n',
        '            src="regressions.js">\n    </script>\n'
        '    <script src="filed.js"></script>\n'
        '    <script src="release-table.js"></script>\n'
        '    <script src="releases.js"></script>\n'
        '    <link href="releases.css" rel="stylesheet" type="text/css"/>\n',
    ),
    Change(
        "index.html",
        '    <div id="regressions-display"',
        (HERE / "releases.html").read_text(encoding="utf-8") + '    <div id="regressions-display"',
    ),
)

STATES = {MEASURED: "m", NA: "n", FAILED: "f", MISSING: "-"}
"""A letter for each state of a cell, as releases.js reads them."""


class ReleasesPage(OutputPublisher):
    """Writes the page and its data; without data the site has no such page, and the log says
    why."""

    # Before the pages of releases, which link to this one if it is there.
    order = 10

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Write the page for all machines that have results."""
        site = Path(conf.html_dir)
        try:
            project = shared.project(conf, repo)
            accepted = acknowledged.load(repo.root, repo.history)
            write(project, accepted, benchmarks, _graph_keys(conf.results_dir), site)
        except UserError as error:
            log.warning(f"The site has no Releases page: {error}")
            return
        for line in project.reading.damaged:
            log.warning(f"The Releases page: {line}")
        scripts = ("filed.js", "release-table.js", "releases.js")
        add_page((*scripts, "releases.css"), CHANGES, site)


def write(project: Project, accepted, benchmarks: dict, graph_keys: dict, site: Path) -> None:
    """Write the page's data into the folder ``site``.

    ``accepted``: acknowledgements. ``benchmarks``: asv's descriptions, by name. ``graph_keys``:
    asv's parameters of a graph, by machine and environment. Raises UserError for a damaged
    calibration, and where there is no series.
    """
    main = [release.hash for release in project.history.branch("main")]
    listed: list[dict] = []
    for machine in project.machines:
        records = project.spreads(machine)
        races = RacedSeries([one.of_releases(main) for one in project.raced(machine)])
        for history in project.steps(machine):
            folder = site / "releases" / str(len(listed))
            _write_series(folder, history, races, accepted, benchmarks)
            listed.append(_entry(history, records, graph_keys))
    if not listed:
        raise UserError("nothing of today's benchmarks was measured: measure some with asv run")
    asked = shared.names(project.history)
    releases = [
        {
            "hash": one.hash,
            "name": one.version,
            "line": one.line,
            "day": f"{one.uploaded:%Y-%m-%d}",
            "own": one.own,
            "asked": asked[one.hash],
        }
        for one in project.history.branch("main")
    ]
    index = {"releases": releases, "series": listed, "least_raced": raced.LEAST}
    data.write(site / "releases.json", index)


def id_of(series: Series) -> str:
    """What names a series in the page's address; a volume can have several races."""
    name = f"{series.environment}@{series.machine}"
    return f"{name}/{series.race.id}" if series.race else name


def _entry(history: findings.Steps, records: list, graph_keys: dict) -> dict:
    series = history.series
    timed = ~series.exact
    return {
        "machine": series.machine,
        "volume": series.volume,
        "environment": series.environment,
        "id": id_of(series),
        "race": series.race
        and {"releases": len(series.releases), "day": series.race.about.started[:10]},
        # asv has no graph of a race whose medians were not written.
        "keys": graph_keys.get((series.machine, series.environment), {}),
        "rows": len(series.lines),
        "timed": int(timed.sum()),
        "calibrated": int((timed & history.noise.calibrated).sum()),
        "assumed": None if records else calibration.ASSUMED,
    }


def _write_series(
    folder: Path, history: findings.Steps, races: RacedSeries, accepted, benchmarks: dict
) -> None:
    series = history.series
    data.write(folder.with_suffix(".json"), _series(history, races, accepted, benchmarks))
    for column, release in enumerate(series.releases):
        compared = compare.with_one(series, history.noise, column)
        data.write(folder / f"{release}.json", _verdicts(series, compared, races))


def _verdicts(series: Series, compared: compare.Compared, races: RacedSeries) -> dict:
    by_race = {} if series.race else races.tell(series, compared)
    return {
        "verdicts": _spelt(compared.verdict),
        "raced": _raced(series, compared),
        "by_race": by_race,
    }


def _raced(series: Series, compared: compare.Compared) -> dict | None:
    """Ratios and intervals that were taken within the turns of a race: the values don't give them."""
    if series.race is None:
        return None
    return {name: data.numbers(getattr(compared, name)) for name in ("ratio", "low", "high")}


def _series(history: findings.Steps, races: RacedSeries, accepted, benchmarks: dict) -> dict:
    series, spread = history.series, history.noise
    names = list(dict.fromkeys(line.benchmark for line in series.lines))
    place = {name: n for n, name in enumerate(names)}
    half = stdtrit(spread.freedom, (1 + compare.INTERVAL) / 2)
    own = np.argwhere(~series.exact[:, None] & (series.spread > spread.sigma[:, None]))
    return {
        "columns": series.releases,
        "benchmarks": [_benchmark(name, series, benchmarks) for name in names],
        "benchmark": [place[line.benchmark] for line in series.lines],
        "filed": _filed(series),
        "cell": [[value for _, value in line.cell] for line in series.lines],
        "values": data.numbers(series.values),
        "states": ["".join(map(STATES.__getitem__, row)) for row in series.states.tolist()],
        **_verdicts(series, history.neighbours, races),
        # An interval is ratio × exp(± quantile × √(error² + error²)), with the errors of both ends.
        "quantile": [None if exact else data.number(one) for exact, one in zip(series.exact, half)],
        "error": [
            None if exact else data.number(one) for exact, one in zip(series.exact, spread.sigma)
        ],
        "own_error": {
            f"{row},{column}": data.number(series.spread[row, column]) for row, column in own
        },
        "acknowledged": _acknowledged(history, accepted),
    }


def _filed(series: Series) -> dict:
    """What families.filed says of each row, each thing once (filed.js puts it together): ``rows`` has the places of a
    kind, an access and a layout; None for a row that makes no facts."""
    found = [families.filed(line) for line in series.lines]
    known: dict[str, dict] = {"kinds": {}, "accesses": {}, "layouts": {}}

    def place(name: str, value) -> int:
        return known[name].setdefault(json.dumps(value), len(known[name]))

    rows = [
        one
        and [
            place("accesses", one.pop("access")),
            place("layouts", one.pop("layout")),
            place("kinds", one),
        ]
        for one in found
    ]
    return {"rows": rows} | {name: [json.loads(one) for one in known[name]] for name in known}


def _benchmark(name: str, series: Series, benchmarks: dict) -> dict:
    line = next(line for line in series.lines if line.benchmark == name)
    return {
        "name": name,
        "title": benchmarks[name].get("pretty_name") or name,
        "suite": name.split(".")[0],
        "unit": line.unit,
        "exact": line.kind is Kind.EXACT,
        "higher": line.higher_is_better,
        "params": [key for key, _ in line.cell],
    }


def _acknowledged(history: findings.Steps, accepted) -> dict[str, list[str]]:
    """Reason and link of each change that an entry covers, by "row,column"."""
    found = {}
    series = history.series
    for row, column in np.argwhere(history.neighbours.verdict > compare.SAME):
        for entry in accepted:
            if entry.covers(series.releases[column], series.lines[row].name):
                found[f"{row},{column}"] = [entry.reason, entry.link]
    return found


def _spelt(verdicts: np.ndarray) -> list[str]:
    """A text for each row, a digit for each release (compare.NONE … compare.FAILS)."""
    rows, columns = verdicts.shape
    digits = (verdicts + ord("0")).astype(np.uint8).tobytes().decode("ascii")
    return [digits[n * columns : (n + 1) * columns] for n in range(rows)]


def _graph_keys(results_dir: str) -> dict[tuple[str, str], dict]:
    """asv's keys of the graphs of each machine and environment."""
    return {
        (found.params["machine"], found.env_name): {
            **races.keys(found.params),
            **{f"env-{name}": value for name, value in found.env_vars.items()},
        }
        for found in iter_results(results_dir)
    }
