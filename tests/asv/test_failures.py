"""A failure is kept when it was seen twice, with what raised it, until it is to be looked at again."""

import json

import pytest

from tomobench.bench import exact
from tomobench.desk.asv import failures

FILES = "footprint.Chunks.track_files"
CELL = f"{FILES}(16×16×16, 2)"
BENCH = rf"^{FILES}\((16×16×16|32×32×32), 2\)"
BODY = "        return len(self.store.files())\n"
FAILS = f'        if cell == ("16×16×16", 2):\n            raise ValueError(f"on purpose in {{self.store.folder}}")\n{BODY}'
FAILS_ONCE_OR_NEEDS_LESS = f"""\
        if cell[0] == "32×32×32":
            raise NotImplementedError("found out late")
        seen = self.store.folder / "seen"
        if not seen.exists():
            seen.touch()
            raise ValueError("the first time")
{BODY}"""


def change(project, body, into):
    suite = project.folder / "benchmarks/footprint.py"
    assert body in suite.read_text()
    suite.write_text(suite.read_text().replace(body, into))


def kept(project):
    """The figures of format 2, by chunk shape; and the failures kept beside them."""
    (path,) = (project.folder / "results/local-test").glob("3.4.2-tomobench-*.json")
    values = json.loads(path.read_text())["results"][FILES][0]
    return values[:4:2], failures.read(failures.file_of(path))


HISTORY = ["history", "3.4.2", "--benchmark", rf"^{FILES}$"]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["asv", "run", "3.4.2", "--quick", "--bench", BENCH], id="asv"),
        pytest.param(["tomobench", *HISTORY], id="tomobench", marks=pytest.mark.dear),
    ],
)
def test_what_failed_twice_is_kept_with_what_raised_it(project, command):
    change(project, BODY, FAILS)
    project.run(*command, ok=False, tracebacks=True)
    require_what_was_raised(project)
    if command[0] == "asv":
        require_that_it_stays_where_others_are_measured(project)
    change(project, FAILS, BODY)
    assert "nothing is left to do" in project.here(*HISTORY).stdout
    if command[0] == "tomobench":
        require_that_it_can_be_forgotten(project)


def require_that_it_stays_where_others_are_measured(project):
    """What was raised in a cell is kept as long as asv keeps that the cell failed."""
    project.asv("run", "3.4.2", "--quick", "--bench", rf"^{FILES}\(32×32×32, 2\)")
    require_what_was_raised(project)


def require_what_was_raised(project):
    """It is kept without this machine's folders: results are published."""
    values, why = kept(project)
    assert values == [None, 10] and why.keys() == {CELL}
    assert why[CELL].startswith("ValueError: on purpose in stores/")


def require_that_it_can_be_forgotten(project):
    """A failure that is kept is looked at again when it is asked for, and no other is."""
    done = project.here(*HISTORY, "--again", r"\(64×64×64", ok=False)
    assert done.returncode == 1 and "no failure is kept that" in done.stdout
    again = project.run("tomobench", *HISTORY, "--again", r"\(16×16×16, 2\)").stdout
    assert "[1/1] 3.4.2" in again
    assert kept(project) == ([38, 10], {})


def test_what_fails_once_is_measured_by_the_second_look_and_what_is_found_late_to_be_na_is_no_failure(
    project,
):
    project.leave_the_shared_cache()
    change(project, BODY, FAILS_ONCE_OR_NEEDS_LESS)
    done = project.asv("run", "3.4.2", "--quick", "--bench", BENCH)
    assert "failed once, and not again (ValueError: the first time)" in done.stdout
    (found, missing), failed = kept(project)
    assert found == 38 and missing != missing and not failed


OTHER = "footprint.Chunks.track_stored_bytes"
FAILS_OTHERWISE_AND_IS_DISTURBED = f"""\
        if cell == ("16×16×16", 2):
            raise ValueError("for another reason")
        if cell == ("32×32×32", 2):
            from tomobench.bench.blame import NotMeasured

            raise NotMeasured("the machine was in the way")
{BODY}"""


