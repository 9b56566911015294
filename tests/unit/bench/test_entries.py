"""What is not settled is not measured in its own cells alone; the next process finds it again, and nothing else."""

import json
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from tests.made.damage import DAMAGED
from tomobench.bench import (
    adapters,
    billed,
    blame,
    blocks,
    calls,
    collisions,
    correctness,
    element_types,
    exact,
    faults,
    filled,
    kills,
    old_data,
    pipelines,
    system,
    tried,
)
from tomobench.bench.blame import NotMeasured
from tomobench.bench.cache import NotKept, looking_up
from tomobench.bench.layout import Layout
from tomobench.bench.store import Store

LAYOUT = Layout((4, 4, 4))


class MadeRelease:
    """A release that gives figures of whatever is asked. ``raises``: what it raises instead, of each name, in turn."""

    def __init__(self):
        self.asked, self.raises = [], {}

    def give(self, name, figures):
        self.asked.append(str(name))
        if left := self.raises.get(str(name)):
            raise left.pop(0)
        return dict(figures)


def of_exact(made, store, patch):
    names = ["read one", "read two", "write whole"]

    def jobs(of):
        return {name: access(made, name, of.folder) for name in names}

    family = exact.Family("made", 1, jobs)
    return names, lambda name: exact.figure(store, family, name, "requests")


def access(made, name, folder):
    def act(_):
        made.give(name, {})

    return exact.MeteredAccess(lambda: nullcontext(folder), lambda _: None, act, lambda *_: None, 4)


def of_system(made, store, patch):
    names = ["read one", "read two"]
    patch(system, "jobs", lambda of: {name: name for name in names})
    patch(system, "on_disk", lambda name, audit: made.give(name, {"opens": 1, "seconds": 0}))
    patch(system, "_in_flight", lambda name: {})
    return names, lambda name: system.figure(store, name, "opens")


def of_pipelines(made, store, patch):
    patch(pipelines, "_counted", lambda of, name, one: made.give(one, {"requests": 1}))
    patch(pipelines, "_watched", lambda *given: {"peak_memory": 1})
    names = pipelines.ACCESSES
    return names, lambda name: pipelines.figure(store, "fused", name, "requests")


def of_filled(made, store, patch):
    patch(filled, "crew", lambda voxels: nullcontext())
    patch(filled, "_way", lambda *given: made.give(given[-1], {"requests": 1}))
    return list(filled.WAYS), lambda name: filled.figure(store, name, "requests")


def of_memory(made, store, patch):
    patch(filled, "crew", lambda voxels: nullcontext())
    patch(filled, "_memory", lambda *given: made.give(given[-1], {"peak_memory": 1}))
    names = [str(way) for way in filled.FULL]
    return names, lambda name: filled.peak_memory(store, filled.WAYS[name])


def of_blocks(made, store, patch):
    patch(blocks, "Team", MadeTeam)
    patch(blocks, "_counted", lambda team, of, task: made.give(task, {"tasks": 1}))
    tasks = {str(task): task for task in blocks.TASKS}
    return list(tasks), lambda name: blocks.figure(store, "4 threads", tasks[name], "tasks")


def of_times_of_blocks(made, store, patch):
    patch(blocks, "Team", MadeTeam)
    patch(blocks, "timed", lambda team, of, task: made.give(task, {"seconds": 1}))
    tasks = {str(task): task for task in blocks.TIMED}
    return list(tasks), lambda name: blocks.timing(store, "4 threads", tasks[name])


class MadeTeam(nullcontext):
    """Stands for those who work with Dask."""

    def __enter__(self):
        return self

    unchanged = nullcontext


def of_billed(made, store, patch):
    patch(billed, "conditions", lambda client: client)
    patch(billed, "ServiceClient", nullcontext)
    patch(billed, "_counted", lambda *given: made.give(given[-1], {"get": 1}))
    return billed.ACCESSES, lambda name: billed.figure(store, "made", name, "get")


