"""Cells of one store are answered by one process, and say what they say with a process each."""

import json

import pytest

from tests.asv.test_history_command import kept

LOOKED_UP = "    looked_up = True\n"
SETUP = "        self.store = open_store(self.grid, cell)\n"
NOTED = """\
        import os
        with open("PROCESSES", "a") as file:
            file.write(f"{os.getpid()} {cell}\\n")
"""
BENCHMARKS = r"^counts\.Selections\."
STORES, FIGURES = 3, 5


@pytest.fixture
def processes(project):
    """The file in which each setup of the counts notes its process and its store."""
    file = project.folder / "processes.txt"
    rewrite(project, SETUP, NOTED.replace("PROCESSES", str(file)) + SETUP)
    return file


def rewrite(project, before: str, after: str) -> None:
    suite = project.folder / "benchmarks/counts.py"
    text = suite.read_text()
    assert text.count(before) == 1
    suite.write_text(text.replace(before, after))


def measured(project) -> dict[str, str]:
    """Each benchmark's numbers, as text: a NaN equals itself."""
    project.run("tomobench", "history", "3.4.2", "--benchmark", BENCHMARKS)
    return {name: json.dumps(row[0]) for name, row in kept(project, "3.4.2").items()}


@pytest.mark.dear
def test_a_store_takes_a_process_and_the_figures_are_the_same(project, processes):
    project.leave_the_shared_cache()
    together = measured(project)
    cells = sum(len(json.loads(values)) for values in together.values())
    ran = processes.read_text().splitlines()
    assert len({line.split()[0] for line in ran}) == STORES < cells
    assert len(ran) == cells  # none is looked up twice

    processes.unlink()
    rewrite(project, LOOKED_UP, "")
    (project.folder / "results/local-test").rename(project.folder / "aside")
    assert measured(project) == together
    assert len({line.split()[0] for line in processes.read_text().splitlines()}) == cells


FIGURE = "    def figure(self, metric, name, *cell):\n"
RAISES = """\
        if name == "read blocks":
            raise RuntimeError("as a release would")
"""


def test_a_cell_that_fails_is_looked_at_by_itself_and_spoils_no_other(project):
    rewrite(project, FIGURE, FIGURE + RAISES)
    for values in map(json.loads, measured(project).values()):
        assert values.count(None) == STORES
    (failures,) = project.folder.glob("results/local-test/3.4.2-*.failures.txt")
    said = failures.read_text().splitlines()
    assert len(said) == STORES * FIGURES and all("as a release would" in line for line in said)
