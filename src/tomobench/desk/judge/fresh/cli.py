"""``tomobench verdict``."""

import os
import platform
import shlex
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from tomobench import __version__
from tomobench.desk import digits, options
from tomobench.desk.errors import UserError
from tomobench.desk.judge import acknowledged, examination, formats, project
from tomobench.desk.judge import verdict as gate
from tomobench.desk.judge.explain import explaining, kept, of_facts
from tomobench.desk.judge.explain.difference import Explanation
from tomobench.desk.judge.facts import Fact
from tomobench.desk.judge.fresh import environment, measuring, sensitivity, text
from tomobench.desk.judge.fresh import subject as subjects
from tomobench.desk.releases import lock
from tomobench.desk.results import machine as machines
from tomobench.desk.results import reading as results

GOES_ON = "what is finished is kept, and the same command continues from there"


@click.command("verdict")
@click.argument("asked", metavar="WHEEL | FOLDER | RELEASE")
@click.option(
    "--against",
    metavar="RELEASE",
    help="Compare with this release.  [default: the newest final one that is not above it]",
)
@click.option(
    "--minutes",
    type=options.Finite(0, min_open=True),
    default=10,
    show_default=True,
    help="How long it may take. Counts and reads over S3 are made whole, whatever they take.",
)
@click.option(
    "--with",
    "pin",
    metavar="PIN",
    help="Judge another version of a package, as numcodecs==0.16.3: the same zarr with it, against "
    "itself without. Of numcodecs, numpy, fsspec and s3fs.",
)
@click.option(
    "--keep", is_flag=True, help="Add the wheel to the history, and what was measured to results/."
)
@click.option(
    "--only",
    type=click.Choice(measuring.PARTS),
    multiple=True,
    help="Measure this part alone; may be given twice.  [default: all three]",
)
@options.benchmark
def command(
    asked: str,
    against: str | None,
    minutes: float,
    pin: str | None,
    keep: bool,
    only: tuple[str, ...],
    benchmark: str | None,
) -> None:
    """Say what a release would change, before it is made: measure it, compare it, print markdown.

    \b
      tomobench verdict dist/zarr-3.5.0-py3-none-any.whl   a wheel, in ten minutes
      tomobench verdict path/to/zarr-python                a folder: pip builds the wheel
      tomobench verdict 3.4.2 --against 3.3.0              a release against another

    WHEEL is a wheel of zarr, FOLDER one to build it from, RELEASE one of releases.lock.json. Counted
    on both sides: requests, bytes, objects, voxels, function starts. Raced: reads over S3 at a round
    trip of 50 ms, then the cells of key-cells.txt for the rest of the time.

    Exit code: 0 nothing got worse, 3 something is wrong, 4 traffic grew, 5 time or memory did; 1 the
    command failed. Run again, it continues where it was interrupted. releases.lock.json and results/
    stay as they are.
    """
    root = lock.find_root()
    with tempfile.TemporaryDirectory(prefix="tomobench-verdict-") as scratch:
        try:
            sides = _sides(root, Path(scratch), asked, against, pin)
            with measuring.alone(root):
                code = _judge(root, sides, minutes, pin, keep, only or measuring.PARTS, benchmark)
        except KeyboardInterrupt:
            raise UserError(f"interrupted: {GOES_ON}") from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise UserError(f"{error.filename or 'a file'}: {reason}; {GOES_ON}") from None
    sys.exit(code)


def _judge(
    root: Path,
    sides: tuple[subjects.GivenWheel, subjects.GivenWheel],
    minutes: float,
    pin: str | None,
    keep: bool,
    parts: Sequence[str],
    benchmark: str | None,
) -> int:
    """Measure both, print the verdict; the exit code."""
    begun = time.monotonic()
    volume = measuring.volume_of(root)
    beside, one, before = measuring.prepare(root, *sides, volume)
    # Read first: a file that can't be used costs no measuring.
    accepted = acknowledged.load(root, lock.load(beside.folder))
    campaign = measuring.Measuring(beside, one, before, minutes, begun + 60 * minutes, benchmark)
    mine, its = environment.ask(beside, [one, before])
    if pin:
        environment.require(pin, mine)
    lender = None
    if "counts" in parts:
        lender = environment.lender(results.results_folder(root), before, its)
    _measure(campaign, parts, lender)
    if keep:
        measuring.keep(campaign)
    told = text.environment([(one, mine), (before, its)], lender, _about(volume, begun))
    return _say(campaign, accepted, told)


