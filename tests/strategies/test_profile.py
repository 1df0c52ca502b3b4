"""What a structure can lose, earn and needs follows from its legs. Hand numbers, and the algebra of payoffs."""

import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.leg import Leg, option_leg, stock_leg
from domain.payoff import best_gain, breakevens, naked_shorts, payoff, risk_kind, tied_up, worst_loss
from strategies.catalogue import STRUCTURES, structure
from strategies.handbook import handbook
from strategies.held import KNOWN, any_structure
from strategies.margin import margin
from strategies.matching import mismatch
from strategies.profile import example, profile

EVERY = pytest.mark.parametrize("row", KNOWN, ids=lambda row: row.name)
SPOTS = [float(spot) for spot in range(0, 260, 1)]
NEAR, FAR = "261016", "261120"


def call(strike: float, n: int, day: str = NEAR) -> Leg:
    return option_leg(f"XYZ{day}C{round(strike * 1000):08d}", n)


def put(strike: float, n: int, day: str = NEAR) -> Leg:
    return option_leg(f"XYZ{day}P{round(strike * 1000):08d}", n)


def test_the_handbook_is_what_the_rows_say():
    file = Path(__file__).parents[2] / "docs" / "structures.md"
    assert file.read_text("utf-8") == handbook(), "run: python -m strategies.handbook > docs/structures.md"


@EVERY
def test_the_example_of_a_row_is_the_row(row):
    assert mismatch(row.name, example(row)) == ""


@EVERY
def test_a_direction_is_where_the_legs_lean(row):
    found = profile(row)
    sign = {"bullish": 1, "bearish": -1, "neutral": 0}[row.direction]
    ends = payoff(found.legs, 200.0) - payoff(found.legs, 50.0)
    assert not found.leans[0] * sign < 0
    assert not sign or found.leans[0] == sign or ends * sign > 0


@EVERY
def test_who_sells_volatility_loses_by_its_rise_and_who_buys_it_does_not(row):
    _, gamma, _, vega = profile(row).leans
    assert not (row.volatility == "sells" and vega > 0)
    assert not (row.volatility == "buys" and vega < 0)
    assert not (row.volatility == "sells" and gamma > 0 and not row.spans_expiries)


@EVERY
def test_no_price_at_the_horizon_does_worse_than_the_stated_loss(row):
    found = profile(row)
    assert all(found.cash + payoff(found.legs, spot) >= -found.max_loss - 1e-9 for spot in SPOTS)
    assert math.isinf(found.max_loss) == (found.risk == "unlimited")
    if all(leg.is_option for leg in found.legs) and found.defined_risk:
        assert found.margin == pytest.approx(found.max_loss)


@EVERY
def test_what_the_fund_reserves_is_never_less_than_what_a_broker_asks(row):
    found = profile(row)
    assert found.margin >= 0
    assert found.margin <= tied_up(found.legs, found.cash) + 1e-6 or not row.tradable


def test_a_structure_without_a_covered_side_is_told_by_its_legs():
    kinds = {row.name: profile(row).risk for row in STRUCTURES}
    assert {name for name, kind in kinds.items() if kind == "to_zero"} == {
        "covered_call", "cash_secured_put", "jade_lizard",
    }  # fmt: skip
    assert "unlimited" not in kinds.values()


