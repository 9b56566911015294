"""The published site: asv's own, complete in itself, with a page for each release.

An asv plugin: name ``.tomobench.desk.publish.site`` in ``asv.conf.json``. asv finds the publishers by their
base class once they are imported, and runs each when ``asv publish`` has copied its own pages. Its other commands
do without them: to import them takes half a second.
"""

import contextlib
import functools
import importlib
from pathlib import Path

PUBLISHERS = (
    "advice_page",
    "benchmark_list",
    "feed",
    "findings_page",
    "folder",
    "offline",
    "races",
    "release_pages",
    "releases_page",
    "repairs",
    "shell",
    "volumes",
    "wording",
)
"""The modules with a publisher."""

PATCHES = ("graphs", "steps")
"""The modules that only change how asv publishes."""


def setup() -> None:
    """Called by asv when it has loaded the plugin: have it import the publishers before it publishes."""
    from asv.commands.publish import Publish

    if not hasattr(Publish.run, "imports_publishers"):
        Publish.run = classmethod(_with_publishers(Publish.run.__func__))


def _with_publishers(run):
    @functools.wraps(run)
    def published(cls, conf, *arguments, **options):
        for name in (*PUBLISHERS, *PATCHES):
            importlib.import_module(f"{__name__}.{name}")
        try:
            return run(cls, conf, *arguments, **options)
        except BaseException:
            # asv empties the folder before it reads the results, which may be damaged.
            with contextlib.suppress(OSError):
                importlib.import_module(f"{__name__}.folder").keep(Path(conf.html_dir))
            raise

    published.__dict__["imports_publishers"] = True
    return published
