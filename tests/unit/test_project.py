"""What is said in two places is the same in both: the packages, and the parts of ``make check``."""

import re
import tomllib

from tests import REPOSITORY


def names(lines) -> list[str]:
    """The packages of requirements, without what follows the name."""
    return sorted(re.match(r"[\w-]+", line)[0] for line in lines if line and line[0] != "#")


def test_the_packages_are_those_of_the_lock():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    said = sum(project["optional-dependencies"].values(), project["dependencies"])
    asked = (REPOSITORY / "requirements" / "desk.in").read_text().splitlines()
    assert names(said) == names(asked)
    assert not any(re.search("[=<>]", one) for one in said), "versions are the lock's"


def test_pre_commit_runs_the_parts_of_make_check():
    makefile = (REPOSITORY / "Makefile").read_text()
    parts = re.search("^CHECKS := (.*)", makefile, re.MULTILINE)[1].split()
    hooks = (REPOSITORY / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"entry: make ([\w-]+)", hooks) == parts
    assert hooks.count("repo: ") == hooks.count("repo: local") == 1, "each hook is of this clone"
