"""One question asked of a project's results: the findings, and all that stands in the way of an
answer."""

import contextlib
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from tomobench.desk.arrays import Array
from tomobench.desk.errors import UserError
from tomobench.desk.judge import compare, forming, gaps, raced
from tomobench.desk.judge.acknowledged import Acknowledgement
from tomobench.desk.judge.facts import Fact, SmallWork, WrongFact
from tomobench.desk.judge.findings import Finding, Steps, plain_ratio
from tomobench.desk.judge.forming import Examined
from tomobench.desk.judge.kinds import Kind
from tomobench.desk.judge.project import Project
from tomobench.desk.judge.series import Series, named
from tomobench.desk.judge.tier import Tier
from tomobench.desk.judge.tiers import makes_facts, metric_of
from tomobench.desk.results import calibration, choosing


@dataclass(frozen=True)
class Query:
    """``releases``: the hashes asked about. ``against``: the hash compared with, None for the one
    before."""

    machine: str
    releases: list[str]
    against: str | None = None
    volume: str | None = None
    benchmark: str | None = None


@dataclass(repr=False)
class Answer:
    """Findings, worst first; how many comparisons were made, by kind; and what is to be said beside
    them.

    ``tiers``: how many comparisons were made of figures whose changes are facts, by tier.
    ``gaps``: what was to be compared and could not be. ``firsts``: what was measured first in a release, and where.
    ``notes``: what a reader must know besides.
    ``facts``: of steps between neighbours, or of the release chosen to compare with, release by
    release; ``wrong``: what is wrong in each release; ``work``: the small changes of function starts;
    ``apart``: facts that are attributable to no one release. ``seen``: of each comparison of times that
    found no change, the change that would have been sure, as a share: "raced" and "one run".
    ``environments``: asv's names of those that were looked at, by volume.
    """

    question: Query
    findings: list[Finding] = field(default_factory=list)
    compared: Counter[Kind] = field(default_factory=Counter)
    tiers: Counter[Tier] = field(default_factory=Counter)
    gaps: list[str] = field(default_factory=list)
    firsts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wrong: list[WrongFact] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    work: list[SmallWork] = field(default_factory=list)
    apart: list[Fact] = field(default_factory=list)
    seen: dict[str, list[float]] = field(default_factory=lambda: {"raced": [], "one run": []})
    environments: dict[str, set[str]] = field(default_factory=dict)


def examine(project: Project, question: Query, accepted: list[Acknowledgement]) -> Answer:
    """Answer a question. Raises UserError if nothing could be compared, saying why."""
    answer = Answer(question)
    answer.gaps += [*_of_machine(project, question.machine), *_outdated(project, question)]
    records = project.spreads(question.machine)
    answer.notes += _about_the_project(project, question)
    histories = _histories(project, question)
    found = [one.series for one in histories]
    for series in found:
        answer.environments.setdefault(series.volume, set()).add(series.measured_in)
    answer.gaps += _without_against(found, project, question)
    answer.gaps += _unmeasured(project, question)
    examined = [one for history in histories if (one := _compare(history, project, answer))]
    if answer.firsts:
        answer.notes.append(f"first measured: {'; '.join(answer.firsts)}")
    if not records and answer.seen["one run"]:
        answer.notes.append(_assumed(question.machine))
    plain = [series for series in found if series.race is None]
    answer.findings = [
        replace(
            one,
            acknowledged=_acknowledgement(one, accepted),
            run=plain_ratio(one, plain, records) if one.raced else None,
        )
        for one in answer.findings
    ]
    answer.findings.sort(key=lambda one: (-one.worth, one.line.name, one.release))
    if not answer.compared.total():
        _refuse(project, found, answer)
    own = {one.hash for one in project.history.releases if one.own} - {question.against}
    formed = forming.form(examined, answer.findings, project.history, accepted, own)
    answer.wrong = [fact for one in question.releases for fact in formed.wrong.get(one, ())]
    answer.facts, answer.work, answer.apart = formed.facts, formed.work, formed.apart
    answer.notes += _unmatched(answer, accepted, project)
    return answer


