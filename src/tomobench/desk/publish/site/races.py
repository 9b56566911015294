"""Races on asv's pages: a choice beside the plain runs, "measured: run" or "race".

asv gives results without a parameter that others have the value "[none]", and at first draws every value
of a parameter in one graph. Here the plain runs are drawn until a race is chosen, and are called run.
"""

from pathlib import Path

from asv.publishing import OutputPublisher

from tomobench.desk.publish.site.changes import Change, apply
from tomobench.desk.results.reading import MEASURED

NONE = "value_display = '[none]';"
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
    *(
        Change(file, NONE, f"value_display = param == '{MEASURED}' ? 'run' : '[none]';")
        for file in ("graphdisplay.js", "summarylist.js")
    ),
)


class Races(OutputPublisher):
    """Has asv's pages tell races from runs."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Make the changes."""
        apply(CHANGES, Path(conf.html_dir))