def of_correctness(made, store, patch):
    patch(correctness, "_write", lambda of, way, path: made.give(way, {"voxels": None}))
    patch(correctness, "_compared", lambda *given: {"wrong": 0})
    return correctness.WAYS, lambda way: correctness.wrong(store, way, "zarr")


def of_element_types(made, store, patch):
    patch(element_types, "_write", lambda folder, of, *case: made.give(" ".join(case), {}))
    patch(element_types, "_compared", lambda *given: {"wrong": 0})
    cases = element_types.CASES
    return list(cases), lambda name: element_types.wrong(LAYOUT, *cases[name], "zarr")


def of_old_data(made, store, patch):
    def of_group(folder, group):
        found = blame.look(made.give, group, {"wrong": 0})
        raised = [found["failed"]] if "failed" in found else []
        return {"arrays": 1, "raised": raised, "wrong": 0}

    nothing = SimpleNamespace(extractall=lambda folder, filter: None)
    patch(old_data, "tarfile", SimpleNamespace(open=lambda path: nullcontext(nothing)))
    patch(old_data, "of_group", of_group)
    writer = old_data.WRITERS[0]
    return old_data.GROUPS, lambda group: old_data.wrong(writer, group)


def of_calls(made, store, patch):
    patch(calls, "_one", lambda name: made.give(name, {"wrong": None}))
    return calls.NAMES, calls.outcome


def of_collisions(made, store, patch):
    ways = {writers: way for way, writers in collisions.WAYS.items()}
    found = {"lost": 0, "written": 1}
    patch(collisions, "_one", lambda layout, writers: made.give(ways[writers], found))
    return list(collisions.WAYS), lambda way: collisions.lost(LAYOUT, way)


def of_kills(made, store, patch):
    found = {"neither": 0, "kills": 1, "first": None}
    patch(kills, "_one", lambda layout, way: made.give(way, found))
    return list(kills.WAYS), lambda way: kills.neither(LAYOUT, way)


def of_faults(made, store, patch):
    def attempt(of, client, case):
        try:
            made.give(case.key, {})
        except MemoryError as error:
            return blame.judged(error)
        return faults.RECOVERED, ""

    patch(faults, "conditions", lambda client: client)
    for check in ("_there", "_check"):
        patch(faults, check, lambda *given: (faults.RECOVERED, ""))
    patch(faults, "_try", attempt)
    patch(faults, "Child", InThisProcess)
    cases = {case.key: (case.fault, case.access) for case in faults.CASES}
    return list(cases), lambda key: faults.outcome(store, "made", *cases[key])


class InThisProcess:
    """As a child, in this process."""

    def __init__(self, function, *arguments):
        self._answer = function(*arguments)

    def result(self, seconds):
        return self._answer

    def end(self):
        pass


#: Those that look at a failure again in a process of its own, and keep it where it comes back.
CONFIRMED = [
    *(of_exact, of_system, of_pipelines, of_filled, of_memory, of_blocks, of_times_of_blocks),
    *(of_billed, of_correctness, of_element_types, of_old_data, of_calls, of_collisions, of_kills),
]


@pytest.fixture
def asked(told, tmp_path, monkeypatch):
    """A made release; for a kind of file, the names in it and what asks for one of them."""
    made, patch = MadeRelease(), monkeypatch.setattr
    line = SimpleNamespace(
        ASYNCHRONOUS=True,
        pin_in_loop=lambda: None,
        remote=lambda fs, name: None,
        disk=lambda path: path,
    )
    patch(adapters, "load", lambda: line)
    patch(blame, "afresh", lambda function, *arguments: function(*arguments))
    for module in (exact, system, pipelines, correctness):
        patch(module, "whole", lambda store: store)
    for module in (exact, pipelines, correctness):
        patch(module, "anew", nullcontext)
    for module in (calls, element_types, old_data):
        patch(module, "in_a_child", lambda find, seconds, *arguments: find(*arguments))
    store = Store(tmp_path / "store", LAYOUT, np.zeros((8, 8, 8), np.float32))
    store.folder.mkdir()

    def of(family):
        names, ask = family(made, store, patch)
        return made, list(map(str, names)), ask

    return of