def histories(
    project: Project, machine: str, releases: list[str], accepted: list[Acknowledgement]
) -> dict[str, Answer]:
    """The answers on these releases of a machine, and of each other one of which some can be compared.

    Raises UserError where nothing of ``machine`` can be.
    """
    found = {machine: examine(project, Query(machine, releases), accepted)}
    for name in {*project.machines} - {machine}:
        with contextlib.suppress(UserError):
            found[name] = examine(project, Query(name, releases), accepted)
    return found


def _unmatched(answer: Answer, accepted: list[Acknowledgement], project: Project) -> Iterable[str]:
    """Entries of acknowledged.toml on releases asked about that cover nothing. Asked about in part, or
    against another release, no entry can be told to be of no use."""
    question = answer.question
    if question.against or question.volume or question.benchmark:
        return
    told = {(one.release, one.line.name) for one in answer.findings}
    told |= {(fact.release, name) for fact in answer.wrong for name in fact.lines}
    for one in accepted:
        if not one.hashes:
            yield f"acknowledged.toml: there is no zarr {one.release} yet"
        elif {*one.hashes} & {*question.releases} and not any(one.covers(*cell) for cell in told):
            yield (
                f"acknowledged.toml: nothing in {one.release} matches "
                f"{one.benchmark!r}: remove the entry"
            )


def _histories(project: Project, question: Query) -> list[Steps]:
    """What is asked about, each series before anything else is left out: what else is asked for must not change
    what is found."""
    found = project.steps(question.machine, _beside_main(question))
    volumes = sorted({one.series.volume for one in found})
    if question.volume is not None and question.volume not in volumes:
        raise UserError(f"nothing was measured on {question.volume}: there is {', '.join(volumes)}")
    return [one for one in found if question.volume in (None, one.series.volume)]


def _beside_main(question: Query) -> frozenset[str]:
    """The releases (hashes) to be looked at, be they on branch main or not."""
    return frozenset({*question.releases, question.against}) if question.against else frozenset()


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


def _measured(project: Project, question: Query) -> set[str]:
    """The releases that have results of the machine."""
    known = project.history.has
    return {
        sheet.release
        for sheet in project.reading.sheets
        if sheet.machine == question.machine and known(sheet.release)
    }


def _unmeasured(project: Project, question: Query) -> Iterable[str]:
    """The releases that have no result at all, where those that they are compared with have some."""
    measured = _measured(project, question)
    for release in question.releases:
        if release not in measured and _before(project, question, release) in measured:
            yield f"{_name(project, release)} was not measured: nothing is known of what it changed"


def _compare(history: Steps, project: Project, answer: Answer) -> Examined | None:
    question, series = answer.question, history.series
    if question.against and question.against not in series.releases:
        return None
    if question.against:
        column = series.releases.index(question.against)
        compared, found = (
            compare.with_one(series, history.noise, column),
            history.against(question.against),
        )
    else:
        compared, found = history.neighbours, history.steps()
    lines = np.flatnonzero(series.matching(question.benchmark))
    columns = [n for n, one in enumerate(series.releases) if one in question.releases]
    names = {series.lines[n].name for n in lines}
    releases = [*series.releases, *question.releases]
    before = {one: _before(project, question, one) for one in releases}
    place = {release: column for column, release in enumerate(series.releases)}
    neighbours = np.array([place.get(before[one] or "", -1) for one in series.releases])
    answer.findings += [
        replace(
            one,
            attributable=not one.drift and one.compared_with == before[one.release],
        )
        for one in found
        if one.release in question.releases and one.line.name in names
    ]
    made = compared.verdict[lines[:, None], columns] != compare.NONE
    for kind in Kind:
        answer.compared[kind] += int(made[series.exact[lines] == (kind is Kind.EXACT)].sum())
    for row, count in zip(lines, made.sum(axis=1).tolist()):
        if makes_facts(series.lines[row]):
            answer.tiers[metric_of(series.lines[row]).tier] += count
    asked = series.select(lines)
    where = _where(series, answer)
    answer.gaps += _disappeared(asked, before, where, project, question)
    _say_gaps(asked, compared.select(lines), columns, neighbours, where, project, answer)
    _say_seen(series, compared, lines, columns, answer)
    return Examined(series, compared, lines, neighbours)


def _before(project: Project, question: Query, release: str) -> str | None:
    """The release that a change in this one is compared with: the chosen one, or its neighbour."""
    if question.against:
        return question.against
    earlier = project.history.before(release)
    return earlier.hash if earlier else None


