"""A clone of zarr-python as git has it: names, versions, lines of commits, and clones that can't be used."""

import os
import subprocess
from pathlib import Path

import pytest
from packaging.version import Version

from tests.made.clone import MadeClone
from tomobench.desk.releases.clone import Clone, UnknownCommit, version_of


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two releases on a line, a merge, another package's tag, and a branch that was never merged."""
    made = MadeClone(tmp_path_factory.mktemp("made") / "zarr-python")
    made.commit("begin (#1)", tag="v3.0.0")
    made.commit("other package's release", tag="other-v0.2.0")
    made.switch("topic", "HEAD")
    made.commit("one half")
    made.commit("other half")
    made.switch("main")
    made.commit("beside (#3)")
    made.shas["merge"] = made.merge("topic", "Merge pull request #4 from a/topic")
    made.switch("support", "HEAD")
    made.commit("backport (#3) (#5)", tag="v3.0.1")
    made.switch("main")
    made.commit("go on (#6)", tag="v3.1.0")
    return made


@pytest.fixture(scope="module")
def clone(made, tmp_path_factory):
    return Clone.open(str(made.folder), tmp_path_factory.mktemp("mirror") / "clone")


def test_a_name_is_a_release_a_tag_a_branch_or_a_sha(clone, made):
    sha = made.shas["v3.1.0"]
    assert {clone.commit(name).sha for name in ("3.1.0", "v3.1.0", "main", sha, sha[:9])} == {sha}
    for name in ("9.9.9", "", "-n", "main..support", "v3.1.0^{tree}"):
        with pytest.raises(UnknownCommit, match="no commit, tag or release called"):
            clone.commit(name)


def test_the_version_is_that_of_the_nearest_tag_of_zarr_itself(clone, made):
    assert clone.version(made.shas["v3.1.0"]) == "3.1.0"
    sha = made.shas["other package's release"]
    assert clone.version(sha) == f"3.0.0.post1+g{sha[:8]}"


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ("3.5.0", "3.5.0.post2+g{}"),
        ("3.5.0rc1", "3.5.0rc1.post2+g{}"),
        ("3.5.0.dev0", "3.5.0.dev0+2.g{}"),
        ("3.4.2.post1", "3.4.2.post1+2.g{}"),
        ("3.4.2+ours.1", "3.4.2+ours.1.2.g{}"),
    ],
)
def test_commits_after_a_tag_of_any_kind_have_a_version_above_it(tmp_path, tag, expected):
    made = MadeClone(tmp_path / "tagged")
    made.commit("begin", tag=f"v{tag}")
    made.commit("one")
    sha = made.commit("two")
    clone = Clone.open(str(made.folder), made.folder)
    found = clone.version(sha)
    assert found == expected.format(sha[:8])
    assert Version(tag) < Version(clone.version(made.shas["one"])) < Version(found)
    (made.folder / "days.txt").write_text("other\n")
    assert Version(version_of(made.folder)) > Version(found)


@pytest.mark.parametrize(
    ("subject", "pull"),
    [
        ("begin (#1)", 1),
        ("merge", 4),
        ("backport (#3) (#5)", 5),
        ("one half", None),
    ],
)
def test_the_pull_request_is_what_the_subject_says(clone, made, subject, pull):
    assert clone.about(made.shas[subject]).pull == pull


def test_a_line_takes_a_merge_for_one_commit(clone, made):
    found = clone.between(clone.commit("3.0.0").sha, clone.commit("3.1.0").sha)
    assert [one.pull for one in found] == [None, 3, 4, 6]


def test_the_fork_is_the_first_end_or_where_the_lines_part(clone, made):
    shas = {name: clone.commit(name).sha for name in ("3.0.0", "3.0.1", "3.1.0")}
    assert clone.fork(shas["3.0.0"], shas["3.1.0"]).sha == shas["3.0.0"]
    assert clone.fork(shas["3.0.1"], shas["3.1.0"]).sha == made.shas["merge"]
    # One half came by a merge: the line of 3.1.0 was left before it.
    assert clone.fork(made.shas["one half"], shas["3.1.0"]).subject == "other package's release"


def test_the_files_of_a_commit_are_exported_without_touching_the_clone(clone, made, tmp_path):
    clone.export(made.shas["begin (#1)"], tmp_path)
    assert (tmp_path / "days.txt").read_text() == "1\n"
    assert (made.folder / "days.txt").read_text() == f"{made.days}\n"


