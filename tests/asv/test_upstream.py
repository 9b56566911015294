"""The second history: a small git clone of zarr's own releases as commits, measured by asv, bisected, and gated."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from studies.proof import patches
from tests import REPOSITORY
from tests.made.clone import MadeClone
from tests.made.copied import copy_of
from tomobench.desk.judge.upstream import table
from tomobench.desk.releases import lock, repack

CELL = "counts.Chunks.track_requests(read whole, 64×64×64, 3)"
BENCH = r"counts.Chunks.track_requests\(read whole, 64×64×64, 3\)"
CONFIGURATION = "asv.upstream.conf.json"
PIPELINE = "zarr/core/codec_pipeline.py"
SLOW = """

_quick_read = BatchedCodecPipeline.read


async def _slow_read(self, *args, **kwargs):
    import asyncio

    await asyncio.sleep(0.05)
    return await _quick_read(self, *args, **kwargs)


BatchedCodecPipeline.read = _slow_read
"""
"""Each read waits for as long as twenty reads take."""

GATE = f"{CELL}\nfootprint.Chunks.track_files(64×64×64, 3)\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """From 3.4.1 to 3.4.2 in eight commits: one asks for more, one can't be built, one wants what nobody has."""
    folder = tmp_path_factory.mktemp("made")
    history = lock.load(REPOSITORY)
    wheels = [repack.download(history.find(name), folder) for name in ("3.4.1", "3.4.2")]
    made = MadeClone(folder / "zarr-python")
    made.put_release(wheels[0])
    made.commit("release 3.4.1 (#10)", tag="v3.4.1")
    made.commit("docs: a word (#11)")
    project = (made.folder / "pyproject.toml").read_text(encoding="utf-8")
    made.write("pyproject.toml", project.replace('["numpy', '["no-such-package", "numpy'))
    made.commit("want another package (#16)")
    made.write("pyproject.toml", "[build-system]\nrequires = []\nbuild-backend = 'missing'\n")
    made.commit("build: break it (#12)")
    made.write("pyproject.toml", project)
    made.commit("build: repair it (#13)")
    made.append(PIPELINE, patches.REQUEST)
    made.commit("read: look before each read (#14)")
    made.commit("docs: more (#15)")
    made.put_release(wheels[1])
    made.append(PIPELINE, patches.REQUEST)
    made.commit("release 3.4.2 (#17)", tag="v3.4.2")
    made.switch("harmless", made.shas["docs: a word (#11)"])
    made.commit("docs: of a topic")
    made.switch("dearer", made.shas["docs: a word (#11)"])
    made.append(PIPELINE, patches.REQUEST)
    made.commit("read: look before, in a topic")
    made.switch("slow", made.shas["docs: a word (#11)"])
    made.commit("docs: before (#20)")
    made.append(PIPELINE, SLOW)
    made.commit("read: wait (#21)")
    made.commit("docs: after (#22)")
    made.switch("main")
    return made


@pytest.fixture(scope="module")
def project(make_project, tmp_path_factory, made):
    found = make_project(tmp_path_factory.mktemp("upstream") / "project")
    for name in ("tools", "gate-cells.txt", "findings.toml"):
        source = REPOSITORY / name
        copy = shutil.copytree if source.is_dir() else shutil.copy
        copy(source, found.folder / name)
    text = (REPOSITORY / CONFIGURATION).read_text(encoding="utf-8")
    url = re.search(r'"repo": "(.+)"', text)
    text = text.replace(url[1], str(made.folder))
    (found.folder / CONFIGURATION).write_text(text, encoding="utf-8")
    return found


@pytest.fixture(scope="module")
def bisected(project):
    return project.run("tomobench", "bisect", "3.4.1..3.4.2", CELL)


def test_bisect_names_the_commit_and_its_pull_request(bisected, made):
    text = bisected.stdout
    assert re.search(
        rf"^commit +{made.shas['read: look before each read (#14)'][:9]}$", text, re.MULTILINE
    )
    assert "zarr-python/pull/14" in text
    before, after = (
        int(re.search(rf"^{n} +(\d+) requests$", text, re.MULTILINE)[1])
        for n in ("before", "after")
    )
    assert after > before


def test_bisect_lists_the_commit_that_cant_be_built(bisected, made):
    assert "skipped, as they can't be measured: 1 commits" in bisected.stdout
    assert f"  {made.shas['build: break it (#12)'][:9]}: no wheel could be built" in bisected.stdout


