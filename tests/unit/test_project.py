"""pyproject.toml says the same as the lock that is installed from."""

import re
import tomllib

from tests import REPOSITORY


def names(lines) -> list[str]:
    """The packages of requirements, without what follows the name."""
    return sorted(re.match(r"[\w-]+", line)[0] for line in lines if line and line[0] != "#")


def test_the_packages_are_those_of_the_lock():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    said = project["dependencies"] + project["optional-dependencies"]["test"]
    asked = (REPOSITORY / "requirements" / "desk.in").read_text().splitlines()
    assert names(said) == names(asked)
    assert not any(re.search("[=<>]", one) for one in said), "versions are the lock's"
