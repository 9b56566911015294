"""asv's graphs, with each thing worked out once.

asv 0.6.6 sorts a graph's data for the search and again for its file, looks through all of a graph's steps for each of
its cells, and spells a graph's path for each cell too.
"""

import functools
from collections.abc import Callable
from typing import Any

from asv.graph import Graph


def _kept(name: str, method: Callable[[Graph], Any]) -> Callable[[Graph], Any]:
    """A method of a graph that answers once its data are whole; later calls get the same answer."""

    @functools.wraps(method)
    def asked(graph: Graph) -> Any:
        answer = method(graph)
        graph.__dict__[name] = lambda: answer
        return answer

    asked.__dict__["kept"] = True
    return asked


def _forgetful(add: Callable[..., None]) -> Callable[..., None]:
    """What adds to a graph's data: what was kept of them holds no longer."""

    @functools.wraps(add)
    def added(graph: Graph, *words: Any, **named: Any) -> None:
        for name in KEPT:
            graph.__dict__.pop(name, None)
        add(graph, *words, **named)

    return added


def _spelt_once(spell: Callable[[dict[str, Any], str], str]) -> Callable[..., str]:
    @functools.cache
    def known(params: tuple[tuple[str, Any], ...], name: str) -> str:
        return spell(dict(params), name)

    def path(cls: type[Graph], params: dict[str, Any], benchmark_name: str) -> str:
        return known(tuple(params.items()), benchmark_name)

    return path


KEPT = ("get_data", "get_steps")
"""Methods of a graph that are asked again and again."""

if not hasattr(Graph.get_data, "kept"):
    for each in KEPT:
        setattr(Graph, each, _kept(each, getattr(Graph, each)))
    Graph.add_data_point = _forgetful(Graph.add_data_point)
    Graph.get_file_path = classmethod(_spelt_once(Graph.get_file_path))
