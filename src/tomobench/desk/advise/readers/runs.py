"""Running the readers: each in a process of its own, on stores that the newest release of each line wrote.

The zarr readers, tensorstore and zarrs run in the environments of the releases (tomobench.drivers.readers), zarrs
with its package in a folder beside them; zarrita runs in Node (zarrita.js, with node_modules of this repository).
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tomobench.bench import blame
from tomobench.bench.blame import Whose
from tomobench.bench.kinds import LIST, REFUSES
from tomobench.desk.advise.readers.verdicts import NOT_RUN, Trial
from tomobench.desk.asv import beside
from tomobench.desk.asv.pythons import ReleasePython, make_ready
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.releases.release import LINES

#: Seconds that a reader may take for all stores of a release.
PATIENCE = 300
#: Characters of a reason that are kept.
REASON = 200
ZARRS = Path("requirements", "readers.txt")
ZARRITA = Path(__file__).with_name("zarrita.js")


@dataclass(frozen=True)
class Reader:
    """How a reader is started on a folder of stores, from the n-th on, in which environment. ``absent``: why it can't be."""

    name: str
    command: Callable[[Path, int], list] = lambda folder, first: []
    variables: dict[str, str] = field(default_factory=dict)
    absent: str | None = None


def run(root: Path, note: Callable[[str], None]) -> list[Trial]:
    """Try all readers on all kinds of store; ``note`` is told what is being done.

    Raises UserError when an environment can't be made, a release can't write the stores, or the machine was in a
    reader's way.
    """
    note("making the environments ready")
    pythons = make_ready(root, [newest(root, line) for line in LINES])
    rows = []
    with tempfile.TemporaryDirectory(prefix="tomobench-readers-") as scratch:
        folders = []
        for python in pythons:
            note(f"zarr {python.version} writes")
            folders.append(Path(scratch, python.version))
            written(python, folders[-1])
        for reader in all_readers(root, *pythons):
            note(f"{reader.name} reads" if not reader.absent else f"{reader.name}: {reader.absent}")
            for folder in folders:
                rows.extend(tried(root, reader, folder))
    return rows


def newest(root: Path, line: str):
    """The newest release of a line that everybody can install."""
    return [one for one in lock.load(root).branch("main") if one.line == line and one.final][-1]


def all_readers(root: Path, old: ReleasePython, new: ReleasePython) -> list[Reader]:
    """Every reader, in the order of the table."""
    return [
        _python_reader("zarr-2.18", "zarr", old),
        _python_reader("zarr-3", "zarr", new),
        _python_reader("tensorstore", "tensorstore", new),
        _zarrs(root, new),
        _zarrita(root),
    ]


def written(python: ReleasePython, folder: Path) -> None:
    """Have a release write its stores. Raises UserError with what it said when it can't."""
    folder.mkdir()
    done = subprocess.run(
        [*python.module("tomobench.drivers.readers"), "write", folder],
        env=python.environment(), text=True, capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        reason = (done.stderr.splitlines() or ["no word"])[-1]
        raise UserError(f"zarr {python.version} could not write the stores: {reason}")


def tried(root: Path, reader: Reader, folder: Path) -> list[Trial]:
    """A row for each store in ``folder``. A reader that dies at a store is started again behind it."""
    listed = json.loads((folder / LIST).read_text())
    release, names = listed["release"], [entry["kind"] for entry in listed["stores"]]
    version = ""
    rows: list[Trial] = []
    while not reader.absent and len(rows) < len(names):
        answers, end = _answers(root, reader, folder, len(rows))
        for answer in answers:
            version = answer.get("version", version)
            if missing := answer.get("missing"):
                reader = Reader(reader.name, absent=_one_line(missing, folder))
            elif "kind" in answer:
                reason = _one_line(answer["reason"], folder)
                rows.append(
                    Trial(reader.name, version, release, answer["kind"], answer["verdict"], reason)
                )
        if not reader.absent and len(rows) < len(names):
            rows.append(Trial(reader.name, version, release, names[len(rows)], REFUSES, end))
    left = names[len(rows) :]
    absent = reader.absent or ""
    return rows + [Trial(reader.name, "", release, name, NOT_RUN, absent) for name in left]


def _answers(root: Path, reader: Reader, folder: Path, first: int) -> tuple[list[dict], str]:
    """What the reader printed, and how it ended."""
    script = ZARRITA.read_text() if reader.name == "zarrita" else ""
    try:
        done = subprocess.run(
            reader.command(folder, first),
            cwd=root, env=reader.variables, input=script,
            text=True, capture_output=True, check=False, timeout=PATIENCE,
        )  # fmt: skip
        _require_undisturbed(reader, done)
        printed, end = done.stdout, (done.stderr.strip().splitlines() or [""])[-1]
        end = _one_line(f"its process ended with {done.returncode}: {end}", folder)
    except subprocess.TimeoutExpired as error:
        printed = (error.stdout or b"").decode()
        end = f"no answer within {PATIENCE} s"
    whole_lines = printed[: printed.rfind("\n") + 1].splitlines()
    return [json.loads(line) for line in whole_lines if line.startswith("{")], end


def _require_undisturbed(reader: Reader, done: subprocess.CompletedProcess) -> None:
    """Raise UserError where it is no answer of the reader's how its process ended."""
    kind, reason = blame.declared(done.stderr) or (None, blame.say_end(done.returncode))
    killed = done.returncode < 0 and blame.ended(done.returncode) is Whose.OURS
    if kind is Whose.OURS or killed:
        raise UserError(f"{reader.name} was {Whose.OURS}: {reason}")


def _python_reader(name: str, reader: str, python: ReleasePython, **variables) -> Reader:
    def command(folder, first):
        return [*python.module("tomobench.drivers.readers"), "read", reader, folder, str(first)]

    return Reader(name, command, {**python.environment(), **variables})


def _zarrs(root: Path, python: ReleasePython) -> Reader:
    """zarr 3 told to decode with zarrs, and to refuse what zarrs does not do itself."""
    try:
        folder = beside.installed(root / ZARRS, python.program, python.beside)
    except UserError as error:
        return Reader("zarrs", absent=str(error))
    path = os.pathsep.join([python.environment()["PYTHONPATH"], str(folder)])
    chosen = {
        "ZARR_CODEC_PIPELINE__PATH": "zarrs.ZarrsCodecPipeline",
        "ZARR_CODEC_PIPELINE__STRICT": "True",
    }
    return _python_reader("zarrs", "zarrs", python, PYTHONPATH=path, **chosen)


def _zarrita(root: Path) -> Reader:
    node = shutil.which("node")
    if node is None:
        return Reader("zarrita", absent="there is no node on PATH (install Node.js)")
    if not (root / "node_modules" / "zarrita").is_dir():
        return Reader("zarrita", absent="node_modules has no zarrita (make setup)")

    def command(folder, first):
        return [node, "--input-type=module", "-", folder, str(first)]

    return Reader("zarrita", command, dict(os.environ))


def _one_line(reason: str, folder: Path) -> str:
    """The reason in one line, without the place on this machine and the specification that tensorstore adds."""
    line = " ".join(reason.split(" [tensorstore_spec=")[0].replace(f"{folder}/", "").split())
    return line if len(line) <= REASON else line[: REASON - 1] + "…"


def keep_earlier(rows: list[Trial], earlier: list[Trial]) -> Iterator[Trial]:
    """The rows, with what an earlier run found in place of what could not be run now."""
    known = {(row.reader, row.written_by, row.layout): row for row in earlier}
    for row in rows:
        before = known.get((row.reader, row.written_by, row.layout))
        yield before if before and row.verdict == NOT_RUN else row
