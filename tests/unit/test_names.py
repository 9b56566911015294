"""One name, one meaning: among the classes, and between the glossary and the code."""

import ast
import re
from collections import defaultdict
from pathlib import Path

from tests import REPOSITORY

SOURCES = [*REPOSITORY.glob("src/**/*.py"), *REPOSITORY.glob("studies/**/*.py")]
GLOSSARY = REPOSITORY / "docs" / "glossary.md"


def classes(paths: list[Path]) -> dict[str, set[str]]:
    """The files that define each public class."""
    found = defaultdict(set)
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                found[node.name].add(path.name)
    return found


def shared(found: dict[str, set[str]]) -> dict[str, set[str]]:
    return {name: files for name, files in found.items() if len(files) > 1}


def test_no_two_classes_share_a_name():
    found = classes(SOURCES)
    assert len(found) > 100
    assert shared(found) == {}


def test_a_name_that_two_classes_share_is_found(tmp_path):
    for name in ("one.py", "two.py"):
        (tmp_path / name).write_text("class Place:\n    pass\n\nclass _Own:\n    pass\n")
    assert shared(classes(list(tmp_path.glob("*.py")))) == {"Place": {"one.py", "two.py"}}


def test_the_glossary_has_each_term_once_and_names_what_the_code_has():
    text = GLOSSARY.read_text(encoding="utf-8")
    rows = re.findall(r"^\| (.+?) \| .+\. \|$", text, re.MULTILINE)
    terms = [term for row in rows for term in row.split(", ")]
    assert len(terms) > 40 and len(terms) == len(set(terms))
    words = set(re.findall(r"\w+", "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)))
    words |= {path.stem for path in SOURCES}
    for code in re.findall(r"`(\w+)`", text):
        assert code in words, code


def test_reference_is_the_machine_alone():
    for path in SOURCES:
        found = re.search(r"[Tt]he reference('s| report)", path.read_text(encoding="utf-8"))
        assert not found, f"{path}: say the published report"
