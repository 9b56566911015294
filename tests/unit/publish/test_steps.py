"""Steps found in few messages, and without a search where nothing changed: the same as asv finds."""

import multiprocessing

import numpy as np
from asv.graph import Graph, _compute_graph_steps
from asv.util import sanitize_filename
from hypothesis import given
from hypothesis import strategies as st

from tomobench.desk.publish.site import graphs, steps


class Counted:
    """A pool that counts the messages it is sent."""

    def __init__(self, pool):
        self.pool, self.messages = pool, 0

    def apply_async(self, *call):
        self.messages += 1
        return self.pool.apply_async(*call)


def graph(series: int) -> Graph:
    """Twenty revisions, of as many series, each with a step of its own; 0: one series without parameters."""
    draw = np.random.default_rng(0)
    found = Graph("made", {"machine": "desk"})
    for revision in range(20):
        values = [1 + (revision > 3 + n) + 0.01 * draw.random() for n in range(series or 1)]
        weights = [1.0] * len(values)
        found.add_data_point(revision, *((values, weights) if series else (values[0], 1.0)))
    return found


def test_steps_are_those_that_are_found_without_a_pool_and_a_graph_is_one_message():
    assert hasattr(Graph.detect_steps, "in_one_message") and steps.Graph is graphs.Graph is Graph
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for series in (0, 1, 7):
            counted, sent, alone = Counted(pool), graph(series), graph(series)
            sent.detect_steps(counted)
            alone.detect_steps()
            assert sent.get_steps() == alone.get_steps()
            assert counted.messages == 1
            found = sent.get_steps()[-1:] if series else [sent.get_steps()]
            assert len(found[0]) == 2


nothing = st.sampled_from([None, float("nan")])
values = st.one_of(nothing, st.sampled_from([0, 3, 0.1, -2.5]))
weights = st.sampled_from([None, 0, -1.0, 1.0, 0.3])


@given(st.lists(st.tuples(values, weights), max_size=9), st.booleans())
def test_steps_of_a_series_without_a_change_are_those_of_a_search(points, constant):
    if constant:
        points = [(7 if value == value else value, weight) for value, weight in points]
    series = [(2 * n, value, weight) for n, (value, weight) in enumerate(points)]
    found = steps._without_search(series)
    there = {
        value for _, value, weight in series
        if value is not None and value == value and (weight is None or weight > 0)
    }  # fmt: skip
    assert (found is None) == (len(there) > 1)
    if found is not None:
        assert found == _compute_graph_steps(series)


def test_a_series_that_never_changed_is_not_sent():
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        counted, found = Counted(pool), Graph("made", {"machine": "desk"})
        for revision in range(5):
            found.add_data_point(revision, [4, 7.5], [1.0, None])
        found.detect_steps(counted)
        assert counted.messages == 0
        assert found.get_steps() == [[(0, 5, 4.0, 4, 0.0)], [(0, 5, 7.5, 7.5, 0.0)]]


def test_a_graph_answers_once_until_data_are_added():
    found = graph(3)
    assert found.get_data() is found.get_data() and found.get_steps() is found.get_steps()
    before = len(found.get_data())
    found.add_data_point(99, [1.0, 1.0, 1.0], [1.0] * 3)
    assert len(found.get_data()) == before + 1


def test_the_path_of_a_graph_is_that_of_asv():
    for params in ({"machine": "desk", "b": ""}, {"b": None, "machine": "desk"}, {"b": "a/b"}):
        parts = sorted(
            sanitize_filename(
                f"{key}-null" if value is None else f"{key}-{value}" if value else key
            )
            for key, value in params.items()
        )
        assert Graph.get_file_path(params, "x.y") == "/".join(["graphs", *parts, "x.y"])
