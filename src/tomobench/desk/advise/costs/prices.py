"""What requests and bytes cost, in decimals of 28 digits; the prices are data, with source and date.

The prices are in prices.toml beside this module; ``TOMOBENCH_PRICES`` names a file of the user's
own. Money is in the file's currency. Requests are counted by kind, in the words of the metered file
system and of the server's log ("get", "range get", "head", "list", "put", "delete").
"""

import datetime
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from pathlib import Path

from tomobench.desk import files
from tomobench.desk.errors import UserError
from tomobench.desk.volumes.data_set import TOMOGRAMS

OURS = Path(__file__).with_name("prices.toml")
VARIABLE = "TOMOBENCH_PRICES"
PRICED = {
    "per_thousand_requests": {"get", "range get", "head", "list", "put", "post", "delete"},
    "per_gb": {"stored_for_a_month", "fetched", "written"},
}
"""What each table of a file of prices has at least."""
MILLION = 1_000_000


@dataclass(frozen=True)
class Usage:
    """What an access does: requests by kind (a mean may be no whole number), bytes fetched and bytes
    written."""

    requests: Mapping[str, int | Decimal]
    fetched: int = 0
    written: int = 0


@dataclass(frozen=True)
class Prices:
    """The prices of a store: see prices.toml for what each is for."""

    name: str
    source: str
    date: datetime.date
    currency: str
    bytes_per_gb: int
    keys_per_list: int
    per_thousand_requests: Mapping[str, Decimal]
    per_gb: Mapping[str, Decimal]

    def of(self, usage: Usage) -> Decimal:
        """Requests and transfer of an access. Raises UserError for a kind that has no price."""
        if unknown := usage.requests.keys() - self.per_thousand_requests:
            raise UserError(f"{self.name} has no price for {', '.join(sorted(unknown))} requests")
        priced = self.per_thousand_requests
        requests = sum(priced[kind] * count for kind, count in usage.requests.items())
        transfer = self._gb("fetched", usage.fetched) + self._gb("written", usage.written)
        return requests / Decimal(1000) + transfer

    def of_keeping(self, nbytes: int) -> Decimal:
        """Storage of so many bytes for a month."""
        return self._gb("stored_for_a_month", nbytes)

    def of_listing(self, objects: int) -> Decimal:
        """Requests to list so many objects, in pages; their transfer is left out."""
        pages = max(1, -(-objects // self.keys_per_list))
        return self.of(Usage({"list": pages}))

    def _gb(self, what: str, nbytes: int) -> Decimal:
        return self.per_gb[what] * nbytes / self.bytes_per_gb


@dataclass(frozen=True)
class Costs:
    """Of a data set, in the prices' currency.

    access, million_accesses: reading something of one tomogram, once and a million times. writing:
    all tomograms, once. keeping: all, for a month. listing: all their objects, once.
    """

    access: Decimal
    million_accesses: Decimal
    writing: Decimal
    keeping: Decimal
    listing: Decimal


def costs(
    prices: Prices, read: Usage, write: Usage, objects: int, nbytes: int, tomograms: int = TOMOGRAMS
) -> Costs:
    """The costs of a data set from what one tomogram takes.

    read: the access that is asked about. write: writing one tomogram. objects, nbytes: what it is
    stored in. Raises UserError for a kind of request without a price.
    """
    access = prices.of(read)
    return Costs(
        access,
        access * MILLION,
        prices.of(write) * tomograms,
        prices.of_keeping(nbytes * tomograms),
        prices.of_listing(objects * tomograms),
    )


def file() -> Path:
    """The file that prices are read from: the user's, else ours."""
    return Path(os.environ.get(VARIABLE) or OURS)


def load(path: Path | None = None) -> Prices:
    """The prices in a file: the given one, else the user's, else ours. Raises UserError."""
    path = path or file()
    content = files.text(path)
    try:
        found = tomllib.loads(content, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no TOML: {error}") from error
    return _checked(path, found)


def _checked(path: Path, found: dict) -> Prices:
    ours = {field.name for field in fields(Prices)}
    if difference := ours ^ found.keys():
        raise UserError(
            f"{path}: missing or unknown: {', '.join(sorted(difference))} (see {OURS.name})"
        )
    for name in ("bytes_per_gb", "keys_per_list"):
        if type(found[name]) is not int or found[name] < 1:
            raise UserError(f"{path}: {name} is no whole number above 0")
    for table in ("per_thousand_requests", "per_gb"):
        if not _are_prices(found[table]):
            raise UserError(f"{path}: {table} is no table of numbers, none below 0")
        found[table] = {what: Decimal(price) for what, price in found[table].items()}
    for table, wanted in PRICED.items():
        if missing := wanted - found[table].keys():
            raise UserError(f"{path}: {table} has no {', '.join(sorted(missing))}")
    return Prices(**found)


def _are_prices(table) -> bool:
    if not isinstance(table, dict):
        return False
    return all(
        type(price) in (int, Decimal) and Decimal(price).is_finite() and price >= 0
        for price in table.values()
    )
