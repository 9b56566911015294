"""The Advice page's scripts answer as ``tomobench plan`` does: both are put the same random questions."""

import json
import math
import random
import shlex
import shutil
import subprocess
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, pairwise

import pytest

from tests import REPOSITORY
from tomobench.desk.advise.evidence import common, evidence
from tomobench.desk.advise.plan.fitted import fitted
from tomobench.desk.judge import examination
from tomobench.desk.judge import project as projects
from tomobench.desk.judge import verdict as verdicts
from tomobench.desk.judge.examination import Query
from tomobench.desk.publish.site import advice_data, advice_upgrade, shared
from tomobench.desk.releases.history import History

NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="no node on PATH"),
    pytest.mark.committed,
]
ANSWERS = REPOSITORY / "tests/unit/site/answers.js"
UPGRADES = REPOSITORY / "tests/unit/site/upgrades.js"
#: Relative: the scripts' logarithms and sums may differ from NumPy's in the last digits.
NEAR = 1e-11
USES = (
    "xy", "xz", "yz", "whole", "region-1", "region-64", "region-96", "region-300", "viewer", "picking",
    "training", "training-32", "pipeline-3", "pipeline", "write",
)  # fmt: skip
LAYOUTS = (
    "64x64x64", "32x32x32/128x128x128", "256x256x256,2,blosc-lz4-5", "1x100x100,gzip", "128x128x128,3,none",
    "16x16x16/64x64x64,3,blosc-zstd-4-bitshuffle",
)  # fmt: skip


@lru_cache(maxsize=1)
def published(known) -> dict:
    """What the page is given."""
    releases = {
        known.history.name_of(one): advice_data.of_release(known, one)
        for one in advice_data.releases(known)
    }
    found = {"data": advice_data.gather(known, REPOSITORY), "releases": releases}
    return json.loads(json.dumps(found, allow_nan=False))


def answers(known, asked: list[dict]) -> list[dict]:
    """The answers of the page's scripts to what was typed."""
    return scripts(ANSWERS, published(known) | {"asked": asked})


