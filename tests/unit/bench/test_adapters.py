"""The adapter of line 3: that zarr has moved what it never promised to keep is no failure of the release's."""

import importlib
import sys
from contextlib import nullcontext
from types import ModuleType, SimpleNamespace

import pytest

from tomobench.bench.blame import NotMeasured

SETTINGS = {"async.concurrency": 10, "threading.max_workers": None}
SYNC = "zarr.core.sync"
PIPELINE = "zarr.core.codec_pipeline"


class MadeConfig:
    """As zarr's: it takes whatever it is told to set."""

    def __init__(self):
        self.settings = dict(SETTINGS)

    def get(self, name):
        return self.settings[name]

    def set(self, settings):
        self.settings |= settings
        return nullcontext()


@pytest.fixture
def zarr(monkeypatch):
    """Stands for zarr 3: its modules by name, and all of it that the adapter takes."""
    codecs = dict.fromkeys(("BloscCodec", "GzipCodec", "ZstdCodec"))
    stores = dict.fromkeys(("FsspecStore", "LocalStore", "MemoryStore", "ZipStore"))
    loop = SimpleNamespace(set_default_executor=lambda executor: None)
    of_sync = {"_get_executor": lambda: None, "_get_loop": lambda: loop}
    own = {"__version__": "9.9", "config": MadeConfig(), "create_array": lambda data: None}
    found = {}
    for name, held in {
        "zarr": own,
        "zarr.codecs": codecs,
        "zarr.storage": stores,
        "zarr.registry": {"register_pipeline": lambda pipeline: None},
        "zarr.core": {},
        SYNC: of_sync,
        PIPELINE: {"Fused": object},
    }.items():
        found[name] = ModuleType(name)
        found[name].__path__ = []
        vars(found[name]).update(held)
        monkeypatch.setitem(sys.modules, name, found[name])
    return found


@pytest.fixture
def adapter(zarr, monkeypatch):
    """A function that gives the adapter, imported now."""
    name = "tomobench.bench.adapters.line3"
    monkeypatch.setitem(sys.modules, name, None)  # what was there before comes back

    def give():
        monkeypatch.delitem(sys.modules, name)
        return importlib.import_module(name)

    return give


def pin_in_loop(line):
    line.pin_in_loop()


def use_a_pipeline(line):
    with line.pipeline(f"{PIPELINE}.Fused"):
        pass


@pytest.mark.parametrize("act", [pin_in_loop, use_a_pipeline])
def test_where_nothing_has_moved_nothing_is_said(adapter, act):
    act(adapter())


@pytest.mark.parametrize(
    ("module", "name", "act"),
    [
        (SYNC, "_get_executor", pin_in_loop),
        (SYNC, "_get_loop", pin_in_loop),
        ("zarr.registry", "register_pipeline", use_a_pipeline),
    ],
)
def test_a_private_name_that_moved_is_told_as_ours(zarr, adapter, module, name, act):
    delattr(zarr[module], name)
    said = rf"zarr 9\.9 has no {module}\.{name}: the adapter must be changed"
    with pytest.raises(NotMeasured, match=said):
        act(adapter())


@pytest.mark.parametrize(
    ("module", "act"),
    [
        (SYNC, pin_in_loop),
        ("zarr.registry", use_a_pipeline),
        (PIPELINE, use_a_pipeline),
    ],
)
def test_a_private_module_that_moved_is_told_as_ours(adapter, monkeypatch, module, act):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(NotMeasured, match=f"has no {module}"):
        act(adapter())


@pytest.mark.parametrize(
    ("setting", "act"),
    [(one, act) for one in SETTINGS for act in (pin_in_loop, lambda line: line.pin())]
    + [("async.concurrency", lambda line: line.raise_concurrency(4))],
)
def test_a_setting_that_zarr_no_longer_knows_is_not_set(zarr, adapter, setting, act):
    config = zarr["zarr"].config
    del config.settings[setting]
    with pytest.raises(NotMeasured, match=f"has no setting {setting}"):
        act(adapter())
    assert setting not in config.settings


def test_a_pipeline_that_a_release_does_not_have_is_not_applicable(adapter):
    with (
        pytest.raises(NotImplementedError, match="has no NoSuch"),
        adapter().pipeline(f"{PIPELINE}.NoSuch"),
    ):
        pass


def test_a_zarr_that_cannot_be_imported_has_failed(adapter, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(ImportError):
        adapter()
