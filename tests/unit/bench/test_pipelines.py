"""Codec pipelines: zarr's own choice may be any of its own, and what is asked for by name is held to it."""

from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest

from tomobench.bench import adapters, pipelines
from tomobench.bench.layout import Layout
from tomobench.bench.store import Store

pytestmark = pytest.mark.usefixtures("told")

FUSED = "zarr.core.codec_pipeline.FusedCodecPipeline"


class BatchedCodecPipeline:
    def read_batch(self):
        return "batched"


class FusedCodecPipeline:
    def read_sync(self):
        return "fused"


class ZarrsCodecPipeline:
    def read(self):
        return "zarrs"


BATCHED, SYNC, RUST = (
    BatchedCodecPipeline().read_batch,
    FusedCodecPipeline().read_sync,
    ZarrsCodecPipeline().read,
)


def neither():
    """Stands for an access in which none of them starts."""
    return "neither"


@pytest.mark.parametrize(
    ("asked", "worked"),
    [("default", one) for one in (BATCHED, SYNC, neither)] + [("fused", SYNC)],
)
def test_what_did_the_work_is_what_was_asked_for(asked, worked):
    assert pipelines.require_at_work(asked, worked) == worked()


@pytest.mark.parametrize(
    ("asked", "worked"),
    [("default", RUST), ("fused", BATCHED), ("fused", neither), ("zarrs 0.2.3", BATCHED)],
)
def test_what_another_did_is_not_applicable(asked, worked):
    with pytest.raises(NotImplementedError, match=f"{asked} leaves the work on this store to"):
        pipelines.require_at_work(asked, worked)


@pytest.mark.parametrize("fused_by_itself", [False, True])
@pytest.mark.parametrize("way", pipelines.WAYS)
def test_a_pipeline_is_checked_with_another_whatever_zarr_chooses(
    tmp_path, monkeypatch, fused_by_itself, way
):
    """A fused pipeline that gets voxels wrong, both ways alike, is found out where it is zarr's own choice, too."""
    monkeypatch.setattr(adapters, "load", lambda: release)
    release = MadeRelease(fused_by_itself)
    voxels = np.ones((2, 2, 2), np.float32)
    store = Store(tmp_path, Layout((2, 2, 2), zarr_format=3), voxels)
    assert pipelines.wrong(store, "fused", way) == voxels.size
    assert pipelines.wrong(store, "default", way) == (voxels.size if fused_by_itself else 0)


class MadeRelease:
    """Keeps one array. Its fused pipeline turns the sign of what it writes and reads."""

    def __init__(self, fused):
        self.by_itself = self.fused = fused
        self.voxels = None

    def disk(self, path):
        return path

    def pipeline(self, path):
        self.fused = self.by_itself if path is None else path == FUSED
        return nullcontext()

    def create(self, target, shape, dtype, layout):
        return SimpleNamespace(__setitem__=lambda part, voxels: self._keep(voxels))

    def open_array(self, target, mode):
        return self

    def __getitem__(self, part):
        return self._coded(self.voxels)

    def _keep(self, voxels):
        self.voxels = self._coded(voxels)

    def _coded(self, voxels):
        (SYNC if self.fused else BATCHED)()
        return -voxels if self.fused else voxels
