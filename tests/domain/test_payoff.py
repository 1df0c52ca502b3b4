"""Worst cases are bounds: no price of the underlying does worse, and one does as bad."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leg import Leg, option_leg, stock_leg
from domain.payoff import best_gain, breakevens, horizon, lasting, naked_shorts, payoff, upper_slope, worst_loss

NEAR, FAR = "260320", "260417"


def option(right: str, strike: int, contracts: int, expiry: str = NEAR) -> Leg:
    return option_leg(f"XYZ{expiry}{right}{strike:05d}000", contracts)


single = st.builds(
    option, st.sampled_from("CP"), st.sampled_from(range(80, 125, 5)), st.integers(-3, 3).filter(bool), st.just(NEAR)
)
stock = st.builds(lambda lots: stock_leg("XYZ", 100 * lots), st.integers(-2, 2).filter(bool))
structures = st.lists(single | stock, min_size=1, max_size=5)
amounts = st.floats(-20_000, 20_000)


@given(structures, amounts, st.floats(0, 1_000))
def test_no_price_loses_more_than_the_worst_case(legs: list[Leg], cash: float, spot: float) -> None:
    assert -(cash + payoff(legs, spot)) <= worst_loss(legs, cash) + 1e-6


@given(structures, amounts)
def test_some_price_loses_as_much(legs: list[Leg], cash: float) -> None:
    worst = worst_loss(legs, cash)
    if math.isinf(worst):
        assert -(cash + payoff(legs, 1e9)) > 1e8
    else:
        strikes = [leg.strike for leg in legs if leg.strike is not None]
        assert worst == pytest.approx(max(0.0, *(-(cash + payoff(legs, spot)) for spot in (0.0, *strikes, 1e4))))


@given(structures, amounts, st.floats(0, 1_000))
def test_no_price_earns_more_than_the_best_case(legs: list[Leg], cash: float, spot: float) -> None:
    best = best_gain(legs, cash)
    assert best is None or cash + payoff(legs, spot) <= best + 1e-6


@given(structures, amounts)
def test_at_a_breakeven_nothing_is_won_or_lost(legs: list[Leg], cash: float) -> None:
    for spot in breakevens(legs, cash):
        assert cash + payoff(legs, spot) == pytest.approx(0.0, abs=0.01)


@given(structures, amounts, st.integers(2, 5))
def test_a_multiple_loses_a_multiple(legs: list[Leg], cash: float, n: int) -> None:
    assert worst_loss([leg.times(n) for leg in legs], cash * n) == pytest.approx(n * worst_loss(legs, cash))


@given(structures, structures)
def test_two_together_lose_no_more_than_each_alone(one: list[Leg], other: list[Leg]) -> None:
    """The sums of worst cases that budgets add up are upper bounds."""
    assert worst_loss([*one, *other], 0.0) <= worst_loss(one, 0.0) + worst_loss(other, 0.0) + 1e-6


WORST = [
    ("a bull put spread", [option("P", 100, -1), option("P", 95, 1)], 120.0, 380.0),
    ("a bull call spread", [option("C", 100, 1), option("C", 105, -1)], -200.0, 200.0),
    (
        "an iron condor",
        [option("P", 95, -1), option("P", 90, 1), option("C", 105, -1), option("C", 115, 1)],
        250.0,
        750.0,
    ),
    ("a long straddle", [option("C", 100, 1), option("P", 100, 1)], -700.0, 700.0),
    ("a cash-secured put", [option("P", 100, -1)], 200.0, 9_800.0),
    ("a covered call", [stock_leg("XYZ", 100), option("C", 105, -1)], -9_800.0, 9_800.0),
    ("a calendar", [option("C", 100, -1), option("C", 100, 1, FAR)], -150.0, 150.0),
    ("a naked call", [option("C", 100, -1)], 300.0, math.inf),
    ("short stock", [stock_leg("XYZ", -100)], 10_000.0, math.inf),
    ("a calendar the wrong way round", [option("C", 100, 1), option("C", 100, -1, FAR)], 150.0, math.inf),
    ("a ratio spread of calls", [option("C", 100, 1), option("C", 105, -2)], 50.0, math.inf),
    ("a box that pays for itself", [option("C", 100, 1), option("C", 105, -1)], 10.0, 0.0),
]


@pytest.mark.parametrize(("what", "legs", "cash", "worst"), WORST, ids=[row[0] for row in WORST])
def test_the_worst_case_of(what: str, legs: list[Leg], cash: float, worst: float) -> None:
    assert worst_loss(legs, cash) == pytest.approx(worst)


def test_an_option_that_dies_first_is_worth_nothing_later() -> None:
    legs = [option("C", 100, 1), option("C", 100, -1, FAR)]
    assert horizon(legs) == legs[1].expiry
    assert lasting(legs) == [legs[1]]
    assert upper_slope(legs) == -100


NAKED = [
    ("a call alone", [option("C", 100, -1)], 1e9, True),
    ("a call on stock", [stock_leg("XYZ", 100), option("C", 100, -1)], 0.0, False),
    ("two calls on the stock for one", [stock_leg("XYZ", 100), option("C", 100, -2)], 1e9, True),
    ("a call under a longer one", [option("C", 100, -1), option("C", 110, 1, FAR)], 0.0, False),
    ("a call under one that dies first", [option("C", 100, 1), option("C", 100, -1, FAR)], 1e9, True),
    ("a put fully paid for", [option("P", 100, -1)], 10_000.0, False),
    ("a put not quite paid for", [option("P", 100, -1)], 9_999.0, True),
    ("a put on short stock is no cover", [stock_leg("XYZ", -100), option("P", 100, -1)], 0.0, True),
    ("a put above a longer one", [option("P", 100, -1), option("P", 90, 1, FAR)], 0.0, False),
]


@pytest.mark.parametrize(("what", "legs", "free", "naked"), NAKED, ids=[row[0] for row in NAKED])
def test_an_option_sold_is_naked_or_covered(what: str, legs: list[Leg], free: float, naked: bool) -> None:
    assert bool(naked_shorts(legs, free)) is naked


def test_cash_that_is_not_known_covers_nothing() -> None:
    assert naked_shorts([option("P", 100, -1)], math.nan)
