"""The ``tomobench volume`` commands as a person uses them."""

import gzip

import h5py
import mrcfile
import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from matplotlib.image import imread

from tests.unit.volumes.files import ramp, write_mrc, write_zarr
from tomobench.bench import volume as volumes
from tomobench.desk.volumes import catalogue, statistics


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


@pytest.mark.parametrize(
    "words", [(), ("import",), ("list",), ("info",), ("preview",), ("make",), ("remove",)]
)
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


def test_a_dry_run_says_what_would_be_read_and_keeps_nothing(command, tomogram, cache_folder):
    said = command("import", tomogram, "--dry-run", "--region", "0:4,:,:")
    for words in (f"{tomogram}: MRC", "4×30×40 (z×y×x)", "float32", "13.48 Å (z×y×x)", "MiB"):
        assert words in said
    assert volumes.known() == []


@pytest.mark.parametrize(("given", "spacing"), [("5", (5, 5, 5)), ("7.5,5,2.5", (7.5, 5, 2.5))])
def test_a_spacing_overrules_the_header(command, tomogram, given, spacing):
    volume_id = command("import", tomogram, "--print-id", "--voxel-spacing", given).strip()
    described = volumes.describe(volume_id)
    assert described.voxel_spacing == spacing
    path = volumes.folder(volume_id) / "voxels.npy"
    path.write_bytes(path.read_bytes()[:-1])
    assert catalogue.ensure(volume_id) == described  # imported again, with the same spacing


@pytest.mark.parametrize("given", ["0", "-1", "nan", "1,2", "1,2,3,4", "a"])
def test_a_spacing_that_is_none(command, tomogram, given):
    with pytest.raises(SystemExit):
        command("import", tomogram, "--voxel-spacing", given)