def kept(tmp_path):
    """All entries of all files that are kept."""
    found = {}
    for path in files(tmp_path):
        found |= json.loads(path.read_text())
    return found


def files(tmp_path):
    folders = (tmp_path / "store", tried.folder("0" * 16))
    return [path for folder in folders for path in folder.glob("*.json")]


def disturbs(made, names, ask, tmp_path, error):
    """An error in the way of the second of the names, once: what is kept without it."""
    made.raises[names[1]] = [error]
    with pytest.raises(NotMeasured, match="in its way"):
        ask(names[1])
    assert kept(tmp_path).keys() == {*names} - {names[1]}
    with looking_up():
        for name in {*names} - {names[1]}:
            ask(name)
        with pytest.raises(NotKept):
            ask(names[1])
    return kept(tmp_path)


@pytest.mark.parametrize("family", CONFIRMED)
@pytest.mark.parametrize("error", [ValueError, MemoryError])
def test_what_is_settled_is_kept_and_the_rest_alone_is_found_again(asked, family, error, tmp_path):
    made, names, ask = asked(family)
    before = disturbs(made, names, ask, tmp_path, error("in its way"))
    made.asked.clear()
    ask(names[1])
    assert {*made.asked} == {names[1]}
    after = kept(tmp_path)
    assert after.keys() == {*names} and before.items() <= after.items()


def test_a_fault_in_whose_way_the_machine_was_is_tried_again_alone(asked, tmp_path):
    made, names, ask = asked(of_faults)
    disturbs(made, names, ask, tmp_path, MemoryError("in its way"))
    made.asked.clear()
    assert ask(names[1]) == (faults.RECOVERED, "") and made.asked == [names[1]]


@pytest.mark.parametrize("family", CONFIRMED)
def test_what_comes_and_goes_is_never_the_releases_failure(asked, family, tmp_path):
    made, names, ask = asked(family)
    for _ in range(3):
        disturbs(made, names, ask, tmp_path, ValueError("in its way"))


@pytest.mark.parametrize("family", CONFIRMED)
def test_what_fails_twice_is_kept_and_looked_for_no_more(asked, family, tmp_path):
    made, names, ask = asked(family)
    made.raises[names[1]] = [ValueError("broken")] * 99
    for _ in range(2):
        said = failure(ask, names[1])
        assert "ValueError: broken" in said
        made.asked.clear()
    assert kept(tmp_path).keys() == {*names}


@pytest.mark.parametrize(
    ("family", "damage"),
    [(of_exact, one) for one in DAMAGED] + [(one, "truncated") for one in (*CONFIRMED, of_faults)],
)
def test_a_damaged_file_counts_as_none_and_is_replaced(asked, family, damage, tmp_path):
    made, names, ask = asked(family)
    ask(names[0])
    for path in files(tmp_path):
        path.write_bytes(DAMAGED[damage])
    with looking_up(), pytest.raises(NotKept):
        ask(names[0])
    made.asked.clear()
    ask(names[0])
    assert made.asked and kept(tmp_path).keys() == {*names}


def failure(ask, name):
    """What a failure says: calls give it, all others raise it."""
    try:
        return str(ask(name))
    except NotMeasured:
        raise
    except RuntimeError as error:
        return str(error)


def test_where_nothing_is_settled_nothing_is_kept(asked, tmp_path):
    made, names, ask = asked(of_exact)
    made.raises = {name: [MemoryError("full")] for name in names}
    with pytest.raises(NotMeasured, match="full"):
        ask(names[0])
    assert not list((tmp_path / "store").iterdir())
