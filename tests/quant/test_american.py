"""American exercise: the premium over European, against QuantLib, a tree of our own, and what no arbitrage demands."""

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from quant import american_sweep, black
from quant.american import early_exercise_premium, price
from quant.carry import Carry
from tests.quant.made import steady

WITHIN = [(1, 1e-4), (7, 1e-3), (30, 1e-3), (180, 1e-3), (1095, 2e-3)]  # days, error on a spot of 100


def quantlib(call, strikes, days, vol, carry):
    """High-precision QD+ fixed point, for a continuous yield."""
    today, count = ql.Date(2, 1, 2025), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    rate, dividend = (
        ql.YieldTermStructureHandle(ql.FlatForward(today, x, count)) for x in (carry.rate, carry.dividend_yield)
    )
    vols = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), vol, count))
    process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(carry.spot)), dividend, rate, vols)
    engine = ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.highPrecisionScheme())
    found = []
    for strike in strikes:
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, float(strike))
        option = ql.VanillaOption(payoff, ql.AmericanExercise(today, today + days))
        option.setPricingEngine(engine)
        found.append(option.NPV())
    return np.array(found)


def tree(call, strike, years, vol, carry, steps=2001):
    """A binomial tree of what the spot is worth beyond its dividends, exercise open just before each ex-date too."""
    dt = years / steps
    up = np.exp(vol * np.sqrt(dt))
    chance = (1 - 1 / up) / (up - 1 / up)
    sign = 1.0 if call else -1.0
    growth = carry.rate - carry.dividend_yield
    left = [
        sum(d * np.exp(-growth * (at - t)) for at, d in carry.dividends if t < at <= years)
        for t in np.arange(steps + 1) * dt
    ]
    rest = float(carry.forward(years)) * np.exp(-growth * (years - np.arange(steps + 1) * dt))
    value = np.maximum(sign * (rest[-1] * up ** (2.0 * np.arange(steps + 1) - steps) - strike), 0.0)
    for step in range(steps - 1, -1, -1):
        nodes = rest[step] * up ** (2.0 * np.arange(step + 1) - step)
        value = np.exp(-carry.rate * dt) * (chance * value[1:] + (1 - chance) * value[:-1])
        value = np.maximum(value, sign * (nodes + left[step] - strike))
    return value[0]


@pytest.mark.parametrize(("days", "within"), WITHIN)
@pytest.mark.parametrize(("rate", "dividend"), [(0.04, 0.0), (0.04, 0.013), (0.05, 0.08), (0.0, 0.03), (0.03, -0.01)])
def test_a_continuous_yield_agrees_with_quantlib(days, within, rate, dividend):
    carry, years = Carry(100.0, rate, dividend), days / 365
    for vol in (0.08, 0.5):
        strikes = 100 * np.exp(np.linspace(-2.5, 2.5, 11) * vol * np.sqrt(years))
        for call in (True, False):
            exact = quantlib(call, strikes, days, vol, carry)
            assert np.abs(price(call, strikes, years, vol, carry) - exact).max() < within
            assert (
                np.abs(american_sweep.price(call, 100.0, strikes, years, vol, rate, dividend) - exact).max()
                < 5 * within
            )


@pytest.mark.parametrize(("rate", "dividend"), [(-0.01, -0.04), (-0.02, 0.03), (-0.03, -0.03), (0.0, 0.0)])
def test_negative_rates_and_yields_agree_with_a_tree(rate, dividend):
    carry = Carry(100.0, rate, dividend)
    for call, strike in ((False, 120.0), (False, 95.0), (True, 90.0)):
        found = float(price(call, strike, 1.0, 0.2, carry))
        assert found == pytest.approx(tree(call, strike, 1.0, 0.2, carry), abs=5e-3)
        assert float(american_sweep.price(call, 100.0, strike, 1.0, 0.2, rate, dividend)) == pytest.approx(
            found, abs=2e-3
        )


@pytest.mark.parametrize(
    ("call", "strike", "dividends"),
    [
        (True, 95.0, ((0.24, 1.5),)),
        (True, 100.0, ((0.1, 1.5), (0.2, 1.5))),
        (False, 105.0, ((0.1, 1.5),)),
        (False, 100.0, ((0.02, 0.5), (0.15, 0.5))),
    ],
)
def test_discrete_dividends_agree_with_a_tree_of_the_same_model(call, strike, dividends):
    carry = Carry(100.0, 0.05, dividends=dividends)
    fine = tree(call, strike, 0.25, 0.25, carry)
    assert float(price(call, strike, 0.25, 0.25, carry)) == pytest.approx(fine, abs=4e-3)


