"""Greeks of American options against QuantLib's prices, and what exercise does to them."""

import numpy as np
import pytest

from quant import black
from quant.american import price
from quant.american_greeks import first_greeks, greeks
from quant.carry import Carry
from tests.quant.test_american import quantlib

INDEX = Carry(100.0, 0.05, 0.02)
DAYS = 91


def exact(call, strike, days=DAYS, vol=0.2, **changes):
    carry = Carry(**{"spot": 100.0, "rate": 0.05, "dividend_yield": 0.02, **changes})
    return quantlib(call, [strike], days, vol, carry)[0]


@pytest.mark.parametrize(("call", "strike"), [(True, 95.0), (True, 110.0), (False, 90.0), (False, 104.0)])
def test_greeks_are_the_slopes_of_quantlibs_prices(call, strike):
    g = greeks(call, strike, DAYS / 365, 0.2, INDEX)
    up, level, down = (exact(call, strike, spot=spot) for spot in (100.5, 100.0, 99.5))
    assert float(g.delta) == pytest.approx(up - down, abs=1e-3)
    assert float(g.gamma) == pytest.approx((up - 2 * level + down) / 0.25, abs=1e-3)
    sooner, later = exact(call, strike, days=DAYS - 1), exact(call, strike, days=DAYS + 1)
    assert float(g.theta) == pytest.approx((sooner - later) / (2 / 365), rel=2e-3)
    assert float(g.vega) == pytest.approx(
        (exact(call, strike, vol=0.205) - exact(call, strike, vol=0.195)) / 0.01, rel=1e-3
    )
    assert float(g.rho) == pytest.approx(
        (exact(call, strike, rate=0.051) - exact(call, strike, rate=0.049)) / 0.002, rel=2e-3
    )
    tilted = [exact(call, strike, spot=s, vol=v) for s, v in ((101, 0.21), (99, 0.21), (101, 0.19), (99, 0.19))]
    assert float(g.vanna) == pytest.approx((tilted[0] - tilted[1] - tilted[2] + tilted[3]) / 0.04, rel=2e-2, abs=0.01)
    bent = exact(call, strike, vol=0.21) - 2 * exact(call, strike) + exact(call, strike, vol=0.19)
    assert float(g.volga) == pytest.approx(bent / 1e-4, rel=2e-2, abs=0.2)
    tomorrow = exact(call, strike, days=DAYS - 1, spot=100.5) - exact(call, strike, days=DAYS - 1, spot=99.5)
    assert float(g.charm) == pytest.approx((tomorrow - (up - down)) * 365, rel=3e-2, abs=0.01)


def test_a_call_without_dividends_has_the_european_greeks():
    carry = Carry(100.0, 0.04)
    forward, discount = carry.forward(0.5), carry.discount(0.5)
    for ours, theirs in zip(
        greeks(True, 105.0, 0.5, 0.25, carry),
        black.greeks(True, 100.0, forward, 105.0, 0.5, 0.25, discount),
        strict=True,
    ):
        assert float(ours) == pytest.approx(float(theirs), rel=2e-3, abs=1e-3)


def test_an_option_that_should_be_exercised_now_moves_with_the_spot_alone():
    g = greeks([False, True], [160.0, 40.0], 0.5, 0.2, Carry(100.0, 0.05, 0.10))
    assert g.delta[1] == 1.0 and -1.0 < g.delta[0] < -0.9
    assert greeks(False, 160.0, 0.5, 0.2, Carry(100.0, 0.05)).delta == -1.0
    for name in ("gamma", "theta", "vega", "rho", "vanna", "volga", "charm"):
        assert getattr(g, name)[1] == 0.0


def test_the_days_before_an_ex_date_cost_a_deep_call_its_dividend():
    carry = Carry(100.0, 0.04, dividends=((0.02, 2.0),))
    before, after = price(True, 70.0, 0.1, 0.2, carry), price(True, 70.0, 0.08, 0.2, Carry(98.0, 0.04))
    assert float(before - after) == pytest.approx(2.0 - 70 * 0.04 * 0.06, abs=0.01)
    assert float(greeks(True, 70.0, 0.1, 0.2, carry).delta) == pytest.approx(1.0, abs=1e-3)


def test_what_has_no_price_has_no_greeks():
    assert all(np.isnan(x).all() for x in greeks([True, False], [np.nan, 100.0], 0.5, [0.2, np.nan], INDEX))
    over = greeks(True, 90.0, 0.0, 0.2, INDEX)
    assert over.delta == 1.0 and over.gamma == 0.0


def test_the_four_that_one_solution_yields_are_the_same_four():
    carry, strikes = Carry(100.0, 0.05, dividends=((0.1, 1.0),)), np.array([85.0, 100.0, 112.0])
    four, eight = first_greeks(False, strikes, 0.25, 0.2, carry), greeks(False, strikes, 0.25, 0.2, carry)
    for ours, same in zip(four, eight[:4], strict=True):
        assert np.array_equal(ours, same)