def _say_seen(
    series: Series,
    compared: compare.Compared,
    lines: Array,
    columns: list[int],
    answer: Answer,
) -> None:
    timed = lines[~series.exact[lines]]
    place = timed[:, None], columns
    same = compared.verdict[place] == compare.SAME
    with np.errstate(invalid="ignore"):
        share = (compared.high[place] / compared.ratio[place] - 1)[same]
    least = raced.LEAST if series.race is not None else 0.0
    answer.seen["one run" if series.race is None else "raced"] += np.fmax(share, least).tolist()


def _where(series: Series, answer: Answer) -> str:
    """The volume, and the environment where several are on it."""
    where = f" on {series.volume}" if series.volume else ""
    several = len(answer.environments[series.volume]) > 1
    return where + (f" in {series.measured_in}" if several else "")


def _disappeared(
    series: Series,
    before: dict[str, str | None],
    where: str,
    project: Project,
    question: Query,
) -> Iterable[str]:
    """What releases asked about have no result of, and those they are compared with have."""
    name, tips = project.history.name_of, {one.hash: one for one in project.history.tips()}
    looked = {one: before[one] for one in question.releases if one in series.releases}
    if series.race is None:
        # The history has published tips alone on every volume. Of what was not measured at all, that is said.
        chosen = question.against is not None or question.volume is not None
        elsewhere = _measured(project, question) - {*series.releases}
        absent = [one for one in question.releases if one in elsewhere]
        wanted = {one for one, tip in tips.items() if not tip.own}
        looked |= {one: before[one] for one in absent if chosen or one in wanted}
    for release, earlier, missing in gaps.disappeared(series, looked):
        if found := [one for one in missing if release in tips or not choosing.on_tips_alone(one)]:
            yield (
                f"{name(release)} has no result{where} of what {name(earlier)} has: {_listed(found)}"
            )


def _say_gaps(
    series: Series,
    compared: compare.Compared,
    columns: list[int],
    neighbours: Array,
    where: str,
    project: Project,
    answer: Answer,
) -> None:
    name = project.history.name_of
    held = neighbours[columns].tolist()
    for release, benchmarks in gaps.incomparable(series, compared, columns, held):
        answer.gaps.append(
            f"{name(release)}{where}: a time of zero, another asv_runner than before, or a race of "
            "one renewal: "
            f"{_listed(benchmarks)} not compared"
        )
    outdated = {
        benchmark
        for machine, volume, _, benchmark in project.reading.outdated
        if (machine, volume) == (answer.question.machine, series.volume)
    }
    for release, benchmarks in gaps.first_measured(series, columns):
        if changed := sorted(outdated & set(benchmarks)):
            answer.gaps.append(
                f"{name(release)}{where} has nothing before it to be compared with, only results "
                f"of another version of {_listed(changed)}"
            )
        if new := sorted(set(benchmarks) - outdated):
            answer.firsts.append(f"in {name(release)}{where} {_listed(new)}")
    alike = gaps.of_one_line(series, columns, held, project.history)
    for release, earlier, benchmarks in gaps.no_longer_possible(series, columns, alike):
        answer.gaps.append(
            f"{name(release)} is n/a{where} where {name(earlier)} has a result: cells of "
            f"{_listed(benchmarks)}"
        )
    others = [column for column, earlier in zip(columns, alike) if earlier < 0]
    known = [gaps.last_known(series, column) for column in others]
    for release, _, benchmarks in gaps.no_longer_possible(series, others, known):
        answer.notes.append(f"n/a since {name(release)}{where}: cells of {_listed(benchmarks)}")


def _of_machine(project: Project, machine: str) -> Iterable[str]:
    own = (f"{machine}/", f"{machine}:")
    return (line for line in project.reading.damaged if line.startswith(own))


def _assumed(machine: str) -> str:
    return (
        f"no calibration of {machine}: times are taken to differ by {calibration.ASSUMED:.0%} from run "
        "to run, so only large changes are found (tomobench calibrate measures it)"
    )