def test_early_exercise_for_dividends_in_cash_agrees_with_quantlibs_finite_differences():
    """QuantLib's spot is lognormal between its falls by the amounts: another model, of nearly the same premium."""
    today, count = ql.Date(2, 1, 2025), ql.Actual365Fixed()
    ql.Settings.instance().evaluationDate = today
    rate, none = (ql.YieldTermStructureHandle(ql.FlatForward(today, x, count)) for x in (0.05, 0.0))
    vols = ql.BlackVolTermStructureHandle(ql.BlackConstantVol(today, ql.NullCalendar(), 0.25, count))
    process = ql.BlackScholesMertonProcess(ql.QuoteHandle(ql.SimpleQuote(100.0)), none, rate, vols)
    paid = ql.DividendVector([today + 40, today + 130], [0.8, 0.8])
    carry = Carry(100.0, 0.05, dividends=((40 / 365, 0.8), (130 / 365, 0.8)))
    for call, strike in ((True, 90.0), (True, 100.0), (False, 100.0), (False, 110.0)):
        payoff, values = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, strike), []
        for exercise in (ql.AmericanExercise(today, today + 180), ql.EuropeanExercise(today + 180)):
            option = ql.VanillaOption(payoff, exercise)
            option.setPricingEngine(ql.FdBlackScholesVanillaEngine(process, paid, 400, 400))
            values.append(option.NPV())
        premium = float(early_exercise_premium(call, strike, 180 / 365, 0.25, carry))
        assert premium == pytest.approx(values[0] - values[1], abs=0.01)


carries = st.builds(
    Carry,
    spot=st.just(100.0),
    rate=st.floats(-0.05, 0.12),
    dividend_yield=st.floats(-0.05, 0.12),
    dividends=st.lists(st.tuples(st.floats(0.001, 1.5), st.floats(0.01, 3.0)), max_size=5).map(tuple),
)
STRIKES = np.linspace(60.0, 160.0, 41)


@steady
@given(st.booleans(), carries, st.floats(0.002, 3.0), st.floats(0.05, 1.2))
def test_american_options_obey_no_arbitrage_under_any_carry(call, carry, years, vol):
    european = black.price(call, carry.forward(years), STRIKES, years, vol, carry.discount(years))
    value = price(call, STRIKES, years, vol, carry)
    premium = early_exercise_premium(call, STRIKES, years, vol, carry)
    sign = 1 if call else -1
    assert np.all(premium >= 0) and value == pytest.approx(european + premium, abs=1e-12)
    assert np.all(value >= sign * (100.0 - STRIKES))
    slope = np.diff(value) / np.diff(STRIKES)
    assert np.all(-sign * slope >= -1e-4)
    assert np.all(np.diff(slope) >= (-0.005 if years <= 1 else -0.05))


@steady
@given(st.floats(0.001, 0.1), st.floats(0.001, 0.1), st.floats(0.01, 3.0), st.floats(0.05, 1.0), st.floats(0.7, 1.4))
def test_a_call_is_a_put_with_spot_and_strike_rate_and_yield_exchanged(rate, dividend, years, vol, ratio):
    call = float(price(True, 100.0 * ratio, years, vol, Carry(100.0, rate, dividend)))
    put = float(price(False, 100.0, years, vol, Carry(100.0 * ratio, dividend, rate)))
    assert call == pytest.approx(put, abs=1e-9)


@steady
@given(st.floats(0.0, 0.1), st.floats(0.002, 3.0), st.floats(0.05, 1.2))
def test_a_call_without_dividends_is_never_exercised_early(rate, years, vol):
    assert np.all(early_exercise_premium(True, STRIKES, years, vol, Carry(100.0, rate)) <= 1e-7)


def test_a_deep_call_is_exercised_the_moment_before_its_ex_date_and_a_put_after_it():
    carry = Carry(100.0, 0.03, dividends=((0.01, 2.0),))
    call, put = (float(price(right, strike, 0.1, 0.15, carry)) for right, strike in ((True, 70.0), (False, 130.0)))
    assert call == pytest.approx(100 - 70 * np.exp(-0.03 * 0.01), abs=1e-3)
    assert put == pytest.approx(132 * np.exp(-0.03 * 0.01) - 100, abs=1e-3)


def test_what_is_no_option_has_no_price_and_what_is_over_is_worth_its_exercise():
    carry = Carry(95.0, 0.05)
    found = price([False, True, False, True, True], [100, 100, np.nan, 90, 90], [0, 0.5, 1, -1, np.nan], 0.2, carry)
    assert found[[0, 3]].tolist() == [5.0, 5.0]
    assert np.isnan(found[[2, 4]]).all() and found[1] > 0
    assert np.isnan(price(False, 110, 0.5, 0.2, Carry(95.0, 0.05, dividends=((0.1, 200.0),))))
    assert np.isnan(price(False, 110, 0.5, [-0.1, np.nan], carry)).all()
    assert np.isnan(price(False, 110, 0.5, 0.2, Carry(np.nan)))


def test_without_vol_the_best_date_is_taken():
    carry = Carry(95.0, 0.05, dividends=((0.2, 2.0),))
    call, put = price([True, False], [80.0, 110.0], 0.5, 0.0, carry)
    assert put == pytest.approx(112 * np.exp(-0.05 * 0.2) - 95, abs=1e-9)
    assert call == pytest.approx(95 - 80 * np.exp(-0.05 * 0.2), abs=1e-9)
