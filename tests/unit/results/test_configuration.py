"""asv.conf.json: what is wrong with it is one line, and a key that nothing reads is told."""

import json

import pytest

from tests.made.history import CONFIG
from tomobench.desk.results import configuration


def write(root, **changes):
    content = {key: value for key, value in {**CONFIG, **changes}.items() if value != "absent"}
    (root / configuration.FILE).write_text(json.dumps(content))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"7",
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"version": 1}',
        b'{"repo": "x"}',
        b'"x"',
    ],
)
def test_a_file_that_asv_can_not_read_is_refused(content, tmp_path, refused):
    (tmp_path / configuration.FILE).write_bytes(content)
    assert configuration.FILE in refused(configuration.load, tmp_path) or b"version" in content


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("results_dir", 5),
        ("plugins", "one"),
        ("plugins", [5]),
        ("matrix", []),
        ("lines", []),
        ("lines", {"3": "requirements.txt"}),
        ("branches", "main"),
        ("repo", ["releases.lock.json"]),
        ("install_timeout", "long"),
    ],
)
def test_a_value_of_the_wrong_type_is_refused_and_named(key, value, tmp_path, refused):
    write(tmp_path, **{key: value})
    assert key in refused(configuration.load, tmp_path)


def test_a_misspelt_key_is_told_with_the_one_that_is_near(tmp_path, capsys):
    write(tmp_path, result_dir="elsewhere")
    assert configuration.load(tmp_path).results_dir == str(tmp_path / "results")
    assert "result_dir" in (said := capsys.readouterr().err) and "results_dir" in said


def test_a_right_configuration_says_nothing(tmp_path, capsys):
    write(tmp_path, lines={"3": {"requirements": "requirements/line-3.txt"}})
    assert configuration.load(tmp_path).dvcs == "zarr-releases"
    assert capsys.readouterr().err == ""
