"""What the portal is asked, with its own client, and which tomogram comes of it."""

import json

import pytest

from tests.s3.portal import published
from tomobench.bench import volume as volumes
from tomobench.desk.volumes import portal as portals


def table(said: str) -> list[list[str]]:
    return [line.split() for line in said.splitlines()[2:]]


def test_list_of_a_run_and_of_a_dataset(command, portal):
    assert table(command("fetch", "10445/TS_100_3", "--list")) == [
        ["100", "TS_100_3", "40×300×300", "10.012", "raw", "WBP", "3.0", "13.7"]
    ]
    rows = table(command("fetch", "10445", "--list"))
    assert [row[:2] for row in rows] == [
        ["100", "TS_100_3"],
        ["201", "TS_5_4"],
        ["202", "TS_5_4"],
        ["203", "TS_5_4"],
    ]


@pytest.mark.parametrize(
    ("options", "chosen"),
    [
        ({"spacing": 5.0}, 203),
        ({"spacing": 10, "processing": "denoised"}, 202),
        ({"tomogram": 201}, 201),
    ],
)
def test_choosing(portal, options, chosen):
    assert portals.choose(portals.tomograms(10445, "TS_5_4"), **options).id == chosen


def test_several_tomograms_are_named(command, portal, refused):
    line = refused(command, "fetch", "10445/TS_5_4", "--spacing", "10.012")
    assert "201 (10.012 Å, raw, WBP), 202 (10.012 Å, denoised, WBP); choose" in line
    assert "203" not in line
    line = refused(command, "fetch", "10445/TS_5_4", "--spacing", "13.5")
    assert "no tomogram fits" in line and "4.99 Å" in line


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("10446/TS_100_3", "no dataset 10446"),
        ("10445/TS_7_4", "no run 'TS_7_4'; it has 3: TS_100_3, TS_5_4, TS_6_4"),
        ("10445/TS_6_4", "no tomogram yet"),
        ("10445", "name a run"),
    ],
)
def test_what_is_not_there(command, portal, refused, source, said):
    assert said in refused(command, "fetch", source)


def test_a_volume_can_be_cited(command, portal):
    volume_id = command("fetch", "10445/TS_100_3", "--print-id", "--level", "2").strip()
    described = volumes.describe(volume_id)
    assert described.kind == "raw" and described.name == "TS_100_3"
    assert described.source == (
        "CryoET Data Portal, dataset 10445, run TS_100_3, tomogram 100, level 2"
    )
    said = described.provenance["publisher"]
    assert said["citation"] == (
        "A. First, B. Second (2024). CZII challenge. CryoET Data Portal, dataset 10445. "
        "10.0000/example"
    )
    assert (said["dataset"], said["run"], said["tomogram"]) == (10445, "TS_100_3", 100)
    assert said["address"] == f"s3://{published.BUCKET}/{published.ZARR}"
    assert said["client"].startswith("cryoet-data-portal ")
    assert said["citation"] in command("info", volume_id)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"scale0Dimensions": "300,40,300"}, "the portal says (300, 40, 300) voxels (z, y, x)"),
        ({"voxelSpacing": 4.99}, "the portal says 4.99 Å, its array 10.012 Å"),
        ({"s3OmezarrDir": "", "httpsOmezarrDir": "", "s3MrcFile": "", "httpsMrcFile": ""}, "no f"),
    ],
)
def test_records_that_do_not_match(command, portal, refused, wrong, said):
    portal.records["Tomogram"][0].update(wrong)
    assert said in refused(command, "fetch", "10445/TS_100_3")


def test_a_tomogram_without_zarr_comes_as_mrc(command, portal):
    portal.records["Tomogram"][0].update({"s3OmezarrDir": "", "httpsOmezarrDir": ""})
    volume_id = command("fetch", "10445/TS_100_3", "--print-id").strip()
    assert volumes.describe(volume_id).sha256 == volumes.checksum(published.voxels())
    assert volumes.describe(volume_id).provenance["file"]["mode"] == 2


def test_a_portal_that_fails(command, portal, refused):
    portal.status = 500
    line = refused(command, "fetch", "10445/TS_100_3")
    assert portal.url in line and "gives no answer" in line


def test_a_portal_that_answers_nonsense(command, portal, refused, monkeypatch):
    monkeypatch.setattr(
        portal, "answer", lambda query: json.loads('{"errors": [{"message": "x"}]}')
    )
    assert "gives no answer" in refused(command, "fetch", "10445/TS_100_3")


def test_a_portal_that_is_silent(command, portal, refused, monkeypatch):
    monkeypatch.setattr(portals, "PATIENCE", 0.2)
    answer = portal.answer

    def late(query):
        portal.stopped.wait(1.0)
        return answer(query)

    monkeypatch.setattr(portal, "answer", late)
    assert "gives no answer" in refused(command, "fetch", "10445/TS_100_3")


def test_no_network_at_all(command, portal, refused, monkeypatch):
    monkeypatch.setenv("TOMOBENCH_PORTAL_URL", "http://127.0.0.1:9/graphql")
    line = refused(command, "fetch", "10445/TS_100_3")
    assert "http://127.0.0.1:9" in line and "check the network" in line
