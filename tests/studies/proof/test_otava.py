"""Otava's package, from the package index, on made series."""

import numpy as np
import pytest

from studies.proof import alone, other_rules
from studies.proof.project import FOLDER
from tests import REPOSITORY
from tomobench.desk.errors import UserError


def test_otava_finds_a_step_and_nothing_in_noise(tmp_path):
    (tmp_path / "studies").symlink_to(REPOSITORY / "studies")
    folder = alone.install(tmp_path, "otava")
    assert alone.install(tmp_path, "otava") == folder
    draw = np.random.default_rng(0)
    before, same, slower = (level + 0.01 * draw.normal(size=10) for level in (1, 1, 1.2))
    assert other_rules.change_points(before, slower, folder) is True
    assert other_rules.change_points(before, same, folder) is False


def test_a_package_of_another_digest_is_refused(tmp_path):
    (tmp_path / "studies/proof/requirements").mkdir(parents=True)
    lock = "studies/proof/requirements/otava.txt"
    text = (REPOSITORY / lock).read_text()
    (tmp_path / lock).write_text(text.replace("sha256:9a", "sha256:00"))
    with pytest.raises(UserError, match="could not be installed"):
        alone.install(tmp_path, "otava")
    assert not (tmp_path / FOLDER / "otava").exists()
