"""A local import reads what was named, and nothing that a link or a path in it leads to elsewhere."""

import json

import h5py
import numpy as np
import pytest
import tifffile

from tests.unit.volumes.files import ramp, read, same_voxels, write_mrc, write_npy
from tomobench.desk.errors import UserError

VOXELS = ramp(4, 6, 8, dtype="f4")


@pytest.fixture
def secret(tmp_path):
    """A Zarr array beside the folder that is named."""
    path = tmp_path / "secret"
    path.mkdir()
    shape = list(VOXELS.shape)
    described = {"zarr_format": 2, "shape": shape, "chunks": shape, "dtype": "<f4", "order": "C"}
    described |= {"compressor": None, "filters": None, "fill_value": 0}
    (path / ".zarray").write_text(json.dumps(described))
    (path / "0.0.0").write_bytes(VOXELS.tobytes())
    return path


@pytest.fixture
def image(tmp_path):
    """The folder that is named: an OME-Zarr image whose array is still to be put there."""
    path = tmp_path / "named"
    path.mkdir()
    (path / ".zgroup").write_text('{"zarr_format": 2}')
    describe(path, "0")
    return path


def describe(folder, path):
    axes = [{"name": name, "type": "space"} for name in "zyx"]
    scale = [{"type": "scale", "scale": [1, 1, 1]}]
    levels = [{"path": path, "coordinateTransformations": scale}]
    multiscales = [{"version": "0.4", "axes": axes, "datasets": levels}]
    (folder / ".zattrs").write_text(json.dumps({"multiscales": multiscales}))


def refusal(path) -> str:
    with pytest.raises(UserError) as caught:
        read(path)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_link_within_the_folder_is_followed(image, secret):
    secret.rename(image / "there")
    (image / "0").symlink_to("there")
    assert same_voxels(read(image), VOXELS)


def test_the_folder_that_is_named_may_be_a_link(image, secret, tmp_path):
    secret.rename(image / "0")
    (tmp_path / "link").symlink_to(image)
    assert same_voxels(read(tmp_path / "link"), VOXELS)


@pytest.mark.parametrize("absolute", [True, False])
def test_an_array_that_is_a_link_out_of_the_folder(image, secret, absolute):
    (image / "0").symlink_to(secret if absolute else "../secret")
    assert "leads out of" in refusal(image)


@pytest.mark.parametrize("name", [".zarray", "0.0.0"])
def test_a_file_that_is_a_link_out_of_the_folder(image, secret, name, tmp_path):
    secret.rename(image / "0")
    (image / "0" / name).rename(tmp_path / "moved")
    (image / "0" / name).symlink_to(tmp_path / "moved")
    assert "leads out of" in refusal(image)


@pytest.mark.parametrize("path", ["../secret", "a/../../secret", "/../secret"])
def test_metadata_that_name_a_place_outside(image, secret, path):
    describe(image, path)
    assert "outside" in refusal(image)


def test_metadata_that_name_an_absolute_path(image, secret):
    describe(image, str(secret))
    refusal(image)  # it is looked for within the folder


def test_a_link_that_leads_to_itself(image):
    (image / "0").symlink_to("0")
    refusal(image)


def test_volumes_of_a_folder_that_are_links_out_of_it(tmp_path, run, cache_folder):
    folder = tmp_path / "folder"
    folder.mkdir()
    write_npy(tmp_path / "outside.npy", VOXELS)
    write_npy(folder / "a.npy", VOXELS)
    (folder / "b.npy").symlink_to("../outside.npy")
    (folder / "c.npy").symlink_to("a.npy")
    done = run("volume", "import", "--dry-run", folder)
    assert done.code == 1 and "1 of 3 could not be imported" in done.error
    assert done.printed.count(".npy: ") == 2 and "b.npy: " not in done.printed


def test_a_file_that_is_named_itself_may_be_a_link(tmp_path):
    write_mrc(tmp_path / "v.mrc", VOXELS)
    (tmp_path / "link.mrc").symlink_to("v.mrc")
    assert same_voxels(read(tmp_path / "link.mrc"), VOXELS)


@pytest.mark.parametrize("kind", ["virtual", "raw", "linked"])
def test_hdf5_with_voxels_in_other_files(tmp_path, kind):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["v"] = VOXELS
    VOXELS.tofile(tmp_path / "secret.raw")
    with h5py.File(tmp_path / "named.h5", "w") as file:
        if kind == "virtual":
            layout = h5py.VirtualLayout(VOXELS.shape, "f4")
            layout[...] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "v", VOXELS.shape)
            file.create_virtual_dataset("v", layout)
        elif kind == "raw":
            where = [(str(tmp_path / "secret.raw"), 0, VOXELS.nbytes)]
            file.create_dataset("v", VOXELS.shape, "f4", external=where)
        else:
            file["v"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "v")
    said = refusal(tmp_path / "named.h5")
    assert "other files" in said or "nothing to import" in said


def test_a_virtual_data_set_of_the_file_itself_is_read(tmp_path):
    with h5py.File(tmp_path / "named.h5", "w") as file:
        file["flat"] = VOXELS.reshape(4, 48)
        layout = h5py.VirtualLayout((4, 1, 48), "f4")
        layout[:, 0, :] = h5py.VirtualSource(file["flat"])
        file.create_virtual_dataset("v", layout)
    assert same_voxels(read(tmp_path / "named.h5"), VOXELS.reshape(4, 1, 48))


@pytest.mark.parametrize("inside", [0, 1])
@pytest.mark.parametrize("absolute", [True, False])
def test_ome_tiff_with_pages_in_other_files(tmp_path, inside, absolute):
    """``inside``: how many of the two pages are in the file that is named."""
    folder = tmp_path / "named"
    folder.mkdir()
    pages = np.arange(2 * 6 * 8, dtype="u2").reshape(2, 6, 8)
    other = tmp_path / "secret.ome.tif"
    name = str(other) if absolute else "../secret.ome.tif"
    own, others = (
        "urn:uuid:00000000-0000-0000-0000-000000000001",
        "urn:uuid:00000000-0000-0000-0000-000000000002",
    )
    where = [(own, "v.ome.tif")] * inside + [(others, name)] * (2 - inside)
    data = "".join(
        f'<TiffData IFD="0" FirstZ="{z}" PlaneCount="1"><UUID FileName="{file}">{uuid}</UUID></TiffData>'
        for z, (uuid, file) in enumerate(where)
    )
    for path, uuid in ((folder / "v.ome.tif", own), (other, others)):
        text = (
            f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" UUID="{uuid}"><Image ID="Image:0">'
            '<Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="8" SizeY="6" SizeZ="2" SizeC="1" '
            f'SizeT="1"><Channel ID="Channel:0" SamplesPerPixel="1"/>{data}</Pixels></Image></OME>'
        )
        tifffile.imwrite(path, pages[0], description=text, metadata=None, photometric="minisblack")
    said = refusal(folder / "v.ome.tif")
    assert f"pages lie in {name}" in said