def _sides(
    root: Path, scratch: Path, asked: str, against: str | None, pin: str | None
) -> tuple[subjects.GivenWheel, subjects.GivenWheel]:
    """What is judged, and what it is compared with. Raises UserError, also where they are one wheel."""
    history = lock.load(root)
    subject = subjects.find(root, history, asked, scratch)
    if against:
        other = subjects.find(root, history, against, scratch / "against")
    else:
        other = subject if pin else subjects.before(history, subject)
    if pin:
        subject = subjects.with_pin(subject, pin, scratch)
    if subject.wheel.sha256 == other.wheel.sha256:
        raise UserError(
            f"{asked} and {other.wheel.version} are one wheel: there is nothing to compare"
        )
    return subject, other


def _about(volume: str, begun: float) -> dict[str, str]:
    """What else is said of the environment, by name; ``begun``: on the clock time.monotonic."""
    cpu = machines.description()["cpu"]
    took = (time.monotonic() - begun) / 60
    return {
        "volume": volume,
        "system": f"{platform.system()} {platform.release()}, {cpu}, {os.cpu_count()} processors",
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "command": f"`{_command()}` (tomobench {__version__}, {took:.1f} min)",
    }


def _measure(campaign: measuring.Measuring, parts: Sequence[str], lender: str | None) -> None:
    if "counts" in parts:
        measuring.counts(campaign, lender)
    if "s3" in parts:
        measuring.s3(campaign)
    if "race" in parts:
        measuring.race(campaign)


def _say(
    campaign: measuring.Measuring,
    accepted: list[acknowledged.Acknowledgement],
    environment_: str,
) -> int:
    """Print the verdict; the exit code."""
    found = project.load(campaign.aside.folder)
    question = examination.Query(
        machines.name(),
        [campaign.subject.hash],
        campaign.against.hash,
        campaign.aside.volume,
        campaign.benchmark,
    )
    answer = examination.examine(found, question, accepted)
    verdict = gate.of(answer, found.history)
    families = sensitivity.families(
        found.raced(machines.name()),
        campaign.against.hash,
        campaign.subject.hash,
        campaign.benchmark,
    )
    explained = _explained(campaign, verdict)
    said = text.markdown(
        verdict,
        answer,
        found.history,
        families,
        environment_,
        lambda fact: of_facts.lines(fact, explained),
    )
    click.echo(said)
    return verdict.code


def _explained(
    campaign: measuring.Measuring, verdict: gate.Verdict
) -> dict[kept.Told, Explanation]:
    """Why the facts that are printed are so; without what can't be found out, which is said."""
    facts = [
        fact
        for one in verdict.releases
        for fact in one.facts[: formats.MOST_FACTS]
        if isinstance(fact, Fact)
    ]
    if facts:
        campaign.say(f"explaining {digits.several(len(facts), 'fact')}")
    folder = campaign.aside.folder
    sides = [campaign.against, campaign.subject]
    found: dict[kept.Told, Explanation] = {}
    try:
        for more in of_facts.explain(
            folder, facts, lambda *pair: explaining.ready(folder, sides, campaign.aside.volume)
        ):
            found |= more
    except UserError as error:
        click.echo(f"tomobench: the facts are not all explained: {error}", err=True)
    return found


def _command() -> str:
    """The command as it was given, files without their folders."""
    words = [Path(word).name if Path(word).exists() else word for word in sys.argv[1:]]
    return shlex.join(["tomobench", *words])
