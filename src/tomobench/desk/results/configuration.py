"""asv.conf.json, as asv reads it and tomobench's commands need it: each key known, each value of its type.

asv is imported where it is used: its import takes as long as all else that a question about results needs.
"""

import difflib
import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.results import answers

if TYPE_CHECKING:
    from asv.config import Config

FILE = "asv.conf.json"

TEXT, NUMBER = (str,), (int, float)
TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("project", "project_url", "repo", "repo_subdir", "dvcs"), TEXT),
    **dict.fromkeys(("env_dir", "benchmark_dir", "results_dir", "html_dir"), TEXT),
    **dict.fromkeys(("show_commit_url", "environment_type", "launch_method"), TEXT),
    **dict.fromkeys(("branches", "pythons", "plugins", "exclude", "include", "beside"), (list,)),
    **dict.fromkeys(("matrix", "lines", "regressions_first_commits"), (dict,)),
    **dict.fromkeys(("install_timeout", "default_benchmark_timeout", "hash_length"), NUMBER),
}
"""What a key's value is: those that tomobench or asv's own commands depend on here."""

OURS = {"lines", "beside"}
"""Keys that asv doesn't know: they are of tomobench's environment."""


def results_folder(root: Path) -> Path:
    """Where results are, as the configuration says. Raises UserError, and tells of keys, as :func:`load` does."""
    path = root / FILE
    folder, keys = _of_text(str(path), files.text(path))
    for key in keys:
        tell(key)
    return root / folder


@answers.kept
def _of_text(path: str, text: str) -> tuple[str, list[str]]:
    """``results_dir``, and the keys that nothing reads, of the file ``path``, which holds ``text``."""
    conf = _checked(Path(path))
    if files.text(Path(path)) != text:
        raise UserError(f"{path} was written meanwhile: try again")
    return conf.results_dir, unknown(conf)


def load(root: Path, name: str = FILE) -> "Config":
    """asv's configuration in the file ``name``, with its folders below ``root``. A key that nothing reads is told
    on stderr, once.

    Raises UserError when the file can't be read, or a value is of the wrong type.
    """
    conf = _checked(root / name)
    for key in unknown(conf):
        tell(key)
    conf.results_dir = str(root / conf.results_dir)
    conf.benchmark_dir = str(root / conf.benchmark_dir)
    return conf


def _checked(path: Path) -> "Config":
    from asv import util
    from asv.config import Config

    files.text(path)  # asv would wait for a pipe, and show a traceback for what is no text
    try:
        conf = Config.load(str(path))
    except RecursionError:
        raise UserError(f"{path} is nested too deeply") from None
    except util.UserError as error:
        raise UserError(str(error)) from None
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} can't be used: {error}".splitlines()[0]) from None
    _check_types(path, vars(conf), vars(Config()))
    return conf


def _check_types(path: Path, values: dict[str, Any], defaults: dict[str, Any]) -> None:
    for key, types in TYPES.items():
        if (
            key in values
            and not isinstance(values[key], types)
            and values[key] != defaults.get(key, ())
        ):
            raise UserError(f"{path}: {key} is {_said(values[key])}, and must be {_named(types)}")
    for line, section in values.get("lines", {}).items():
        if not isinstance(section, dict) or not isinstance(section.get("requirements"), str):
            raise UserError(f'{path}: lines, {line}: must be {{"requirements": a file}}')
    for key in ("branches", "plugins", "beside"):
        if not all(isinstance(one, str | None) for one in values.get(key, [])):
            raise UserError(f"{path}: {key} is no list of texts")


def _named(types: tuple[type, ...]) -> str:
    return {str: "a text", list: "a list", dict: "a table", int: "a number"}[types[0]]


def _said(value: object) -> str:
    text = repr(value)
    return text if len(text) < 40 else f"{text[:36]} …"


def unknown(conf: "Config") -> list[str]:
    """The keys of a configuration that neither asv nor tomobench reads: they are misspelt, or of no use."""
    from asv.config import Config

    return sorted(vars(conf).keys() - vars(Config()).keys() - OURS)


@functools.cache
def tell(key: str) -> None:
    """Say once that nothing reads a key of asv.conf.json, and which key is near it."""
    from asv.config import Config

    near = difflib.get_close_matches(key, [*vars(Config()), *OURS], n=1)
    meant = f": is {near[0]} meant?" if near else ""
    click.echo(f"tomobench: {FILE} has a key {key!r} that nothing reads{meant}", err=True)
