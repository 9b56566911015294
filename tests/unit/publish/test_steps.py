"""Steps found in few messages: the same as asv finds a series at a time."""

import multiprocessing

import numpy as np
from asv.graph import Graph

from tomobench.desk.publish.site import steps


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
    assert hasattr(Graph.detect_steps, "in_one_message") and steps.Graph is Graph
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        for series in (0, 1, 7):
            counted, sent, alone = Counted(pool), graph(series), graph(series)
            sent.detect_steps(counted)
            alone.detect_steps()
            assert sent.get_steps() == alone.get_steps()
            assert counted.messages == 1
            found = sent.get_steps()[-1:] if series else [sent.get_steps()]
            assert len(found[0]) == 2
