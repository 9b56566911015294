"""The changed wheels: valid, installed by pip, and changed as they say and in nothing else."""

import base64
import csv
import hashlib
import importlib.util
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from studies.proof import patches, variants, wheels
from studies.proof import project as proof_project
from tests import REPOSITORY
from tests.studies.proof.conftest import VARIANTS
from tomobench.desk.errors import UserError

LABELS = [one.label for one in VARIANTS]

#: Writes, opens and reads an array of each kind, and says which of them spun, and for how long.
SPINS = """
import json, sys
import numpy as np, zarr
from zarr import _slower
voxels = np.arange(16**3, dtype="f4").reshape(16, 16, 16)
said = {}
_slower.spin = lambda seconds: spins.append(seconds)
for kind, shards, form in (("plain", None, 2), ("sharded", (16, 16, 16), 3)):
    spins = []
    zarr.create_array(kind, shape=voxels.shape, dtype="f4", chunks=(8, 8, 8), shards=shards,
                      zarr_format=form)[...] = voxels
    said[kind, "write"], spins = list(spins), []
    array = zarr.open_array(kind, mode="r")
    said[kind, "open"], spins = list(spins), []
    assert (array[...] == voxels).all()
    said[kind, "read"] = list(spins)
print(json.dumps({" ".join(key): value for key, value in said.items()}))
"""

ROUND_TRIP = """
import json, sys
from pathlib import Path
import numpy as np, numcodecs, zarr
from zarr.codecs import BloscCodec
voxels = np.random.default_rng(0).normal(size=(32, 32, 32)).astype("f4")
said = {}
for form, coder in ((2, numcodecs.Blosc("zstd", 5, 1)), (3, BloscCodec(cname="zstd", clevel=5, shuffle="shuffle"))):
    array = zarr.create_array(f"v{form}", shape=voxels.shape, dtype="f4", chunks=(16, 16, 16),
                              compressors=coder, zarr_format=form)
    array[...] = voxels
    again = zarr.open_array(f"v{form}", mode="r")
    assert (again[...].view("u4") == voxels.view("u4")).all()
    files = [path for path in Path(f"v{form}").rglob("*") if path.is_file()]
    described = "".join(path.read_text() for path in files if path.name in (".zarray", "zarr.json"))
    said[form] = [len(files), sum(path.stat().st_size for path in files), described]
print(json.dumps(said))
"""

REQUESTS = """
import json, sys
sys.path.insert(0, SOURCE)
import numpy as np, zarr
from pathlib import Path
from tomobench.bench.metered import Meter, MeteredFileSystem
from zarr.storage import FsspecStore
meter = Meter()
fs = MeteredFileSystem(Path("."), meter, asynchronous=True, skip_instance_cache=True)
voxels = np.arange(16**3, dtype="f4").reshape(16, 16, 16)
zarr.create_array(FsspecStore(fs, path="a"), shape=voxels.shape, dtype="f4", chunks=(8, 8, 8))[...] = voxels
said = {}
meter.reset()
array = zarr.open_array(FsspecStore(fs, path="a"), mode="r")
said["open"] = dict(meter.requests)
for name, selection, chunks in (("whole", (...,), 8), ("slice", (3,), 4), ("chunk", (slice(8),) * 3, 1)):
    meter.reset()
    assert (array[selection] == voxels[selection]).all()
    said[name] = [chunks, dict(meter.requests), meter.fetched]
print(json.dumps(said))
"""


@pytest.mark.parametrize("label", LABELS)
def test_the_record_is_right(wheel_files, label):
    with zipfile.ZipFile(wheel_files[label]) as archive:
        (own,) = [name for name in archive.namelist() if name.endswith(".dist-info/RECORD")]
        rows = list(csv.reader(io.StringIO(archive.read(own).decode())))
        assert sorted(name for name, *_ in rows) == sorted(archive.namelist())
        for name, digest, size in rows:
            if name != own:
                data = archive.read(name)
                found = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")
                assert (digest, size) == (f"sha256={found}", str(len(data)))


