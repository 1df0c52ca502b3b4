"""American exercise: the premium over European, against QuantLib, a tree of our own, and what no arbitrage demands."""

import numpy as np
import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from quant import black
from quant.american import early_exercise_premium, price
from quant.carry import Carry
from tests.quant.made import steady

DAYS = [(7, 0.01), (30, 0.02), (180, 0.05), (365, 0.1), (1095, 0.3)]


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
    """A binomial tree of the martingale, exercise open at every step and an instant before each ex-date."""
    dt = years / steps
    up = np.exp(vol * np.sqrt(dt))
    chance = (1 - 1 / up) / (up - 1 / up)
    sign = 1.0 if call else -1.0
    times = np.arange(steps + 1) * dt
    before, after = carry.forward(times - 1e-9), carry.forward(times)
    nodes = up ** (2.0 * np.arange(steps + 1) - steps)
    value = np.maximum(sign * (after[-1] * nodes - strike), 0.0)
    for step in range(steps - 1, -1, -1):
        nodes = up ** (2.0 * np.arange(step + 1) - step)
        value = np.exp(-carry.rate * dt) * (chance * value[1:] + (1 - chance) * value[:-1])
        best = max(before[step], after[step]) if call else after[step]
        value = np.maximum(value, sign * (best * nodes - strike))
    return value[0]


@pytest.mark.parametrize(("days", "tolerance"), DAYS)
@pytest.mark.parametrize(("rate", "dividend"), [(0.04, 0.0), (0.04, 0.013), (0.05, 0.08), (0.0, 0.03)])
def test_a_continuous_yield_agrees_with_quantlib(days, tolerance, rate, dividend):
    carry, years = Carry(100.0, rate, dividend), days / 365
    for vol in (0.1, 0.5):
        strikes = 100 * np.exp(np.linspace(-2.5, 2.5, 11) * vol * np.sqrt(years))
        for call in (True, False):
            error = np.abs(price(call, strikes, years, vol, carry) - quantlib(call, strikes, days, vol, carry))
            assert error.max() < tolerance
            assert error[4:7].max() < tolerance / 10


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
