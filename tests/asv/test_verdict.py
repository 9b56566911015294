"""tomobench verdict on a small volume: one real run, what can't be judged, and what it leaves as it was."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import psutil
import pytest

from studies.proof import project as proof_project
from studies.proof import variants, wheels
from studies.proof.variants import Variant
from tests import REPOSITORY
from tests.made.waiting import until

#: A count that a larger wheel changes, and one cell that is raced.
SOME = r"^footprint\.Chunks\.track_stored_bytes|^read\.Chunks\.time_one_chunk\(64×64×64, 2\)"
BROKEN = Variant(
    "broken", "broken", additions={"zarr/__init__.py": "\nraise RuntimeError('made so')\n"}
)
QUICK = ("--minutes", "0.3", "--benchmark", SOME)


@pytest.fixture(scope="module")
def wheel_of(tmp_path_factory):
    """Make the wheel of a variant of the newest zarr."""
    folder = tmp_path_factory.mktemp("wheels")
    release = proof_project.newest(REPOSITORY)
    base = wheels.download(release, folder)
    return lambda variant: wheels.make(base, release, variant, folder)


@pytest.fixture(scope="module")
def project(make_project, tmp_path_factory):
    made = make_project(tmp_path_factory.mktemp("verdict") / "project")
    (made.folder / "key-cells.txt").write_bytes((REPOSITORY / "key-cells.txt").read_bytes())
    return made


@pytest.fixture(scope="module")
def larger(project, wheel_of):
    """The command on a wheel that stores larger chunks: how it ended, and what must stay, before and after."""
    before = kept(project)
    done = project.run("tomobench", "verdict", wheel_of(variants.LARGER), *QUICK, ok=False)
    return done, before, kept(project)


def kept(project) -> dict[str, bytes]:
    """What must be afterwards as before."""
    folder = project.folder
    found = [folder / "releases.lock.json", *(folder / "results").rglob("*")]
    found += (folder / ".tomobench").rglob("*")
    return {str(path): path.read_bytes() for path in found if path.is_file()}


def markdown(done) -> str:
    return done.stdout[done.stdout.index("**zarr") :]


def test_a_wheel_with_larger_objects_is_told_so_first(larger):
    done, *_ = larger
    text = markdown(done)
    first = text.splitlines()[0]
    assert first.startswith(
        "**zarr 3.4.2+larger against 3.4.2: correctness not checked; stored volumes "
    )
    assert "times the space" in first and "raced" in first
    assert done.returncode == 4


def test_the_function_that_did_it_stands_under_its_fact(larger):
    done, *_ = larger
    assert re.search(
        r"^  - `\+\d+ a \w+ zarr/codecs/(blosc|_v2)\.py:\d+ _store_only \(new\)`$",
        markdown(done),
        re.MULTILINE,
    )


def test_what_was_compared_and_on_what_is_told(larger, project, wheel_of):
    text = markdown(larger[0])
    assert re.search(r"Compared: \d+ counts exactly; 1 cell raced\.", text)
    assert "Least change found with 95 % power" in text
    for name in ("wheel sha256", "Python", "numpy", "numcodecs", "system", "date", "command"):
        assert name in text
    assert hashlib.sha256(wheel_of(variants.LARGER).read_bytes()).hexdigest() in text
    assert str(project.folder) not in text


def test_lock_and_results_and_wheels_are_as_before(larger):
    _, before, after = larger
    assert len(before) == 1 and after == before


def test_given_again_it_counts_nothing_again(larger, project, wheel_of):
    again = project.run("tomobench", "verdict", wheel_of(variants.LARGER), *QUICK, ok=False)
    assert again.returncode == 4
    assert "exact: kept after" in larger[0].stdout and "exact: kept after" not in again.stdout
    assert "going on after" in again.stdout


def test_keep_adds_the_wheel_and_its_results(larger, project, wheel_of):
    words = (
        "tomobench",
        "verdict",
        wheel_of(variants.LARGER),
        *QUICK,
        "--only",
        "counts",
        "--keep",
    )
    assert project.run(*words, ok=False).returncode == 4
    assert "3.4.2+larger" in project.here("releases", "list").stdout
    assert {"3.4.2"} < project.measured()
    assert list((project.folder / "results/local-test").glob("3.4.2-race-*.json"))
    words = ("regressions", "3.4.2+larger", "--against", "3.4.2", "--cells")
    assert "footprint.Chunks.track_stored_bytes" in project.here(*words).stdout
    project.here("releases", "remove", "3.4.2+larger")


@pytest.mark.dear
def test_a_pinned_version_is_the_one_that_is_imported(project):
    words = ("--with", "numcodecs==0.16.3", "--only", "counts")
    benchmark = ("--benchmark", r"^footprint\.Chunks\.track_files")
    done = project.run("tomobench", "verdict", "3.4.2", *words, *benchmark)
    assert re.search(r"^\| numcodecs +\| 0\.16\.3 +\| 0\.16\.6 +\|$", markdown(done), re.MULTILINE)
    assert (
        "3.4.2+numcodecs.0.16.3 against 3.4.2: correctness not checked; no request" in done.stdout
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["9.9.9"], "no zarr release is called '9.9.9'"),
        (["missing.whl"], "missing.whl cannot be read: No such file"),
        (["2.18.0"], "no final release comes before zarr 2.18.0: name one with --against"),
        (["3.4.2", "--against", "3.4.2"], "there is nothing to compare"),
        (["3.4.2", "--with", "numcodecs"], "'numcodecs' is no pin: say NAME==VERSION"),
        (["3.4.2", "--with", "zarr==3.4.1"], "'zarr==3.4.1' is no pin: say NAME==VERSION"),
        (["src"], "no wheel could be built of src: "),
    ],
)
def test_what_cant_be_judged_is_refused_in_one_line(project, words, said):
    refused_with(project, words, said)


def test_a_wheel_of_another_project_is_refused(project, tmp_path):
    path = tmp_path / "other-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("other-1.0.dist-info/METADATA", "Name: other\nVersion: 1.0\n")
    refused_with(project, [path], "it is a wheel of other, not of zarr")


def test_a_wheel_that_does_not_import_is_refused_with_its_error(project, wheel_of):
    line = "zarr 3.4.2+broken can't be imported in the environment of line 3: RuntimeError: made so"
    refused_with(project, [wheel_of(BROKEN)], line)


def refused_with(project, words, said: str) -> None:
    before = kept(project)
    done = project.here("verdict", *words, "--minutes", "0.1", ok=False)
    last = done.stdout.splitlines()[-1]
    assert done.returncode == 1 and last.startswith("tomobench: ") and said in last
    assert kept(project) == before


def start(project, wheel) -> subprocess.Popen:
    """The command on a wheel, counting much, in a session of its own."""
    return subprocess.Popen(
        [
            Path(sys.executable).parent / "tomobench",
            *("verdict", wheel, "--benchmark", r"^counts\.Chunks"),
        ],
        cwd=project.folder,
        env=project.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def wait_until_it_counts(process: subprocess.Popen) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if "phantom" in line or ", exact" in line:
            break
    until(psutil.Process(process.pid).children)  # it measures


def test_interrupted_it_says_how_to_go_on(project, wheel_of):
    before = kept(project)
    process = start(project, wheel_of(variants.same(1)))
    wait_until_it_counts(process)
    os.killpg(process.pid, signal.SIGINT)
    said = process.communicate(timeout=60)[0].splitlines()
    assert process.returncode == 1
    assert said[-1].startswith("tomobench: interrupted: what is finished is kept")
    assert "Traceback" not in "".join(said)
    assert kept(project) == before


#: Measures nothing: none of the reads over S3 is among them.
AS_IT_IS = ("--only", "s3", "--minutes", "0.1", "--benchmark")


def test_what_is_accepted_of_a_wheel_is_told_and_is_no_reason_to_fail(larger, project, wheel_of):
    entry = "[[acknowledged]]\nrelease = '3.4.2+larger'\nbenchmark = 'stored_bytes'\nreason = 'Meant.'\n"
    words = ("tomobench", "verdict", wheel_of(variants.LARGER), *AS_IT_IS, "^footprint")
    path = project.folder / "acknowledged.toml"
    path.write_text(entry)
    try:
        done = project.run(*words)
    finally:
        path.unlink()
    assert "acknowledged: Meant." in done.stdout
    first = markdown(done).splitlines()[0]
    assert "correctness not checked; no request or byte more but what is accepted; " in first
    assert project.run(*words, ok=False).returncode == 4


def test_a_file_of_what_is_accepted_that_is_damaged_costs_no_measuring(project, wheel_of):
    path = project.folder / "acknowledged.toml"
    path.write_text("[[acknowledged]]\nrelease = '3.4.2+larger'\n")
    try:
        words = ("tomobench", "verdict", wheel_of(variants.same(2)), *QUICK)
        done = project.run(*words, ok=False)
    finally:
        path.unlink()
    assert done.returncode == 1 and "acknowledged.toml, entry 1: " in done.stdout
    assert "counting" not in done.stdout


@pytest.mark.dear
def test_gaps_are_said_first_and_are_no_failure(larger, project, wheel_of):
    """Where a count is missing of one side, the rest is judged all the same."""
    words = ("tomobench", "verdict", wheel_of(variants.LARGER), "--minutes", "0.1")
    both = ("--benchmark", r"^footprint\.Chunks")
    assert project.run(*words, "--only", "counts", *both, ok=False).returncode == 4
    for path in project.folder.glob(".asv/verdict/*/results/local-test/*-tomobench-py*.json"):
        content = json.loads(path.read_text())
        if not path.name.startswith("3.4.2-"):
            content["results"].pop("footprint.Chunks.track_stored_bytes", None)
            path.write_text(json.dumps(content))
    done = project.run(*words, "--only", "s3", *both, ok=False)
    assert done.returncode == 4, done.stdout  # what is left of its larger objects
    assert markdown(done).splitlines()[0].endswith("not all was compared: see below.**")
    assert "NOT COMPARED: 3.4.2+larger has no result" in done.stdout


@pytest.mark.parametrize(
    "sent", [pytest.param(signal.SIGTERM, marks=pytest.mark.dear), signal.SIGKILL]
)
def test_killed_it_leaves_no_process(project, wheel_of, sent):
    process = start(project, wheel_of(variants.same(1)))
    wait_until_it_counts(process)
    until(lambda: len(processes_of(project)) > 1)
    process.send_signal(sent)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == (1 if sent == signal.SIGTERM else -sent)
    assert sent == signal.SIGKILL or "tomobench: interrupted: what is finished is kept" in said
    until(lambda: not processes_of(project))


def processes_of(project) -> list[str]:
    """The command lines of processes that are about this project."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("processes are found in Linux's /proc")
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            about = (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes()
            if os.fsencode(project.folder) in about + os.fsencode((folder / "cwd").readlink()):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
    return found


@pytest.mark.faults
@pytest.mark.parametrize("place", [".asv/verdict", "cache"])
def test_a_full_disk_is_one_line_and_nothing_is_lost(project, wheel_of, place):
    folder = project.folder / place
    folder.mkdir(parents=True, exist_ok=True)
    volumes = project.cache / "volumes"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=32m", "none", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("a small disk can be mounted by root on Linux alone")
    before = kept(project)
    variables = {}
    try:
        if place == "cache":
            shutil.copytree(volumes, folder / "volumes")
            variables = {"TOMOBENCH_CACHE": str(folder)}
        filler = folder / "filler"
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(2**12))
        words = ("tomobench", "verdict", wheel_of(variants.LARGER), "--only", "counts", *QUICK)
        done = project.run(*words, ok=False, **variables)
        last = done.stdout.splitlines()[-1]
        assert done.returncode == 1 and last.startswith("tomobench: "), done.stdout
        assert kept(project) == before
        filler.unlink()
        assert project.run(*words, ok=False, **variables).returncode == 4
        assert kept(project) == before
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
