"""How far a long command is: a line now and then on stderr, in a pipe too."""

import time
from collections.abc import Collection, Iterator

import click

EVERY = 2.0
"""Seconds without a word after which a line is said."""


def told[Item](what: str, items: Collection[Item]) -> Iterator[Item]:
    """The items, one by one; a line every EVERY seconds says how many are done.

    What takes less says nothing.
    """
    said = time.monotonic()
    for done, item in enumerate(items):
        if time.monotonic() - said >= EVERY:
            click.echo(f"tomobench: {what}: {done} of {len(items)}", err=True)
            said = time.monotonic()
        yield item