# McMillan, Options as a Strategic Investment: with the stock's strikes and prices of the hand example, per structure.
# Each line: legs, cash per share received (+) or paid (-), maximum loss, maximum gain, breakevens, all per share.
HAND = {
    # width less credit, credit, short strike less credit
    "bull_put_spread": ([put(50, -1), put(45, 1)], 1.5, 3.5, 1.5, (48.5,)),
    "bear_call_spread": ([call(30, -1), call(35, 1)], 2.0, 3.0, 2.0, (32.0,)),
    # debit, width less debit, long strike plus debit
    "bull_call_spread": ([call(30, 1), call(35, -1)], -2.0, 2.0, 3.0, (32.0,)),
    "bear_put_spread": ([put(60, 1), put(55, -1)], -2.0, 2.0, 3.0, (58.0,)),
    "iron_condor": ([put(90, -1), put(85, 1), call(110, -1), call(115, 1)], 2.0, 3.0, 2.0, (88.0, 112.0)),
    "iron_butterfly": ([put(100, -1), call(100, -1), put(90, 1), call(110, 1)], 6.0, 4.0, 6.0, (94.0, 106.0)),
    # a debit of 3 on strikes 50, 60, 70: at risk 3, at the body 10 - 3
    "call_butterfly": ([call(50, 1), call(60, -2), call(70, 1)], -3.0, 3.0, 7.0, (53.0, 67.0)),
    "put_butterfly": ([put(50, 1), put(60, -2), put(70, 1)], -3.0, 3.0, 7.0, (53.0, 67.0)),
    # 105/100/90 for a credit of 0.5: the wider wing's 5 more less the credit
    "broken_wing_put_butterfly": ([put(105, 1), put(100, -2), put(90, 1)], 0.5, 4.5, 5.5, (94.5,)),
    "broken_wing_call_butterfly": ([call(95, 1), call(100, -2), call(110, 1)], 0.5, 4.5, 5.5, (105.5,)),
    # no risk above: the credit of 5 is the call spread's whole width
    "jade_lizard": ([put(95, -1), call(105, -1), call(110, 1)], 5.0, 90.0, 5.0, (90.0, 110.0)),
    # sold 40, bought two 45 for a credit of 1: worst at 45, even at 41 and at 49
    "call_backspread": ([call(40, -1), call(45, 2)], 1.0, 4.0, None, (41.0, 49.0)),
    "put_backspread": ([put(45, -1), put(40, 2)], 1.0, 4.0, 36.0, (36.0, 44.0)),
    "long_straddle": ([call(50, 1), put(50, 1)], -5.0, 5.0, None, (45.0, 55.0)),
    "long_strangle": ([put(45, 1), call(55, 1)], -2.0, 2.0, None, (43.0, 57.0)),
    # bought at 48, the 50 call sold at 3
    "covered_call": ([stock_leg("XYZ", 100), call(50, -1)], -45.0, 45.0, 5.0, (45.0,)),
    "cash_secured_put": ([put(50, -1)], 4.0, 46.0, 4.0, (46.0,)),
    "collar": ([stock_leg("XYZ", 100), put(45, 1), call(55, -1)], -50.5, 5.5, 4.5, (50.5,)),
    "bullish_risk_reversal": ([put(95, -1), put(90, 1), call(105, 1), call(110, -1)], 0.0, 5.0, 5.0, ()),
    "bearish_risk_reversal": ([put(95, 1), put(90, -1), call(105, -1), call(110, 1)], 0.5, 4.5, 5.5, (105.5,)),
    "box": ([call(50, 1), call(60, -1), put(50, -1), put(60, 1)], -9.8, 0.0, 0.2, ()),
    # the far leg counts as its intrinsic value, so the debit is the whole risk of a calendar
    "calendar": ([call(50, -1), call(50, 1, FAR)], -3.0, 3.0, -3.0, ()),
    "put_calendar": ([put(50, -1), put(50, 1, FAR)], -3.0, 3.0, -3.0, ()),
    "call_diagonal": ([call(55, -1), call(50, 1, FAR)], -4.0, 4.0, 1.0, (54.0,)),
    "put_diagonal": ([put(45, -1), put(50, 1, FAR)], -4.0, 4.0, 1.0, (46.0,)),
    "double_diagonal": ([put(45, -1), put(40, 1, FAR), call(55, -1), call(60, 1, FAR)], -1.0, 6.0, -1.0, ()),
    "call_ratio_spread": ([call(40, 1), call(45, -2)], 0.5, math.inf, 5.5, (50.5,)),
    "short_straddle": ([call(50, -1), put(50, -1)], 5.0, math.inf, 5.0, (45.0, 55.0)),
}  # fmt: skip


@pytest.mark.parametrize("name", HAND)
def test_hand_numbers(name):
    legs, cash, loss, gain, even = HAND[name]
    assert mismatch(name, legs) == ""
    assert worst_loss(legs, 100 * cash) == pytest.approx(100 * loss, abs=1e-6)
    best = best_gain(legs, 100 * cash)
    assert best is None if gain is None else best == pytest.approx(100 * gain, abs=1e-6)
    assert [x for x in breakevens(legs, 100 * cash) if even] == pytest.approx(list(even), abs=1e-6)
    assert risk_kind(legs) == profile(any_structure(name)).risk


def test_every_tradable_row_has_a_hand_number():
    assert {row.name for row in STRUCTURES} <= set(HAND)


@pytest.mark.parametrize(
    ("legs", "premiums", "spot", "needs"),
    [
        # 20 % of 95 is 19, less 5 out of the money: 14 a share
        ([call(100, -1)], [5.0], 95.0, 1_400),
        # far out of the money the least counts: 10 % of the spot for calls, of the strike for puts
        ([call(150, -1)], [0.2], 95.0, 950),
        ([put(80, -1)], [2.0], 95.0, 800),
        # the dearer side of a strangle: put 20 - 5, call 20 - 10
        ([put(95, -1), call(110, -1)], [2.0, 1.0], 100.0, 1_500),
        # spreads and butterflies: the worst case
        ([put(50, -1), put(45, 1)], [2.5, 1.0], 52.0, 350),
        ([call(50, 1), call(60, -2), call(70, 1)], [12.0, 5.0, 1.0], 60.0, 300),
        # half of the shares, less the premium of the call they cover
        ([stock_leg("XYZ", 100), call(50, -1)], [48.0, 3.0], 48.0, 2_100),
        ([stock_leg("XYZ", -100)], [48.0], 48.0, 2_400),
        # two lots and one call more than they cover
        ([stock_leg("XYZ", 200), call(50, -3)], [48.0, 3.0], 48.0, 4_800 - 600 + 100 * (9.6 - 2.0)),
        # a far option sold is not covered by a nearer one bought
        ([call(50, 1), call(50, -1, FAR)], [2.0, 3.0], 50.0, 1_000 + 200),
        # the ratio's second call is naked
        ([call(40, 1), call(45, -2)], [4.0, 2.0], 42.0, 100 * (8.4 - 3.0) + 200),
    ],
)  # fmt: skip
def test_margin_by_hand(legs, premiums, spot, needs):
    assert margin(legs, premiums, spot) == pytest.approx(needs)


