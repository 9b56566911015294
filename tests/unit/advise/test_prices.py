"""Costs are exact; the reference report's own figures, where they hold and where they do not."""

from decimal import Decimal
from math import ceil, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tomobench.desk.advise.costs.prices import OURS, Usage, costs, load
from tomobench.desk.errors import UserError
from tomobench.desk.volumes.data_set import TOMOGRAMS

#: The report's tomogram, TS_100_3: z, y, x.
SHAPE = (184, 630, 630)


def chunks(edge: int) -> int:
    """How many chunks of edge³ voxels the tomogram is cut into."""
    return prod(ceil(length / edge) for length in SHAPE)


@pytest.fixture
def prices(monkeypatch):
    monkeypatch.delenv("TOMOBENCH_PRICES", raising=False)
    return load()


def gets(count: int) -> Usage:
    return Usage({"get": count})


def test_prices_are_the_references(prices):
    assert prices.of(gets(1000)) == Decimal("0.0004")
    assert prices.of_listing(1_000_000) == Decimal("0.005")
    assert prices.source and prices.date.year >= 2025 and prices.currency == "USD"


def test_the_references_cost_of_an_access_holds_for_its_counts(prices):
    # "290K GETs = $0.12 per tomogram access", "12 GETs = $0.000005 per access"
    assert prices.of(gets(290_000)) == Decimal("0.116")
    assert prices.of(gets(12)) == Decimal("0.0000048")


def test_the_references_million_accesses_is_a_thousand_times_too_low(prices):
    # "For 1M accesses: $120 vs $0.005 (24,000× cheaper!)"
    many, few = prices.of(gets(290_000)) * 10**6, prices.of(gets(12)) * 10**6
    assert (many, few) == (116_000, Decimal("4.8"))
    assert round(many / few) == 24_167


def test_the_references_counts_are_not_its_tomograms(prices):
    # "16³ chunks: 290K files", "128³ chunks: 12 files"
    assert (chunks(16), chunks(128)) == (19_200, 50)
    assert prices.of(gets(chunks(16))) == Decimal("0.00768")
    assert prices.of(gets(chunks(128))) == Decimal("0.00002")


def test_the_reference_lists_one_key_a_request(prices):
    # "8.7M files: $43.50 per full listing", "19K files: $0.095 per listing"
    assert prices.of(Usage({"list": 8_700_000})) == Decimal("43.5")
    assert prices.of_listing(8_700_000) == Decimal("0.0435")
    assert prices.of_listing(19_000) == Decimal("0.000095")


def test_costs_of_a_data_set(prices):
    nbytes = 2**30
    read = Usage({"get": 9, "range get": 1, "head": 10, "list": 1}, fetched=2**20)
    found = costs(prices, read, Usage({"put": 50}, written=nbytes), objects=51, nbytes=nbytes)
    assert TOMOGRAMS == 484
    assert found.access == Decimal("0.000013") + Decimal("0.09") / 1024
    assert found.million_accesses == Decimal("100.890625")
    assert found.writing == Decimal("0.121")  # 24,200 PUTs
    assert found.keeping == Decimal("11.132")  # 484 GB
    assert found.listing == Decimal("0.000125")  # 24,684 keys in 25 pages


@given(
    count=st.dictionaries(
        st.sampled_from(["get", "range get", "put", "list"]), st.integers(0, 10**9)
    ),
    fetched=st.integers(0, 2**50),
    times=st.integers(1, 1000),
)
def test_so_many_times_the_usage_costs_so_many_times_as_much(count, fetched, times):
    prices = load(OURS)
    more = Usage({kind: number * times for kind, number in count.items()}, fetched * times)
    once = prices.of(Usage(count, fetched))
    # A quotient by 2³⁰ may have more than the 28 digits that are kept.
    assert prices.of(more) == pytest.approx(
        times * once, rel=Decimal("1e-25"), abs=Decimal("1e-30")
    )


@given(st.integers(0, 10**7))
def test_a_page_lists_a_thousand_keys(objects):
    prices = load(OURS)
    pages = prices.of_listing(objects) / prices.of_listing(1)
    assert pages == max(1, ceil(objects / 1000))


def test_what_has_no_price_is_said(prices):
    with pytest.raises(UserError, match="no price for copy requests"):
        prices.of(Usage({"copy": 1}))


def test_a_users_own_prices(monkeypatch, tmp_path):
    own = tmp_path / "own.toml"
    own.write_text(OURS.read_text().replace("put = 0.005", "put = 1"))
    monkeypatch.setenv("TOMOBENCH_PRICES", str(own))
    assert load().of(Usage({"put": 3})) == Decimal("0.003")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("currency", "coin", "missing or unknown: coin, currency"),
        ("put = 0.005", "put = -1", "per_thousand_requests is no table of numbers"),
        ("put = 0.005", 'put = "free"', "per_thousand_requests is no table of numbers"),
        ("keys_per_list = 1000", "keys_per_list = 0", "keys_per_list is no whole number"),
        ("put = 0.005", "put = nan", "per_thousand_requests is no table of numbers"),
        ("put = 0.005", "put = inf", "per_thousand_requests is no table of numbers"),
        ("head = 0.0004", "", "per_thousand_requests has no head"),
        ("written = 0", "", "per_gb has no written"),
        ("[per_gb]", "[per_gb", "is no TOML"),
    ],
)
def test_a_price_file_that_can_not_be_used_is_said_in_a_line(tmp_path, old, new, message):
    own = tmp_path / "own.toml"
    own.write_text(OURS.read_text().replace(old, new))
    with pytest.raises(UserError, match=message):
        load(own)
    with pytest.raises(UserError, match="can't be read: No such file"):
        load(tmp_path / "none.toml")
