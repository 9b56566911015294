"""Small git clones made for the tests: of nothing but names, or of zarr's own releases as commits."""

import os
import shutil
import subprocess
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

BUILD = """\
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "zarr"
requires-python = ">=3.11"
dependencies = {dependencies}
dynamic = ["version"]
[tool.hatch.version]
source = "vcs"
[tool.hatch.build.targets.wheel]
packages = ["src/zarr"]
"""
"""As zarr's own: the version comes from git, or from what the build is told."""

DEPENDENCIES = '["numpy>=2", "numcodecs>=0.14", "donfig>=0.8", "msgspec>=0.19", "packaging>=22.0"]'


@dataclass
class MadeClone:
    """A git repository in ``folder``; a day passes between two commits."""

    folder: Path
    days: int = 0
    shas: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.folder.mkdir(parents=True)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words: str) -> str:
        date = f"2026-01-{self.days + 1:02}T12:00:00+00:00"
        environment = {
            **os.environ,
            **dict.fromkeys(("GIT_AUTHOR_NAME", "GIT_COMMITTER_NAME"), "a test"),
            **dict.fromkeys(("GIT_AUTHOR_EMAIL", "GIT_COMMITTER_EMAIL"), "a@test"),
            **dict.fromkeys(("GIT_AUTHOR_DATE", "GIT_COMMITTER_DATE"), date),
            "GIT_CONFIG_GLOBAL": os.devnull,
        }
        done = subprocess.run(
            ["git", *words],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def commit(self, subject: str, tag: str | None = None) -> str:
        """Commit all that is there; its sha, kept by its subject and its tag."""
        self.days += 1
        self.write("days.txt", f"{self.days}\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", subject)
        if tag:
            self.git("tag", tag)
        sha = self.git("rev-parse", "HEAD")
        self.shas |= {subject: sha, **({tag: sha} if tag else {})}
        return sha

    def switch(self, branch: str, start: str | None = None) -> None:
        self.git("switch", "--quiet", *(["--create", branch, start] if start else [branch]))

    def merge(self, branch: str, subject: str) -> str:
        """Merge a branch into the one that is checked out, whatever differs; the merge's sha."""
        self.git("merge", "--no-ff", "-X", "theirs", "-m", subject, branch)
        return self.git("rev-parse", "HEAD")

    def put_release(self, wheel: Path) -> None:
        """Put the files of a wheel of zarr in the place of those there are."""
        shutil.rmtree(self.folder / "src", ignore_errors=True)
        with zipfile.ZipFile(wheel) as archive:
            names = [name for name in archive.namelist() if name.startswith("zarr/")]
            archive.extractall(self.folder / "src", names)
        self.write("pyproject.toml", BUILD.format(dependencies=DEPENDENCIES))

    def append(self, name: str, text: str) -> None:
        """Add a text to the end of a module of zarr's."""
        path = self.folder / "src" / name
        path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")
