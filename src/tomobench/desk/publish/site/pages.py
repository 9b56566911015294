"""Pages of ours that are files of their own: their template, and what all have in common."""

from pathlib import Path

import jinja2

HERE = Path(__file__).parent

#: Pages in asv's own: the script that is there if the page is, where in the site, and its name.
OURS = {
    "findings.js": ("/findings", "Findings"),
    "releases.js": ("/releases", "Releases"),
    "advice.js": ("/advice", "Advice"),
}
README = "README.md"


def render(name: str, conf, root: Path, depth: int, **values) -> str:
    """A page from the template ``name``. ``root``: of the repository; ``depth``: folders below the site's."""
    site = Path(conf.html_dir)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(
        root="../" * depth,
        ours=[place for script, place in OURS.items() if (site / script).is_file()],
        readme=(root / README).is_file(),
        **values,
    )


def write(path: Path, text: str) -> None:
    """Write a page, and the folder that it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