def test_the_same_wheel_made_again_is_the_same_file(wheel_files, tmp_path):
    release = proof_project.newest(REPOSITORY)
    again = wheels.make(wheel_files[""], release, variants.LARGER, tmp_path)
    assert again.read_bytes() == wheel_files["larger"].read_bytes()


def test_the_release_under_another_name_differs_in_the_name_alone(wheel_files):
    files = []
    for label in ("", "same1"):
        with zipfile.ZipFile(wheel_files[label]) as archive:
            names = [name for name in archive.namelist() if ".dist-info/" not in name]
            files.append({name: archive.read(name) for name in names})
    assert files[0] == files[1]


@pytest.mark.parametrize("label", LABELS)
def test_pip_installs_it_under_its_version(with_wheel, label):
    said = with_wheel(label, "import importlib.metadata as m, zarr; print(m.version('zarr'))")
    assert said.strip() == f"{proof_project.newest(REPOSITORY).version}+{label}"


@pytest.mark.parametrize(
    ("label", "spinning"),
    [
        ("decode50", {"plain read", "sharded read"}),
        ("shard50", {"sharded read"}),
        ("store50", {"plain open", "plain read", "sharded open", "sharded read"}),
    ],
)
def test_what_is_slowed_spins_and_nothing_else(with_wheel, label, spinning):
    said = json.loads(with_wheel(label, SPINS))
    # Making an array looks for one that is there already: a read of the store, not of voxels.
    found = {place for place, spins in said.items() if spins and "write" not in place}
    assert found == spinning
    assert all(seconds > 0 for spins in said.values() for seconds in spins)
    if not label.startswith("store"):
        # Once for an access, not once for each of its chunks, and not for a write.
        assert all(
            len(spins) == ("read" in place and place in spinning) for place, spins in said.items()
        )


@pytest.mark.parametrize(("share", "until"), [(0.5, 1.0), (0.05, 0.1), (0, None)])
def test_a_spin_lasts_its_share(tmp_path, share, until):
    (tmp_path / "slower.py").write_text(patches.SLOWER.format(share=share))
    spec = importlib.util.spec_from_file_location("slower", tmp_path / "slower.py")
    slower = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(slower)
    clock = iter([100 + step / 1000 for step in range(5000)])
    slower.time = SimpleNamespace(perf_counter=lambda: next(clock))
    slower.spin(2.0)
    after = next(clock)
    assert after == 100 if until is None else 100 + until <= after <= 100 + until + 0.005


def test_one_more_request_for_each_chunk_and_none_for_opening(with_wheel):
    source = f"SOURCE = {str(REPOSITORY / 'src')!r}\n"
    before, after = (json.loads(with_wheel(one, source + REQUESTS)) for one in ("same1", "request"))
    assert before.pop("open") == after.pop("open")
    for access, (chunks, requests, fetched) in before.items():
        assert after[access] == [chunks, {**requests, "head": chunks}, fetched]
        assert requests == {"get": chunks}


def test_larger_objects_hold_the_same_voxels_and_say_the_same(with_wheel):
    before, after = (json.loads(with_wheel(one, ROUND_TRIP)) for one in ("same1", "larger"))
    for form in before:
        (files, stored, described), (files_after, stored_after, described_after) = (
            before[form],
            after[form],
        )
        assert files == files_after and described == described_after
        assert stored_after > 1.05 * stored


def test_a_release_without_the_module_is_said(wheel_files, tmp_path):
    release = proof_project.newest(REPOSITORY)
    strange = replace(variants.REQUEST, additions={"zarr/nowhere.py": ""})
    with pytest.raises(UserError, match="has no zarr/nowhere.py"):
        wheels.make(wheel_files[""], release, strange, tmp_path)
    assert not list(Path(tmp_path).iterdir())


def test_a_wheel_of_another_digest_is_refused(tmp_path):
    release = replace(proof_project.newest(REPOSITORY), sha256="0" * 64)
    with pytest.raises(UserError, match="could not be downloaded"):
        wheels.download(release, tmp_path)
    assert not list(tmp_path.iterdir())
