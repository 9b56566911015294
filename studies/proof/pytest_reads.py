"""The cells of a suite, driven by pytest-benchmark: the same classes, setups and calls that asv times.

Run by ``python -m pytest`` with a release's Python; TOMOBENCH_SUITES is the folder of the suites, and
TOMOBENCH_CELLS the cells, as asv_runner names them, in JSON.
"""

import json
import os

import pytest
from asv_runner._aux import update_sys_path
from asv_runner.discovery import get_benchmark_from_name

SUITES = os.environ["TOMOBENCH_SUITES"]
update_sys_path(SUITES)


@pytest.mark.parametrize("cell", json.loads(os.environ["TOMOBENCH_CELLS"]))
def test_read(benchmark, cell):
    case = get_benchmark_from_name(SUITES, cell)
    case.set_cache(None)
    if case.do_setup():
        pytest.skip("n/a")
    benchmark(case.func, *case._build_params())
    case.do_teardown()