def test_what_a_release_raised_is_kept_of_what_its_next_run_does_not_measure(project):
    """A benchmark that is skipped, after another release's failed; one that the machine was in the way of; not one that
    was removed."""
    run = ("run", "--quick", "--bench", BENCH)
    change(project, BODY, FAILS)
    project.asv(*run, "3.4.2", ok=False, tracebacks=True)
    before = kept(project)
    more = (*run, "--bench", rf"^{OTHER}\(16×16×16, 2\)", "--skip-existing")
    project.asv(*more, project.wanted("3.4.1", "3.4.2"), ok=False, tracebacks=True)
    assert kept(project) == before

    change(project, FAILS, FAILS_OTHERWISE_AND_IS_DISTURBED)
    done = project.asv(*run, "3.4.2", ok=False, tracebacks=True)
    assert "the machine was in the way" in done.stdout and kept(project) == before

    project.asv("rm", "-y", "commit_hash=3.4.2", f"benchmark={FILES}")
    folder = project.folder / "results/local-test"
    assert len(list(folder.glob(f"3.4.1-*{failures.ENDING}"))) == 1
    assert not list(folder.glob(f"3.4.2-*{failures.ENDING}"))


DISTURBED_IN_A_ROUND = f"""\
        if cell == ("32×32×32", 2):
            import pathlib
            from tomobench.bench.blame import NotMeasured

            (path,) = pathlib.Path("ROUNDS").iterdir()
            path.rename(path.with_name(left := str(int(path.name) - 1)))
            if left == "0":
                raise NotMeasured("the machine was in the way")
{BODY}"""


@pytest.mark.parametrize("round_", [pytest.param(1, marks=pytest.mark.dear), 2])
def test_of_rounds_by_turns_nothing_is_kept_where_the_machine_was_in_the_way_of_one(
    project, round_
):
    """What was there before all of them stays, with what was raised and installed; or nothing, where nothing was."""
    change(project, BODY, FAILS)
    project.asv("run", "--quick", "--bench", BENCH, "3.4.2", ok=False, tracebacks=True)
    folder = project.folder / "results/local-test"
    (record,) = folder.glob("3.4.2-*.installed.txt")
    record.write_text("what was installed then\n")
    before = kept(project), rows(project)

    rounds = project.folder / "rounds"
    change(project, FAILS, DISTURBED_IN_A_ROUND.replace("ROUNDS", str(rounds)))
    require_disturbed(project, rounds, round_)
    assert (kept(project), rows(project)) == before
    assert record.read_text() == "what was installed then\n"

    project.asv("rm", "-y", "commit_hash=3.4.2")
    require_disturbed(project, rounds, round_)
    assert not list(folder.glob("3.4.2-*"))


def require_disturbed(project, rounds, round_: int) -> None:
    """Measure in two rounds; the machine is in the way of one."""
    rounds.mkdir(exist_ok=True)
    for path in rounds.iterdir():
        path.unlink()
    (rounds / str(round_)).touch()
    words = ("--interleave-rounds", "-a", "rounds=2", "--bench", BENCH)
    done = project.asv("run", *words, "3.4.2", ok=False)
    assert done.returncode == 2 and "the machine was in the way" in done.stdout


def rows(project) -> dict:
    """All that asv keeps of each benchmark."""
    (path,) = (project.folder / "results/local-test").glob("3.4.2-tomobench-*.json")
    return json.loads(path.read_text())["results"]


COUNTS = r"^counts\.Chunks\.track_requests\((read whole|read XY slice), 16×16×16, 2\)"
FAILS_IN_ONE_PASS = '''

def _fails_once(read, adapter, store, name):
    """A read that raises the first time that it is called on a store."""
    job = read(adapter, store, name)

    def act(array):
        seen = store.folder / "seen"
        if name == "whole" and not seen.exists():
            seen.touch()
            raise ValueError("the first time")
        return job.act(array)

    return dataclasses.replace(job, act=act)


exact._read = functools.partial(_fails_once, exact._read)
'''


def entries(project):
    """What is kept beside the one store of an access each."""
    (path,) = project.cache.glob("stores/*/*/*/exact-*.json")
    return json.loads(path.read_text())


def test_an_access_that_fails_once_loses_no_other_and_is_measured_by_the_next_run(project):
    project.leave_the_shared_cache()
    suite = project.folder / "benchmarks/counts.py"
    text = suite.read_text().replace(
        "import math\n", "import dataclasses\nimport functools\nimport math\n"
    )
    suite.write_text(text + FAILS_IN_ONE_PASS)
    done = project.asv("run", "3.4.2", "--quick", "--bench", COUNTS, ok=False)
    assert done.returncode == 2 and "not measured" in done.stdout
    assert "it failed once, and not again: failed: ValueError: the first time" in done.stdout
    before = entries(project)
    assert len(before) == len(exact.NAMES) - 1 and "read whole" not in before
    project.asv("run", "3.4.2", "--quick", "--bench", COUNTS)
    after = entries(project)
    assert after.keys() == {*exact.NAMES} and before.items() <= after.items()
    assert after["read whole"]["requests"] == after["read whole"]["gets"] == 36