def test_changed_files_are_known(clone, made):
    assert clone.changed() == []
    (made.folder / "days.txt").write_text("other\n")
    assert len(clone.changed()) == 1
    made.git("checkout", "--quiet", "days.txt")


def test_of_a_url_a_mirror_is_made_once(made, tmp_path):
    mirror = tmp_path / "upstream" / "clone"
    url = made.folder.as_uri()
    assert Clone.open(url, mirror).commit("3.1.0").sha == made.shas["v3.1.0"]
    marked = mirror / "tomobench-test"
    marked.touch()
    assert Clone.open(url, mirror).folder == mirror.resolve() and marked.exists()


def test_a_mirror_is_brought_up_to_date_when_a_name_is_not_known(tmp_path):
    source = MadeClone(tmp_path / "source")
    source.commit("begin", tag="v3.0.0")
    found = Clone.open(source.folder.as_uri(), tmp_path / "mirror")
    sha = source.commit("go on", tag="v3.0.1")
    assert found.commit("3.0.1").sha == sha


def test_a_clone_of_the_users_is_never_fetched_into(made, tmp_path, refused):
    own = tmp_path / "own"
    made.git("clone", "--quiet", str(made.folder), str(own))
    made.git("tag", "v3.9.9")
    line = refused(Clone.open(str(own), tmp_path / "mirror").commit, "3.9.9")
    made.git("tag", "--delete", "v3.9.9")
    assert "no commit, tag or release" in line


def test_a_shallow_clone_is_refused(made, tmp_path, refused):
    shallow = tmp_path / "shallow"
    words = ["clone", "--quiet", "--depth", "1", made.folder.as_uri(), str(shallow)]
    subprocess.run(["git", *words], check=True, capture_output=True)
    assert "shallow clone" in refused(Clone.open, str(shallow), tmp_path / "mirror")


def test_a_clone_without_tags_is_refused(tmp_path, refused):
    bare = MadeClone(tmp_path / "bare")
    bare.commit("begin", tag="other-v0.2.0")
    line = refused(Clone.open, str(bare.folder), tmp_path / "mirror")
    assert "has no tags of zarr's releases" in line


def test_what_is_no_clone_is_refused(tmp_path, refused):
    (tmp_path / "folder").mkdir()
    assert "is no git clone" in refused(Clone.open, str(tmp_path / "folder"), tmp_path / "mirror")
    assert "is no folder" in refused(Clone.open, str(tmp_path / "missing"), tmp_path / "mirror")
    url = (tmp_path / "missing").as_uri()
    assert "git clone: " in refused(Clone.open, url, tmp_path / "mirror")


def test_without_git_there_is_a_line(made, tmp_path, refused, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    line = refused(Clone.open, str(made.folder), tmp_path / "mirror")
    assert line.startswith("git is not installed")


def test_a_git_that_started_this_has_no_say(made, tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_DIR", os.devnull)
    found = Clone.open(str(made.folder), tmp_path / "mirror")
    assert found.commit("main").sha == made.shas["v3.1.0"]


def test_a_commit_before_all_tags_has_no_version(tmp_path, refused):
    made = MadeClone(tmp_path / "made")
    early = made.commit("begin")
    made.commit("release", tag="v3.0.0")
    found = Clone.open(str(made.folder), Path(tmp_path, "mirror"))
    assert "no tag of zarr's comes before" in refused(found.version, early)


def test_new_files_are_part_of_what_is_built_of_a_folder(tmp_path):
    """A build takes them along; what git ignores it does not."""
    made = MadeClone(tmp_path / "made")
    made.write(".gitignore", "*.log\n")
    made.commit("release", tag="v3.0.0")
    made.write("a.log", "")
    assert version_of(made.folder) == "3.0.0"
    made.write("src/new.py", "")
    assert version_of(made.folder) == "3.0.0+changed"
    assert Clone.open(str(made.folder), made.folder).changed() == []


def test_a_worktree_is_a_clone_of_its_own_commit(made, tmp_path):
    tree = tmp_path / "tree"
    made.git("worktree", "add", "--quiet", "--detach", str(tree), made.shas["v3.0.1"])
    assert version_of(tree) == "3.0.1"
    (tree / "days.txt").write_text("other\n")
    assert version_of(tree) == "3.0.1+changed" and version_of(made.folder) == "3.1.0"
    made.git("worktree", "remove", "--force", str(tree))
