"""What is made of a volume once, and kept beside its store: made again when its files are no longer what they were."""

import json
from collections.abc import Callable
from pathlib import Path

from tomobench.bench.cache import kept_json, whole_folder
from tomobench.bench.turns import turn
from tomobench.bench.whole import contents

#: The file beside it that says what its files are.
RECORD = "files.json"


def made_once(folder: Path, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that holds what ``make(path)`` makes at ``name``, with files below it; made now if it is not there as it
    was made. One process at a time makes it."""
    with turn(folder):
        if kept_json(folder / RECORD, dict) != contents(folder / name):
            with whole_folder(folder) as unfinished:
                make(unfinished / name)
                (unfinished / RECORD).write_text(json.dumps(contents(unfinished / name)))
    return folder
