"""An Atom feed of findings: an entry for each release that changed something, with the worst of it.

asv's own feed (regressions.xml) follows its regression page, which wants more commits than there are releases.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from asv import feed
from asv.console import log
from asv.publishing import OutputPublisher
from asv.results import iter_results

from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination
from tomobench.desk.judge.findings import Finding
from tomobench.desk.judge.project import Project
from tomobench.desk.publish.site import shared
from tomobench.desk.publish.site.changes import Change, apply

FILE = "findings.xml"
MOST = 10
"""Findings that an entry lists of each kind; the Releases page has all."""

CHANGES = (
    Change(
        "index.html",
        '    <link rel="alternate" type="application/atom+xml" title="Regressions" href="regressions.xml"/>\n',
        f'    <link rel="alternate" type="application/atom+xml" title="Findings" href="{FILE}"/>\n'
        '    <link rel="alternate" type="application/atom+xml" title="Regressions" href="regressions.xml"/>\n',
    ),
)


class Feed(OutputPublisher):
    """Writes the feed, of all machines; where nothing can be compared it has no entries."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Write ``findings.xml`` beside asv's pages, and name it in them."""
        site = Path(conf.html_dir)
        project = shared.project(conf, repo)
        accepted = acknowledged.load(repo.root, repo.history)
        measured = _measured(conf.results_dir)
        entries = [
            entry
            for machine in project.machines
            for entry in _of_machine(project, machine, accepted, measured)
        ]
        entries.sort(key=lambda entry: entry.updated, reverse=True)
        title = f"tomobench: what {conf.project} releases changed for tomograms"
        feed.write_atom(
            str(site / FILE), entries, author="tomobench", title=title, address="tomobench"
        )
        apply(CHANGES, site)


def _measured(results_dir: str) -> dict[tuple[str, str], datetime]:
    """When a machine last measured a release."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for one in iter_results(results_dir):
        key = one.params["machine"], one.commit_hash
        found[key] = max(found[key], *(when or 0 for when in one.started_at.values()), one.date)
    return {key: datetime.fromtimestamp(when / 1000, UTC) for key, when in found.items()}


def _of_machine(project: Project, machine: str, accepted, measured) -> Iterable[feed.FeedEntry]:
    history = project.history
    question = examination.Query(machine, [one.hash for one in history.branch("main")])
    try:
        answer = examination.examine(project, question, accepted)
    except UserError as reason:
        log.warning(f"The feed of findings has nothing of {machine}: {reason}")
        return
    by_release = defaultdict(list)
    for finding in answer.findings:
        by_release[finding.release].append(finding)
    for release, found in by_release.items():
        one = history.find(release)
        yield feed.FeedEntry(
            f"{one.version}: {_counted(found)} (machine {machine})",
            measured[machine, release],
            link=f"release/{release}",
            content=_content(found, history),
            # The same entry, changed, when more of the release is measured.
            id_context=[machine, release],
            id_date=one.uploaded,
        )


def _counted(found: list[Finding]) -> str:
    words = ("worse", "better", "fails")
    counts = [(sum(one.change == word for one in found), word) for word in words]
    return ", ".join(f"{count} {word}" for count, word in counts if count)


def _content(found: list[Finding], history) -> str:
    """HTML: the worst, then what got better most."""
    bad = [one for one in found if one.bad]
    good = [one for one in found if not one.bad][::-1]
    parts = []
    for heading, several in (("For the worse", bad), ("For the better", good)):
        if several:
            items = "".join(f"<li>{_said(one, history)}</li>" for one in several[:MOST])
            more = f"<p>and {len(several) - MOST} more</p>" if len(several) > MOST else ""
            parts.append(f"<h3>{heading}</h3><ul>{items}</ul>{more}")
    return "".join(parts)


def _said(one: Finding, history) -> str:
    before = history.name_of(one.compared_with)
    known = f", known: {one.acknowledged.reason}" if one.acknowledged else ""
    if one.change == "fails":
        what = f"fails, {before} did not"
    else:
        what = f"{one.before:.4g} → {one.after:.4g} {one.line.unit} ({one.ratio:.2f} of {before})"
    return escape(f"{one.line.name}, {one.series.volume}: {what}{known}")
