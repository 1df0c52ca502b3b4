"""Options paid in coin: bounds, parity, Greeks as slopes, and the venue's own marks."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant import black, inverse
from tests.quant.made import steady
from tests.quant.recorded import DATA

MARKS = DATA / "crypto_deribit_daily" / "deribit_options_202601.csv.gz"
needs_marks = pytest.mark.skipif(not MARKS.is_file(), reason="recorded Deribit marks are not on this machine")

sides, moneyness = st.booleans(), st.floats(-0.7, 0.7)
times, vols = st.floats(1 / 365, 1.0), st.floats(0.2, 1.5)
FORWARD = 90_000.0


@steady
@given(moneyness, times, vols)
def test_a_call_less_a_put_is_one_coin_less_the_strike_in_coin(x, years, vol):
    strike = FORWARD * np.exp(x)
    call, put = inverse.price([True, False], FORWARD, strike, years, vol)
    assert float(call - put) == pytest.approx(1 - strike / FORWARD, abs=1e-13)
    assert 0 <= call <= 1 and 0 <= put <= strike / FORWARD


@steady
@given(sides, moneyness, times, vols)
def test_a_premium_in_coin_gives_its_vol_back(call, x, years, vol):
    strike = FORWARD * np.exp(x)
    premium = inverse.price(call, FORWARD, strike, years, vol)
    found, status = inverse.implied_vol(call, premium, FORWARD, strike, years)
    vega = float(inverse.greeks(call, FORWARD, strike, years, vol).vega)
    if vega > 1e-7:
        assert status == black.OK and float(found) == pytest.approx(vol, abs=1e-8 + 1e-14 / vega)


@steady
@given(sides, st.floats(-0.4, 0.4), st.floats(0.05, 1.0), st.floats(0.3, 1.5))
def test_greeks_are_the_slopes_of_the_value_in_dollars_and_in_coin(call, x, years, vol):
    strike = FORWARD * np.exp(x)

    def coins(forward=FORWARD, years=years, vol=vol):
        return float(inverse.price(call, forward, strike, years, vol))

    up, down = FORWARD * 1.0001, FORWARD * 0.9999
    found = inverse.greeks(call, FORWARD, strike, years, vol)
    assert float(found.delta) == pytest.approx((coins(up) * up - coins(down) * down) / (up - down), abs=1e-6)
    assert float(found.net_delta) == pytest.approx((coins(up) - coins(down)) / 0.0002, abs=1e-6)
    assert float(found.vega) == pytest.approx((coins(vol=vol + 1e-5) - coins(vol=vol - 1e-5)) / 2e-5, abs=1e-6)
    assert float(found.theta) == pytest.approx((coins(years=years - 1e-6) - coins(years=years + 1e-6)) / 2e-6, abs=1e-4)


def test_a_struck_at_nothing_call_is_a_coin_and_has_no_net_delta():
    found = inverse.greeks(True, FORWARD, 1e-6, 0.5, 0.6)
    assert float(found.delta) == pytest.approx(1.0) and float(found.net_delta) == pytest.approx(0.0, abs=1e-9)


def test_no_market_has_no_price_no_payoff_and_a_reason():
    for forward, strike in [(np.nan, 100.0), (0.0, 100.0), (-1.0, 100.0), (100.0, np.inf)]:
        assert np.isnan(inverse.price(True, forward, strike, 0.1, 0.5))
        assert np.isnan(inverse.payoff(True, forward, strike))
        assert inverse.implied_vol(True, 0.1, forward, strike, 0.1)[1] != black.OK


@needs_marks
def test_the_venues_marks_are_this_price_at_its_mark_vol():
    table = pd.read_csv(MARKS, nrows=8000)
    ends, seen = (pd.to_datetime(table[name], format="ISO8601") for name in ("expiry_datetime", "timestamp"))
    years = ((ends - seen).dt.total_seconds() / (365 * 86_400)).to_numpy()
    call, strike, forward = (table["option_type"] == "call").to_numpy(), table["strike"], table["futures_price"]
    ours = inverse.price(call, forward, strike, years, table["implied_volatility"])
    assert np.median(np.abs(ours - table["mark_price"])) < 1e-5  # vols are quoted to four digits, a tick is 1e-4
    delta = inverse.greeks(call, forward, strike, years, table["implied_volatility"]).delta
    assert np.median(np.abs(delta - table["delta"])) < 5e-4
