"""A page for each release, which is where asv's links to commits lead.

asv puts ``show_commit_url`` ("release/" in asv.conf.json) before a release's hash: relative to the
dashboard, in its pages and in its feed alike. So a release's page is ``release/<hash>/index.html``.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import jinja2
from asv.publishing import OutputPublisher
from asv.results import Results, iter_results

from tomobench.desk.releases.history import History, NoSuchRelease
from tomobench.desk.releases.release import Release

FOLDER = "release"
#: Pages of our own, by the script that is there if the page is: where in the site, and its name.
OURS = {
    "findings.js": ("/findings", "Findings"),
    "releases.js": ("/releases", "Releases"),
    "advice.js": ("/advice", "Advice"),
}


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
        template = _template()
        ours = [place for script, place in OURS.items() if Path(conf.html_dir, script).is_file()]
        for before, page, after in zip([None, *pages], pages, [*pages[1:], None]):
            folder = Path(conf.html_dir, FOLDER, page.hash)
            folder.mkdir(parents=True)
            text = template.render(
                page=page, before=before, after=after, project=conf.project, ours=ours
            )
            (folder / "index.html").write_text(text, encoding="utf-8")


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
    listing = results_dir / machine / f"{results.commit_hash}-{results.env_name}.installed.txt"
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


def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("release.html")
