"""The Advice page: ``tomobench plan`` in a browser, in asv's own site.

Its files:

    advice.json                    the machines that were measured on, the one with most results first
    advice/<n>/plan.json           of a machine: what holds for every release (see advice_data.py)
    advice/<n>/<release>.json      what one release has (see shared.names): its costs, and what was measured
    advice/<n>/avoid.json          what each release has wrong, and made worse
    advice*.js, advice.css         the page
"""

from collections import Counter
from pathlib import Path

from asv.console import log
from asv.publishing import OutputPublisher

from tomobench.desk.advise.evidence import evidence
from tomobench.desk.errors import UserError
from tomobench.desk.publish.site import advice_data, advice_upgrade, data, shared
from tomobench.desk.publish.site.changes import Change, add_page

HERE = Path(__file__).parent

#: Each after those that it asks.
SCRIPTS = (
    "advice-numbers.js", "advice-words.js", "advice-lattice.js", "advice-work.js", "advice-estimate.js",
    "advice-search.js", "advice-said.js", "advice-current.js", "advice-question.js", "advice-upgrade.js",
    "advice-chart.js", "advice.js",
)  # fmt: skip
CHANGES = (
    Change(
        "index.html",
        '\t<li id="nav-li-regressions">',
        '\t<li id="nav-li-advice"><a href="#/advice">Advice</a></li>\n'
        '\t<li id="nav-li-regressions">',
    ),
    Change(
        "index.html",
        '            src="regressions.js">\n    </script>\n',
        '            src="regressions.js">\n    </script>\n'
        f'    <script src="advice-load.js" data-parts="{" ".join(SCRIPTS)}"></script>\n'
        '    <link href="advice.css" rel="stylesheet" type="text/css"/>\n',
    ),
    Change(
        "index.html",
        '    <div id="regressions-display"',
        (HERE / "advice.html").read_text(encoding="utf-8") + '    <div id="regressions-display"',
    ),
)


class AdvicePage(OutputPublisher):
    """Writes the page and its data; where there is nothing to advise from, the log says why."""

    # Before the pages of releases, which link to this one if it is there.
    order = 10

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Write the page, and its data for each machine that has results."""
        site = Path(conf.html_dir)
        try:
            found = shared.project(conf, repo).reading.sheets
        except UserError as error:
            log.warning(f"The site has no Advice page: {error}")
            return
        sheets = [sheet for sheet in found if not sheet.configuration]
        count: Counter[str] = Counter()
        for sheet in sheets:
            count[sheet.machine] += len(sheet.places)
        machines: list[str] = []
        for machine, _ in count.most_common():
            own = [one for one in sheets if one.machine == machine]
            others = [one for one in sheets if one.machine != machine]
            try:
                known = evidence.gather(own, repo.history, repo.root, others)
                _write_machine(site / "advice" / str(len(machines)), known, conf, repo)
            except UserError as error:
                log.warning(f"The Advice page leaves {machine} out: {error}")
                continue
            machines.append(machine)
        if machines:
            _write_page(site, machines)
        else:
            log.warning("The site has no Advice page: no release was timed (asv run)")


def _write_machine(folder: Path, known: evidence.Evidence, conf, repo) -> None:
    content = advice_data.gather(known, repo.root)
    names = shared.names(repo.history)
    for release in advice_data.releases(known):
        data.write(folder / f"{names[release]}.json", advice_data.of_release(known, release))
    judged = shared.judged(conf, repo).get(known.machine)
    data.write(folder / "avoid.json", advice_upgrade.avoided(judged, repo.history))
    races = shared.project(conf, repo).raced(known.machine)
    seen = {
        "noise": advice_upgrade.noise(judged),
        "raced": advice_upgrade.opened_in_a_race(races, repo.history),
    }
    data.write(folder / "plan.json", content | seen)


def _write_page(site: Path, machines: list[str]) -> None:
    data.write(site / "advice.json", {"machines": machines})
    add_page(("advice-load.js", *SCRIPTS, "advice.css"), CHANGES, site)
