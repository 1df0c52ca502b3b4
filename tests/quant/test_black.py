"""Prices and Greeks against an independent library, against each other and against their own slopes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vollib.black_scholes_merton import black_scholes_merton
from vollib.black_scholes_merton.greeks import analytical

from quant.black import gamma, greeks, price
from tests.quant.made import steady

spots = st.floats(1.0, 5000.0)
moneyness = st.floats(-0.7, 0.7)
times = st.floats(1 / 365, 3.0)
vols = st.floats(0.05, 2.0)
rates = st.floats(-0.02, 0.12)
yields = st.floats(-0.02, 0.12)


def market(spot, x, years, rate, carry):
    """Forward, strike and discount of an option struck at exp(x) times the spot."""
    return spot * np.exp((rate - carry) * years), spot * np.exp(x), np.exp(-rate * years)


@steady
@given(st.booleans(), spots, moneyness, times, vols, rates, yields)
def test_prices_agree_with_vollib(call, spot, x, years, vol, rate, carry):
    forward, strike, discount = market(spot, x, years, rate, carry)
    theirs = black_scholes_merton("c" if call else "p", spot, strike, years, rate, vol, carry)
    assert float(price(call, forward, strike, years, vol, discount)) == pytest.approx(
        theirs, rel=1e-9, abs=1e-12 * spot
    )


@steady
@given(st.booleans(), spots, moneyness, times, vols, rates, yields)
def test_greeks_agree_with_vollib(call, spot, x, years, vol, rate, carry):
    forward, strike, discount = market(spot, x, years, rate, carry)
    ours = greeks(call, spot, forward, strike, years, vol, discount)
    theirs = ("c" if call else "p", spot, strike, years, rate, vol, carry)
    assert float(ours.delta) == pytest.approx(analytical.delta(*theirs), abs=1e-10)
    assert float(ours.gamma) * spot == pytest.approx(analytical.gamma(*theirs) * spot, rel=1e-9, abs=1e-12)
    assert float(ours.vega) / spot == pytest.approx(analytical.vega(*theirs) * 100 / spot, rel=1e-9, abs=1e-12)
    assert float(ours.theta) / spot == pytest.approx(analytical.theta(*theirs) * 365 / spot, rel=1e-7, abs=1e-9)
    assert float(ours.rho) / spot == pytest.approx(analytical.rho(*theirs) * 100 / spot, rel=1e-9, abs=1e-12)


@steady
@given(st.booleans(), moneyness, st.floats(0.05, 3.0), st.floats(0.1, 1.0), rates, yields)
def test_greeks_are_the_slopes_of_the_price(call, x, years, vol, rate, carry):
    def value(spot=100.0, years=years, vol=vol):
        return float(price(call, spot * np.exp((rate - carry) * years), strike, years, vol, np.exp(-rate * years)))

    forward, strike, discount = market(100.0, x, years, rate, carry)
    found = greeks(call, 100.0, forward, strike, years, vol, discount)
    h = 1e-3
    assert float(found.delta) == pytest.approx((value(100 + h) - value(100 - h)) / (2 * h), abs=1e-6)
    assert float(found.gamma) == pytest.approx((value(100.02) - 2 * value() + value(99.98)) / 4e-4, abs=1e-5)
    assert float(found.vega) == pytest.approx((value(vol=vol + 1e-5) - value(vol=vol - 1e-5)) / 2e-5, abs=1e-4)
    assert float(found.theta) == pytest.approx((value(years=years - 1e-5) - value(years=years + 1e-5)) / 2e-5, abs=1e-3)


@steady
@given(st.booleans(), moneyness, st.floats(0.05, 3.0), st.floats(0.1, 1.0), rates, yields)
def test_second_order_greeks_are_the_slopes_of_the_first(call, x, years, vol, rate, carry):
    def first(years=years, vol=vol):
        forward, _, discount = market(100.0, x, years, rate, carry)
        return greeks(call, 100.0, forward, strike, years, vol, discount)

    strike, h = 100.0 * np.exp(x), 1e-5
    found, above, below = first(), first(vol=vol + h), first(vol=vol - h)
    assert float(found.vanna) == pytest.approx(float(above.delta - below.delta) / (2 * h), abs=1e-6)
    assert float(found.volga) == pytest.approx(float(above.vega - below.vega) / (2 * h), abs=1e-4)
    passing = (first(years=years - h).delta - first(years=years + h).delta) / (2 * h)
    assert float(found.charm) == pytest.approx(float(passing), abs=1e-5)


@steady
@given(st.booleans(), moneyness, st.floats(0.05, 3.0), st.floats(0.1, 1.0), rates, yields)
def test_rho_is_the_slope_in_the_rate_with_the_yield_held(call, x, years, vol, rate, carry):
    def value(rate):
        forward, strike, discount = market(100.0, x, years, rate, carry)
        return float(price(call, forward, strike, years, vol, discount))

    forward, strike, discount = market(100.0, x, years, rate, carry)
    found = float(greeks(call, 100.0, forward, strike, years, vol, discount).rho)
    assert found == pytest.approx((value(rate + 1e-6) - value(rate - 1e-6)) / 2e-6, abs=1e-4)


@steady
@given(spots, moneyness, times, vols, rates, yields)
def test_a_call_less_a_put_is_the_discounted_forward_less_the_strike(spot, x, years, vol, rate, carry):
    forward, strike, discount = market(spot, x, years, rate, carry)
    call, put = price([True, False], forward, strike, years, vol, discount)
    assert float(call - put) == pytest.approx(float(discount * (forward - strike)), abs=1e-12 * spot)


@steady
@given(st.booleans(), spots, moneyness, times, vols)
def test_a_price_lies_between_intrinsic_and_maximum_and_rises_with_vol_and_time(call, spot, x, years, vol):
    strike = spot * np.exp(x)
    value = float(price(call, spot, strike, years, vol, 1.0))
    intrinsic = max(spot - strike, 0.0) if call else max(strike - spot, 0.0)
    assert intrinsic - 1e-12 * spot <= value <= (spot if call else strike)
    assert float(price(call, spot, strike, years, vol * 1.01, 1.0)) >= value - 1e-12 * spot
    assert float(price(call, spot, strike, years * 1.01, vol, 1.0)) >= value - 1e-12 * spot


def test_calls_fall_and_puts_rise_with_the_strike_and_both_are_convex():
    strikes = np.linspace(50, 150, 101)
    calls, puts = (price(side, 100.0, strikes, 0.5, 0.3, 0.98) for side in (True, False))
    assert np.all(np.diff(calls) < 0) and np.all(np.diff(puts) > 0)
    assert np.all(np.diff(calls, 2) > 0) and np.all(np.diff(puts, 2) > 0)


@steady
@given(st.booleans(), times, vols, st.lists(moneyness, min_size=3, max_size=3, unique=True))
def test_in_the_strike_prices_are_monotone_with_bounded_slope_and_convex(call, years, vol, x):
    strikes = 100 * np.exp(np.sort(x))
    low, middle, high = price(call, 100.0, strikes, years, vol, 0.97)
    rounding = 1e-11
    least, most = (-0.97, 0.0) if call else (0.0, 0.97)
    for rise, run in ((middle - low, strikes[1] - strikes[0]), (high - middle, strikes[2] - strikes[1])):
        assert least * run - rounding <= rise <= most * run + rounding
    near, far = strikes[2] - strikes[1], strikes[1] - strikes[0]
    assert middle * (near + far) <= near * low + far * high + rounding * strikes[2]


def test_at_expiry_or_without_vol_only_intrinsic_value_and_a_step_of_delta_remain():
    assert price([True, True, False], 100.0, [90.0, 110.0, 110.0], 0.0, 0.2, 1.0).tolist() == [10.0, 0.0, 10.0]
    assert price([True, False], 100.0, 90.0, 1.0, 0.0, 0.9).tolist() == pytest.approx([9.0, 0.0])
    over = greeks([True, True, False], 100.0, 100.0, [90.0, 110.0, 110.0], 0.0, 0.2, 1.0)
    assert over.delta.tolist() == [1.0, 0.0, -1.0]
    assert not any(np.any(x) for x in over[1:])
    still = greeks(True, 100.0, 100.0, [90.0, 100.0, 110.0], 1.0, 0.0, 0.9)
    assert not any(np.any(x) for x in (still.gamma, still.vega, still.vanna, still.volga))


def test_what_is_no_market_has_no_price():
    bad = [(np.nan, 100, 0.2), (-1.0, 100, 0.2), (100, 0.0, 0.2), (100, 100, np.nan), (100, 100, -0.2)]
    for forward, strike, vol in bad:
        assert np.isnan(price(True, forward, strike, 1.0, vol, 1.0))
        assert all(np.isnan(x) for x in greeks(True, 100.0, forward, strike, 1.0, vol, 1.0))
    for years, vol in [(np.nan, 0.2), (np.inf, 0.2), (1.0, np.inf)]:
        assert all(np.isnan(x) for x in greeks(True, 100.0, 100.0, 100.0, years, vol, 1.0))


def test_gamma_alone_is_the_gamma_of_the_greeks():
    strikes = np.linspace(60, 140, 9)
    whole = greeks(True, 99.0, 100.0, strikes, 0.4, 0.25, 0.99).gamma
    assert np.array_equal(gamma(99.0, 100.0, strikes, 0.4, 0.25, 0.99), whole)
