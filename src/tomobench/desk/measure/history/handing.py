"""Steps handed to the workers of a ``dask.distributed`` cluster, for ``tomobench history --dask``.

Dask carries a step to a worker and its files back, and says who is there. Who gets which step is decided here, as a
worker may be refused, and a step may be handed out again while the first to have it is only late. This process alone
writes results, by the way that lent counts go (:func:`lending.lend_counts`): a worker's machine gives counts, no times.
"""

import contextlib
import functools
import os
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tomobench.bench.beside import PATIENCE
from tomobench.desk import locks
from tomobench.desk.asv.measured import ASKED
from tomobench.desk.errors import UserError
from tomobench.desk.measure.history import elsewhere, kept, lending
from tomobench.desk.measure.history.measuring import (
    FOLDER,
    Campaign,
    Numbered,
    Others,
    keep_descriptions,
    not_measured,
    spoken,
)
from tomobench.desk.measure.history.steps import Step
from tomobench.desk.results import machine as machines
from tomobench.desk.servers import place, service

SERIES = ASKED, service.SERVER, place.URL
"""What asks for another configuration of zarr, or another S3 server: environment.py names the environment by them."""

LATE = 3
"""A step is late when it has taken so many times as long as the longest that came back: another worker gets it too."""

LIVES = 3
"""How many workers may be lost over a step before it is given up: then it may be what ends them."""

GONE = OSError, AttributeError
"""What a call raises when the scheduler is gone; the latter is how distributed 2026.8 says it from then on."""

LOOK = 0.5
"""Seconds between looks at the cluster. Each costs the scheduler as much as a step costs in 5 ms."""


def hand_out(
    address: str, campaign: Campaign, steps_: Numbered, disturbed: dict[str, str]
) -> Iterator[str]:
    """Have the cluster at ``address`` measure steps, and keep each that comes back; yields what is said of them.

    What was not measured is added to ``disturbed``: a step's benchmark, and why. Raises UserError where the cluster is
    not there, goes away, or has nobody who can measure: what came back before is kept.
    """
    if not steps_:
        return
    _describe(campaign)
    with _client(address) as client:
        handing = _Handing(campaign, client, address, list(steps_), disturbed)
        try:
            while handing.left():
                threads = _threads(client, address)
                yield from handing.take_back(threads)
                yield from handing.hand_on(threads)
                handing.require_workers(threads)
                time.sleep(LOOK)
        finally:
            handing.end()


def of_the_series() -> dict[str, str]:
    """The user's environment variables that make a series of its own, as far as they are set: of the client and of its
    workers alike, as they are in the names of result files."""
    return {name: os.environ[name] for name in SERIES if name in os.environ}


def others(address: str) -> Others:
    """The workers of the cluster at ``address``. Raises UserError where there is none: before anything else is done."""
    with _client(address) as client:
        at_once = sum(_threads(client, address).values())
    return Others(functools.partial(hand_out, address), at_once)


@dataclass(eq=False)
class _Attempt:
    """A step that a worker was given. ``future``: of elsewhere.Answer."""

    name: str
    step: Step
    worker: str
    future: Any
    begun: float = field(default_factory=time.monotonic)

    @property
    def took(self) -> float:
        return time.monotonic() - self.begun