def test_names_cover_nothing():
    cash = 100 * 1.7
    lizard = example(structure("jade_lizard"))
    assert naked_shorts(lizard, 9_000.0, cash) and not naked_shorts(lizard, 10_000.0, cash)
    for name in (
        "call_ratio_spread",
        "short_strangle",
        "big_lizard",
        "short_call",
        "short_call_calendar",
        "call_ladder",
    ):
        legs, unlimited = example(any_structure(name)), profile(any_structure(name)).risk == "unlimited"
        assert bool(naked_shorts(legs, 1e9, cash)) == unlimited, name
    for name in ("put_ratio_spread", "put_ladder", "short_put", "short_put_calendar", "covered_strangle"):
        legs = example(any_structure(name))
        assert naked_shorts(legs, 0.0, cash) and not naked_shorts(legs, 1e6, cash), name


@EVERY
def test_what_rises_without_limit_is_naked_whatever_its_name(row):
    legs = [leg for leg in example(row) if leg.is_option or leg.contracts > 0]
    if risk_kind(legs) == "unlimited":
        assert naked_shorts(legs, 1e12, 0.0)
    if risk_kind(legs) == "defined":
        assert not naked_shorts(legs, 1e6, 0.0)


strikes = st.lists(st.integers(10, 240), min_size=4, max_size=4, unique=True).map(sorted)
economical = settings(max_examples=30, deadline=None)


def same(one: list[Leg], other: list[Leg], apart: float = 0.0) -> None:
    for spot in SPOTS[::3]:
        assert payoff(one, spot) - payoff(other, spot) == pytest.approx(apart, abs=1e-6)


@economical
@given(strikes)
def test_a_condor_is_its_two_verticals(k):
    puts, calls = [put(k[1], -1), put(k[0], 1)], [call(k[2], -1), call(k[3], 1)]
    assert mismatch("iron_condor", puts + calls) == ""
    for spot in SPOTS[::3]:
        assert payoff(puts + calls, spot) == pytest.approx(payoff(puts, spot) + payoff(calls, spot))
    # only one side can lose
    assert worst_loss(puts + calls, 0.0) == max(worst_loss(puts, 0.0), worst_loss(calls, 0.0))


@economical
@given(strikes)
def test_a_box_is_two_verticals_and_worth_its_width_wherever_the_underlying_ends(k):
    low, high = k[0], k[3]
    box = [call(low, 1), call(high, -1), put(high, 1), put(low, -1)]
    assert mismatch("box", box) == "" and mismatch("bull_call_spread", box[:2]) == ""
    assert mismatch("bear_put_spread", box[2:]) == ""
    assert {payoff(box, spot) for spot in SPOTS} == {100.0 * (high - low)}


@economical
@given(st.integers(50, 150), st.integers(1, 40))
def test_a_butterfly_is_two_verticals_and_the_same_in_calls_puts_and_iron(body, width):
    low, high = body - width, body + width
    calls = [call(low, 1), call(body, -2), call(high, 1)]
    puts = [put(low, 1), put(body, -2), put(high, 1)]
    iron = [put(low, 1), put(body, -1), call(body, -1), call(high, 1)]
    assert not (
        mismatch("call_butterfly", calls) or mismatch("put_butterfly", puts) or mismatch("iron_butterfly", iron)
    )
    halves = [call(low, 1), call(body, -1), call(body, -1), call(high, 1)]
    same(calls, halves)
    same(calls, puts)
    same(calls, iron, apart=100.0 * width)


@economical
@given(strikes)
def test_puts_calls_and_stock_make_each_other(k):
    strike = k[1]
    same([stock_leg("XYZ", 100), call(strike, -1)], [put(strike, -1)], apart=100.0 * strike)
    same([stock_leg("XYZ", 100), put(strike, 1)], [call(strike, 1)], apart=100.0 * strike)
    same([call(strike, 1), put(strike, -1)], [stock_leg("XYZ", 100)], apart=-100.0 * strike)
    # a collar is a bull spread on borrowed money
    same(
        [stock_leg("XYZ", 100), put(k[0], 1), call(k[2], -1)], [call(k[0], 1), call(k[2], -1)], apart=100.0 * k[0]
    )  # fmt: skip
    # a jade lizard is a short put and a bear call spread; a strangle with a wing
    same([put(k[0], -1), call(k[2], -1), call(k[3], 1)], [call(k[3], 1), put(k[0], -1), call(k[2], -1)])
