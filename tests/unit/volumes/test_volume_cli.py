"""The ``tomobench volume`` commands as a person uses them."""

import mrcfile
import numpy as np
import pytest
from matplotlib.image import imread

from tomobench.bench import volume as volumes


@pytest.fixture
def tomogram(tmp_path):
    """A small MRC file."""
    path = tmp_path / "TS_1.mrc"
    with mrcfile.new(path) as mrc:
        mrc.set_data(np.random.default_rng(2).normal(size=(12, 30, 40)).astype("f4"))
        mrc.voxel_size = 13.48
    return path


def test_import_says_how_to_go_on(command, tomogram):
    said = command("import", tomogram, "--name", "lamella", "--region", "0:10,:,:", "--kind", "raw")
    (volume_id,) = volumes.known()
    assert volume_id.startswith("lamella-")
    assert f"make bench VOLUME={volume_id}" in said
    assert f"TOMOBENCH_VOLUME={volume_id} asv run" in said
    assert "10×30×40 float32, 13.48 Å" in said


def test_print_id_prints_the_id_alone(command, tomogram):
    said = command("import", "--print-id", tomogram)
    assert said == f"{volumes.known()[0]}\n"


def test_a_wrong_option_is_explained(command, tomogram, refused):
    assert "z0:z1" in refused(command, "import", tomogram, "--region", "10")
    assert "no such file" in refused(command, "import", tomogram.parent / "TS_2.mrc")


def test_list(command, tomogram):
    assert command("list").count("made when needed") == 9
    command("import", tomogram)
    command("make", "phantom-5x6x7")
    lines = command("list").splitlines()
    assert [line.split()[0] for line in lines[2:4]] == [*volumes.known()]
    for word in ("12×30×40", "float32", "13.48 Å", "MRC file TS_1.mrc", "0.1"):
        assert word in lines[2]
    (volumes.folder(volumes.known()[0]) / "volume.json").unlink()
    assert "DAMAGED" in command("list")


def test_info(command, tomogram, refused):
    volume_id = command("import", "--print-id", tomogram).strip()
    said = command("info", volume_id)
    described = volumes.describe(volume_id)
    for word in (described.sha256, described.made_at, str(tomogram), "13.48 Å", "intact", "NumPy"):
        assert word in said
    path = volumes.folder(volume_id) / "voxels.npy"
    path.write_bytes(path.read_bytes()[:-1])
    assert "DAMAGED" in command("info", volume_id)
    assert "volume list" in refused(command, "info", "nothing")


def test_make(command, refused):
    assert "5×6×7 float32, 10.012 Å" in command("make", "phantom-5x6x7")
    assert "no phantom" in refused(command, "make", "TS_1")


@pytest.mark.parametrize("words", [(), ("import",), ("list",), ("info",), ("preview",), ("make",)])
def test_every_command_explains_itself(command, words):
    assert "Usage" in command(*words, "--help")


def test_preview(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("preview", "phantom-20x30x40").strip() == "phantom-20x30x40.png"
    assert command("preview", "phantom-20x30x40", "-o", "other.png").strip() == "other.png"
    picture = imread(tmp_path / "phantom-20x30x40.png")
    assert min(picture.shape[:2]) > 400
    assert len(np.unique(picture[..., 0])) > 50  # greys, not a blank page
    assert np.array_equal(picture, imread(tmp_path / "other.png"))


def test_preview_of_labels_and_of_one_value(command, tmp_path):
    labels = np.zeros((6, 7, 8), "u1")
    labels[:, :2] = 3
    for name, voxels in (("labels", labels), ("empty", np.zeros((4, 5, 6), "i2"))):
        np.save(tmp_path / f"{name}.npy", voxels)
        volume_id = command("import", "--print-id", tmp_path / f"{name}.npy").strip()
        command("preview", volume_id, "-o", tmp_path / f"{name}.png")
        assert imread(tmp_path / f"{name}.png").size


def test_preview_that_cannot_be_written(command, tmp_path, refused):
    (tmp_path / "file").write_text("")
    line = refused(command, "preview", "phantom-5x6x7", "-o", tmp_path / "file" / "p.png")
    assert "-o" in line
