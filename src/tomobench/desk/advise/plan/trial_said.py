"""What came of a trial, in words and as a table."""

from tomobench.desk.advise.evidence import use as uses
from tomobench.desk.advise.plan.question import Question
from tomobench.desk.advise.plan.reasons import named, time_said
from tomobench.desk.advise.plan.search import TIE
from tomobench.desk.advise.plan.trial import TriedLayout, TriedLayouts
from tomobench.desk.results.table import Table


def text(trial: TriedLayouts, question: Question, format_: str) -> str:
    """A sentence, a table of modelled beside measured, and what was tried; ``format_``: table or markdown."""
    return "\n".join(
        [
            sentence(trial),
            "",
            Table([_line(one, question) for one in trial.layouts]).said(format_),
            "",
            _tried(trial),
        ]
    )


def _tried(trial: TriedLayouts) -> str:
    return (
        f"Tried: {trial.about}, {trial.where}. {trial.rounds} rounds, all layouts in turns. Each was read back whole "
        "and is right. Nothing is left of them."
    )


def sentence(trial: TriedLayouts) -> str:
    """Which layout was the fastest, and whether the model had it first."""
    first, *others = trial.layouts
    same = [one for one in others if one.measured_mean <= (1 + TIE) * first.measured_mean]
    expected = min(trial.layouts, key=lambda one: one.modelled_mean)
    names = " and ".join(named(one.layout) for one in [first, *same])
    words = f"Fastest when tried: {names}, {time_said(first.measured_mean)}"
    words += f" (no difference above {TIE:.0%})." if same else "."
    if expected in (first, *same):
        return f"{words} The model says so too."
    times = expected.measured_mean / first.measured_mean
    return f"{words} The model had {named(expected.layout)} first, which took {times:.2f} times as long."


def records(trial: TriedLayouts) -> list[dict]:
    """A flat record for each layout, seconds."""
    return [
        {"layout": named(one.layout)}
        | {f"{name}_modelled": seconds for name, seconds in one.modelled.items()}
        | {f"{name}_measured": seconds for name, seconds in one.measured.items()}
        | {"mean_modelled": one.modelled_mean, "mean_measured": one.measured_mean}
        for one in trial.layouts
    ]


def _line(one: TriedLayout, question: Question) -> dict[str, str]:
    names = [name for name in question.use.shares or () if name != uses.WRITES] + [uses.WRITES]
    found = {"layout": named(one.layout)}
    for name in names:
        found[f"{name}: modelled"] = time_said(one.modelled[name])
        found["measured" if len(names) == 1 else f"{name}: measured"] = time_said(
            one.measured[name]
        )
    if len(names) > 2:
        found["use: modelled"] = time_said(one.modelled_mean)
        found["use: measured"] = time_said(one.measured_mean)
    return found