def test_bisect_explains_the_two_sides(bisected, project):
    assert "1 access in 1 layout" in bisected.stdout
    assert "other requests are made in 1" in bisected.stdout
    (line,) = re.findall(r"^more: tomobench explain (.+) --full$", bisected.stdout, re.MULTILINE)
    wheels = [word for word in line.split() if word.endswith(".whl")]
    assert len(wheels) == 2 and all(Path(word).is_file() for word in wheels)


def test_given_again_nothing_is_measured_again(bisected, project):
    again = project.run("tomobench", "bisect", "3.4.1..3.4.2", CELL)
    assert " requests\ntomobench: " not in again.stdout and "Installing zarr" not in again.stdout
    assert re.findall(r"^commit .+$", again.stdout, re.MULTILINE) == re.findall(
        r"^commit .+$", bisected.stdout, re.MULTILINE
    )


@pytest.mark.dear
def test_all_commits_are_drawn_as_steps_and_what_cant_be_measured_is_listed(bisected, project):
    done = project.run("tomobench", "bisect", "3.4.1..3.4.2", CELL, "--all")
    steps = [line for line in done.stdout.splitlines() if "█" in line]
    assert [re.search(r"\(#\d+\) +(\d+) ", line)[1] for line in steps] == ["3", "3"]
    assert "look before each read" in steps[1]
    assert "measured: 2 commits" in done.stdout and "no-such-package" in done.stdout


@pytest.mark.dear
def test_asv_runs_compares_finds_and_publishes_the_commits(bisected, project, made):
    asv = ("--config", CONFIGURATION)
    done = project.asv(*asv, "run", "3.4.1..3.4.2", "--quick", "--bench", BENCH, ok=False)
    assert done.returncode == 2  # as where an environment can't be made
    assert "skipped: " in done.stdout and "no-such-package" in done.stdout
    files = list((project.folder / ".asv/upstream/results").glob("*/*-tomobench-*.json"))
    assert len(files) == 5
    assert not list((project.folder / "results").glob("*/*.json"))
    ends = [
        made.shas[one] for one in ("build: repair it (#13)", "read: look before each read (#14)")
    ]
    compared = project.asv(*asv, "continuous", *ends, "--quick", "--bench", BENCH, ok=False)
    assert compared.returncode == 1 and "PERFORMANCE DECREASED" in compared.stdout
    last = made.shas["docs: more (#15)"]
    before = made.shas["build: break it (#12)"]
    found = project.asv(*asv, "find", f"{before}..{last}", BENCH)
    assert f"Greatest regression found: {ends[1][:8]}" in found.stdout
    project.asv(*asv, "publish")
    html = project.folder / ".asv/upstream/html"
    assert (html / "index.html").is_file()
    (graph,) = html.glob("graphs/**/branch-main/**/counts.Chunks.track_requests.json")
    assert len(json.loads(graph.read_text())) == 5
    assert not (project.folder / "html").exists()


def asked_for_more(results: Path) -> None:
    """A result file, as if its release had made more requests."""
    kept = json.loads(results.read_text(encoding="utf-8"))
    (name,) = [one for one in kept["results"] if one == CELL.partition("(")[0]]
    values = kept["results"][name]
    values[0] = [one and one + 8 for one in values[0]]
    results.write_text(json.dumps(kept), encoding="utf-8")


def test_who_finds_the_commit_of_a_fact_and_keeps_it(bisected, project, made, tmp_path):
    own = copy_of(project, tmp_path / "own")
    for release in ("3.4.1", "3.4.2"):
        own.asv("run", release, "--quick", "--bench", BENCH)
    (newest,) = (own.folder / "results").glob("*/3.4.2-tomobench-*.json")
    asked_for_more(newest)
    asked = ("who", "3.4.2", "--counts", "--format", "json")

    (row,) = json.loads(own.run("tomobench", *asked).stdout.partition("[")[2].join(["[", ""]))
    (kept,) = table.load(own.folder / "results")
    again = own.run("tomobench", *asked).stdout

    assert made.shas["read: look before each read (#14)"].startswith(row["commit"])
    assert row["tier"] == "traffic" and row["link"].endswith("/pull/14")
    assert kept.commit.startswith(row["commit"]) and kept.did == table.BROUGHT
    before, after = (int(one.removesuffix(" requests")) for one in (kept.before, kept.after))
    assert after > before
    assert "tomobench: 3.4.1..3.4.2: " not in again and row["commit"] in again


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["3.4.1..3.4.1", CELL], "3.4.1 and 3.4.1 are one commit"),
        (["3.4.2..3.4.1", CELL], "3.4.1 comes before 3.4.2: say 3.4.1..3.4.2"),
        (["3.4.1", CELL], "'3.4.1' is no range"),
        (["3.4.1..9.9.9", CELL], "no commit, tag or release called '9.9.9'"),
        (["3.4.1..3.4.2", CELL.replace("64", "65")], "there is no cell"),
        (["3.4.1..3.4.2", "3"], "results are made by: asv run"),
        (["3.4.1..main", CELL, "--clone", "src"], "src is no git clone"),
    ],
)
def test_what_cant_be_bisected_is_refused_in_one_line(project, words, said):
    done = project.here("bisect", *words, ok=False)
    assert done.returncode == 1 and said in done.stdout.splitlines()[-1]


