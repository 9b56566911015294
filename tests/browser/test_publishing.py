"""What ``asv publish`` leaves: a site complete in itself, or asv's own; and a clean work tree."""

import re
import shutil
import subprocess
from pathlib import Path

import asv
import pytest

from tests.browser.publishing import MODULES, ROOT, need_modules, publish
from tomobench.desk.publish.site import (
    changes,
    folder,
    libraries,
    offline,
    repairs,
    volumes,
    wording,
)

ASV_PAGES = Path(asv.__file__).parent / "www"


def _installed(project, changed: str):
    """Give ``project`` the libraries, with the package ``changed`` in a copy."""
    need_modules()
    modules = project / "node_modules"
    modules.mkdir()
    for package in MODULES.iterdir():
        if package.name == changed:
            shutil.copytree(package, modules / package.name)
        else:
            (modules / package.name).symlink_to(package)
    return modules / changed


def _assert_left_as_asv_makes_it(project, printed):
    page = (project / "html/index.html").read_text()
    assert offline.outside(page) == offline.outside((ASV_PAGES / "index.html").read_text())
    assert not (project / "html/vendor").exists()
    assert "left as asv makes it" in printed and "make setup" in printed


def test_page_asks_other_hosts_for_nothing(made_site):
    page = (made_site / "html/index.html").read_text()
    assert offline.outside(page) == []
    for address, named in re.findall(r'="(vendor/[^"]+)" integrity="([^"]+)"', page):
        content = (made_site / "html" / address).read_bytes()
        assert libraries.digest(content, named.split("-")[0]) == named


def test_all_but_one_library_are_the_files_that_asv_names(made_site):
    named = {integrity for _, integrity in offline.outside((ASV_PAGES / "index.html").read_text())}
    page = (made_site / "html/index.html").read_text()
    ours = set(re.findall(r'integrity="([^"]+)"', page))
    assert len(named) == len(ours) == 10
    assert ours - named == {libraries.LIBRARIES["stupidtable.min.js"].integrity}


def test_without_libraries(unpublished):
    _assert_left_as_asv_makes_it(unpublished, publish(unpublished))


def test_with_a_changed_library(unpublished):
    package = _installed(unpublished, "jquery")
    with (package / "dist/jquery.min.js").open("a") as file:
        file.write("\n")
    _assert_left_as_asv_makes_it(unpublished, publish(unpublished))


def test_with_a_changed_source_of_a_minified_library(unpublished):
    package = _installed(unpublished, "flot")
    with (package / "jquery.flot.time.js").open("a") as file:
        file.write("\nalert('hello');")
    _assert_left_as_asv_makes_it(unpublished, publish(unpublished))


def test_with_a_missing_font(unpublished):
    package = _installed(unpublished, "bootstrap")
    next((package / "dist/fonts").glob("*.woff")).unlink()
    _assert_left_as_asv_makes_it(unpublished, publish(unpublished))


def test_without_node(unpublished, tmp_path):
    _installed(unpublished, "jquery")
    printed = publish(unpublished, PATH=str(tmp_path), TOMOBENCH_CACHE=str(tmp_path / "cache"))
    _assert_left_as_asv_makes_it(unpublished, printed)


@pytest.mark.parametrize(
    "tag",
    [
        '<script src="https://example.org/unknown.js" integrity="sha256-AAAA"></script>',
        '<script src="https://example.org/md5.min.js"></script>',
        '<script src="https://example.org/stupidtable.min.js" integrity="sha512-AAAA"></script>',
        "<p>no library at all</p>",
    ],
)
def test_page_of_another_asv(tag, tmp_path):
    with pytest.raises(libraries.NotTaken):
        offline.take_all(tag, tmp_path)


@pytest.mark.parametrize(
    "change", wording.CHANGES + repairs.CHANGES + volumes.CHANGES, ids=lambda one: one.old
)
def test_asv_has_what_is_changed(change):
    assert (ASV_PAGES / change.file).read_text().count(change.old) == change.times


def test_places_that_have_moved_are_left_with_a_warning(tmp_path, monkeypatch):
    warnings = []
    monkeypatch.setattr(changes.log, "warning", warnings.append)
    (tmp_path / "asv.js").write_text("as another asv has it: new, new")
    wanted = [changes.Change("asv.js", "old", "newer"), changes.Change("asv.js", "new", "newer")]
    changes.apply(wanted, tmp_path)
    assert (tmp_path / "asv.js").read_text() == "as another asv has it: new, new"
    assert len(warnings) == 2 and "asv.js" in warnings[0]


def test_work_tree_is_clean_after_publishing(unpublished):
    def git(*arguments):
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", *arguments]
        run = subprocess.run(command, cwd=unpublished, text=True, capture_output=True, check=True)
        return run.stdout

    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "-m", "a clone")
    publish(unpublished)
    assert (unpublished / "html/index.html").exists()
    assert git("status", "--porcelain") == ""


def test_tracked_file_is_the_one_that_publishing_writes():
    assert (ROOT / folder.FOLDER / ".gitignore").read_text() == folder.GITIGNORE


def test_folder_elsewhere_is_not_hidden_from_git(unpublished, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    conf = type("Conf", (), {"html_dir": str(elsewhere)})
    folder.KeptFolder.publish(conf, None, None, None, None)
    assert list(elsewhere.iterdir()) == []
