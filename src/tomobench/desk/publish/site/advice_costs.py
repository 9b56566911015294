"""What is fitted to a release's times, as the Advice page's scripts compute from it."""

import numpy as np

from tomobench.desk.advise.evidence import use
from tomobench.desk.advise.evidence.evidence import WRITE
from tomobench.desk.advise.plan import network, reasons
from tomobench.desk.advise.plan.fitted import Fitted
from tomobench.desk.advise.plan.network import S3

#: One use for each way in which errors are told apart.
ACCESSES = (*use.NAMES, "region-64", use.WRITES)


def costs(fit: Fitted) -> dict:
    """The costs, and how far off they are. ``far``: whether those over S3 were measured, and are not taken as none.

    Raises UserError where reads or writes were not timed.
    """
    return {
        "read": _list(fit.on_disk.read),
        "write": _list(fit.on_disk.write),
        "own": {
            "read": vars(fit.own[False] or network.NOTHING),
            "write": vars(fit.own[True] or network.NOTHING),
        },
        "far": None not in fit.own.values(),
        "errors": {
            kind: {_alike(name): _errors(fit, name, kind == S3) for name in ACCESSES}
            for kind in (network.DISK, S3)
        },
    }


def _list(costs: np.ndarray | None) -> list[float] | None:
    return None if costs is None else costs.tolist()


def _alike(name: str) -> str:
    """What errors are told apart by: an access, or any region."""
    return "region" if use.edge_of(name) else name


def _errors(fit: Fitted, name: str, far: bool) -> dict | None:
    """As Estimate.accuracy has them, and as they are said."""
    found = (fit.errors_far if far else fit.errors_of)(use.alike(name, WRITE))
    if found is None:
        return None
    largest = found.largest if np.isfinite(found.largest) else None  # JSON has no infinity
    return vars(found) | {"largest": largest, "said": reasons.errors_said(found)}
