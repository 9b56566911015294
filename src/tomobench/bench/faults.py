"""What a release makes of a server that fails for a moment: it recovers, says so, hangs, or gives
wrong voxels.

Each case runs in a process of its own, through a proxy of its own that spoils the next answers
about voxels (the desk half's ``watching`` says what each fault is) and then is sound again. So a
client that asks again recovers. All cases of a store and a client run side by side, in one pass,
whose outcomes are kept beside the store for as long as the client's packages are the same. What is no
recovery is looked at twice, and the better outcome is kept; but wrong voxels stay, in whichever look they came.

Errors of the network are the release's here: they are what it is given to deal with. That holds once an answer was
spoilt, and while the server is there: it is asked before and after.
"""

import time
from collections.abc import Callable, Container
from dataclasses import dataclass

import numpy as np

from tomobench.bench import access, adapters, blame, entries, remote
from tomobench.bench.billed import conditions
from tomobench.bench.blame import NotMeasured, Whose
from tomobench.bench.child import Child, EndedWithoutAnswer
from tomobench.bench.s3 import Client, ServiceClient
from tomobench.bench.store import Store, wrong_voxels

#: Counted up when what is done changes: outcomes kept under another number are not used.
VERSION = 2
#: Seconds after which an access that is not over hangs: s3fs waits 15 s for an answer, obstore 30.
DEADLINE = 45
READ, WRITE = "read whole", "write whole"
#: The faults, by the name that asv shows, and the accesses that have them: what is written has no
#: body in its answer.
FAULTS = {
    "503": (READ, WRITE),
    "reset": (READ, WRITE),
    "stall": (READ, WRITE),
    "cut": (READ,),
    "short": (READ,),
    "restart": (READ, WRITE),
}
#: Answers about voxels that are spoilt before the server is sound again: two, but where one takes
#: seconds.
TIMES = {fault: 1 if fault in ("restart", "stall") else 2 for fault in FAULTS}
#: The scale: from what one would wish for to what one would not notice.
RECOVERED, FAILED, HUNG, WRONG = range(4)
Outcome = tuple[int, str] | dict[str, str]
"""What came of a case on the scale, and what the release said; or an unsettled entry."""


@dataclass(frozen=True)
class Case:
    """A fault in an access."""

    fault: str
    access: str

    @property
    def key(self) -> str:
        return f"{self.fault}, {self.access}"


CASES = [Case(fault, name) for fault, names in FAULTS.items() for name in names]


def outcome(store: Store, client: str, fault: str, name: str) -> tuple[int, str]:
    """The outcome on the scale, and what the release said.

    Raises NotImplementedError where the line has no such client, an access has no such fault, or
    there is no server.
    """
    if name not in FAULTS[fault]:
        raise NotImplementedError("the answer to a write has no body")
    path = store.folder / f"faults-{VERSION}-{conditions(client)}.json"
    key = Case(fault, name).key
    found = entries.found_once(path, key, lambda kept: _outcomes(store, client, kept))
    return tuple(found if entries.settled(found) else blame.require(found))


def _outcomes(store: Store, client: str, kept: Container[str]) -> dict[str, Outcome]:
    _require_server(store)
    _require_sound(store, client)
    cases = [case for case in CASES if case.key not in kept]
    found = _side_by_side(store, client, cases)
    suspect = [case for case in cases if _is_suspect(found[case.key])]
    again = _side_by_side(store, client, suspect)
    _require_server(store)  # one that is gone fails for good, whatever the release makes of it
    return {key: _better(one, again.get(key, one)) for key, one in found.items()}


def _require_server(store: Store) -> None:
    """Raise NotMeasured where the server does not answer a request of our own; NotImplementedError where there is none."""
    if (result := _in_a_child(_there, store)) is None:
        raise NotMeasured("the S3 server does not answer")
    if result[0] is None:
        raise NotImplementedError(result[1])
    if result[0] != RECOVERED:
        raise NotMeasured(f"the S3 server could not be asked: {result[1]}")


def _require_sound(store: Store, client: str) -> None:
    """Raise RuntimeError where a release can't read the store from a sound server, twice, NotImplementedError where it has
    no such client."""
    result = _in_a_child(_check, store, client)
    if result is None or result[0] == FAILED:
        _require_server(store)
        result = _in_a_child(_check, store, client)
    if result and result[0] is None:
        raise NotImplementedError(result[1])
    if result is None or result[0] != RECOVERED:
        raise RuntimeError(f"without a fault: {result[1] if result else 'it hangs'}")


def _in_a_child(function: Callable, *arguments) -> tuple[int | None, str] | None:
    """As :func:`_answer`: in a process of its own, as all that is done here on S3. One with a client's threads could not
    fork any more."""
    return _answer(Child(function, *arguments), DEADLINE)


