"""One question asked of a project's results: the findings, and all that stands in the way of an
answer."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np

from tomobench.desk.errors import UserError
from tomobench.desk.judge import compare, gaps, noise, raced
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.findings import Finding, Steps
from tomobench.desk.judge.kinds import Tier
from tomobench.desk.judge.project import Project
from tomobench.desk.judge.series import Series
from tomobench.desk.results import calibration


@dataclass(frozen=True)
class Query:
    """``releases``: the hashes asked about. ``against``: the hash compared with, None for the one
    before."""

    machine: str
    releases: list[str]
    against: str | None = None
    volume: str | None = None
    benchmark: str | None = None


@dataclass
class Answer:
    """Findings, worst first; how many comparisons were made, by tier; and what is to be said beside
    them.

    ``gaps``: what was to be compared and could not be. ``notes``: what a reader must know besides.
    """

    question: Query
    findings: list[Finding] = field(default_factory=list)
    compared: Counter = field(default_factory=Counter)
    gaps: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(project: Project, question: Query, accepted: list[Acknowledgement]) -> Answer:
    """Answer a question. Raises UserError if nothing could be compared, saying why."""
    answer = Answer(question)
    answer.gaps += [*_of_machine(project, question.machine), *_outdated(project, question)]
    records = project.spreads(question.machine)
    answer.notes += _about_the_project(project, question, records)
    found = _series(project, question)
    answer.gaps += _without_against(found, project, question)
    for series in found:
        _compare(series, project, records, answer)
    answer.findings = [
        replace(one, acknowledged=_acknowledgement(one, accepted)) for one in answer.findings
    ]
    answer.findings.sort(key=lambda one: (-one.worth, one.line.name, one.release))
    if not answer.compared.total():
        _refuse(project, question, answer)
    return answer


def all_series(project: Project, machine: str) -> list[Series]:
    """The series of a machine, and its races; a pair that a race compares is compared there alone."""
    raced_ones = project.raced(machine)
    plain = [
        replace(
            one, elsewhere=raced.pairs(race for race in raced_ones if race.volume == one.volume)
        )
        for one in project.series(machine)
    ]
    return plain + raced_ones


def _series(project: Project, question: Query) -> list[Series]:
    found = all_series(project, question.machine)
    volumes = sorted({series.volume for series in found})
    if question.volume is not None and question.volume not in volumes:
        raise UserError(f"nothing was measured on {question.volume}: there is {', '.join(volumes)}")
    return [series for series in found if question.volume in (None, series.volume)]


def _without_against(found: list[Series], project: Project, question: Query) -> Iterable[str]:
    """Where the release that is compared with was not measured. A race of others is no gap beside runs."""
    if question.against is None:
        return
    runs = {series.volume for series in found if not series.race}
    for series in found:
        if question.against not in series.releases and not (series.race and series.volume in runs):
            yield (
                f"{project.history.name_of(question.against)} was not measured on {series.volume}: "
                "nothing is compared with it there"
            )


def _compare(series: Series, project: Project, records, answer: Answer) -> None:
    question = answer.question
    main = [release.hash for release in project.history.branch("main")]
    series = series.of_releases(
        {*main, *question.releases, question.against} if question.against else main
    )
    if question.against and question.against not in series.releases:
        return
    # Before anything is left out: what else is asked for must not change what is found.
    history = Steps(series, noise.of(series, records), main)
    if question.against:
        column = series.releases.index(question.against)
        compared, found = (
            compare.with_one(series, history.noise, column),
            history.against(question.against),
        )
    else:
        compared, found = history.neighbours, history.steps()
    lines = series.matching(question.benchmark)
    columns = [n for n, one in enumerate(series.releases) if one in question.releases]
    names = {line.name for line, chosen in zip(series.lines, lines) if chosen}
    answer.findings += [
        one for one in found if one.release in question.releases and one.line.name in names
    ]
    made = compared.verdict[np.ix_(lines, columns)] != compare.NONE
    for tier in Tier:
        answer.compared[tier] += int(made[series.exact[lines] == (tier is Tier.EXACT)].sum())
    _say_gaps(series.select(lines), _select(compared, lines), columns, project, answer)


def _select(compared: compare.Compared, lines: np.ndarray) -> compare.Compared:
    return compare.Compared(**{name: value[lines] for name, value in vars(compared).items()})


def _say_gaps(
    series: Series, compared, columns: list[int], project: Project, answer: Answer
) -> None:
    name = project.history.name_of
    where = f" on {series.volume}" if series.volume else ""
    for release, benchmarks in gaps.disappeared(series, columns):
        answer.gaps.append(
            f"{name(release)} has no result{where} of what an earlier release has: "
            f"{_listed(benchmarks)}"
        )
    for release, benchmarks in gaps.incomparable(series, compared, columns):
        answer.gaps.append(
            f"{name(release)}{where}: a time of zero, another asv_runner than before, or a race of "
            "one renewal: "
            f"{_listed(benchmarks)} not compared"
        )
    outdated = {
        benchmark
        for machine, _, benchmark in project.reading.outdated
        if machine == answer.question.machine
    }
    for release, benchmarks in gaps.first_measured(series, columns):
        if changed := sorted(outdated & set(benchmarks)):
            answer.gaps.append(
                f"{name(release)}{where} has nothing before it to be compared with, only results "
                f"of another version of {_listed(changed)}"
            )
        if new := sorted(set(benchmarks) - outdated):
            answer.notes.append(f"first measured in {name(release)}{where}: {_listed(new)}")
    for release, benchmarks in gaps.no_longer_possible(series, columns):
        answer.notes.append(f"n/a from {name(release)} on{where}: cells of {_listed(benchmarks)}")


def _of_machine(project: Project, machine: str) -> Iterable[str]:
    own = (f"{machine}/", f"{machine}:")
    return (line for line in project.reading.damaged if line.startswith(own))


def _about_the_project(project: Project, question: Query, records) -> Iterable[str]:
    if not records:
        yield (
            f"no calibration of {question.machine}: times are taken to differ by "
            f"{calibration.ASSUMED:.0%} from run to run, so only large changes are found "
            "(tomobench calibrate measures it)"
        )
    if unknown := project.unknown_releases(question.machine):
        yield f"left out, as no such release is known: results of {', '.join(unknown)}"
    for release, names in _by_release(project.reading.gone, question):
        version = _name(project, release)
        yield f"{version}: left out, as the suite no longer has it: {_listed(names)}"
    off = [one for one in question.releases if one not in _main(project)]
    if off and not question.against:
        names = ", ".join(_name(project, one) for one in off)
        yield f"{names} on no branch, so there is none before: compare with --against"


def _outdated(project: Project, question: Query) -> Iterable[str]:
    for release, names in _by_release(project.reading.outdated, question):
        if release in {*question.releases, question.against}:
            yield (
                f"{_name(project, release)} was measured with another version of {_listed(names)}: "
                "measure it again"
            )


def _by_release(left_out: list[tuple], question: Query) -> Iterable[tuple[str, list[str]]]:
    found: dict[str, list[str]] = {}
    for machine, release, benchmark in left_out:
        if machine == question.machine and re.search(question.benchmark or "", benchmark):
            found.setdefault(release, []).append(benchmark)
    return ((release, sorted(set(names))) for release, names in found.items())


def _name(project: Project, release: str) -> str:
    return {one.hash: one.version for one in project.history.releases}.get(release, release)


def _main(project: Project) -> set[str]:
    return {release.hash for release in project.history.branch("main")}


def _acknowledgement(finding: Finding, accepted: list[Acknowledgement]) -> Acknowledgement | None:
    return next((one for one in accepted if one.covers(finding.release, finding.line.name)), None)


def _refuse(project: Project, question: Query, answer: Answer) -> None:
    measured = sorted(
        {one for series in project.series(question.machine) for one in series.releases},
        key=[release.hash for release in project.history.releases].index,
    )
    names = [project.history.name_of(one) for one in measured]
    asked = [one for one in question.releases if one in measured]
    if len(measured) == 1:
        reason = f"only {names[0]} was measured on {question.machine}: measure another with asv run"
    elif not asked:
        reason = f"none of the releases asked for was measured: there is {', '.join(names)}"
    elif question.benchmark:
        reason = f"no benchmark that {question.benchmark!r} finds was measured in two releases"
    else:
        reason = f"{', '.join(map(project.history.name_of, asked))} had nothing to be compared with"
    raise UserError("; ".join([f"nothing was compared: {reason}", *answer.gaps]))


def _listed(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
