"""``tomobench releases``: see and keep the list of zarr releases that is asv's history."""

import json
import platform
from pathlib import Path

import click
from tabulate import tabulate

from tomobench.desk import locks
from tomobench.desk.errors import UserError
from tomobench.desk.releases import checks, wheels
from tomobench.desk.releases.history import branches_of
from tomobench.desk.releases.installed import records
from tomobench.desk.releases.lock import (
    LOCK,
    PACKAGE,
    find_root,
    load,
    load_lock,
    save_lock,
    to_json,
)
from tomobench.desk.releases.release import Release
from tomobench.desk.releases.update import merge


@click.group()
def releases() -> None:
    """The zarr releases that asv takes for commits.

    \b
      tomobench releases list              the releases, newest last
      asv run 3.1.6..3.4.2                 wherever asv wants a commit, give it a version
      asv compare 2.18.7 3.4.2

    They stand in releases.lock.json. Branch main holds every release, branch 2.18 those of 2.18 alone. Yanked releases and
    pre-releases are on neither: ask for them by name.

    To measure a zarr that is not released yet, add its wheel:

    \b
      python -m build --wheel path/to/zarr-python
      tomobench releases add path/to/zarr-python/dist/zarr-3.5.0.dev1-py3-none-any.whl
      asv continuous 3.4.2 3.5.0.dev1
    """


@releases.command("list")
@click.option("--all", "everything", is_flag=True, help="Yanked releases and pre-releases too.")
@click.option("--json", "as_json", is_flag=True, help="Everything known of each, as JSON.")
def list_releases(everything: bool, as_json: bool) -> None:
    """List the releases, newest last.

    The column 'hash' says what asv calls a release where that is not its version.
    """
    history = load(find_root())
    shown = history.releases if everything else history.branch("main")
    if as_json:
        click.echo(json.dumps([to_json(one) for one in shown], indent=1, ensure_ascii=False))
        return
    head = ["release", "hash", "line", "uploaded", "python", "note"]
    rows = [_row(one) for one in shown]
    click.echo(tabulate(rows, head, tablefmt="plain", disable_numparse=True))


@releases.command()
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
def update(dry_run: bool) -> None:
    """Ask the package index for new and yanked releases.

    The index is the one pip is set up with (pip config, PIP_INDEX_URL). It must speak the simple
    API's JSON. What it says is written to releases.lock.json, to be looked at and committed.
    A release keeps its hash for good, because results are filed under it.
    """
    root = find_root()
    with locks.writing(root / LOCK):
        _update(root, dry_run)


def _update(root: Path, dry_run: bool) -> None:
    from tomobench.desk.releases import index  # half a second of libraries, for this alone

    locked = load_lock(root) if (root / LOCK).exists() else []
    plan = merge(locked, index.fetch(PACKAGE, known=locked))
    for line in plan.changes:
        click.echo(line)
    if plan.missing:
        click.echo(f"kept, though not on this index: {', '.join(plan.missing)}")
    if plan.changes and not dry_run:
        save_lock(root, plan.releases)
    click.echo(_outcome(len(plan.changes), dry_run))


@releases.command()
@click.argument("wheel", type=click.Path(path_type=Path))
def add(wheel: Path) -> None:
    """Put a zarr wheel of your own on its line's history.

    \b
      tomobench releases add dist/zarr-3.5.0-py3-none-any.whl

    WHEEL is copied into .tomobench, which is not in git. Two wheels of one version, or a rebuilt
    3.4.2, are told apart by their hashes.
    """
    root = find_root()
    with locks.writing(root / LOCK):
        release, new = wheels.add(root, wheel)
    state = "added" if new else "already there, nothing to do:"
    click.echo(f"{state} zarr {release.version}, hash {release.hash}, line {release.line}")
    if problem := _in_the_way(root, release):
        click.echo(f"it can't be measured yet: {problem}")
    elif before := load(root).before(release.hash):
        click.echo(f"to compare:  asv continuous {before.hash} {release.hash}")


def _in_the_way(root: Path, release: Release) -> str:
    """Why a release can't be installed beside its line's packages; empty where nothing is known to be in the way."""
    try:
        checks.check_python(release)
        if lock := _lock_of(root, release.line):
            checks.require_locked(release, lock, platform.python_version())
    except UserError as error:
        return str(error)
    return ""


def _lock_of(root: Path, line: str) -> Path | None:
    from asv import util  # half a second of libraries, for this alone
    from asv.config import Config

    try:
        lines = getattr(Config.load(str(root / "asv.conf.json")), "lines", {})
    except util.UserError:
        return None  # asv says so, and what is wrong with it
    return root / lines[line]["requirements"] if line in lines else None


@releases.command()
@click.argument("name")
def remove(name: str) -> None:
    """Take a wheel of your own off the history.

    \b
      tomobench releases remove 3.5.0

    NAME is its version or its hash. Its results stay; the command that removes them is shown.
    """
    root = find_root()
    with locks.writing(root / LOCK):
        release = wheels.remove(root, name)
    click.echo(f"removed zarr {release.version}, hash {release.hash}")
    click.echo(f"its results, if any, stay; to remove them:  asv rm commit_hash={release.hash}")


@releases.command()
@click.argument("name")
def show(name: str) -> None:
    """Show all that is known of a release.

    \b
      tomobench releases show 3.4.2

    NAME is a version or a hash. For each of its results: the packages that were really installed.
    """
    root = find_root()
    release = load(root).find(name)
    click.echo(tabulate(_facts(release), tablefmt="plain", disable_numparse=True))
    for record in records(root / "results", release.hash):
        click.echo(f"\ninstalled, {record.relative_to(root)}:")
        click.echo(_indented(record.read_text(encoding="utf-8", errors="replace")))


def _row(release: Release) -> list[str]:
    name = "" if release.hash == release.version else release.hash
    return [
        release.version,
        name,
        release.line,
        f"{release.uploaded:%Y-%m-%d}",
        release.requires_python or "any",
        _note(release),
    ]


def _note(release: Release) -> str:
    if release.own:
        return "own wheel"
    notes = ["pre-release"] if release.prerelease else []
    if release.yanked is not None:
        notes.append(f"yanked: {release.yanked}")
    return ", ".join(notes)


def _outcome(changes: int, dry_run: bool) -> str:
    if not changes:
        return f"{LOCK} is up to date"
    if dry_run:
        return f"{LOCK} is unchanged (--dry-run)"
    return f"{LOCK} is rewritten: look at it with git diff, then commit it"


def _facts(release: Release) -> list[tuple[str, str]]:
    facts = [
        ("release", f"zarr {release.version}"),
        ("hash", release.hash),
        ("line", release.line),
        ("branches", ", ".join(branches_of(release)) or "none"),
        ("added" if release.own else "uploaded", f"{release.uploaded:%Y-%m-%d %H:%M:%S} UTC"),
        ("wheel", release.wheel),
        ("sha256", release.sha256),
        ("python", release.requires_python or "any"),
        ("note", _note(release) or "none"),
    ]
    return facts + [("requires", text) for text in release.requires_dist]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
