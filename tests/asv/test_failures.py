"""A failure is kept when it was seen twice, with what raised it, until it is to be looked at again."""

import json

import pytest

from tomobench.desk.asv import failures

FILES = "footprint.Chunks.track_files"
CELL = f"{FILES}(16×16×16, 2)"
BENCH = rf"^{FILES}\((16×16×16|32×32×32), 2\)"
BODY = "        return len(self.store.files())\n"
FAILS = f'        if cell == ("16×16×16", 2):\n            raise ValueError("on purpose")\n{BODY}'
FAILS_ONCE = f"""\
        seen = self.store.folder / "seen"
        if not seen.exists():
            seen.touch()
            raise ValueError("the first time")
{BODY}"""
NEEDS_LESS = f"""\
        if cell[0] == "16×16×16":
            raise NotImplementedError("found out late")
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


@pytest.mark.parametrize("command", ["asv", "tomobench"])
def test_what_failed_twice_is_kept_with_what_raised_it_until_it_is_forgotten(project, command):
    measure = {
        "asv": ["asv", "run", "3.4.2", "--quick", "--bench", BENCH],
        "tomobench": ["tomobench", "history", "3.4.2", "--benchmark", rf"^{FILES}$"],
    }[command]
    change(project, BODY, FAILS)
    project.run(*measure, ok=False, tracebacks=True)
    assert kept(project) == ([None, 10], {CELL: "ValueError: on purpose"})
    change(project, FAILS, BODY)
    history = ["tomobench", "history", "3.4.2", "--benchmark", rf"^{FILES}$"]
    assert "nothing is left to do" in project.run(*history).stdout
    done = project.run(*history, "--again", r"\(64×64×64", ok=False)
    assert done.returncode == 1 and "no failure is kept that" in done.stdout
    assert "[1/1] 3.4.2" in project.run(*history, "--again", r"\(16×16×16, 2\)").stdout
    assert kept(project) == ([38, 10], {})


def test_what_fails_once_is_measured_by_the_second_look(project):
    project.leave_the_shared_cache()
    change(project, BODY, FAILS_ONCE)
    done = project.asv("run", "3.4.2", "--quick", "--bench", BENCH)
    assert "failed once, and not again (ValueError: the first time)" in done.stdout
    assert kept(project) == ([38, 10], {})


def test_what_a_release_is_found_late_not_to_have_is_not_a_failure(project):
    change(project, BODY, NEEDS_LESS)
    project.asv("run", "3.4.2", "--quick", "--bench", BENCH)
    (missing, found), failed = kept(project)
    assert missing != missing and found == 10 and not failed
