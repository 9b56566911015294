"""The Advice page: a layout for each way of use, with the figures behind it, in asv's own site.

Its files:

    advice.json             the machines that were measured on, the one with most results first
    advice/<n>.json         of a machine: the choices, and the figures of every layout (see advice_data.py)
    advice/<n>-scripts.json the script that writes each layout, fetched when one is shown
    advice*.js, advice.css  the page
"""

from collections import Counter
from pathlib import Path

from asv.console import log
from asv.publishing import OutputPublisher

from tomobench.desk.advise.evidence import evidence
from tomobench.desk.errors import UserError
from tomobench.desk.publish.site import advice_data, data, shared
from tomobench.desk.publish.site.changes import Change, add_page

HERE = Path(__file__).parent

SCRIPTS = ("advice-words.js", "advice-rank.js", "advice-tree.js", "advice-chart.js", "advice.js")
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
        + "".join(f'    <script src="{name}"></script>\n' for name in SCRIPTS)
        + '    <link href="advice.css" rel="stylesheet" type="text/css"/>\n',
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
            try:
                of_machine = (one for one in sheets if one.machine == machine)
                own = evidence.gather(of_machine, repo.history, repo.root)
                content = advice_data.gather(own, repo.root)
            except UserError as error:
                log.warning(f"The Advice page leaves {machine} out: {error}")
                continue
            data.write(site / "advice" / f"{len(machines)}.json", content)
            data.write(
                site / "advice" / f"{len(machines)}-scripts.json", advice_data.scripts(content)
            )
            machines.append(machine)
        if machines:
            _write_page(site, machines)
        else:
            log.warning("The site has no Advice page: no release was timed (asv run)")


def _write_page(site: Path, machines: list[str]) -> None:
    data.write(site / "advice.json", {"machines": machines})
    add_page((*SCRIPTS, "advice.css"), CHANGES, site)