def test_several_files_and_a_folder_are_imported_at_once(command, tomogram, refused, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(2):
        write_mrc(folder / f"TS_{number}.mrc", ramp(3, 4, 5 + number))
    write_zarr(folder / "TS_2.zarr", ramp(3, 4, 9))
    (folder / "notes.txt").write_text("of no volume")
    ids = command("import", "--print-id", folder, tomogram).split()
    assert sorted(ids) == volumes.known() and len(ids) == 4
    assert [one.partition("-")[0] for one in ids] == ["TS_0", "TS_1", "TS_2", "TS_1"]


def test_of_a_folder_volumes_of_any_name_are_imported_and_nothing_else(command, tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    for number, name in enumerate(("TS_1.mrc", "TS_2", "TS_3.bak", "TS_4.join")):
        write_mrc(folder / name, ramp(3, 4, 5 + number))
    (folder / "TS_5").write_bytes(gzip.compress((folder / "TS_2").read_bytes()))
    tifffile.imwrite(folder / "TS_6", ramp(3, 4, 9), photometric="minisblack")
    with h5py.File(folder / "TS_7", "w") as file:
        file["data"] = ramp(3, 4, 10)
    with (folder / "TS_8").open("wb") as file:
        np.save(file, ramp(3, 4, 11))
    head = bytes([6, 0, 0, 5]) + np.array([12, 4, 3], "<i4").tobytes()
    (folder / "TS_9").write_bytes(head.ljust(512, b"\0") + ramp(3, 4, 12).tobytes())
    (folder / "._TS_1.mrc").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    (folder / "report.docx").write_bytes(b"PK\3\4")
    (folder / "drawing.svgz").write_bytes(gzip.compress(b"<svg/>"))
    (folder / "cut.tgz").write_bytes(gzip.compress(bytes(9000))[:20])
    for name in ("TS_2.rec~", "TS_3.mrc.part", "TS_4.map.crdownload"):
        (folder / name).write_bytes((folder / "TS_2").read_bytes()[:1500])
    (folder / "TS_1.rawtlt").write_text("-60\n-57\n")
    (folder / "elsewhere").symlink_to(write_mrc(tmp_path / "outside", ramp(3, 4, 13)))
    (folder / "nowhere").symlink_to(tmp_path / "nothing")
    ids = command("import", "--print-id", folder).split()
    assert [one[:4] for one in ids] == [f"TS_{number}" for number in range(1, 10)]


def test_a_folder_whose_volumes_have_no_known_ending(command, tmp_path):
    write_mrc(tmp_path / "TS_2", ramp(3, 4, 5))
    assert command("import", "--print-id", tmp_path).startswith("TS_2-")


def test_one_bad_file_does_not_keep_the_others_out(command, tomogram, refused, tmp_path, capsys):
    (tmp_path / "bad.mrc").write_text("no header")
    line = refused(command, "import", tmp_path / "bad.mrc", tomogram)
    assert "1 of 2 could not be imported" in line
    assert len(volumes.known()) == 1


def test_remove(command, tomogram, refused):
    volume_id = command("import", "--print-id", tomogram).strip()
    (volumes.folder(volume_id) / "volume.json").write_text("{")  # damaged ones go, too
    assert command("remove", volume_id) == f"{volume_id}: removed\n"
    assert volumes.known() == [] and tomogram.exists()
    assert "no volume" in refused(command, "remove", volume_id)
    assert "can't be" in refused(command, "remove", "../elsewhere")


def test_info_shows_the_values(command, tmp_path):
    voxels = np.zeros((40, 300, 400), "f4")  # more than the voxels looked at at a time
    voxels[20:] = np.random.default_rng(3).normal(size=(20, 300, 400))
    voxels[0, 0, 0], voxels[39, 299, 399] = -50, 60
    np.save(tmp_path / "v.npy", voxels)
    said = command("info", command("import", "--print-id", tmp_path / "v.npy").strip())
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in said.splitlines()}
    assert (rows["smallest"], rows["largest"]) == ("-50", "60")
    assert float(rows["mean"]) == pytest.approx(voxels.mean(dtype="f8"), rel=1e-4)
    assert rows["commonest"] == "0, 50.0% of the voxels"
    np.save(tmp_path / "w.npy", np.random.default_rng(4).normal(size=(9, 9, 9)))
    said = command("info", command("import", "--print-id", tmp_path / "w.npy").strip())
    assert "none has more than 1 voxel in 65" in said


@given(hnp.arrays("u1", st.integers(1, 300), elements=st.integers(0, 40)))
def test_the_commonest_value_is_found_wherever_it_lies(values):
    """Looked at in pieces of seven, with a summary of three values."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "_PIECE", 7)
        patch.setattr(statistics, "_CANDIDATES", 3)
        found = statistics.commonest(values.reshape(1, 1, -1))
    counts = np.bincount(values)
    if counts.max() * 4 > values.size:
        assert found[1] == counts.max() / values.size and counts[int(found[0])] == counts.max()
    else:
        assert found is None


def test_volumes_that_can_mislead_say_so_when_they_are_measured(command, tmp_path, caplog):
    for name, voxels, said in (
        ("constant", np.full((200, 20, 20), 7, "u1"), "every voxel is 7"),
        ("small", ramp(6, 7, 9), "fewer along every axis than the largest chunks"),
        ("tomogram", ramp(200, 20, 20), None),
    ):
        np.save(tmp_path / f"{name}.npy", voxels)
        volume_id = command("import", "--print-id", tmp_path / f"{name}.npy").strip()
        caplog.clear()
        catalogue.ensure(volume_id)
        assert (said in caplog.text) if said else not caplog.text
        assert said is None or said in command("info", volume_id)


def test_notes_are_said_once_the_volume_is_there(command, tmp_path, caplog):
    np.save(tmp_path / "mask.npy", ramp(3, 4, 5) > 7)
    command("import", tmp_path / "mask.npy")
    assert "a mask" in caplog.text
    assert "a mask" in command("import", tmp_path / "mask.npy", "--dry-run")