def _is_suspect(found: Outcome) -> bool:
    return not isinstance(found, dict) and found[0] != RECOVERED


def _better(one: Outcome, other: Outcome) -> Outcome:
    """The better of two outcomes; unsettled where one of them is. Wrong voxels stay: no slow machine makes them."""
    for seen in (one, other):
        if not isinstance(seen, dict) and seen[0] == WRONG:
            return seen
    if isinstance(one, dict) or isinstance(other, dict):
        return one if isinstance(one, dict) else other
    return min(one, other, key=lambda seen: seen[0])


def _side_by_side(store: Store, client: str, cases: list[Case]) -> dict[str, Outcome]:
    children = {case: Child(_try, store, client, case) for case in cases}
    end = time.monotonic() + DEADLINE
    found: dict[str, Outcome] = {}
    try:
        for case in cases:
            answer = entries.or_unsettled(_answer, children.pop(case), end - time.monotonic())
            found[case.key] = answer or (HUNG, f"not over after {DEADLINE} s")
    finally:
        for left in children.values():
            left.end()
    return found


def _answer(child: Child, seconds: float) -> tuple[int, str] | None:
    """What a case came to; None if it is not over after so many seconds. Raises NotMeasured where the machine was in the way."""
    try:
        found = child.result(seconds)
    except EndedWithoutAnswer as end:
        found = (FAILED if end.whose is Whose.RELEASE else Whose.OURS), str(end)
    if found and found[0] is Whose.OURS:
        raise NotMeasured(found[1])
    return found


def _check(store: Store, client: str) -> tuple[int | Whose | None, str]:
    try:
        with ServiceClient() as service:
            remote.checked(adapters.load(), service, store, client)
    except Exception as error:  # noqa: BLE001 - whatever a release raises
        kind, reason = blame.judged(error)
        return {Whose.NOBODY: None, Whose.OURS: kind, Whose.RELEASE: FAILED}[kind], reason
    return RECOVERED, ""


def _there(store: Store) -> tuple[int | Whose | None, str]:
    try:
        with ServiceClient() as service:
            service.watched()  # no proxy can stand before https
            remote.require_there(service, store)
    except NotImplementedError as reason:
        return None, str(reason)
    except Exception as error:  # noqa: BLE001 - no release has a part in it
        return Whose.OURS, blame.say(error)
    return RECOVERED, ""


def _try(store: Store, client: str, case: Case) -> tuple[int | Whose, str]:
    try:
        with ServiceClient() as service:
            outcome, said = _tried(service, store, client, case)
            spoilt = service.counts()["spoilt"]
    except Exception as error:  # noqa: BLE001 - our service is in the way
        return Whose.OURS, blame.say(error)
    if not spoilt:
        but = f" ({said})" if said else ""
        return Whose.OURS, f"the fault never came: no answer about voxels was spoilt{but}"
    return outcome, said


def _tried(
    service: ServiceClient, store: Store, client: str, case: Case
) -> tuple[int | Whose, str]:
    under_fault = _read if case.access == READ else _written
    try:
        found = under_fault(adapters.load(), service, store, client, case.fault)
    except Exception as error:  # noqa: BLE001 - whatever a release raises
        kind, reason = blame.judged(error, provoked=True)
        return (kind if kind is Whose.OURS else FAILED), reason
    wrong = wrong_voxels(found, store.voxels)
    return (WRONG, f"{wrong} of {found.size} voxels are wrong") if wrong else (RECOVERED, "")


def _read(adapter, service: ServiceClient, store: Store, client: str, fault: str) -> np.ndarray:
    """What a whole read gives while the server fails."""
    name, spoilt = remote.uploaded(service, store), service.watched()
    array = adapter.open_array(Client(adapter, spoilt, client).store(name), "r")
    service.spoil(fault, TIMES[fault])
    return _whole(array, store)


def _written(adapter, service: ServiceClient, store: Store, client: str, fault: str) -> np.ndarray:
    """What a whole write leaves behind while the server fails, read when it is sound."""
    name, server, spoilt = remote.new_name(), service.place(), service.watched()
    target = Client(adapter, spoilt, client).store(name)
    try:
        array = adapter.create(target, store.shape, store.voxels.dtype, store.layout)
        service.spoil(fault, TIMES[fault])
        array[...] = np.array(store.voxels)
        return _whole(adapter.open_array(Client(adapter, server, client).store(name), "r"), store)
    finally:
        remote.remove(server, name)


def _whole(array, store: Store) -> np.ndarray:
    (part,) = access.whole(store.shape, store.layout)
    return np.asarray(part.read(array))
