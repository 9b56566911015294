"""Faults of a server: what went well without a fault has not recovered from one."""

from types import SimpleNamespace

import numpy as np
import pytest

from tomobench.bench import adapters, faults, remote
from tomobench.bench.blame import NotMeasured, Whose
from tomobench.bench.layout import Layout
from tomobench.bench.store import Store

VOXELS = np.ones((4, 4, 4), np.float32)


@pytest.fixture
def outcomes(monkeypatch, tmp_path):
    """A function: what comes of each case where a server spoils so many answers, and voxels are read, or
    what is raised in their place."""

    def find(spoilt, voxels, watched=lambda: None):
        service = SimpleNamespace(
            counts=lambda: {"spoilt": spoilt}, spoil=lambda fault, times: None,
            place=lambda: None, watched=watched,
        )  # fmt: skip
        service_client = SimpleNamespace(
            __enter__=lambda self: service, __exit__=lambda self, *raised: None
        )
        monkeypatch.setattr(faults, "ServiceClient", type("Of", (), vars(service_client)))

        def opened(target, mode):
            if isinstance(voxels, Exception):
                raise voxels
            return voxels

        adapter = SimpleNamespace(open_array=opened, create=lambda *words: np.array(VOXELS))
        monkeypatch.setattr(adapters, "load", lambda: adapter)
        store = Store(tmp_path, Layout((4, 4, 4)), VOXELS)
        return [faults.outcome(store, "s3fs", one.fault, one.access)[0] for one in faults.CASES]

    monkeypatch.setenv("TOMOBENCH_CACHE", str(tmp_path))
    client = SimpleNamespace(store=lambda name: name)
    monkeypatch.setattr(faults, "Client", lambda *words: client)
    for name in ("checked", "uploaded", "remove", "require_there"):
        monkeypatch.setattr(remote, name, lambda *words: "array")
    return find


def test_voxels_that_are_right_under_a_fault_are_recovered(outcomes):
    assert set(outcomes(1, VOXELS)) == {faults.RECOVERED}


def test_voxels_that_are_wrong_under_a_fault_are_wrong(outcomes):
    assert set(outcomes(1, 0 * VOXELS)) == {faults.WRONG}


@pytest.mark.parametrize("voxels", [VOXELS, 0 * VOXELS], ids=["right", "wrong"])
def test_where_no_answer_was_spoilt_there_is_no_outcome(outcomes, voxels):
    with pytest.raises(NotMeasured, match="no answer about voxels was spoilt"):
        outcomes(0, voxels)


def test_what_is_raised_before_an_answer_is_spoilt_is_no_releases_failure(outcomes):
    with pytest.raises(
        NotMeasured, match="no answer about voxels was spoilt .ConnectionResetError"
    ):
        outcomes(0, ConnectionResetError())


def test_what_is_raised_once_an_answer_is_spoilt_is_a_failure(outcomes):
    assert set(outcomes(1, ConnectionResetError())) == {faults.FAILED}


def test_of_a_server_that_ends_meanwhile_nothing_is_kept(outcomes, monkeypatch, tmp_path):
    def there(service, store):
        if asked.exists():
            raise NotMeasured("it is gone")
        asked.touch()  # by another process

    asked = tmp_path / "asked"
    monkeypatch.setattr(remote, "require_there", there)
    with pytest.raises(NotMeasured, match="it is gone"):
        outcomes(1, ConnectionResetError())
    assert not list(tmp_path.glob("faults-*.json"))


class InThisProcess:
    """As a child, in this process."""

    def __init__(self, function, *arguments):
        self._function, self._arguments = function, arguments

    def result(self, seconds):
        return self._function(*self._arguments)

    def end(self):
        pass


WRONG = (faults.WRONG, "1 of 64 voxels are wrong")
FAILED, RECOVERED = (faults.FAILED, "OSError: no"), (faults.RECOVERED, "")
UNSETTLED, HUNG = (Whose.OURS, "in its way"), None


@pytest.mark.parametrize(
    ("looks", "kept"),
    [
        ((WRONG, RECOVERED), faults.WRONG),
        ((WRONG, UNSETTLED), faults.WRONG),
        ((HUNG, WRONG), faults.WRONG),
        ((FAILED, WRONG), faults.WRONG),
        ((HUNG, RECOVERED), faults.RECOVERED),
        ((HUNG, FAILED), faults.FAILED),
    ],
)
def test_of_two_looks_the_better_is_kept_but_wrong_voxels_stay(outcomes, monkeypatch, looks, kept):
    left = {case.key: list(looks) for case in faults.CASES}
    monkeypatch.setattr(faults, "Child", InThisProcess)
    monkeypatch.setattr(faults, "_try", lambda store, client, case: left[case.key].pop(0))
    assert set(outcomes(1, VOXELS)) == {kept}


def test_before_a_server_that_no_proxy_can_stand_before_there_are_no_faults(outcomes):
    def watched():
        raise NotImplementedError("requests can be counted before http:// only")

    with pytest.raises(NotImplementedError, match="before http:// only"):
        outcomes(0, VOXELS, watched)
