"""Makes the published site complete in itself: no script, style or font comes from another host."""

from html.parser import HTMLParser
from pathlib import Path

from asv.console import log
from asv.publishing import OutputPublisher

from tomobench.desk.publish.site import libraries

MODULES = Path("node_modules")
"""npm's packages: beside asv.conf.json, which is where asv works."""

VENDOR = "vendor"


class Offline(OutputPublisher):
    """Copies the libraries that asv's page loads into the site, and has the page load those."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """All libraries or none: where one can't be had as asv wants it, the site stays asv's."""
        site = Path(conf.html_dir)
        page = (site / "index.html").read_text(encoding="utf-8")
        try:
            taken = take_all(page, MODULES)
        except libraries.NotTaken as reason:
            log.warning(
                "The site is left as asv makes it, and needs the internet: its pages load their "
                f"libraries from content networks. The reason: {reason}"
            )
            return
        for name, content in taken.files.items():
            path = site / VENDOR / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        (site / "index.html").write_text(taken.page, encoding="utf-8")


class Completed:
    """The page as rewritten, and the files it then needs, by their place in the vendor folder."""

    def __init__(self, page: str):
        self.page = page
        self.files: dict[str, bytes] = {}

    def add(self, url: str, named: str | None, library: libraries.Taken) -> None:
        """Have the page load ``library``, not ``url``; the browser still checks its digest."""
        self.files[library.target] = library.content
        self.page = self.page.replace(f'"{url}"', f'"{VENDOR}/{library.target}"')
        self.page = self.page.replace(f'"{named}"', f'"{library.integrity}"')


def take_all(page: str, modules: Path) -> Completed:
    """Take all that the page loads from elsewhere. Raises NotTaken, also if it loads nothing."""
    wanted = outside(page)
    if not wanted:
        raise libraries.NotTaken("asv's page names no libraries where they were expected")
    completed = Completed(page)
    for url, named in wanted:
        completed.add(url, named, libraries.take(url, named, modules))
    for source in libraries.COMPANIONS:
        completed.files[source] = libraries.read(source, modules)
    return completed


def outside(page: str) -> list[tuple[str, str | None]]:
    """Return address and integrity of each script and style sheet that another host serves."""
    found = []

    class Tags(HTMLParser):
        def handle_starttag(self, tag, attrs):
            attributes = dict(attrs)
            url = {"script": attributes.get("src"), "link": attributes.get("href")}.get(tag) or ""
            if url.startswith(("https://", "http://", "//")):
                found.append((url, attributes.get("integrity")))

    Tags().feed(page)
    return found
