"""Cells that a release can't do are left out, and come out as they would have."""

import json

from tests.asv.test_history_command import kept

WATCHED = "        self.store = open_settled(self.grid, cell)  # what is counted here is files\n"
NOTED = """\
        with open("TRIED", "a") as file:
            file.write(f"{type(self).__name__} {cell}\\n")
"""
SUITES = r"^footprint\.(Chunks|Shards)\."


def test_no_process_is_started_for_a_cell_that_a_release_cannot_do(project):
    suite = project.folder / "benchmarks/footprint.py"
    text = suite.read_text()
    assert WATCHED in text
    tried = project.folder / "tried.txt"
    suite.write_text(text.replace(WATCHED, NOTED.replace("TRIED", str(tried)) + WATCHED))

    project.asv("run", "2.18.7", "--bench", SUITES)
    by_asv = rows(project, "2.18.7")
    assert len(tried.read_text().splitlines()) == 3 * (7 * 2 + 3 * 4)  # figures and cells
    tried.unlink()
    (project.folder / "results/local-test").rename(project.folder / "aside")

    project.run("tomobench", "history", "2.18.7", "--benchmark", SUITES)
    assert rows(project, "2.18.7") == by_asv
    # Format 2 alone; of shards, which the line does not have, one, so that asv records the benchmark.
    assert len(tried.read_text().splitlines()) == 3 * (7 + 1)
    assert (
        "nothing is left to do"
        in project.run("tomobench", "history", "2.18.7", "--benchmark", SUITES, "--dry-run").stdout
    )


def test_a_release_that_does_not_tell_what_it_can_do_is_one_clear_line(project):
    source = project.folder / "src"
    asked = source / "tomobench/drivers/impossible.py"
    asked.write_text(
        "import sys\nif __name__ == '__main__':\n    sys.exit('starts\\nMemoryError')\n"
    )
    words = ("history", "3.4.2", "--benchmark", SUITES, "--dry-run")
    done = project.run("tomobench", *words, ok=False, PYTHONPATH=str(source))
    assert done.returncode == 1
    *_, last = done.stdout.splitlines()
    assert last.endswith("the Python of zarr 3.4.2 failed: MemoryError")
    assert "starts" not in done.stdout


def rows(project, release: str) -> dict[str, str]:
    """Each benchmark's numbers and parameters, as text: a NaN equals itself."""
    return {name: json.dumps(row[:2]) for name, row in kept(project, release).items()}
