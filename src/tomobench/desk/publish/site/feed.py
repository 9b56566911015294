"""An Atom feed (RFC 4287): an entry for each release that changed something, with its facts, newest release first.

asv's own feed (regressions.xml) follows its regression page, which wants more commits than there are releases. Its
writer knows no absolute addresses, so this one has its own.
"""

import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from asv.console import log
from asv.publishing import OutputPublisher
from asv.results import iter_results

from tomobench.desk.errors import UserError
from tomobench.desk.judge import sentences
from tomobench.desk.publish.site import known, pages, shared, told
from tomobench.desk.publish.site.changes import Change, apply
from tomobench.desk.releases.history import History

FILE = "findings.xml"
MOST = 10
"""Facts that an entry lists; the release's page has all."""

ATOM = "http://www.w3.org/2005/Atom"

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
        try:
            judged, words = (
                shared.judged(conf, repo),
                known.usable_words(repo.root, repo.history, Path(conf.results_dir)),
            )
        except UserError as error:
            log.warning(f"The feed of findings has nothing: {error}")
            judged, words = {}, known.Words([], [])
        feed = written(pages.address(conf), conf, repo.history, judged, words)
        ET.register_namespace("", ATOM)
        ET.ElementTree(feed).write(site / FILE, encoding="utf-8", xml_declaration=True)
        apply(CHANGES, site)


def written(
    base: str, conf, history: History, judged: dict[str, shared.Judged], words
) -> ET.Element:
    """The feed. ``base``: where the site is, with a slash at its end."""
    measured = _measured(conf.results_dir)
    entries = [
        (release, machine, facts)
        for release in reversed(history.branch("main"))
        for machine, one in judged.items()
        if (
            facts := [
                fact
                for of in one.verdict.releases
                if of.release == release.hash
                for fact in of.facts
            ]
        )
    ]
    # RFC 4287, 4.1.1: id, title and updated once; an author, as the entries have none; a link to itself.
    feed = ET.Element(f"{{{ATOM}}}feed", {"xml:lang": "en"})
    _add(feed, "id", _id(base + FILE))
    _add(feed, "title", f"tomobench: what {conf.project} releases changed for tomograms")
    when = [measured[machine, release.hash] for release, machine, _ in entries]
    _add(feed, "updated", _time(max(when, default=datetime(1970, 1, 1, tzinfo=UTC))))
    _add(_add(feed, "author"), "name", "tomobench")
    _add(feed, "link", rel="self", type="application/atom+xml", href=base + FILE)
    _add(feed, "link", rel="alternate", type="text/html", href=base)
    for release, machine, facts in entries:
        feed.append(_entry(base, history, release, machine, facts, measured, words))
    return feed


def _entry(base: str, history, release, machine: str, facts, measured, words) -> ET.Element:
    # 4.1.2: id, title and updated once; content, so that a link is of use but not a must.
    page = f"{base}release/{release.hash}/"
    entry = ET.Element(f"{{{ATOM}}}entry")
    # The same entry, changed, when more of the release is measured.
    _add(entry, "id", _id(f"{page}#{machine}"))
    _add(entry, "title", f"{release.version}: {sentences.headline(facts)} (machine {machine})")
    _add(entry, "published", _time(release.uploaded))
    _add(entry, "updated", _time(measured[machine, release.hash]))
    _add(entry, "link", rel="alternate", type="text/html", href=page)
    _add(entry, "content", _content(facts, history, words), type="html")
    return entry


def _add(parent: ET.Element, name: str, text: str | None = None, **attributes: str) -> ET.Element:
    found = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
    found.text = text
    return found


def _id(address: str) -> str:
    """4.2.6: an absolute IRI that stays, from this repository's own addresses."""
    return uuid5(NAMESPACE_URL, address).urn


def _time(when: datetime) -> str:
    """3.3: RFC 3339, with a capital T and Z."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _measured(results_dir: str) -> dict[tuple[str, str], datetime]:
    """When a machine last measured a release; what it has raced alone, when the year 1970 began."""
    found: dict[tuple[str, str], float] = defaultdict(float)
    for one in iter_results(results_dir):
        key = one.params["machine"], one.commit_hash
        found[key] = max(found[key], *(when or 0 for when in one.started_at.values()), one.date)
    times = {key: datetime.fromtimestamp(when / 1000, UTC) for key, when in found.items()}
    return defaultdict(lambda: datetime(1970, 1, 1, tzinfo=UTC), times)


def _content(facts: Sequence[told.Fact], history: History, words) -> str:
    """HTML: the facts, the worst first."""
    items = "".join(f"<li>{_said(told.tell(one, history, words))}</li>" for one in facts[:MOST])
    more = f"<p>and {len(facts) - MOST} more</p>" if len(facts) > MOST else ""
    return f"<ul>{items}</ul>{more}"


def _said(one: dict) -> str:
    text = escape(
        f"{one['mark']} {one['tier']}: " + ": ".join(filter(None, [one["said"], one["details"]]))
    )
    links: Iterable[str] = (
        f' <a href="{escape(link["address"])}">{escape(link["name"])}</a>' for link in one["links"]
    )
    return text + "".join(links)