class _Handing:
    """Who has which step. ``threads``, wherever it is asked for: the workers that are there, and how many steps each takes."""

    def __init__(
        self,
        campaign: Campaign,
        client: Any,
        address: str,
        waiting: Numbered,
        disturbed: dict[str, str],
    ):
        self._campaign, self._client, self._address = campaign, client, address
        self._waiting, self._disturbed = waiting, disturbed
        self._under_way: list[_Attempt] = []
        self._kept: dict[str, str] = {}  # the names of steps, and who measured them
        self._refused: dict[str, str] = {}
        self._lost: Counter[str] = Counter()
        self._longest: float | None = None
        self._somebody = time.monotonic()
        self._wanted = elsewhere.deciding(campaign.root)
        self._text = Path(elsewhere.__file__).read_text(encoding="utf-8")

    def left(self) -> bool:
        """Whether a step is not kept yet. Of one that is kept, who has it still is not waited for."""
        return bool(self._waiting) or any(one.name not in self._kept for one in self._under_way)

    def take_back(self, threads: dict[str, int]) -> Iterator[str]:
        """Keep what has come back, and have what will not come back wait again."""
        for one in list(self._under_way):
            status = one.future.status
            if status == "pending" and one.worker in threads:
                continue
            self._under_way.remove(one)
            if status in ("finished", "error") and one.worker in threads:
                yield from self._came_back(one)
            else:
                yield from self._gone(one)

    def hand_on(self, threads: dict[str, int]) -> Iterator[str]:
        """Give steps to those who have a thread free: first what is late elsewhere, then what waits."""
        for worker in (one for one in threads if one not in self._refused):
            busy = sum(one.worker == worker for one in self._under_way)
            for _ in range(threads[worker] - busy):
                if late := next(
                    (one for one in self._under_way if self._is_late(one, worker)), None
                ):
                    self._give(late.name, late.step, worker)
                    yield f"{late.name}: {late.worker} is late, handed to {worker} too"
                elif self._waiting:
                    name, step = self._waiting.pop(0)
                    self._give(name, step, worker)
                    yield f"{name}: handed to {worker}"

    def require_workers(self, threads: dict[str, int]) -> None:
        """Raise UserError where there has been nobody to measure for a while."""
        if threads.keys() - self._refused.keys():
            self._somebody = time.monotonic()
        elif time.monotonic() - self._somebody > PATIENCE:
            why = "; ".join(f"{worker}: {reason}" for worker, reason in self._refused.items())
            raise UserError(
                f"the cluster at {self._address} has no worker that can measure{f' ({why})' if why else ''}: "
                "what was finished is kept"
            )

    def end(self) -> None:
        """Tell the workers that nobody waits any more."""
        self._cancel(self._under_way)

    def _give(self, name: str, step: Step, worker: str) -> None:
        asked = {"volume": step.volume, "release": step.release.hash, "bench": step.expression}
        call = f"names['measured']({self._wanted!r}, {asked!r}, {of_the_series()!r})"
        future = self._client.submit(
            eval,
            f"(lambda names: exec({self._text!r}, names) or {call})({{'__name__': 'elsewhere'}})",
            workers=[worker],
            allow_other_workers=False,
            pure=False,
        )
        self._under_way.append(_Attempt(name, step, worker, future))

    def _cancel(self, several: list[_Attempt]) -> None:
        with contextlib.suppress(*GONE):
            self._client.cancel([one.future for one in several])

    def _is_late(self, one: _Attempt, worker: str) -> bool:
        alone = sum(other.name == one.name for other in self._under_way) == 1
        late = self._longest is not None and one.took > LATE * self._longest
        return late and alone and worker != one.worker and one.name not in self._kept

    def _came_back(self, one: _Attempt) -> Iterator[str]:
        try:
            how, found = _answer(one.future)
        except OSError:  # what it found went with it
            yield from self._gone(one)
            return
        if how == elsewhere.WROTE:
            yield self._keep(one, found)
            return
        if how != elsewhere.UNWANTED and one.worker not in self._refused:
            self._refused[one.worker] = found
            yield f"{one.worker} gets no steps: {found}"
        self._again(one)

    def _gone(self, one: _Attempt) -> Iterator[str]:
        self._cancel([one])
        if self._is_cared_for(one.name):
            return
        self._lost[one.name] += 1
        if self._lost[one.name] < LIVES:
            yield f"{one.name}: {one.worker} is gone"
            self._again(one)
        else:
            reason = f"{LIVES} workers were lost over it"
            yield f"{one.name}: given up, {reason}"
            self._disturbed |= {f"{name} of {one.step}": reason for name in one.step.names}

    def _again(self, one: _Attempt) -> None:
        if not self._is_cared_for(one.name):
            self._waiting.insert(0, (one.name, one.step))

    def _is_cared_for(self, name: str) -> bool:
        """Whether a step is kept, or another worker has it."""
        return name in self._kept or any(other.name == name for other in self._under_way)

    def _keep(self, one: _Attempt, files: dict[str, str]) -> str:
        """Keep what a worker found, or compare it with what another found before; what is said of it."""
        campaign = self._campaign
        with tempfile.TemporaryDirectory(prefix="step-", dir=campaign.root / FOLDER) as scratch:
            for name, content in files.items():
                path = Path(scratch, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, encoding="utf-8")
            missed = not_measured(campaign, one.step, Path(scratch), elsewhere.LENDER)
            if first := self._kept.get(one.name):
                return f"{one.name}: {self._compared(one, first, Path(scratch))}"
            with locks.writing(campaign.machine.parent, wait=True):
                lending.lend_counts(
                    *(Path(scratch), elsewhere.LENDER, campaign.machine.name),
                    {one.step.release.hash},
                    into=campaign.machine.parent,
                    replacing=True,
                )
                keep_descriptions(campaign, Path(scratch))
        self._kept[one.name] = one.worker
        self._longest = max(self._longest or 0, one.took)
        self._disturbed |= {f"{name} of {one.step}": why for name, why in missed.items()}
        but = f", but for {len(missed)} benchmarks that were not measured" if missed else ""
        return f"{one.name}: kept after {spoken(one.took)}, from {one.worker}{but}"

    def _compared(self, one: _Attempt, first: str, found: Path) -> str:
        other = lending.differing(found / elsewhere.LENDER, self._campaign.machine)
        if not other:
            return f"{one.worker} found the same later"
        return (
            f"{one.worker} found another value than {first}, which is kept, of {', '.join(sorted(other))}: "
            "measure it again on this machine"
        )


def _answer(future: Any) -> Any:
    """What a worker gave back, an elsewhere.Answer. Raises OSError where it is there no more."""
    if future.status == "error":
        error = future.exception(timeout=PATIENCE)
        return elsewhere.FAILED, f"{type(error).__name__}: {error}".splitlines()[0]
    return future.result(timeout=PATIENCE)


def _describe(campaign: Campaign) -> None:
    """Have the folder of results say which machine they are filed under: workers' machines are not told."""
    with locks.writing(campaign.machine.parent):
        if not (campaign.machine / "machine.json").exists():
            kept.describe(campaign.machine, machines.description())


def _threads(client: Any, address: str) -> dict[str, int]:
    """The workers of a cluster, and how many steps each takes at once. Raises UserError where the scheduler is gone."""
    try:
        answer: dict[str, int] = client.nthreads()
        return answer
    except GONE:
        raise UserError(
            f"the cluster at {address} is gone: what was finished is kept, and the same command continues"
        ) from None


@contextlib.contextmanager
def _client(address: str) -> Iterator[Any]:
    try:
        import dask

        # Before the import, which reads it: what goes wrong is said here, in a line.
        dask.config.set({"logging": {"distributed": "critical", "distributed.client": "critical"}})
        from distributed import Client

        make: Any = Client  # its types are half there
    except ImportError:
        raise UserError("--dask needs the package distributed: make setup installs it") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other versions, where elsewhere.deciding refuses
        try:
            client = make(address, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"the Dask cluster at {address} does not answer: {reason}") from None
        with client:
            yield client
