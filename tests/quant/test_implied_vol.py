"""From a premium back to its vol: exact where the premium determines it, a reason where it does not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from vollib.black_scholes.implied_volatility import implied_volatility

from quant.black import (
    ABOVE_MAXIMUM,
    BAD_INPUT,
    BELOW_INTRINSIC,
    EXPIRED,
    NO_PRICE,
    OK,
    STATUS_NAMES,
    greeks,
    implied_vol,
    price,
)
from tests.quant.made import steady

EPS = np.finfo(float).eps


def attainable(forward, strike, vega):
    """How far the rounding of a price, a difference of terms as large as forward and strike, leaves the vol open."""
    return 1e-8 + 8 * EPS * np.maximum(forward, strike) / vega


def test_forty_thousand_quotes_from_the_deep_wings_to_intrinsic_come_back():
    n, random = 40_000, np.random.default_rng(7)
    strike = 100 * np.exp(random.uniform(-2, 2, n))
    years, vol = np.exp(random.uniform(np.log(1e-4), np.log(5), n)), np.exp(random.uniform(np.log(0.01), np.log(4), n))
    call, discount = random.random(n) < 0.5, np.exp(-0.05 * years)
    premium = price(call, 100.0, strike, years, vol, discount)
    found, status = implied_vol(call, premium, 100.0, strike, years, discount)
    vega = greeks(call, 100.0, 100.0, strike, years, vol, discount).vega
    known = (status == OK) & (vega > 0)
    error = np.abs(found - vol)[known]
    assert np.all(error <= attainable(100.0, strike, np.maximum(vega, 1e-300))[known])
    out_of_the_money = (call == (strike > 100.0)) & (premium > 1e-290)
    assert np.all(status[out_of_the_money] == OK)
    assert np.abs(found / vol - 1)[out_of_the_money].max() < 1e-9


@steady
@given(st.booleans(), st.floats(-0.3, 0.3), st.floats(0.02, 2.0), st.floats(0.1, 1.5), st.floats(0.0, 0.1))
def test_vols_agree_with_vollib(call, x, years, vol, rate):
    forward, strike, discount = 100 * np.exp(rate * years), 100 * np.exp(x), np.exp(-rate * years)
    premium = float(price(call, forward, strike, years, vol, discount))
    found, status = implied_vol(call, premium, forward, strike, years, discount)
    if status != OK or float(greeks(call, 100, forward, strike, years, vol, discount).vega) < 1e-4:
        return
    theirs = implied_volatility(premium, 100.0, strike, years, rate, "c" if call else "p")
    assert float(found) == pytest.approx(theirs, abs=1e-8)


@steady
@given(st.floats(1e-4, 1 - 1e-4), st.booleans())
def test_at_the_money_every_share_of_the_maximum_has_its_vol(share, call):
    found, status = implied_vol(call, 100.0 * share, 100.0, 100.0, 1.0, 1.0)
    assert status == OK
    assert float(price(call, 100.0, 100.0, 1.0, found, 1.0)) == pytest.approx(100.0 * share, rel=1e-13)


@pytest.mark.parametrize(
    ("call", "premium", "years", "status"),
    [
        (True, 9.99, 1.0, BELOW_INTRINSIC),
        (True, 10.0, 1.0, BELOW_INTRINSIC),
        (True, 10.01, 1.0, OK),
        (True, 99.99, 1.0, OK),
        (True, 100.0, 1.0, ABOVE_MAXIMUM),
        (False, 89.99, 1.0, OK),
        (False, 90.0, 1.0, ABOVE_MAXIMUM),
        (False, 0.0, 1.0, NO_PRICE),
        (False, -1.0, 1.0, NO_PRICE),
        (False, np.nan, 1.0, NO_PRICE),
        (False, np.inf, 1.0, NO_PRICE),
        (True, 12.0, 0.0, EXPIRED),
        (True, 12.0, -0.5, EXPIRED),
        (True, np.nan, -0.5, EXPIRED),
        (True, 12.0, np.nan, BAD_INPUT),
    ],
)
def test_each_quote_says_what_became_of_it(call, premium, years, status):
    vol, found = implied_vol(call, premium, 100.0, 90.0, years, 1.0)
    assert STATUS_NAMES[int(found)] == STATUS_NAMES[status]
    assert bool(np.isfinite(vol)) == (status == OK)


any_double = st.floats(allow_nan=True, allow_infinity=True)


@steady
@given(st.lists(st.tuples(st.booleans(), *[any_double] * 5), min_size=1, max_size=20))
def test_no_five_doubles_raise_or_warn(quotes):
    columns = [np.array(column) for column in zip(*quotes, strict=True)]
    vol, status = implied_vol(*columns)
    assert vol.shape == status.shape and status.dtype == np.int8
    assert np.array_equal(np.isfinite(vol), status == OK)
    assert np.all(vol[status == OK] > 0)


def test_a_forward_a_strike_or_a_discount_that_is_none_is_bad_input():
    for forward, strike, discount in [(0, 90, 1), (np.nan, 90, 1), (100, -1, 1), (100, np.inf, 1), (100, 90, 0)]:
        assert implied_vol(True, 12.0, forward, strike, 1.0, discount)[1] == BAD_INPUT