def _about_the_project(project: Project, question: Query) -> Iterable[str]:
    if unknown := project.unknown_releases(question.machine):
        yield f"left out, as no such release is known: results of {', '.join(unknown)}"
    for (release, volume), names in _left_out(project, project.reading.gone, question):
        if release in question.releases:
            where = _of_release(project, release, volume)
            yield f"{where}: left out, as the suite no longer has it: {_listed(names)}"
    if off := _off_branch(project, question):
        yield _none_before(project, off)


def _off_branch(project: Project, question: Query) -> list[str]:
    """The releases asked about (hashes) that none comes before, as they are on no branch and nothing was chosen."""
    main = {release.hash for release in project.history.branch("main")}
    return [] if question.against else [one for one in question.releases if one not in main]


def _none_before(project: Project, off: list[str]) -> str:
    listed = ", ".join(_name(project, one) for one in off)
    return f"{listed} on no branch, so there is none before: compare with --against"


def _outdated(project: Project, question: Query) -> Iterable[str]:
    current = {
        (sheet.release, sheet.volume, sheet.benchmark)
        for sheet in project.reading.sheets
        if sheet.machine == question.machine
    }
    for place, names in _left_out(project, project.reading.outdated, question):
        # Of what was measured again, in another environment perhaps, the gaps tell.
        old = [one for one in names if (*place, one) not in current]
        if old and place[0] in {*question.releases, question.against}:
            yield (
                f"{_of_release(project, *place)} was measured with another version of "
                f"{_listed(old)}: measure it again"
            )


def _left_out(
    project: Project, left_out: list[tuple[str, str, str, str]], question: Query
) -> Iterable[tuple[tuple[str, str], list[str]]]:
    """What is asked about of results that are not used: release and volume, and the benchmarks' names."""
    found: dict[tuple[str, str], set[str]] = {}
    for machine, volume, release, benchmark in left_out:
        if machine != question.machine or question.volume not in (None, volume):
            continue
        if _is_asked(benchmark, project, question):
            found.setdefault((release, volume), set()).add(benchmark)
    return ((place, sorted(names)) for place, names in found.items())


def _is_asked(benchmark: str, project: Project, question: Query) -> bool:
    """Whether any cell of a benchmark is asked about; of one that the suite no longer has, its name alone is known."""
    described = project.reading.benchmarks.get(benchmark)
    cells = product(*described["params"]) if described else [()]
    pattern = question.benchmark
    return pattern is None or any(re.search(pattern, named(benchmark, one)) for one in cells)


def _of_release(project: Project, release: str, volume: str) -> str:
    return " on ".join(filter(None, [_name(project, release), volume]))


def _name(project: Project, release: str) -> str:
    return {one.hash: one.version for one in project.history.releases}.get(release, release)


def _acknowledgement(finding: Finding, accepted: list[Acknowledgement]) -> Acknowledgement | None:
    return next((one for one in accepted if one.covers(finding.release, finding.line.name)), None)


def _refuse(project: Project, found: list[Series], answer: Answer) -> None:
    question, name = answer.question, project.history.name_of
    every = [release.hash for release in project.history.releases]
    counted = _measured(project, question)
    races = [one for one in found if one.race and one.matching(question.benchmark).any()]
    raced = {
        release
        for release in question.releases
        for one in races
        if {release, _before(project, question, release)} <= {*one.releases}
    }
    measured = sorted(counted.union(*(one.releases for one in races)), key=every.index)
    asked = [one for one in question.releases if one in measured]
    if len(measured) == 1:
        reason = f"only {name(measured[0])} was measured on {question.machine}: measure another with asv run"
    elif not asked:
        reason = "none of the releases asked for was measured"
        reason += f": there is {', '.join(map(name, measured))}" if measured else ""
    elif {*asked} <= {*_off_branch(project, question)}:
        reason = _none_before(project, asked)
    elif {*asked} <= raced - counted:
        reason = (
            f"{', '.join(map(name, asked))} was raced alone, and no cell was timed in two renewals: give "
            "the race more time (--minutes of tomobench verdict)"
        )
    elif question.benchmark:
        reason = f"no benchmark that {question.benchmark!r} finds was measured in two releases"
    else:
        reason = f"{', '.join(map(name, asked))} had nothing to be compared with"
    raise UserError("; ".join([f"nothing was compared: {reason}", *answer.gaps]))


def _listed(names: list[str], most: int = 6) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
