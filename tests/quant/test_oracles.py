"""Prices, Greeks and vols against QuantLib, and against mpmath in fifty digits where double arithmetic is hardest."""

import mpmath as mp
import numpy as np
import pytest
import QuantLib as ql

from quant import black, black_scholes, sweep

DIGITS = 50


def exact_price(call, forward, strike, deviation):
    """Undiscounted, of total deviation ``deviation``, in fifty digits."""
    with mp.workdps(DIGITS):
        f, k, s = mp.mpf(forward), mp.mpf(strike), mp.mpf(deviation)
        d1 = mp.log(f / k) / s + s / 2
        sign = 1 if call else -1
        return sign * (f * mp.ncdf(sign * d1) - k * mp.ncdf(sign * (d1 - s)))


WINGS = [
    (deviations, total)
    for total in (0.002, 0.02, 0.1, 0.35, 1.0, 2.4)
    for deviations in (-8.0, -5.0, -2.0, -0.5, 0.5, 2.0, 5.0, 8.0)
]


@pytest.fixture(scope="module")
def wings():
    """Out-of-the-money options to eight deviations either side: call, strike, total deviation, price to rounding."""
    strike = np.array([100.0 * np.exp(z * s) for z, s in WINGS])
    call = strike > 100.0
    total = np.array([s for _, s in WINGS])
    exact = [exact_price(bool(c), 100.0, float(k), float(s)) for c, k, s in zip(call, strike, total, strict=True)]
    return call, strike, total, np.array([float(x) for x in exact])


def test_prices_are_right_to_eight_deviations_either_side(wings):
    call, strike, total, exact = wings
    ours = black.price(call, 100.0, strike, 1.0, total, 1.0)
    assert np.max(np.abs(ours / exact - 1)) < 2e-11  # two close terms: the worst is 8 deviations of 0.002
    assert np.max(np.abs(sweep.value(call, 100.0, 100.0, strike, 1.0, total, 1.0).price / exact - 1)) < 2e-11


@pytest.mark.parametrize("solver", [black.implied_vol, sweep.implied_vol])
def test_exact_prices_give_their_vols_back_to_eight_deviations_either_side(wings, solver):
    call, strike, total, exact = wings
    found, status = solver(call, exact, 100.0, strike, 1.0, 1.0)
    assert np.all(status == black.OK)
    assert np.max(np.abs(found / total - 1)) < 2e-12


@pytest.mark.parametrize("solver", [black.implied_vol, sweep.implied_vol])
def test_deep_in_the_money_a_vol_is_as_good_as_the_time_value_left_in_the_price(solver):
    strikes, total = np.array([45.0, 60.0, 75.0, 85.0]), 0.2
    exact = np.array([float(exact_price(True, 100.0, float(k), total)) for k in strikes])
    found, status = solver(True, exact, 100.0, strikes, 1.0, 1.0)
    vega = black.greeks(True, 100.0, 100.0, strikes, 1.0, total, 1.0).vega
    assert np.all(status == black.OK)
    assert np.all(np.abs(found - total) <= 4e-14 / vega + 1e-12)


def quantlib(call, spot, strike, years, vol, rate, carry):
    """Price, delta, gamma, theta (a year), vega, rho by QuantLib's analytic engine on the same number of days."""
    today = ql.Date(2, 3, 2026)
    ql.Settings.instance().evaluationDate = today
    day_count = ql.Actual365Fixed()
    process = ql.BlackScholesMertonProcess(
        ql.QuoteHandle(ql.SimpleQuote(spot)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, carry, day_count)),
        ql.YieldTermStructureHandle(ql.FlatForward(today, rate, day_count)),
        ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, day_count)),
    )
    payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, strike)
    option = ql.VanillaOption(payoff, ql.EuropeanExercise(today + round(years * 365)))
    option.setPricingEngine(ql.AnalyticEuropeanEngine(process))
    return option.NPV(), option.delta(), option.gamma(), option.theta(), option.vega(), option.rho()


CASES = [
    (call, strike, days / 365, vol, rate, carry)
    for call in (True, False)
    for strike in (70.0, 100.0, 125.0)
    for days, vol, rate, carry in ((1, 0.6, 0.05, 0.0), (45, 0.18, 0.04, 0.02), (1095, 0.35, -0.01, 0.03))
]


@pytest.mark.parametrize("case", CASES)
def test_price_and_greeks_agree_with_quantlib(case):
    call, strike, years, vol, rate, carry = case
    theirs = quantlib(call, 100.0, *case[1:])
    price = float(black_scholes.price(call, 100.0, strike, years, vol, rate, carry))
    ours = black_scholes.greeks(call, 100.0, strike, years, vol, rate, carry)
    assert [price, *(float(x) for x in ours[:5])] == pytest.approx(theirs, rel=1e-8, abs=1e-10)


def test_compiled_values_agree_with_quantlib():
    call, strike, years, vol, rate, carry = (np.array(column) for column in zip(*CASES, strict=True))
    market = black_scholes.market(100.0, years, rate, carry)
    ours = sweep.value(call, 100.0, market.forward, strike, years, vol, market.discount)
    theirs = [quantlib(bool(case[0]), 100.0, *case[1:]) for case in CASES]
    assert np.column_stack(ours) == pytest.approx(np.array(theirs), rel=1e-8, abs=1e-10)
