"""Keeps the site's folder in git, and what is generated in it out."""

from pathlib import Path

from asv.publishing import OutputPublisher

FOLDER = "html"
GITIGNORE = "*\n!.gitignore\n"


def keep(site: Path) -> None:
    """Write the file into the tracked folder; a folder named with --html-dir gets none."""
    if site.resolve() == Path(FOLDER).resolve():
        site.mkdir(exist_ok=True)
        (site / ".gitignore").write_text(GITIGNORE, encoding="utf-8")


class KeptFolder(OutputPublisher):
    """Writes html/.gitignore back: asv empties the whole folder first, dot files included."""

    # First of all publishers: the work tree is clean again even if a later one fails.
    order = -1

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """As :func:`keep`."""
        keep(Path(conf.html_dir))
