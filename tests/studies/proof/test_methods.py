"""The methods on made samples with known answers, and the tables that are counted from them."""

import numpy as np
import pytest

from studies.proof import asv_rules, methods, other_rules, power, samples, tables, truth, variants
from tests.studies.proof import made
from tests.studies.proof.made import OPENING, PLAIN, SHARDED
from tomobench.desk.errors import UserError

SLOWER = [
    variants.slowed(kind, share) for kind in ("decode", "shard") for share in (0.05, 0.10, 0.50)
]
WHEELS = [*(variants.same(n) for n in range(1, 7)), *SLOWER]


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("results") / "proof"
    made.race(folder, "quiet-1", WHEELS)
    made.race(folder, "loaded-1", WHEELS, made.Machine(0.02, 0.15, 0.5), seed=1)
    return samples.pairs(folder, samples.races(folder), made.truths(SLOWER))


@pytest.fixture(scope="module")
def verdicts(pairs, tmp_path_factory):
    return methods.judge(pairs, tmp_path_factory.mktemp("no-otava"))


def of(verdicts, method, **wanted):
    return [
        one.found
        for one in verdicts
        if one.method == method
        and all(getattr(one.pair, name) == value for name, value in wanted.items())
    ]


def test_every_pair_of_every_race_is_there(pairs):
    assert len(pairs) == 2 * len(WHEELS) * len(made.CELLS)
    assert {pair.condition for pair in pairs} == {"quiet", "loaded"}
    for pair in pairs:
        assert pair.before.shape == pair.after.shape == (8, 20)
        assert (pair.true == 0) == (not pair.touched)
        assert pair.log == pytest.approx(pair.true, abs=0.1)


def test_what_a_wheel_touches(pairs):
    touched = {(pair.variant.kind, pair.benchmark) for pair in pairs if pair.touched}
    assert {("decode", PLAIN), ("decode", SHARDED), ("shard", SHARDED)} <= touched
    assert not {("decode", OPENING), ("shard", PLAIN), ("shard", OPENING)} & touched
    assert variants.slowed("store", 0.5).touches(OPENING)


def test_the_race_finds_ten_percent_and_nothing_where_there_is_nothing(verdicts):
    (row,) = [row for row in tables.against_itself(verdicts) if row["condition"] == "quiet"]
    assert row["release against itself"] == 24 and row["false findings"] == 0
    assert row["untouched by a changed wheel"] == 12 and row["flagged there"] == 0
    found = [row for row in tables.by_wheel(verdicts) if row["condition"] == "quiet"]
    assert [row["slowed"] for row in found] == ["decode"] * 3 + ["shard"] * 3
    assert all(row["found"] == row["cells"] for row in found if row["by"] in ("10%", "50%"))


def test_asv_compare_asks_for_a_factor(verdicts):
    large = [variants.slowed("decode", 0.50)] * 2
    for variant in large:
        assert all(of(verdicts, "asv compare", variant=variant, benchmark=PLAIN, condition="quiet"))
    assert not any(
        of(verdicts, "asv compare", variant=variants.slowed("decode", 0.05), condition="quiet")
    )


def test_asv_regression_page_wants_two_releases_after_a_step():
    draw = np.random.default_rng(0)
    history = [1 + 0.002 * draw.normal(size=40) for _ in range(6)]
    slower = [1.3 + 0.002 * draw.normal(size=40) for _ in range(2)]
    assert asv_rules.regression_page(history, slower)
    assert not asv_rules.regression_page(history, history[:1])
    # It looks upward only.
    assert not asv_rules.regression_page(slower * 3, history[:2])


def test_asv_find_names_the_step_and_names_one_where_there_is_none(verdicts):
    assert asv_rules.find([1, 1, 1, 1, 1, 2, 2, 2]) == 5
    assert asv_rules.find([1, 2, 2, 2, 2]) == 1
    assert asv_rules.find([1] * 8) in range(8)
    assert all(of(verdicts, "asv find", variant=variants.same(1)))


@pytest.mark.parametrize(
    ("change", "found"),
    [(0.0, False), (0.035, False), (0.06, True), (-0.06, True)],
)
def test_quartiles_and_three_ranges(change, found):
    history = [0.01, -0.01, 0.02, -0.02, 0.015]
    # Of the sizes, the quartiles are 1 and 2 %: the limit is 2 + 3 × 1 %.
    assert other_rules.quartiles(change, history) is found
    assert other_rules.quartiles(change, history[:3]) is None


def test_bootstrap(verdicts):
    name = "bootstrap of medians"
    assert all(of(verdicts, name, variant=variants.slowed("decode", 0.50), benchmark=PLAIN))
    assert np.mean(of(verdicts, name, variant=variants.same(1))) < 0.5


