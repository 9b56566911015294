"""Races made for the tests: which wheel is slower, where and by how much, is known."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from studies.proof import samples, variants
from tomobench.desk.measure.race import turns

PLAIN, SHARDED, OPENING = (
    "read.Chunks.time_whole(64×64×64, 2)",
    "read.Shards.time_whole(64×64×64, 128×128×128)",
    "read.Chunks.time_open(64×64×64, 2)",
)
CELLS = (PLAIN, SHARDED, OPENING, "read.Chunks.time_slice_xy(64×64×64, 2)")


@dataclass(frozen=True)
class Machine:
    """How restless the made machine is: standard deviations of ln(seconds), of processes, of calls,
    and of what slows down all calls of a turn alike."""

    process: float = 0.01
    call: float = 0.03
    turn: float = 0.2


def race(
    folder: Path,
    name: str,
    wheels: list[variants.Variant],
    machine=Machine(),
    renewals=8,
    count=20,
    seed=0,
) -> None:
    """Keep a race of the release and ``wheels`` in a proof's folder; each wheel is slower by its share
    in the cells it touches."""
    draw = np.random.default_rng(seed)
    releases = {"3.4.2": None} | {one.label: one for one in wheels}
    rows = [
        {"hash": one, "version": one, "label": one if releases[one] else "", "sha256": ""}
        for one in releases
    ]
    known = {row["hash"]: row for row in [*samples.load_table(folder / samples.WHEELS), *rows]}
    samples.save_table(folder / samples.WHEELS, list(known.values()))
    about = turns.About(
        folder.name, "made", "env", dict.fromkeys(releases, ""), list(CELLS),
        {"read.Chunks.time_whole": "2"}, "0.3.2", 1, f"2026-01-01T00:00:{seed:02}+00:00",
    )  # fmt: skip
    one = turns.create(folder / turns.FOLDER / name, about)
    for renewal in range(1, renewals + 1):
        taken = [
            turn
            for number, cell in enumerate(CELLS, 1)
            for turn in _turns(renewal, cell, number / 1000, releases, machine, count, draw)
        ]
        one = turns.add(
            one,
            turns.Renewal(renewal, list(releases), seconds=dict.fromkeys(CELLS, 4.0), startup=2.0),
            taken,
        )


def _turns(renewal, cell, seconds, releases, machine, count, draw):
    processes = {one: draw.normal(0, machine.process) for one in releases}
    for number in range(count):
        weather = draw.normal(0, machine.turn)
        for order, (release, variant) in enumerate(releases.items()):
            slower = np.log1p(variant.share) if variant and variant.touches(cell) else 0
            log = slower + processes[release] + weather + draw.normal(0, machine.call)
            yield turns.Turn(
                renewal, number, order, cell, "made", release, 1, seconds * float(np.exp(log))
            )


def truths(wheels: list[variants.Variant]) -> dict:
    """The true sizes of such a race's wheels, as truth.load gives them."""
    return {
        (cell, one.kind, one.share): float(np.log1p(one.share)) for one in wheels for cell in CELLS
    }
