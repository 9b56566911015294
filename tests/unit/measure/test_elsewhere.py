"""What decides a count is compared between two clones."""

import os
import shutil

from tests import REPOSITORY
from tomobench.desk.measure.history.elsewhere import FILES, FOLDERS, deciding, difference


def clone(folder):
    for name in FILES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(REPOSITORY / name, folder / name)
    for name in FOLDERS:
        (folder / name).mkdir(parents=True)
        (folder / name / "code.py").write_text("# code")
    return folder


def test_a_file_whose_name_is_no_text_makes_a_clone_another_one(tmp_path):
    one, other = clone(tmp_path / "one"), clone(tmp_path / "other")
    assert difference(deciding(one), deciding(other)) is None
    (other / FOLDERS[0] / os.fsdecode(b"caf\xe9")).write_text("no text")
    assert difference(deciding(one), deciding(other)) == f"its {FOLDERS[0]} differs"