def test_one_plain_run_each_finds_only_what_is_large(verdicts):
    name = "tomobench, one plain run each"
    assert not any(of(verdicts, name, variant=variants.same(1)))
    assert not any(of(verdicts, name, variant=variants.slowed("decode", 0.05), condition="loaded"))


def test_a_method_that_cannot_be_asked_is_in_no_table(verdicts):
    assert set(of(verdicts, "Otava")) == {None}
    shown = tables.side_by_side(verdicts, "quiet")
    names = [row["method"] for row in shown]
    assert methods.RACE in names and "rustc-perf" in names and "Otava" not in names
    by_name = {row["method"]: row for row in shown}
    assert by_name[methods.RACE]["unchanged"] == "0/36"
    assert by_name["asv find"]["unchanged"] == "36/36"
    assert by_name[methods.RACE]["30 % and more"] == "4/4"


def test_classes_of_sizes(pairs):
    classes = {pair.variant.share: tables.class_of(pair) for pair in pairs if pair.touched}
    assert classes == {0.05: "4.5–7 %", 0.10: "9.5–15 %", 0.50: "30 % and more"}
    assert {tables.class_of(pair) for pair in pairs if not pair.touched} == {"unchanged"}


def test_verdicts_survive_the_file(verdicts, tmp_path):
    samples.save_table(tmp_path / "verdicts.csv", tables.verdict_rows(verdicts))
    rows = samples.load_table(tmp_path / "verdicts.csv")
    assert len(rows) == len(verdicts)
    assert {row["found"] for row in rows} == {"", "0", "1"}


def test_a_damaged_table_is_named(tmp_path):
    (tmp_path / samples.WHEELS).write_text("hash,label\na\n")
    with pytest.raises(UserError, match=r"wheels.csv is damaged"):
        samples.pairs(tmp_path, [], {})


def test_the_true_size_is_the_median_over_the_turns():
    draw = np.random.default_rng(5)
    weather = np.exp(draw.normal(0, 0.5, (200, 1)))
    seconds = weather * np.array([1, 1.1]) * np.exp(draw.normal(0, 0.02, (200, 2)))
    ratio, low, high = truth.ratio_of(seconds, 1)
    assert ratio == pytest.approx(1.1, rel=0.01) and low < 1.1 < high
    inside = 0
    for _ in range(200):
        _, low, high = truth.ratio_of(np.exp(draw.normal(0, 0.1, (50, 2))), 1)
        inside += low <= 1 <= high
    assert inside >= 182


def test_the_sizes_of_a_kind_lie_on_one_line(tmp_path):
    rows = [
        {"benchmark": PLAIN, "kind": "decode", "share": share, "turns": 9, "ratio": ratio} | ends
        for share, ratio, ends in (
            (0.05, 1.30, {"low": 0.80, "high": 1.80}),
            (0.10, 1.08, {"low": 1.07, "high": 1.09}),
            (0.50, 1.40, {"low": 1.39, "high": 1.41}),
        )
    ]
    samples.save_table(tmp_path / truth.FILE, [*rows, {**rows[0], "kind": "shard", "ratio": ""}])
    found = truth.load(tmp_path)
    assert set(found) == {(PLAIN, "decode", share) for share in (0.05, 0.10, 0.50)}
    assert np.expm1(found[PLAIN, "decode", 0.05]) == pytest.approx(0.04, abs=0.001)
    assert np.expm1(found[PLAIN, "decode", 0.50]) == pytest.approx(0.40, abs=0.005)


@pytest.mark.parametrize("label", [one.label for one in (*WHEELS, *variants.counted())])
def test_a_variant_is_found_by_its_label(label):
    assert variants.find(label).label == label


def test_a_wheel_that_is_unknown_is_said(tmp_path):
    made.race(tmp_path / "proof", "quiet-1", [variants.same(1)], renewals=2)
    (tmp_path / "proof" / samples.WHEELS).unlink()
    with pytest.raises(UserError, match="does not say what"):
        samples.pairs(tmp_path / "proof", samples.races(tmp_path / "proof"), {})


def test_nothing_raced(tmp_path):
    with pytest.raises(UserError, match="no race to judge"):
        samples.races(tmp_path / "proof")


def test_more_renewals_find_more_and_cost_more(tmp_path):
    folder = tmp_path / "proof"
    wheels = [variants.same(1), *(variants.slowed("decode", share) for share in (0.05, 0.10))]
    made.race(folder, "quiet-1", wheels, made.Machine(process=0.015), renewals=15)
    found = power.rows(folder, samples.races(folder), made.truths(wheels))
    assert [row["renewals"] for row in found] == [3, 5, 10, 15]
    shares = [int(row["9.5–15 %"][0]) for row in found]
    assert shares == sorted(shares) and shares[-1] == 3
    # 2 of 4 wheels: half of the seconds that the cells and the startup of the workers took.
    assert [row["seconds a benchmark"] for row in found] == ["6.8", "11.2", "22.5", "33.8"]
