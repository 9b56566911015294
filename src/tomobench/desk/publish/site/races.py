"""Races on asv's pages: a choice beside the plain runs, "measured: plain" or "race".

asv gives results without a parameter that others have no value for it, and at first draws every value of a
parameter in one graph. Here results that name none are published as plain runs (their files stay as they are), and
plain runs are drawn until a race is chosen.
"""

import functools
from pathlib import Path

from asv.commands.publish import Publish
from asv.publishing import OutputPublisher

from tomobench.desk.publish.site.changes import Change, apply
from tomobench.desk.results.reading import MEASURED

#: How a result was measured that does not say so. Sorts before "race": asv's pages choose the first.
PLAIN = "plain"
CHANGES = (
    Change(
        "graphdisplay.js",
        "if (param == 'branch') {\n                        state[param] = [values[0]];",
        f"if (param == 'branch' || param == '{MEASURED}') {{\n"
        "                        state[param] = [values[0]];",
    ),
    # An address without the parameter stands for the runs, no longer for all values.
    Change(
        "graphdisplay.js",
        "values.length || param == 'branch') {",
        f"values.length || param == 'branch' || param == '{MEASURED}') {{",
    ),
)


def keys(params: dict) -> dict:
    """What asv's pages choose a result by: its parameters, with how it was measured."""
    return {MEASURED: PLAIN, **params}


def _with_how(every):
    @functools.wraps(every)
    def named(*words, **options):
        for one in every(*words, **options):
            one.params.update(keys(one.params))
            yield one

    named.names_how = True
    return named


if not hasattr(Publish.iter_results, "names_how"):
    Publish.iter_results = staticmethod(_with_how(Publish.iter_results))


class Races(OutputPublisher):
    """Has asv's pages tell races from runs."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Make the changes."""
        apply(CHANGES, Path(conf.html_dir))
