"""``tomobench cache``."""

import shutil
from collections.abc import Callable

import click

from tomobench.bench.cache import root
from tomobench.desk import options
from tomobench.desk.cache import inventory
from tomobench.desk.cache.inventory import CacheEntry
from tomobench.desk.errors import UserError
from tomobench.desk.releases import lock
from tomobench.desk.results.table import Table

MIB = 2**20


@click.group()
def cache() -> None:
    """What this machine keeps between runs: volumes, and the stores that releases wrote.

    \b
      tomobench cache list    what is held
      tomobench cache clean   remove what killed commands left behind

    It is in ~/.cache/tomobench, or $TOMOBENCH_CACHE. All of it can be made again.
    """


@cache.command("list")
@options.output
def list_(format_: str) -> None:
    """Show what is held, by volume and release, and what was left behind."""
    release_of = _releases()
    sizes: dict[tuple[str, str, str], list[int]] = {}
    for one, nbytes in _reading(_sized):
        sizes.setdefault((one.volume, one.wheel, one.kind), []).append(nbytes)
    records = [
        {
            "volume": volume or None,
            "release": release_of(wheel) or None,
            "what": kind,
            "number": len(several),
            "MiB": sum(several) / MIB,
        }
        for (volume, wheel, kind), several in sorted(sizes.items())
    ]
    headings = ("volume", "release", "what", "number", "MiB")
    click.echo(Table(records, {"MiB": ".1f", "number": "d"}, headings).said(format_))


@cache.command(short_help="Read every volume and store, and name those that changed.")
def check() -> None:
    """Read every volume and store, and name those that are not what they were.

    Exit code 1 if there are any. The next measurement makes them again.
    """
    release_of = _releases()
    held = _reading(lambda: [*inventory.volumes(), *inventory.stores()])
    damaged = 0
    for one in held:
        if why := _reading(one.damage):
            damaged += 1
            of = f" of zarr {release_of(one.wheel)}" if one.wheel else ""
            click.echo(f"{one.volume}: {one.kind} {one.path.name}{of}: {why}")
    if damaged:
        raise UserError(f"{damaged} of {len(held)} volumes and stores are damaged")
    click.echo(f"all {len(held)} volumes and stores are whole")


@cache.command(short_help="Remove what killed commands left behind.")
@click.option("--dry-run", is_flag=True, help="Say what would go, and remove nothing.")
def clean(dry_run: bool) -> None:
    """Remove what killed imports, fetches and benchmarks left behind, and stores that were set aside.

    What was touched within the last hour may be in use, and stays.
    """
    freed = 0
    found = _reading(lambda: [(one, one.nbytes) for one in inventory.leftovers()])
    for one, nbytes in found:
        click.echo(f"{one.path.relative_to(root())}: {one.kind}, {nbytes / MIB:.1f} MiB")
        if not dry_run:
            _remove(one)
        freed += nbytes
    done = "would be freed" if dry_run else "freed"
    click.echo(f"{len(found)} leftovers, {freed / MIB:.1f} MiB {done}")


def _sized() -> list[tuple[CacheEntry, int]]:
    held = [*inventory.volumes(), *inventory.stores(), *inventory.leftovers()]
    return [(one, one.nbytes) for one in held]


def _remove(one: CacheEntry) -> None:
    try:
        shutil.rmtree(one.path) if one.path.is_dir() else one.path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{one.path} can't be removed: {error.strerror}") from None


def _reading(look: Callable):
    """Look at the cache. Raises UserError where it can't be read."""
    try:
        return look()
    except OSError as error:
        raise UserError(f"the cache {root()} can't be read: {error.strerror or error}") from None


def _releases() -> Callable[[str], str]:
    """The version of a release by the first digits of its wheel's sha256."""
    history = lock.load(lock.find_root())
    known = {one.sha256: one.version for one in history.releases}

    def version(wheel: str) -> str:
        found = [name for sha256, name in known.items() if wheel and sha256.startswith(wheel)]
        return found[0] if found else f"unknown ({wheel})" if wheel else ""

    return version