@pytest.mark.dear
def test_ends_that_do_not_differ_are_told(bisected, project):
    done = project.run("tomobench", "bisect", "v3.4.1..harmless", CELL, ok=False)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert "v3.4.1 and harmless do not differ: " in last and last.endswith(" in both")


def test_a_cell_that_an_end_has_not_is_told(bisected, project):
    cell = "counts.Chunks.track_amplification(open array, 64×64×64, 3)"
    done = project.run("tomobench", "bisect", "3.4.1..3.4.2", cell, ok=False)
    assert done.returncode == 1
    assert "3.4.1 has no such cell" in done.stdout.splitlines()[-1]


@pytest.mark.dear
def test_a_time_is_raced_pair_by_pair_and_the_price_is_said_first(project, made):
    first = made.shas["docs: a word (#11)"]
    cell = "read.Chunks.time_one_chunk(64×64×64, 3)"
    done = project.run("tomobench", "bisect", f"{first}..slow", cell, "--seconds", "20")
    price, races = done.stdout.index("at most 4 races of 20 s"), done.stdout.index("renewal 1: ")
    assert price < races
    sha = made.shas["read: wait (#21)"][:9]
    assert re.search(rf"^commit +{sha}$", done.stdout, re.MULTILINE) and "pull/21" in done.stdout


def gate(project, made, branch: str, tmp_path: Path, base: str = "") -> tuple[int, str, str, str]:
    """The action's own script on a branch of the clone: its code, all it printed, summary and outputs."""
    made.switch(branch)
    try:
        outputs = {name: tmp_path / name for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
        environment = {**project.environment, **{name: str(path) for name, path in outputs.items()}}
        environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        environment["RUNNER_TEMP"] = str(tmp_path)
        (project.folder / "gate-cells.txt").write_text(GATE, encoding="utf-8")
        done = subprocess.run(
            [project.folder / "tools" / "gate", made.folder, base],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    finally:
        made.switch("main")
    assert "Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout, *(path.read_text() for path in outputs.values())


def test_the_gate_fails_by_tier_where_a_branch_asks_for_more(project, made, tmp_path):
    code, _, summary, outputs = gate(project, made, "dearer", tmp_path)
    base = made.shas["docs: a word (#11)"][:9]
    assert code == 4
    assert f"against its merge base {base}: more traffic." in summary
    assert "2 counts compared exactly" in summary and "no times" in summary
    assert "code=4" in outputs
    comment = Path(re.search("^comment=(.+)$", outputs, re.MULTILINE)[1]).read_text()
    assert comment.startswith("<!-- tomobench gate -->") and summary == comment


@pytest.mark.dear
def test_the_gate_passes_where_nothing_got_worse(project, made, tmp_path):
    code, _, summary, outputs = gate(project, made, "harmless", tmp_path)
    assert code == 0 and "nothing got worse" in summary and "code=0" in outputs


def test_what_the_gate_cant_judge_is_told_in_one_line(project, made, tmp_path):
    code, printed, summary, outputs = gate(project, made, "main", tmp_path)
    assert code == 1 and "is part of main already" in printed.splitlines()[-1]
    assert "the log of the step says why" in summary and "comment=\n" in outputs
    made.append(PIPELINE, "\n# not committed\n")
    (tmp_path / "second").mkdir()
    code, printed, *_ = gate(project, made, "main", tmp_path / "second")
    made.git("checkout", "--quiet", ".")
    assert code == 1 and "changed files that are not committed" in printed.splitlines()[-1]
