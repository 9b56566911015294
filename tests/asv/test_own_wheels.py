"""Unreleased wheels on the history: asv measures them before they are published, and tells them apart."""

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import zipfile

import pytest

ONE = r"footprint.Chunks.track_files\(16×16×16, 2\)"
GETS = r"counts.Chunks.track_gets\(read whole, (32×32×32|64×64×64), 2\)"
#: Appended to a module of zarr: each chunk is fetched a second time.
TWICE = """
_get = FsspecStore.get
async def _get_twice(self, *args, **kwargs):
    await _get(self, *args, **kwargs)
    return await _get(self, *args, **kwargs)
FsspecStore.get = _get_twice
"""


@pytest.fixture(scope="module")
def published(make_project, tmp_path_factory):
    """The wheel of zarr 3.4.2, from the package index, as {name in the archive: bytes}."""
    project = make_project(tmp_path_factory.mktemp("wheels") / "project")
    project.run("python", "-m", "pip", "download", "--quiet", "--no-deps", "zarr==3.4.2")
    (wheel,) = project.folder.glob("zarr-3.4.2-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rebuilt(published, folder, version, patch="", module="zarr/storage/_fsspec.py"):
    """A wheel like the published one, with another version and ``patch`` at the end of a module (its fsspec store)."""
    files = {
        name.replace("zarr-3.4.2.", f"zarr-{version}."): data for name, data in published.items()
    }
    info = f"zarr-{version}.dist-info"
    metadata = files[f"{info}/METADATA"].decode()
    files[f"{info}/METADATA"] = re.sub(
        r"(?m)^Version: .*$", f"Version: {version}", metadata, count=1
    ).encode()
    files[module] += patch.encode()
    files[f"{info}/RECORD"] = record(files, f"{info}/RECORD")
    path = folder / f"zarr-{version}-py3-none-any.whl"
    folder.mkdir(exist_ok=True)
    # Stored, and of one date: the same wheel has the same digest whenever it is made.
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


def record(files, own_name):
    text = io.StringIO()
    rows = csv.writer(text)
    for name, data in files.items():
        if name != own_name:
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            rows.writerow([name, f"sha256={digest}", len(data)])
    rows.writerow([own_name, "", ""])
    return text.getvalue().encode()


def test_a_maintainer_is_answered_before_the_release(project, published, tmp_path):
    wheel = rebuilt(published, tmp_path / "first", "3.5.0.dev1", TWICE)
    project.here("releases", "add", wheel)
    done = project.asv("continuous", "3.4.2", "3.5.0.dev1", "--quick", "--bench", GETS, ok=False)
    assert "SOME BENCHMARKS HAVE CHANGED SIGNIFICANTLY" in done.stdout
    assert "3.5.0.dev1" in done.stdout
    (commit,) = project.measured() - {"3.4.2"}
    assert commit == hashlib.sha256(wheel.read_bytes()).hexdigest()[:8]
    # It is the newest of its line now: what `asv run` measures.
    again = project.asv(
        "run", "--quick", "--bench", "footprint.Chunks.track_ratio", "--dry-run", ok=False
    )
    assert f"{commit} <3.5.0.dev1>" in again.stdout


#: Appended to zarr's LocalStore: each file is read a second time.
READ_TWICE = """
_once = _get
def _get(path, prototype, byte_range):
    _once(path, prototype, byte_range)
    return _once(path, prototype, byte_range)
"""
#: Appended to zarr's configuration: one chunk is asked for at a time.
ONE_AT_A_TIME = """
config.set({"async.concurrency": 1})
"""


def test_what_no_request_shows_is_seen_below_the_store_and_in_flight(project, published, tmp_path):
    twice = rebuilt(published, tmp_path, "3.5.0.dev1", READ_TWICE, "zarr/storage/_local.py")
    one_by_one = rebuilt(published, tmp_path, "3.5.0.dev2", ONE_AT_A_TIME, "zarr/core/config.py")
    releases = [
        "3.4.2",
        added(project, twice, "3.5.0.dev1"),
        added(project, one_by_one, "3.5.0.dev2"),
    ]
    cell = r"\(read whole, 32×32×32\)"
    metrics = rf"system\.Layouts\.track_(system_reads|in_flight|objects){cell}"
    project.asv("run", project.wanted(*releases), "--bench", metrics)
    found = [figures(project, release) for release in releases]
    assert [(one["system_reads"], one["in_flight"]) for one in found] == [(16, 8), (32, 8), (16, 1)]
    for release in releases[1:]:
        said = project.here("regressions", release, "--against", "3.4.2", ok=False).stdout
        assert "more traffic" in said and "Whole reads" in said


def figures(project, release) -> dict:
    """What the one measured cell of each metric of the suite below the store gave."""
    (path,) = (project.folder / "results" / "local-test").glob(f"{release}-tomobench-*.json")
    found = {}
    for name, row in json.loads(path.read_text())["results"].items():
        (found[name.partition(".track_")[2]],) = (one for one in row[0] if one == one)
    return found


def test_two_wheels_of_one_version_are_told_apart(project, published, tmp_path):
    for patch in ("", "\n# another build\n"):
        wheel = rebuilt(published, tmp_path / f"build{len(patch)}", "3.5.0.dev1", patch)
        project.here("releases", "add", wheel)
    listed = json.loads(project.here("releases", "list", "--json").stdout)
    hashes = [release["hash"] for release in listed if release["version"] == "3.5.0.dev1"]
    assert len(set(hashes)) == 2
    done = project.asv("run", "3.5.0.dev1", "--quick", "--bench", ONE, ok=False)
    assert done.returncode != 0 and all(name in done.stdout for name in hashes)
    project.asv("run", project.wanted(*hashes), "--quick", "--bench", ONE)
    assert project.measured() == set(hashes)
    project.asv("compare", *hashes)
    project.asv("publish")


def test_a_wheel_rebuilt_under_a_published_version_is_another_release(project, published, tmp_path):
    wheel = rebuilt(published, tmp_path / "rebuilt", "3.4.2", "\n# rebuilt\n")
    project.here("releases", "add", wheel)
    project.asv("run", "3.4.1..", "--quick", "--bench", ONE)
    assert len(project.measured()) == 2 and "3.4.2" in project.measured()


def added(project, wheel, version):
    """Add a wheel of one's own; its hash."""
    project.here("releases", "add", wheel)
    known = json.loads(project.here("releases", "list", "--json").stdout)
    (found,) = (one["hash"] for one in known if one["version"] == version)
    return found


RACED = r"read.Chunks.time_whole\(64×64×64, 2\)"


@pytest.mark.dear
def test_a_removed_wheel_leaves_its_results_and_the_rest_works(project, published, tmp_path):
    wheel = rebuilt(published, tmp_path / "removed", "3.5.0.dev1")
    removed = added(project, wheel, "3.5.0.dev1")
    project.asv("run", project.wanted("3.5.0.dev1", "3.4.2"), "--quick", "--bench", ONE)
    for releases in (("3.4.2", "3.5.0.dev1"), ("3.4.1", "3.4.2", "3.5.0.dev1")):
        project.run("tomobench", "race", *releases, "--renewals", "2", "--benchmark", RACED)
    project.here("releases", "remove", "3.5.0.dev1")
    assert project.measured() == {"3.4.1", "3.4.2", removed}
    assert project.asv("publish").stdout.count(f"results of {removed} are left out") == 1
    assert removed not in (project.folder / "html" / "index.json").read_text()
    again = project.asv("run", "EXISTING", "--quick", "--bench", ONE).stdout
    assert f"results of {removed} are left out" in again
    require_the_pair_that_is_left(project)
    unknown = project.asv("run", "3.5.0.dev1", "--quick", ok=False)
    assert unknown.returncode != 0 and "3.5.0.dev1" in unknown.stdout
    project.asv("rm", "-y", f"commit_hash={removed}")
    kept = {path.name for path in (project.folder / "results").rglob("*.*")}
    assert not [name for name in kept if name.startswith(removed)]
    assert "left out" not in project.asv("publish").stdout
    require_the_pair_that_is_left(project)
    # A race that holds two of the releases that are left stays; one with fewer is of no use to anybody.
    (race,) = (project.folder / "results" / "local-test" / "races").glob("*/race.jsonl")
    assert "3.4.1" in race.read_text()


def require_the_pair_that_is_left(project):
    """The race of three compares the two releases that are known, and says nothing of the third."""
    answer = project.here("regressions", "3.4.2", "--against", "3.4.1").stdout
    assert "3.5.0.dev1" not in answer and "3.4.1" in answer


@pytest.mark.dear
def test_a_wheel_whose_file_is_gone_is_in_nobodys_way(project, published, tmp_path):
    gone = added(project, rebuilt(published, tmp_path / "gone", "3.5.0.dev2"), "3.5.0.dev2")
    project.asv("run", project.wanted("3.5.0.dev2", "3.4.2"), "--quick", "--bench", ONE)
    shutil.rmtree(project.folder / ".tomobench" / "wheels")
    (installed,) = (project.folder / ".asv" / "env").glob(f"*/releases/{gone}")
    shutil.rmtree(installed)
    project.asv("publish")
    project.here("regressions", "3.5.0.dev2", "--against", "3.4.2")
    done = project.asv("run", "EXISTING", "--quick", "--bench", ONE, ok=False)
    assert f"tomobench releases remove {gone}" in done.stdout
    project.here("releases", "remove", gone)
    project.asv("run", "EXISTING", "--quick", "--bench", ONE)


#: Settings of pip's and virtualenv's that change what is installed, or where.
ASTRAY = {
    "PIP_DRY_RUN": "1",
    "PIP_ROOT": "elsewhere",
    "PIP_TARGET": "elsewhere",
    "PIP_REQUIREMENT": "none",
    "PIP_NO_BINARY": ":all:",
}


def test_the_users_settings_of_pip_do_not_change_what_is_installed(project, published, tmp_path):
    wheel = rebuilt(published, tmp_path, "3.5.0.dev3", "\n# settings\n")
    commit = added(project, wheel, "3.5.0.dev3")
    project.asv("run", "3.5.0.dev3", "--quick", "--bench", ONE, **ASTRAY)
    assert project.measured() == {commit}
    assert not (project.folder / "elsewhere").exists()


def test_what_a_file_of_pips_sends_elsewhere_is_one_line_and_not_kept(project, published, tmp_path):
    wheel = rebuilt(published, tmp_path, "3.5.0.dev4", "\n# elsewhere\n")
    commit = added(project, wheel, "3.5.0.dev4")
    settings = tmp_path / "pip.conf"
    settings.write_text(f"[install]\nroot = {tmp_path / 'elsewhere'}\n")
    words = ("run", "3.5.0.dev4", "--quick", "--bench", ONE)
    done = project.asv(*words, ok=False, PIP_CONFIG_FILE=str(settings))
    assert done.returncode == 1 and "did not install zarr 3.5.0.dev4" in done.stdout
    assert not project.measured()
    project.asv(*words)
    assert project.measured() == {commit}


def test_a_copy_that_was_changed_is_not_installed(project, published, tmp_path):
    wheel = rebuilt(published, tmp_path, "3.5.0.dev5", "\n# changed\n")
    commit = added(project, wheel, "3.5.0.dev5")
    (copy,) = (project.folder / ".tomobench" / "wheels").rglob("*.whl")
    copy.write_bytes(copy.read_bytes() + b"more")
    done = project.asv("run", "3.5.0.dev5", "--quick", "--bench", ONE, ok=False)
    assert done.returncode == 1 and f"tomobench releases remove {commit}" in done.stdout


def test_a_wheel_that_asks_for_what_is_not_locked_is_said_when_it_is_added(
    project, published, tmp_path
):
    info = "zarr-3.4.2.dist-info/METADATA"
    asks = published[info].replace(
        b"\nRequires-Dist:", b"\nRequires-Dist: nowhere\nRequires-Dist:", 1
    )
    wheel = rebuilt({**published, info: asks}, tmp_path, "3.5.0.dev6")
    said = project.here("releases", "add", wheel).stdout
    assert "it can't be measured yet" in said and "nowhere is not locked" in said
