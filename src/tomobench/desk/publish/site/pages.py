"""Pages of ours that are files of their own: their template, and what all have in common."""

import functools
import os
from pathlib import Path

import jinja2

HERE = Path(__file__).parent

#: Pages in asv's own: the script that is there if the page is, where in the site, and its name.
OURS = {
    "findings.js": ("/findings", "Findings"),
    "advice.js": ("/advice", "Advice"),
    "releases.js": ("/releases", "Releases"),
}
README = "README.md"
NOWHERE = "404.html"
"""What a host of static pages (GitHub Pages and others) shows at an address that there is nothing at."""

BROKEN = "error.html"
"""Where asv's page leads when a script of it does not load."""

PREVIEW = "http://127.0.0.1:8080/"
"""Where ``asv preview`` serves the site."""


def address(conf, unknown: str = PREVIEW) -> str:
    """Where the site is, with a slash at its end.

    ``site_url`` in asv.conf.json says it, or ``TOMOBENCH_SITE_URL`` (the workflow does); else it is ``unknown``.
    """
    said = os.environ.get("TOMOBENCH_SITE_URL") or getattr(conf, "site_url", "") or unknown
    return said.rstrip("/") + "/"


def render(name: str, conf, root: Path, depth: int | None, **values) -> str:
    """A page from the template ``name``.

    ``root``: of the repository; ``depth``: folders below the site's, None for a page that is shown at any address.
    """
    site = Path(conf.html_dir)
    return (
        _templates()
        .get_template(name)
        .render(
            root=address(conf, "/") if depth is None else "../" * depth,
            ours=[place for script, place in OURS.items() if (site / script).is_file()],
            readme=(root / README).is_file(),
            **values,
        )
    )


@functools.cache
def _templates() -> jinja2.Environment:
    """Where templates are; it keeps those that it has compiled."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write(path: Path, text: str) -> None:
    """Write a page, and the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
