"""The published report's claims, each compared with what is computed or was measured here."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from studies.reference_report import arithmetic, measurements
from studies.reference_report.context import Computed, Context
from tomobench.desk.advise.evidence.evidence import Evidence
from tomobench.desk.results.table import Table

OURS = Path(__file__).with_name("claims.toml")
CONFIRMED, CORRECTED, NOT_TESTABLE = "confirmed", "corrected", "not testable"
VERDICTS = (CONFIRMED, CORRECTED, NOT_TESTABLE)


@dataclass(frozen=True)
class Claim:
    """What the published report says: see claims.toml."""

    section: str
    says: str
    figure: str | list[str]
    computation: str
    arguments: dict
    bound: str | None = None
    within: float | None = None
    half: str | None = None

    @property
    def said(self) -> str:
        """The figure as a person reads it."""
        if isinstance(self.figure, list):
            return " to ".join(self.figure)
        return {"below": "at most ", "above": "more than "}.get(self.bound or "", "") + self.figure

    def holds(self, value: float) -> bool:
        """Whether a computed value is what the claim says."""
        low, high = self._limits()
        return low <= value <= high

    def _limits(self) -> tuple[float, float]:
        ends = self.figure if isinstance(self.figure, list) else [self.figure, self.figure]
        first, last = (float(number(text)) for text in ends)
        if isinstance(self.figure, list):
            return first, last
        slack = self._slack(self.figure)
        if self.bound == "below":
            return float("-inf"), last + (slack if self.within else 0)
        if self.bound == "above":
            return first + (slack if self.within else 1e-9), float("inf")
        return first - slack, last + slack

    def _slack(self, text: str) -> float:
        if self.within is not None:
            return self.within * float(number(text))
        return float(Decimal(self.half) if self.half else half_unit(text))


@dataclass(frozen=True)
class CheckedClaim:
    """A claim, what was found (None where nothing can be), how, and the verdict on it."""

    claim: Claim
    value: float | None
    how: str
    verdict: str


def number(text: str) -> Decimal:
    """A figure as it is written, thousands with commas."""
    return Decimal(text.replace(",", ""))


def half_unit(text: str) -> Decimal:
    """Half a unit of the last digit that was given: zeros before the point's place are rounding."""
    _, point, decimals = text.partition(".")
    if point:
        return Decimal(5).scaleb(-len(decimals) - 1)
    digits = text.replace(",", "")
    zeros = len(digits) - len(digits.rstrip("0"))
    return Decimal(5).scaleb(zeros - 1)


def load(path: Path = OURS) -> list[Claim]:
    """The claims of a file."""
    return [Claim(**fields) for fields in tomllib.loads(path.read_text(encoding="utf-8"))["claim"]]


def verdicts(evidence: Evidence, release: str, root: Path) -> Iterator[CheckedClaim]:
    """A verdict on each claim; ``release`` (a hash) is the newest of line 3, for what needs shards.
    What the published report timed on 2.18 is compared with the newest 2.18 there is."""
    context = Context(evidence, release, root)
    for claim in load():
        outcome = computed(claim, context)
        yield CheckedClaim(claim, outcome.value, outcome.how, verdict(claim, outcome))


def computed(claim: Claim, context: Context) -> Computed:
    """What the claim's computation finds."""
    module = arithmetic if hasattr(arithmetic, claim.computation) else measurements
    return getattr(module, claim.computation)(context, **claim.arguments)


def verdict(claim: Claim, outcome: Computed) -> str:
    """The verdict on a claim, one of VERDICTS."""
    if outcome.value is None or not outcome.comparable:
        return NOT_TESTABLE
    return CONFIRMED if claim.holds(outcome.value) else CORRECTED


def table(found: list[CheckedClaim]) -> Table:
    """The claims beside what was found, a record each; ``here`` is in the claim's unit."""
    records = [
        {
            "section": one.claim.section,
            "claim": one.claim.says,
            "published": one.claim.said,
            "here": one.value,
            "verdict": one.verdict,
            "how": one.how,
        }
        for one in found
    ]
    return Table(records, {"here": ",.10g"}, name="claims", title="The published report's claims")
