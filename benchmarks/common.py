"""What the suites share: the volume under test, the release's adapter, and one class for each grid."""

import contextlib
import functools
import os
import types
from typing import Any

from tomobench.bench import adapters, blame, grids, store, volume
from tomobench.bench.grids import Grid, wanted
from tomobench.bench.layout import AUTO, Layout

#: Imported here, once, before asv forks: importing zarr takes longer than most of what is timed.
try:
    ADAPTER = adapters.load()
except BaseException as error:
    blame.declare(error)  # a release that can't be imported has failed
    raise


def volume_id() -> str:
    """The volume of this environment: asv's environment variable ``volume``."""
    return os.environ["volume"]


# Before asv forks, too: a tenth of what a process costs that only looks a count up. Where it fails, setup says why.
with contextlib.suppress(KeyError, volume.VolumeError):
    store.load(volume_id())


def require_wanted(grid: Grid, cell: tuple) -> None:
    """Raise NotImplementedError, with the reason, where the volume is not measured over a grid, or in such a cell."""
    if not wanted(volume_id(), grid, cell):
        said = ", ".join(map(str, cell))
        raise NotImplementedError(f"{volume_id()} is not measured {grid.question} in {said}")


def layout_of(grid: Grid, cell: tuple) -> Layout:
    """The layout of a cell. Raises NotImplementedError, with the reason, where the volume or the line has none."""
    require_wanted(grid, cell)
    described = store.load(volume_id())[0]
    layout = grid.layout(described.shape, *cell)
    if layout is AUTO:
        layout = grids.quick(described.shape, ADAPTER.chosen(described.shape, described.dtype))
    store.require_possible(layout)
    return layout


def require_part(suite) -> None:
    """Raise NotImplementedError where the grid is not measured that a suite says it is ``part_of``, being over none itself."""
    if not wanted(volume_id(), suite.part_of):
        raise NotImplementedError(f"{volume_id()} has no part in it")


def open_store(grid: Grid, cell: tuple) -> store.Store:
    """The checked store of a cell. Raises NotImplementedError as :func:`layout_of`."""
    return store.open_store(volume_id(), layout_of(grid, cell))


def open_settled(grid: Grid, cell: tuple) -> store.Store:
    """As :func:`open_store`, with the store's files known to be those that were checked, and in the page cache.

    Each run of asv, and each renewal of a race, has them there as freshly written (:func:`tomobench.bench.cold.settle`): what the page
    cache makes of a file that is read back is luck, and stays for as long as the file is in it.
    """
    return store.whole(open_store(grid, cell))


class Sampled:
    """How reads are timed, in two processes a cell."""

    # asv_runner runs setup before each call and then times that one call; a median wants several. A slow read is
    # timed once in a process. tomobench history samples otherwise (desk/asv/running.py).
    repeat = (1, 200, 0.08)
    min_run_count = 1
    rounds = 2
    warmup_time = (
        0  # a call that is not counted would double the time of slow reads: setup warms up
    )
    timeout = 120


def tracked(metrics: dict[str, tuple[str, str]]):
    """Give a suite a benchmark ``track_<metric>`` for each metric, with its unit and readable name.

    Its value is what the suite's ``figure(metric, *cell)`` gives. Spaces in a metric are underscores to asv.
    """

    def decorate(suite):
        for metric, (unit, said) in metrics.items():
            benchmark, name = _tracking(metric), f"track_{metric.replace(' ', '_')}"
            benchmark.unit, benchmark.pretty_name = unit, said
            benchmark.__name__, benchmark.__qualname__ = name, f"{suite.__qualname__}.{name}"
            setattr(suite, name, benchmark)
        return suite

    return decorate


def _tracking(metric: str):
    def track(self, *cell):
        return self.figure(metric, *cell)

    return track


def over(grid: Grid, **axes):
    """Give a suite its parameters, and say the grid's question in each benchmark's readable name.

    ``axes`` are parameters that come before the grid's own: a name and a list of values each. The benchmarks
    are inherited, so each suite gets functions of its own to name.
    """

    def decorate(suite):
        suite.grid = grid
        suite.params, suite.param_names = [*axes.values(), *grid.values], [*axes, *grid.names]
        for name in dir(suite):
            if name.startswith(("time_", "timeraw_", "track_", "peakmem_")):
                setattr(suite, name, _named(getattr(suite, name), grid.question))
        return suite

    return decorate


def _named(function, question: str):
    copy: Any = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    functools.update_wrapper(copy, function)
    del copy.__wrapped__
    copy.pretty_name = f"{function.pretty_name}, {question}"
    return copy