def scripts(path, given: dict) -> list[dict]:
    """What the page's scripts make of it."""
    done = subprocess.run(
        [NODE, str(path)], input=json.dumps(given), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def upgrades(known, pairs: list[tuple[str, str]], **asked) -> list[dict]:
    """What the page says of each pair of versions."""
    given = published(known)
    given["data"]["noise"] = advice_upgrade.noise(judged(known))
    races = project().raced(known.machine)
    given["data"]["raced"] = advice_upgrade.opened_in_a_race(races, known.history)
    return scripts(UPGRADES, given | {"typed": typed(**asked), "pairs": pairs})


@lru_cache(maxsize=1)
def project() -> projects.Project:
    return projects.load(REPOSITORY)


@lru_cache(maxsize=1)
def judged(known) -> shared.Judged:
    main = [one.hash for one in known.history.branch("main")]
    answer = examination.examine(project(), Query(known.machine, main), [])
    return shared.Judged(answer, verdicts.of(answer, known.history), frozenset(main))


def typed(**more) -> dict:
    """What a person types who leaves everything as it is, but for this."""
    usual = {
        "shape": "184x630x630", "dtype": "float32", "kind": "raw", "use": "xy", "storage": "disk",
        "release": "3.4.2", "machine": "reference",
    }  # fmt: skip
    return usual | more


def drawn(draw: random.Random, data: dict) -> dict:
    """A question: every field that there is may be in it."""
    measured = draw.random() < 0.3
    dtype, kind, _ = draw.choice(list(data["ratios"])).split("|")
    shape = [round(2 ** draw.uniform(0, 10.5)) for _ in range(3)]
    found = {
        "shape": draw.choice(data["volumes"]).replace("×", "x")
        if measured
        else "x".join(map(str, shape)),
        "dtype": "float32" if measured else dtype,
        "kind": "raw" if measured else kind,
        "use": draw.choice(["archive", _use(draw), _use(draw), _use(draw)]),
        "release": draw.choice([name for name, _ in data["releases"]]),
        "tomograms": str(draw.choice([1, 484])),
    }
    if draw.random() < 0.5:
        found |= {"storage": "s3", "latency": draw.choice(["", "0", "7.5", "50"])}
        found |= {"client": draw.choice(["", "s3fs"])}
    found |= {"bandwidth": draw.choice(["", "40"])}
    often = {
        "ratio": "2.75", "format": draw.choice("23"), "objects": "900", "memory": "300MiB", "chunk": "2m",
        "present": draw.choice(LAYOUTS), "readers": draw.sample(list(data["readers"]["names"]), 2),
    }  # fmt: skip
    for name, value in often.items():
        if draw.random() < 0.25:
            found[name] = value
    return typed(**found)


def _use(draw: random.Random) -> str:
    chosen = draw.sample(USES, draw.choice([1, 1, 2, 3]))
    return ",".join(
        f"{one}={draw.choice([1, 3, 0.5])}" if len(chosen) > 1 else one for one in chosen
    )


def differences(mine, theirs, where="") -> list[str]:
    """Where two answers differ: texts and whole numbers at all, other numbers beyond NEAR."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        if list(mine) != list(theirs):
            return [f"{where}: {list(mine)} {list(theirs)}"]
        return [
            one for key in mine for one in differences(mine[key], theirs[key], f"{where}/{key}")
        ]
    if isinstance(mine, list) and isinstance(theirs, list) and len(mine) == len(theirs):
        return [
            one
            for n, (a, b) in enumerate(zip(mine, theirs))
            for one in differences(a, b, f"{where}/{n}")
        ]
    numbers = all(type(one) in (int, float) for one in (mine, theirs))
    same = math.isclose(mine, theirs, rel_tol=NEAR) if numbers else mine == theirs
    return [] if same else [f"{where}: {mine!r} {theirs!r}"]


SMALL = {"shape": "128x128x128"}
#: What the model of many layouts at once says too little of, and layouts that somebody has and may not keep.
LIMITED = [
    {**SMALL, "use": "viewer", "memory": "1.5MiB"},
    {**SMALL, "use": "viewer", "memory": "2MiB", "client": "s3fs", "storage": "s3", "present": "16x16x16,3"},
    {**SMALL, "use": "viewer", "memory": "3MiB", "objects": "3"},
    {**SMALL, "use": "region-96", "memory": "12MiB"},
    {**SMALL, "use": "xy=1,yz=1", "memory": "1.5MiB"},
    {**SMALL, "use": "xz", "memory": "1MiB", "bandwidth": "100"},
    {**SMALL, "use": "archive", "memory": "6MiB"},
    {**SMALL, "objects": "33"},
    {**SMALL, "readers": ["copick"], "present": "4x128x128,3,none"},
    {**SMALL, "readers": ["copick"], "present": "4x128x128,3,blosc-lz4-7-none"},
    {**SMALL, "readers": ["napari"], "present": "4x128x128,2,none"},
    {**SMALL, "readers": ["copick"], "use": "xy,yz", "objects": "100"},
    {**SMALL, "readers": ["neuroglancer"], "use": "viewer,whole", "format": "3", "memory": "20MiB"},
    {**SMALL, "format": "2", "present": "4x128x128,3,none"},
    {**SMALL, "objects": "5", "present": "4x128x128,3,none"},
    {**SMALL, "present": "4x128x128,2,none"},
]  # fmt: skip


def test_the_page_keeps_limits_as_the_plan_does(project, run, committed):
    asked = [typed(**one) for one in LIMITED]
    for one, found in zip(asked, answers(committed, asked)):
        assert compared(run, one, found) in ("answered", "refused")


@pytest.mark.parametrize("seed", [0, *(pytest.param(n, marks=pytest.mark.dear) for n in (1, 2))])
def test_the_page_answers_random_questions_as_the_plan_does(seed, project, run, committed):
    draw, data = random.Random(f"advice {seed}"), published(committed)["data"]
    asked = [drawn(draw, data) for _ in range(6)]
    answered = 0
    for one, found in zip(asked, answers(committed, asked)):
        answered += compared(run, one, found) == "answered"
    assert answered >= 3


def compared(run, one: dict, found: dict) -> str:
    """What the page said to a question, which the command must say too."""
    if "problems" in found:
        assert list(found["problems"]) == ["present"]  # a release that can't read it
        return "no question"
    done = run(*shlex.split(found["command"])[1:], "--format", "json")
    if "error" in found["answer"]:
        assert done.code == 1 and found["answer"]["error"] in done.error, one
        return "refused"
    assert done.code == 0, (done.error, found["command"])
    theirs = json.loads(done.printed)
    del theirs["code"]
    assert differences(found["answer"], theirs) == [], found["command"]
    return "answered"


def neighbours(known) -> list[tuple[str, str]]:
    """Versions of releases that follow on each other, of those with a model."""
    return list(pairwise(name for name, _ in published(known)["data"]["releases"]))


def test_neighbouring_releases_differ_by_no_more_than_regressions_would_name(committed):
    pairs = [pair for pair in neighbours(committed) if pair[0].startswith("3")]
    assert ("3.4.1", "3.4.2") in pairs  # of one volume, and of three
    for pair, found in zip(pairs, upgrades(committed, pairs)):
        times = [one for one in found["rows"] if one["say"] == "time"]
        assert len(times) == 4 and all(one["same"] for one in times), (pair, found["sentence"])


def test_two_releases_are_compared_in_what_both_were_timed_in(committed):
    data = published(committed)["releases"]
    for one, other in combinations(data, 2):
        fits = [data[a]["fits"][data[a]["against"][b]] for a, b in ((one, other), (other, one))]
        assert len({fit["far"] for fit in fits}) == 1, (one, other)
        assert [None in (fit["read"], fit["write"]) for fit in fits] == [False, False]
    # A release as it is without what the other lacks has the costs that the other's pages have.
    old, new = (committed.history.find(name).hash for name in ("3.4.1", "3.4.2"))
    alone = common.limited(committed, new, common.cells(committed, old, new))
    fit = fitted(alone, new).on_disk.read.tolist()
    assert data["3.4.2"]["fits"][data["3.4.2"]["against"]["3.4.1"]]["read"] == fit
    assert data["3.4.2"]["read"] != fit


def without_writes(known, version: str):
    """The evidence of a history that was interrupted after a release's reads."""
    release = known.history.find(version).hash
    cells = [one for one in common.cells(known, release, release) if evidence.WRITE not in one[2]]
    return replace(
        known, found=known.found | common.limited(known, release, frozenset(cells)).found
    )


def test_a_release_without_timed_writes_is_left_out_and_no_other(committed):
    known = without_writes(committed, "3.4.2")
    whole, left = published(committed)["data"], advice_data.gather(known, REPOSITORY)
    assert left["releases"] == whole["releases"][:-1]
    # The command that is shown names the release: by itself tomobench plan takes the one without.
    assert (left["newest"], left["default"]) == ("3.4.1", "3.4.2")
    assert (whole["newest"], whole["default"]) == ("3.4.2", "3.4.2")
    advice_data.of_release(known, known.history.find("3.4.1").hash)


def test_a_wheel_rebuilt_under_a_published_version_has_its_own_data(committed):
    published_one = committed.history.find("3.4.2")
    rebuilt = replace(published_one, hash="abcdef12", sha256="a" * 64, path="wheels/rebuilt.whl")
    found = {(volume, "abcdef12"): one for volume, one in committed.of("3.4.2").items()}
    known = replace(
        committed,
        history=History([*committed.history.releases, rebuilt]),
        found=committed.found | found,
    )
    names = [name for name, _ in advice_data.gather(known, REPOSITORY)["releases"]]
    assert names[-3:] == ["3.4.1", "3.4.2", "abcdef12"]
    against = advice_data.of_release(known, known.history.find("3.4.1").hash)["against"]
    assert {"3.4.2", "abcdef12"} <= against.keys()


def test_over_s3_times_are_compared_where_both_were_timed_there(committed):
    asked = {"storage": "s3", "present": "64x64x64"}
    alone, both = upgrades(committed, [("3.4.1", "3.4.2"), ("2.18.7", "3.4.2")], **asked)
    assert alone["sentence"].endswith(
        "imes over S3 can’t be compared: zarr 3.4.1 was not timed there."
    )
    assert [one["name"] for one in alone["rows"]][1].startswith("memory")
    assert [one["name"] for one in both["rows"]][:4] == [
        "opening",
        "an XY slice",
        "all of it",
        "writing it",
    ]
