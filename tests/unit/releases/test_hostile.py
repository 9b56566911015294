"""What the lock and the list of own wheels say reaches pip and paths: fields of another form are refused."""

import json

import pytest

from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock

FIELDS = [
    ("sha256", "0" * 60),
    ("sha256", "0" * 63 + "\n"),
    ("sha256", "0" * 64 + "\n--index-url=elsewhere"),
    ("sha256", "G" * 64),
    ("hash", "../x"),
    ("hash", "a/b"),
    ("hash", "3.4.2\n"),
    ("hash", "-r"),
    ("hash", ""),
    ("wheel", "../zarr-3.4.2-py3-none-any.whl"),
    ("wheel", "zarr.whl"),
    ("wheel", "zarr-3.4.2-py3-none-any.whl\n--pre"),
    ("version", "3.4.2\n--pre"),
    ("requires_python", "three"),
    ("requires_dist", ["numpy\n--pre @"]),
    ("requires_dist", [7]),
    ("yanked", 7),
]


def written(root, file, index=-1, **changes):
    path = root / file
    content = json.loads(path.read_text())
    content["releases"][index] |= changes
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(("field", "value"), FIELDS)
def test_a_field_of_the_lock_that_is_not_of_its_form_is_refused(field, value, root, refused):
    written(root, lock.LOCK, **{field: value})
    assert lock.LOCK in refused(lock.load, root)


@pytest.mark.parametrize(
    "path", ["wheels/x/zarr-3.4.2-py3-none-any.whl", "../x.whl", "/etc/passwd", "a//b", ".x", ""]
)
def test_no_release_of_the_lock_has_a_path_of_its_own(path, root, refused):
    written(root, lock.LOCK, path=path)
    refused(lock.load, root)


@pytest.mark.parametrize("path", ["../../x.whl", "/etc/passwd", "wheels/../../x.whl", "a\nb", ""])
def test_an_own_wheels_copy_lies_below_its_folder(path, root, refused):
    own = [one for one in lock.load_lock(root) if one.version == "3.4.2"]
    lock.save_own(root, own)
    written(root, f"{lock.LOCAL}/{lock.OWN}", path=path)
    refused(lock.load_own, root)


def test_a_release_that_could_not_be_read_again_is_not_written(root):
    from dataclasses import replace

    before = (root / lock.LOCK).read_bytes()
    releases = lock.load_lock(root)
    with pytest.raises(UserError, match="sha256"):
        lock.save_lock(root, [replace(releases[0], sha256="0\n"), *releases[1:]])
    assert (root / lock.LOCK).read_bytes() == before
