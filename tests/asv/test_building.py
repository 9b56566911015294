"""Wheels that pip builds: whose doing it is where none comes out."""

import pytest

from tests.made.clone import MadeClone
from tomobench.desk.errors import UserError
from tomobench.desk.releases import building
from tomobench.desk.releases.clone import Clone
from tomobench.desk.releases.commits import Commits, Unbuildable

BACKEND = """\
[build-system]
requires = {requires}
build-backend = "backend"
backend-path = ["."]
"""
FAILS = "def build_wheel(*_, **__):\n    raise {error}\n"
GIVES = """\
import os, zipfile
def build_wheel(folder, *_, **__):
    version = os.environ["SETUPTOOLS_SCM_PRETEND_VERSION"] if {told} else "0.2.0"
    info = f"zarr-{{version}}.dist-info"
    name = f"zarr-{{version}}-py3-none-any.whl"
    with zipfile.ZipFile(os.path.join(folder, name), "w") as wheel:
        wheel.writestr("zarr/__init__.py", "")
        wheel.writestr(f"{{info}}/METADATA", f"Metadata-Version: 2.1\\nName: zarr\\nVersion: {{version}}\\nRequires-Dist: numpy\\n")
        wheel.writestr(f"{{info}}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(f"{{info}}/RECORD", "")
    if {counted!r}:
        with open({counted!r}, "a") as file:
            file.write("built\\n")
    return name
"""


def project(folder, backend: str, requires: str = "[]"):
    folder.mkdir(exist_ok=True)
    (folder / "pyproject.toml").write_text(BACKEND.format(requires=requires))
    (folder / "backend.py").write_text(backend)
    (folder / "out").mkdir()
    return folder, folder / "out"


@pytest.fixture
def clone_of(tmp_path, cache_folder):
    """A clone of one tagged commit and one more, with such a backend; its commits, and the sha of the second."""

    def make(backend: str) -> tuple[Commits, str]:
        made = MadeClone(tmp_path / "clone")
        made.commit("release", tag="v3.4.1")
        made.write("pyproject.toml", BACKEND.format(requires="[]"))
        made.write("backend.py", backend)
        sha = made.commit("go on")
        return Commits(Clone.open(str(made.folder), tmp_path / "mirror")), sha

    return make


def test_an_index_out_of_reach_is_the_machines_doing(tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    with pytest.raises(building.MachineInTheWay, match="out of reach"):
        building.build(*project(tmp_path / "one", "", '["no-such-build-package"]'))


def test_a_build_that_raises_is_the_projects_doing(tmp_path):
    with pytest.raises(UserError, match="no wheel could be built of") as caught:
        building.build(*project(tmp_path / "one", FAILS.format(error="ValueError('made so')")))
    assert not isinstance(caught.value, building.MachineInTheWay)


def test_a_commit_is_built_once_under_the_version_of_the_nearest_tag(clone_of, tmp_path):
    commits, sha = clone_of(GIVES.format(told=True, counted=str(tmp_path / "count")))
    release = commits.release(sha)
    assert release.version == f"3.4.1.post1+g{sha[:8]}" and release.hash == sha
    assert commits.release(sha) == release
    assert commits.wheel_file(release).is_file()
    assert (tmp_path / "count").read_text() == "built\n"


def test_a_commit_that_names_itself_otherwise_gets_its_version_all_the_same(clone_of):
    commits, sha = clone_of(GIVES.format(told=False, counted=""))
    release = commits.release(sha)
    assert release.version == f"3.4.1.post1+g{sha[:8]}" and release.version in release.wheel


def test_a_commit_that_cant_be_built_is_told_apart_from_the_machine(clone_of):
    commits, sha = clone_of(FAILS.format(error="ValueError('made so')"))
    with pytest.raises(Unbuildable, match=rf"^{sha[:9]}: no wheel could be built"):
        commits.release(sha)


def test_a_full_disk_is_no_commits_fault(clone_of):
    commits, sha = clone_of(FAILS.format(error="OSError(28, 'No space left on device')"))
    with pytest.raises(building.MachineInTheWay):
        commits.release(sha)
