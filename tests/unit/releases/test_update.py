"""``tomobench releases update`` against an index on this machine."""

import json

import pytest

from tests.unit.releases.making import JSON, release
from tomobench.desk.releases.lock import load, load_lock
from tomobench.desk.releases.release import Wheel
from tomobench.desk.releases.update import merge


@pytest.fixture
def lock(root, index):
    """The path of a lock that was made from the index, which has three releases."""
    path = root / "releases.lock.json"
    path.unlink()
    index.publish("2.18.7", 0)
    index.publish("3.4.1", 10)
    index.publish("3.4.2", 20)
    return path


@pytest.fixture
def made(lock, run):
    run("update")
    return lock


def test_a_lock_is_made_from_nothing(lock, root, run):
    output = run("update")
    assert "new 3.4.2 (line 3, 2024-05-27)" in output
    assert [one.hash for one in load(root).branch("main")] == ["2.18.7", "3.4.1", "3.4.2"]
    assert load(root).find("3.4.2").requires_dist == ("numpy>=1.25",)


def test_nothing_new_changes_nothing(made, run):
    before = made.read_bytes()
    assert run("update") == "releases.lock.json is up to date\n"
    assert made.read_bytes() == before


def test_a_new_release_appears(made, index, root, run):
    index.publish("3.4.20", 30)
    index.publish("3.5.0rc1", 40)
    output = run("update")
    assert "new 3.4.20 (line 3, 2024-06-06, hash " in output
    assert "new 3.5.0rc1 (line 3, 2024-06-16, pre-release, hash " in output
    main = load(root).branch("main")
    assert [one.version for one in main] == ["2.18.7", "3.4.1", "3.4.2", "3.4.20"]
    assert main[-1].hash == main[-1].sha256[:8], "3.4.2 is a prefix of 3.4.20"


def test_a_dry_run_says_it_all_and_changes_nothing(made, index, run):
    before = made.read_bytes()
    index.publish("3.5.0", 30)
    output = run("update", "--dry-run")
    assert "new 3.5.0" in output and "unchanged" in output
    assert made.read_bytes() == before


def test_a_release_that_is_yanked_keeps_its_hash_and_leaves_the_branch(made, index, root, run):
    index.change("zarr-3.4.2-py3-none-any.whl", yanked="loses data")
    assert "yanked 3.4.2: loses data" in run("update")
    assert load(root).find("3.4.2").hash == "3.4.2"
    assert [one.hash for one in load(root).branch("main")] == ["2.18.7", "3.4.1"]
    index.change("zarr-3.4.2-py3-none-any.whl", yanked=False)
    assert "no longer yanked 3.4.2" in run("update")
    assert [one.hash for one in load(root).branch("main")] == ["2.18.7", "3.4.1", "3.4.2"]


def test_yanked_without_a_reason(made, index, root, run):
    index.change("zarr-3.4.2-py3-none-any.whl", yanked=True)
    assert "yanked 3.4.2: no reason given" in run("update")


def test_a_release_that_the_index_lacks_is_kept(made, index, root, run):
    before = made.read_bytes()
    del index.entries["zarr-3.4.1-py3-none-any.whl"]
    index.say()
    assert "kept, though not on this index: 3.4.1" in run("update")
    assert made.read_bytes() == before


def test_a_change_of_the_python_needed_is_told(made, index, root, run):
    index.change("zarr-3.4.2-py3-none-any.whl", requires_python=">=3.12")
    assert "changed 3.4.2: requires_python was >=3.11, is >=3.12" in run("update")
    assert load(root).find("3.4.2").requires_python == ">=3.12"


def test_a_wheel_replaced_under_its_name_is_another_release(made, index, root, run):
    index.publish("3.4.2", 25, text="rebuilt = True\n")
    run("update")
    old, new = load(root).branch("main")[-2:]
    assert (old.hash, new.hash) == ("3.4.2", new.sha256[:8])


def test_another_build_of_a_known_release_is_left_alone(made, index, run):
    index.publish("3.4.2", 25, tag="1-py3-none-any")
    assert run("update") == "releases.lock.json is up to date\n"


def test_of_two_builds_of_a_new_release_the_later_is_taken(made, index, root, run):
    index.publish("3.5.0", 25)
    index.publish("3.5.0", 26, tag="1-py3-none-any")
    run("update")
    assert load(root).find("3.5.0").wheel == "zarr-3.5.0-1-py3-none-any.whl"


def test_what_cannot_be_measured_is_left_out(made, index, run):
    index.publish("2.17.2", 1)
    index.publish("3.5.0", 1, tag="cp313-cp313-win32")
    index.publish("3.5.0", 1, name="zarrs")
    index.entries["zarr-3.6.0.tar.gz"] = {
        "filename": "zarr-3.6.0.tar.gz",
        "url": "x",
        "hashes": {},
        "yanked": False,
    }
    index.say()
    assert run("update") == "releases.lock.json is up to date\n"


def test_metadata_is_read_from_the_index_where_it_serves_it(made, index, root, run):
    path = index.publish("3.5.0", 30)
    index.serve_metadata(
        path,
        b"Metadata-Version: 2.1\nName: zarr\nVersion: 3.5.0\n"
        b"Requires-Dist: numpy>=2\nRequires-Dist: msgspec\n",
    )
    index.asked.clear()
    run("update")
    assert load(root).find("3.5.0").requires_dist == ("numpy>=2", "msgspec")
    assert index.asked == ["/simple/zarr/", f"/files/{path.name}.metadata"]


