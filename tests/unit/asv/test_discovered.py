"""What asv finds in the suites is asked once, and anew as soon as anything that it depends on is another."""

import os
from pathlib import Path

import pytest

from tomobench.bench.s3 import SERVICE
from tomobench.desk.asv import discovered

VARIABLES = {"TOMOBENCH_RELEASE": "3.4.2", "volume": "small", SERVICE: "4711:ab"}


class Asked:
    """A project with suites; ``find`` gives what is found, and counts how often that was asked."""

    def __init__(self, root: Path, kept: Path):
        self.root, self.kept, self.times = root, kept, 0
        for name in ("benchmarks/read.py", "src/tomobench/__init__.py", "src/tomobench/bench/a.py"):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(f"# {name}\n")

    def find(self, variables=VARIABLES, line="a lock"):
        answer = self.root / "answer.json"

        def ask():
            self.times += 1
            answer.write_text(str(self.times))

        discovered.find(self.root / "benchmarks", answer, variables, line, self.kept, ask)
        return answer.read_text()


@pytest.fixture
def asked(tmp_path):
    return Asked(tmp_path / "project", tmp_path / "env")


def test_what_was_found_is_not_asked_again(asked):
    assert [asked.find(), asked.find()] == ["1", "1"]
    # The service over S3 has another address and key in each run.
    assert asked.find({**VARIABLES, SERVICE: "4712:cd"}) == "1"


def test_projects_that_share_environments_share_what_was_found(asked, tmp_path):
    (tmp_path / "link").symlink_to(asked.kept, target_is_directory=True)
    other = Asked(tmp_path / "other", tmp_path / "link")
    asked.find({**VARIABLES, "HOME": str(asked.kept / "home")})
    other.find({**VARIABLES, "HOME": str(other.kept / "home")})
    assert (asked.times, other.times) == (1, 0)


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "benchmarks/read.py").write_text("# benchmarks/read.PY\n"),
        lambda root: (root / "benchmarks/more").mkdir() or (root / "benchmarks/more/x.py").touch(),
        lambda root: (root / "src/tomobench/bench/a.py").unlink(),
        lambda root: (root / "src/tomobench/bench/data.json").write_text("{}"),
        lambda root: (root / "benchmarks" / os.fsdecode(b"caf\xe9")).write_text("no text"),
    ],
)
def test_another_file_is_asked_about(asked, change):
    asked.find()
    change(asked.root)
    assert asked.find() == "2"


@pytest.mark.parametrize(
    "other",
    [
        {"variables": {**VARIABLES, "TOMOBENCH_RELEASE": "3.4.1"}},
        {"variables": {**VARIABLES, "volume": "large"}},
        {"variables": {**VARIABLES, "TOMOBENCH_ZARR_CONFIG": "async.concurrency=1"}},
        {"line": "another lock"},
    ],
)
def test_another_release_volume_configuration_or_line_is_asked_about(asked, other):
    asked.find()
    assert asked.find(**other) == "2"


def test_bytecode_is_no_suite(asked):
    asked.find()
    (asked.root / "benchmarks/__pycache__").mkdir()
    (asked.root / "benchmarks/__pycache__/read.pyc").touch()
    assert asked.find() == "1"


def test_what_fails_is_not_kept(asked, tmp_path):
    def fail():
        raise ValueError("no suites")

    suites, answer = asked.root / "benchmarks", tmp_path / "answer.json"
    with pytest.raises(ValueError, match="no suites"):
        discovered.find(suites, answer, VARIABLES, "a lock", asked.kept, fail)
    assert asked.find() == "1"


def test_few_answers_are_kept_the_newest(asked):
    for n in range(discovered.MOST + 5):
        asked.find({"volume": str(n)})
    assert len(list((asked.kept / discovered.FOLDER).iterdir())) == discovered.MOST
    assert asked.find({"volume": str(n)}) == str(n + 1)
