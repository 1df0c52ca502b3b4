"""From an American premium back to its volatility: one answer or one reason a quote."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant import american_sweep
from quant.american import implied_vol, price
from quant.black import ABOVE_MAXIMUM, BAD_INPUT, BELOW_INTRINSIC, EXPIRED, NO_PRICE, OK, STATUS_NAMES
from quant.carry import Carry
from quant.early import without_vol
from tests.quant.made import steady

STOCK = Carry(100.0, 0.04, dividends=((0.1, 0.9), (0.35, 0.9)))
INDEX = Carry(100.0, 0.04, 0.015)
STRIKES = np.linspace(75.0, 130.0, 23)


@pytest.mark.parametrize(("carry", "within"), [(INDEX, 1e-4), (STOCK, 2e-3)])
@pytest.mark.parametrize("vol", [0.1, 0.3, 1.0])
def test_prices_give_their_vols_back(carry, within, vol):
    for call in (True, False):
        quotes = price(call, STRIKES, 0.5, vol, carry)
        found, status = implied_vol(call, quotes, STRIKES, 0.5, carry)
        live = quotes - without_vol(carry, np.full(23, call), STRIKES, np.full(23, 0.5)) > 0.05
        assert live.sum() > 5 and np.all(status[live] == OK)
        assert np.abs(found - vol)[live].max() < within


def test_the_compiled_search_gives_vols_whose_prices_are_the_quotes():
    random, n = np.random.default_rng(3), 3000
    call, years = random.random(n) < 0.5, np.exp(random.uniform(np.log(0.003), np.log(3), n))
    vol, rate, dividend = random.uniform(0.05, 1.5, n), random.uniform(0, 0.1, n), random.uniform(0, 0.1, n)
    strike = 100 * np.exp(random.uniform(-2.5, 2.5, n) * vol * np.sqrt(years))
    quotes = american_sweep.price(call, 100.0, strike, years, vol, rate, dividend)
    found, status = american_sweep.implied_vol(call, quotes, 100.0, strike, years, rate, dividend)
    again = american_sweep.price(call, 100.0, strike, years, found, rate, dividend)
    worth = quotes - np.maximum(np.where(call, 1, -1) * (100 - strike), 0)
    assert np.all(status[worth > 1e-6] == OK) and set(status) <= {OK, BELOW_INTRINSIC, NO_PRICE}
    assert np.abs(again - quotes)[status == OK].max() < 1e-6
    assert np.array_equal(np.isfinite(found), status == OK)


@pytest.mark.parametrize(
    ("call", "premium", "years", "status"),
    [
        (False, 10.0, 0.5, BELOW_INTRINSIC),
        (False, 9.5, 0.5, BELOW_INTRINSIC),
        (False, 11.0, 0.5, OK),
        (False, 109.9, 0.5, OK),
        (False, 110.0, 0.5, ABOVE_MAXIMUM),
        (True, 99.9, 0.5, OK),
        (True, 100.0, 0.5, ABOVE_MAXIMUM),
        (True, 0.0, 0.5, NO_PRICE),
        (True, np.nan, 0.5, NO_PRICE),
        (True, 1.0, 0.0, EXPIRED),
        (True, 1.0, np.nan, BAD_INPUT),
    ],
)
def test_each_quote_says_what_became_of_it(call, premium, years, status):
    in_numpy = implied_vol(call, premium, 110.0, years, INDEX)
    compiled = american_sweep.implied_vol(call, premium, 100.0, 110.0, years, 0.04, 0.015)
    for vol, found in (in_numpy, compiled):
        assert STATUS_NAMES[int(found)] == STATUS_NAMES[status]
        assert bool(np.isfinite(vol)) == (status == OK)


any_double = st.floats(allow_nan=True, allow_infinity=True)


@steady
@given(st.booleans(), *[any_double] * 7)
def test_no_seven_doubles_raise_or_warn(call, premium, strike, years, spot, rate, dividend, when):
    carry = Carry(spot, rate, dividend, ((when, 1.0),))
    for vol, status in (
        implied_vol(call, premium, strike, years, carry),
        american_sweep.implied_vol(call, premium, spot, strike, years, rate, dividend),
    ):
        assert bool(np.isfinite(vol)) == (status == OK)
    assert not price(call, strike, years, premium, carry) < 0
    assert not american_sweep.price(call, spot, strike, years, premium, rate, dividend) < 0
