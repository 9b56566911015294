"""asv compare and asv show take the machine by the rule that all of tomobench's commands follow.

asv itself refuses to compare where several machines have results, and shows all of them.
"""

import functools
from pathlib import Path

from asv.commands.compare import Compare
from asv.commands.show import Show
from asv.repo import NoSuchNameError, get_repo
from asv.util import UserError as AsvUserError

from tomobench.desk import errors
from tomobench.desk.releases.hashes import LENGTH
from tomobench.desk.results import choosing


def follow_the_rule() -> None:
    """Give ``asv compare`` and ``asv show RELEASE`` the machine that is meant where none is named."""
    for command, arguments in ((Compare, ("hash_1", "hash_2")), (Show, ("commit",))):
        if not hasattr(command.run, "follows_the_rule"):
            command.run = classmethod(_ruled(command.run.__func__, arguments))


def _ruled(run, arguments: tuple[str, ...]):
    @functools.wraps(run)
    def ruled(cls, conf, *, machine=None, **options):
        names = [options[name] for name in arguments if options.get(name)]
        if names:
            machine = _machine(conf, names, machine)
        return run(cls, conf, machine=machine, **options)

    ruled.__dict__["follows_the_rule"] = True
    return ruled


def _machine(conf, names: list[str], asked: str | None) -> str | None:
    """The machine whose results of these releases are meant; ``asked`` where nothing has any."""
    repo = get_repo(conf)
    try:
        hashes = [repo.get_hash_from_name(name) for name in names]
    except NoSuchNameError as error:
        raise AsvUserError(f"there is no commit called {error}") from None
    has: choosing.Held = {}
    for path in Path(conf.results_dir).glob("*/*.json"):
        for one in hashes:
            if path.name.startswith(f"{one[:LENGTH]}-"):
                has.setdefault(path.parent.name, set()).add((one, path.name, ""))
    try:
        return choosing.machine(has, asked) if has else asked
    except errors.UserError as error:
        raise AsvUserError(str(error)) from None
