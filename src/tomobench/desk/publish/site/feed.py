"""An Atom feed of findings: an entry for each release that changed something, with its facts.

asv's own feed (regressions.xml) follows its regression page, which wants more commits than there are releases.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from asv import feed
from asv.console import log
from asv.publishing import OutputPublisher
from asv.results import iter_results

from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination, sentences, verdict
from tomobench.desk.judge.facts import Fact, WrongFact
from tomobench.desk.judge.project import Project
from tomobench.desk.publish.site import shared
from tomobench.desk.publish.site.changes import Change, apply

FILE = "findings.xml"
MOST = 10
"""Facts that an entry lists; the Releases page has all that changed."""

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
    # What no one release is to blame for is in no entry.
    for told in verdict.of(answer, history).releases:
        if not told.facts:
            continue
        one = history.find(told.release)
        yield feed.FeedEntry(
            f"{one.version}: {sentences.headline(told.facts)} (machine {machine})",
            measured[machine, told.release],
            link=f"release/{told.release}",
            content=_content(told.facts, history),
            # The same entry, changed, when more of the release is measured.
            id_context=[machine, told.release],
            id_date=one.uploaded,
        )


def _content(facts: Sequence[Fact | WrongFact], history) -> str:
    """HTML: the facts, the worst first."""
    items = "".join(f"<li>{escape(_said(one, history))}</li>" for one in facts[:MOST])
    more = f"<p>and {len(facts) - MOST} more</p>" if len(facts) > MOST else ""
    return f"<ul>{items}</ul>{more}"


def _said(one: Fact | WrongFact, history) -> str:
    if isinstance(one, WrongFact):
        return sentences.of_wrong(one, history)
    return f"{sentences.of_fact(one)}: {sentences.details(one, history)}"
