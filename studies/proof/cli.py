"""``make prove``: how good the race is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from studies.proof import (
    alone,
    cells,
    counting,
    methods,
    power,
    price,
    project,
    samples,
    tables,
    truth,
    variants,
)
from tomobench.desk import options
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results.table import Table

STEPS = ("truth", "quiet", "loaded", "same", "counts", "price", "report")
PRECISION = "0.01%"
"""Asked of a proof's races: more than they can reach, so that all have as many renewals."""

QUICK: dict[str, tuple[float, ...]] = {"decode": (0.5,), "shard": (0.5,)}
"""What a quick proof slows."""


@dataclass(frozen=True)
class Plan:
    """How much is measured. ``pattern``: the cells raced; ``counted``: the counts compared; ``priced``: the cells of the price; ``sizes``: by
    kind, as variants.SIZES; ``raced``: the wheels."""

    root: Path
    quick: bool
    pattern: str
    counted: str
    priced: str
    sizes: dict[str, tuple[float, ...]]
    raced: list[variants.Variant]
    races: int
    renewals: int
    turns: int

    def prepare(self, stage: str) -> project.Stage:
        return project.prepare(self.root, stage, self.quick)


@click.command("prove")
@click.argument("steps", nargs=-1, metavar="[STEP]...")
@click.option(
    "--cells", "pattern", metavar="REGEX", callback=options.expression, help="Race these cells."
)
@click.option(
    "--wheels",
    metavar="REGEX",
    callback=options.expression,
    help="Race only these, as in '10$|same': same1, decode05, shard10, store200, …",
)
@click.option(
    "--aliases",
    type=click.IntRange(1),
    default=4,
    show_default=True,
    help="Names under which the release itself is raced too.",
)
@click.option(
    "--races",
    type=click.IntRange(0),
    default=2,
    show_default=True,
    help="Further races of the release against itself, for each condition.",
)
@click.option(
    "--renewals", type=click.IntRange(2), default=10, show_default=True, help="Of each race."
)
@click.option(
    "--turns", type=click.IntRange(20), default=200, show_default=True, help="For the true sizes."
)
@click.option("--quick", is_flag=True, help="A few cells, two renewals: to see that it works.")
def command(steps, pattern, wheels, aliases, races, renewals, turns, quick):
    """Measure how good tomobench regressions is: what it finds, and what it finds falsely.

    The newest zarr is rebuilt under other names: as it is; slowed by 5, 10, 20 and 50 % in chunk
    decoding, in the sharded read path, in store reads; with an extra request a chunk; with larger
    objects. STEPS (default: all, in this order):

    \b
      truth    the true size of each slowness in each cell, without comparing wheels
      quiet    a race of all wheels; the machine should have nothing else to do
      loaded   the same, while another process keeps one core busy
      same     more races of the release against itself, quiet and loaded
      counts   the exact suites, for the wheels with more requests and larger objects
      price    what it costs to tell 10 % from none: the race, asv run, pytest-benchmark
      report   tables: what was found, by this and by other methods, of the same samples

    What is finished is not done again: an interrupted proof goes on where it stopped. Its data are in
    results/<machine>/proof.
    """
    if wrong := [step for step in steps if step not in STEPS]:
        raise UserError(f"{wrong[0]!r} is no step of the proof: choose from {', '.join(STEPS)}")
    plan = _plan(pattern, wheels or "", aliases, races, renewals, turns, quick)
    for step in (one for one in STEPS if one in (steps or STEPS)):
        for line in DO[step](plan):
            click.echo(line)


def _plan(pattern, wheels: str, aliases, races, renewals, turns, quick: bool) -> Plan:
    root = lock.find_root()
    if quick:
        chosen = pattern or options.pattern(cells.QUICK)
        raced = variants.timed(1, QUICK)
        priced = options.pattern(cells.QUICK)
        return Plan(root, True, chosen, cells.COUNTED_QUICK, priced, QUICK, raced, 0, 2, 20)
    chosen = pattern or options.pattern(cells.KEY)
    found = variants.timed(aliases, variants.SIZES)
    raced = [one for one in found if re.search(wheels, one.label)]
    if not raced:
        raise UserError(f"no wheel is called {wheels!r}: {', '.join(one.label for one in found)}")
    priced = options.pattern(cells.PRICE)
    return Plan(
        root, False, chosen, cells.COUNTED, priced, variants.SIZES, raced, races, renewals, turns
    )


def _truth(plan: Plan) -> Iterator[str]:
    yield from truth.measure(plan.prepare("truth"), plan.sizes, plan.pattern, plan.turns)


def _quiet(plan: Plan) -> Iterator[str]:
    yield from _race(plan, f"{samples.QUIET}-1", plan.raced)


def _loaded(plan: Plan) -> Iterator[str]:
    yield from _race(plan, f"{samples.LOADED}-1", plan.raced)


def _same(plan: Plan) -> Iterator[str]:
    aliases = [one for one in plan.raced if one.kind == "same"]
    for number in range(2, plan.races + 2):
        for condition in samples.CONDITIONS:
            yield from _race(plan, f"{condition}-{number}", aliases)


def _race(plan: Plan, stage: str, wheels: list[variants.Variant]) -> Iterator[str]:
    place = plan.prepare(stage)
    yield f"race {stage}: {len(wheels)} wheels beside zarr {place.release.version}"
    added = [place.add(variant) for variant in wheels]
    with project.loaded(stage.partition("-")[0]):
        place.run(
            "race",
            *(one.hash for one in (place.release, *added)),
            *("--benchmark", plan.pattern, "--precision", PRECISION),
            *("--renewals", str(plan.renewals), "--time-limit", "12h"),
        )
    place.keep()


def _counts(plan: Plan) -> Iterator[str]:
    place = plan.prepare("counts")
    counting.measure(place, plan.counted)
    rows = counting.compare(place)
    yield f"{len(rows)} counts compared"


def _price(plan: Plan) -> Iterator[str]:
    yield from price.measure(plan.prepare("price"), plan.renewals, plan.priced)


def _report(plan: Plan) -> Iterator[str]:
    folder = project.kept(plan.root, plan.quick)
    races, truths = samples.races(folder), truth.load(folder)
    pairs = samples.pairs(folder, races, truths)
    verdicts = methods.judge(pairs, alone.install(plan.root, "otava"))
    samples.save_table(folder / "verdicts.csv", tables.verdict_rows(verdicts))
    shown = {
        "itself": ("zarr against itself, by the race", tables.against_itself(verdicts)),
        "wheels": ("Slowed wheels, by the race", tables.by_wheel(verdicts)),
        "power": ("The race's price: findings / pairs", power.rows(folder, races, truths)),
    }
    for condition in samples.CONDITIONS:
        title = f"Found by each method, {condition}: findings / pairs, by true size"
        shown[f"methods-{condition}"] = (title, tables.side_by_side(verdicts, condition))
    rows = samples.load_table(folder / counting.FILE)
    shown["counted"] = ("Counts, exactly", tables.counted(rows))
    rows = samples.load_table(folder / price.FILE)
    shown["price"] = ("What it costs to tell 10 % from none", price.summary(rows))
    for name, (title, table) in shown.items():
        if table:
            samples.save_table(folder / f"table-{name}.csv", table)
            yield f"\n{title}\n\n{Table(table).text()}"


DO = {
    "truth": _truth,
    "quiet": _quiet,
    "loaded": _loaded,
    "same": _same,
    "counts": _counts,
    "price": _price,
    "report": _report,
}