def test_metadata_that_was_promised_but_is_not_there(made, index, root, run):
    index.publish("3.5.0", 30)
    index.change("zarr-3.5.0-py3-none-any.whl", core_metadata=True)
    run("update")
    assert load(root).find("3.5.0").requires_dist == ("numpy>=1.25",)


def test_an_own_wheel_that_comes_to_be_published_stays_where_it_is(made, index, root, run):
    path = index.publish("3.5.0rc1", 30)
    run("add", path)
    own = load(root).find("3.5.0rc1")
    run("update")
    assert load(root).find("3.5.0rc1") == own
    assert own.hash in {one.hash for one in load_lock(root)}


def test_the_index_may_stand_in_pips_configuration(lock, index, root, run, monkeypatch, tmp_path):
    config = tmp_path / "pip.conf"
    sections = {"global": "http://127.0.0.1:9/", "install": index.url}
    config.write_text("".join(f"[{name}]\nindex-url = {url}\n" for name, url in sections.items()))
    monkeypatch.setenv("PIP_CONFIG_FILE", str(config))
    monkeypatch.delenv("PIP_INDEX_URL")
    run("update")
    assert load(root).find("3.4.2")


FAILURES = [
    ({"status": 500}, "it answers 500"),
    ({"status": 403}, "it answers 403"),
    ({"status": 404}, "has no package zarr"),
    ({"kind": "text/html", "body": b"<html><h1>Log in</h1></html>"}, "lists no wheel"),
    (
        {"kind": "text/html", "body": b'<a href="x.whl#sha256=ab">zarr-3.5.0-py3-none-any.whl</a>'},
        "no upload times",
    ),
    ({"kind": JSON, "body": b"<html>"}, "no JSON"),
    ({"kind": JSON, "body": b"{}"}, "cannot be read"),
    ({"kind": JSON, "body": b"[]"}, "cannot be read"),
    ({"kind": "image/png", "body": b""}, "unsupported Content-Type"),
    ({"body": b'{"meta": {"api-version": "2.0"}, "name": "zarr", "files": []}'}, "greater major"),
    ({"body": b'{"meta": {"api-version": "1.1"}, "name": "zarr", "files": []}'}, "lists no wheel"),
]


@pytest.mark.parametrize(("answer", "words"), FAILURES)
def test_an_answer_of_no_use_leaves_the_lock_alone(made, index, fails, answer, words):
    before = made.read_bytes()
    index.say(**answer)
    assert words in fails("update")
    assert made.read_bytes() == before


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"upload_time": None}, "no upload times"),
        ({"hashes": {}}, "no sha256"),
        ({"hashes": {"sha256": "0" * 64}}, "cannot be read"),
    ],
)
def test_a_file_without_what_is_needed_leaves_the_lock_alone(made, index, fails, facts, words):
    index.publish("3.5.0", 30)
    index.change("zarr-3.5.0-py3-none-any.whl", **facts)
    before = made.read_bytes()
    assert words in fails("update")
    assert made.read_bytes() == before


def test_an_index_out_of_reach_leaves_the_lock_alone(made, fails, monkeypatch):
    before = made.read_bytes()
    # Port 9 (discard) is closed on any machine that has no reason to open it.
    monkeypatch.setenv("PIP_INDEX_URL", "http://someone:secret@127.0.0.1:9/simple")
    message = fails("update")
    assert "no connection" in message
    assert "secret" not in message
    assert made.read_bytes() == before


def test_an_index_that_is_no_web_address(made, fails, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_INDEX_URL", tmp_path.as_uri())
    assert "cannot be read" in fails("update")


def test_a_certificate_file_that_is_missing(made, fails, monkeypatch, tmp_path):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "https://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_CERT", str(tmp_path / "none.pem"))
    assert "cannot be read" in fails("update")


def test_a_damaged_lock_is_not_written_over(made, fails):
    made.write_text("{")
    assert "cannot be used" in fails("update")
    assert made.read_text() == "{"


def test_a_wheel_that_fails_halfway_leaves_the_lock_alone(made, index, fails):
    index.publish("3.5.0", 30)
    index.publish("3.5.1", 31)
    index.answers["/files/zarr-3.5.1-py3-none-any.whl"] = (503, "text/plain", b"busy")
    before = made.read_bytes()
    assert "it answers 503" in fails("update")
    assert made.read_bytes() == before


def test_the_lock_names_no_index(made, index):
    assert "127.0.0.1" not in made.read_text()
    assert set(json.loads(made.read_text())) == {"schema", "package", "releases"}


def test_merging_keeps_every_hash():
    locked = [release("3.4.2", "3.4.2"), release("3.5.0rc1", "aaaaaaaa", 1)]
    found = [Wheel(**{**_facts(one), "yanked": "broken"}) for one in locked]
    assert [one.hash for one in merge(locked, found).releases] == ["3.4.2", "aaaaaaaa"]


def _facts(one):
    return {name: value for name, value in vars(one).items() if name != "hash"}
