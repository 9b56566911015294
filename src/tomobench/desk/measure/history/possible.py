"""The cells that a release can't do are left out before asv starts a process for each of them.

They are n/a all the same: asv records NaN for a cell that was not asked for, as for one that was skipped.
"""

import json
import re
from collections.abc import Sequence

from asv import util
from asv.config import Config
from asv.environment import Environment, get_environments
from asv.repo import get_repo

from tomobench.desk.errors import UserError
from tomobench.drivers import impossible


def only(conf: Config, release: str, expression: str) -> str:
    """What asv's --bench takes for those cells that ``expression`` finds and ``release`` (a hash) can do.

    On the volume that asv measures on. Within asv's session; the release is made ready. Raises UserError.
    """
    (environment,) = get_environments(conf, None)
    try:
        environment.create()
        environment.install_project(conf, get_repo(conf), release)
        said = environment.run([impossible.__file__])
    except util.UserError as error:
        raise UserError(str(error).splitlines()[0]) from None
    return _but(json.loads(said), expression)


def without_a_part(environments: Sequence[Environment]) -> dict[str, list[str]]:
    """For each volume the suites that have no part on it, whatever the release.

    ``environments``: one for each volume; a release is ready in the first. Raises asv's UserError.
    """
    volumes = [one.env_vars["volume"] for one in environments]
    found: dict[str, list[str]] = json.loads(environments[0].run([impossible.__file__, *volumes]))
    return found


def _but(cells: dict[str, list[str]], expression: str) -> str:
    """``expression``, but for these parameters of these suites, whichever the benchmark."""
    without = "|".join(
        rf"{re.escape(suite)}\.\w+\((?:{'|'.join(map(re.escape, several))})\)"
        for suite, several in cells.items()
    )
    return rf"^(?!(?:{without})$)(?=.*(?:{expression}))" if without else expression
