"""Which results over S3 a command is about."""

from pathlib import Path

from tomobench.desk.errors import UserError
from tomobench.desk.releases.history import History
from tomobench.desk.results import choosing
from tomobench.desk.results import reading as results
from tomobench.desk.servers import service

#: The volume that is meant where several were measured.
VOLUME = "phantom-128"


def choose(
    root: Path, history: History, prefix: str, machine: str | None, volume: str | None, releases
) -> tuple[list[results.Row], str]:
    """The rows of the benchmarks whose name starts with ``prefix``, and their volume.

    Of the server that is asked for in the environment, else the default one. ``volume``: None for
    VOLUME, else the only one. ``releases``: names; none for the newest of each line. Raises
    UserError when there is nothing.
    """
    rows = [row for row in results.read(root) if row.benchmark.startswith(prefix)]
    rows = [row for row in rows if row.server == (service.server_of_the_user() or "")]
    rows = [row for row in rows if volume in (None, row.volume)]
    volumes = sorted({row.volume for row in rows if row.measured})
    if not volumes:
        raise UserError(f"nothing was measured there yet: asv run --bench ^{prefix.split('.')[0]}")
    if len(volumes) > 1 and VOLUME not in volumes:
        raise UserError(f"choose one of {', '.join(volumes)} with --volume")
    chosen = VOLUME if VOLUME in volumes else volumes[0]
    rows = [row for row in rows if row.volume == chosen]
    wanted = [one.hash for one in history.choose(releases)] or choosing.tips(rows, history)
    return choosing.of_machine([row for row in rows if row.release in wanted], machine), chosen
