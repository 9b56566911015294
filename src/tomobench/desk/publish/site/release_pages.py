"""A page for each release, which is where asv's links to commits lead.

asv puts ``show_commit_url`` ("release/" in asv.conf.json) before a release's hash: relative to the
dashboard, in its pages and in its feed alike. So a release's page is ``release/<hash>/index.html``.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from asv.console import log
from asv.publishing import OutputPublisher
from asv.results import Results, iter_results

from tomobench.desk.errors import UserError
from tomobench.desk.judge import formats, sentences
from tomobench.desk.judge.explain import kept, of_facts
from tomobench.desk.judge.explain.difference import Explanation
from tomobench.desk.publish.site import pages as templates
from tomobench.desk.publish.site import shared
from tomobench.desk.publish.site.changes import add_page
from tomobench.desk.publish.site.known import Words, usable_words
from tomobench.desk.publish.site.told import tell
from tomobench.desk.releases.history import History, NoSuchRelease
from tomobench.desk.releases.installed import ENDING
from tomobench.desk.releases.release import Release

FOLDER = "release"
SCRIPTS = ("release-table.js", "release-copy.js", "release.js")


@dataclass(frozen=True)
class Run:
    """Results of a release: on which machine, in which environment, when, and what was installed.

    ``variables`` are those of asv's matrix, the volume among them. ``installed`` is None where
    nothing was recorded.
    """

    machine: str
    environment: str
    variables: dict[str, str]
    day: str
    installed: str | None


@dataclass(frozen=True)
class Page:
    """What a release's page shows. ``release`` is None for a hash that is not in the history."""

    hash: str
    release: Release | None
    measured: list[Run]

    @property
    def name(self) -> str:
        """The release's version; its hash where that is not known."""
        return self.release.version if self.release else self.hash


class ReleasePages(OutputPublisher):
    """Writes a page for each release on the dashboard, each linked to the one before and after."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Write the pages of all ``revisions``, in their order."""
        measured = measurements(Path(conf.results_dir))
        pages = [
            Page(commit, find(repo.history, commit), measured.get(commit, []))
            for commit in sorted(revisions, key=revisions.get)
        ]
        site = Path(conf.html_dir)
        add_page(SCRIPTS, (), site)
        judged, known = _judged(conf, repo)
        explained = _explained(Path(conf.results_dir))
        for before, page, after in zip([None, *pages], pages, [*pages[1:], None]):
            own = next((one for one in judged if page.hash in one.measured), None)
            text = templates.render(
                "release.html",
                conf,
                repo.root,
                2,
                page=page,
                before=before,
                after=after,
                project=conf.project,
                said=own and said(page.hash, own, repo.history, known, explained),
            )
            templates.write(site / FOLDER / page.hash / "index.html", text)


def _judged(conf, repo) -> tuple[list[shared.Judged], Words]:
    """What is said of the releases on each machine, the one with most results first; nothing where that can't be."""
    try:
        found = list(shared.judged(conf, repo).values())
        return found, usable_words(repo.root, repo.history, Path(conf.results_dir))
    except UserError as error:
        log.warning(f"The pages of releases say nothing of what changed: {error}")
        return [], Words([], [])


def _explained(results: Path) -> dict[kept.Told, Explanation]:
    """The explanations that are kept with the results; none of a damaged file, and the log says so."""
    try:
        return kept.load(results)
    except UserError as error:
        log.warning(f"The pages of releases do not say why: {error}")
        return {}


def said(
    release: str,
    judged: shared.Judged,
    history: History,
    known: Words,
    explained: dict[kept.Told, Explanation] | None = None,
) -> dict | None:
    """What a release's page says of it (a hash), and the data of its script. None where nothing was compared."""
    if release not in judged.answer.question.releases or release not in judged.measured:
        return None
    verdict, answer = judged.of(release, history)
    told = [one for one in verdict.releases if one.release == release]
    facts = [
        tell(fact, history, known) | {"why": of_facts.lines(fact, explained or {})}
        for one in told
        for fact in one.facts
    ]
    main = history.branch("main")
    own = [one.hash for one in main].index(release)
    earlier = [one for one in main[:own] if one.hash in judged.measured and not one.own]
    since = earlier[-1] if earlier else None
    return {
        "sentence": verdict.sentence,
        "since_name": since and since.version,
        "facts": facts,
        "work": next((sentences.of_work(one.work) for one in told if one.work), ""),
        "apart": [
            tell(one, history, known) | {"said": formats.of_apart(one, history)}
            for one in answer.apart
        ],
        "data": {
            "release": release,
            "since": since and since.hash,
            "machine": answer.question.machine,
            "sentence": verdict.sentence,
            "facts": facts,
        },
    }


def find(history: History, commit: str) -> Release | None:
    """Return the release with that hash; None if it was removed and only its results are left."""
    try:
        return history.find(commit)
    except NoSuchRelease:
        return None


def measurements(results_dir: Path) -> dict[str, list[Run]]:
    """Return what was measured, by the release's hash, by machine and environment in order."""
    found: dict[str, list[Run]] = {}
    for results in iter_results(str(results_dir)):
        found.setdefault(results.commit_hash, []).append(_measured(results, results_dir))
    for one in found.values():
        one.sort(key=lambda measured: (measured.machine, measured.environment))
    return found


def _measured(results: Results, results_dir: Path) -> Run:
    machine = results.params["machine"]
    listing = results_dir / machine / f"{results.commit_hash}-{results.env_name}{ENDING}"
    return Run(
        machine=machine,
        environment=results.env_name,
        variables=results.env_vars,
        day=_last_day(results),
        installed=listing.read_text(encoding="utf-8") if listing.is_file() else None,
    )


def _last_day(results: Results) -> str:
    times = [time for time in results.started_at.values() if time is not None]
    return f"{datetime.fromtimestamp(max(times) / 1000, UTC):%Y-%m-%d}" if times else ""
