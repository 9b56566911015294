"""A graph on asv's pages is of one volume at first; the others are a choice.

asv at first draws every volume in one graph: small ones are a line at zero, and their names cover it.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from asv.config import Config
from asv.graph import Graph
from asv.publishing import OutputPublisher

from tomobench.desk.publish.site.changes import Change, apply
from tomobench.desk.publish.site.races import PLAIN
from tomobench.desk.results.reading import MEASURED

VOLUME = "env-volume"
CHANGES = (
    Change(
        "graphdisplay.js",
        "                state[param] = values;\n",
        "                state[param] = values;\n"
        f"                if (param == '{VOLUME}' && values.length > 1)\n"
        "                    state[param] = [index.benchmarks[current_benchmark].volume];\n",
    ),
    # An address without the parameter stands for that volume, no longer for all.
    Change(
        "graphdisplay.js",
        "if (state[param].length != values.length ||",
        f"if (param == '{VOLUME}' || state[param].length != values.length ||",
    ),
)


def first_volumes(conf: Config, graphs: Iterable[Graph]) -> dict[str, str | None]:
    """The volume that each benchmark is shown on at first: of those that were measured, asv.conf.json's first."""
    listed = conf.matrix.get("env_nobuild", {}).get("volume", [])

    def place(graph: Graph) -> tuple[bool, int, str]:
        volume = graph.params[VOLUME]
        at = listed.index(volume) if volume in listed else len(listed)
        return graph.params[MEASURED] != PLAIN, at, str(volume)

    by_name = defaultdict(list)
    for graph in graphs:
        if VOLUME in graph.params:
            by_name[graph.benchmark_name].append(graph)
    return {name: min(own, key=place).params[VOLUME] for name, own in by_name.items()}


class Volumes(OutputPublisher):
    """Has asv's graphs begin with one volume."""

    @classmethod
    def publish(cls, conf, repo, benchmarks, graphs, revisions):
        """Make the changes, and say in the index which volume it is."""
        apply(CHANGES, Path(conf.html_dir))
        for name, volume in first_volumes(conf, (graph for _, graph in graphs)).items():
            benchmarks[name]["volume"] = volume
