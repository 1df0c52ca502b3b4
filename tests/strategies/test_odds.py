import math
from dataclasses import replace

import numpy as np
import pytest

from domain.leg import option_leg, stock_leg
from domain.payoff import payoff
from quant import distribution
from quant.black import price
from quant.carry import Carry
from quant.normal import norm_pdf
from quant.reward import measure
from quant.surface import fit_surface
from strategies.odds import odds, order_greeks
from strategies.outcome import compact
from strategies.pricing import executable
from strategies.view import View

RATE, FEE = 0.03, 0.65
NEUTRAL = View(0.0, 0.0)
STRUCTURES = {
    "bull put spread": (option_leg("XYZ260717P00095000", -1), option_leg("XYZ260717P00090000", 1)),
    "bull call spread": (option_leg("XYZ260717C00100000", 1), option_leg("XYZ260717C00110000", -1)),
    "iron condor": (
        option_leg("XYZ260717P00095000", -1),
        option_leg("XYZ260717P00090000", 1),
        option_leg("XYZ260717C00105000", -1),
        option_leg("XYZ260717C00110000", 1),
    ),
    "long straddle": (option_leg("XYZ260717C00100000", 1), option_leg("XYZ260717P00100000", 1)),
    "covered call": (stock_leg("XYZ", 100), option_leg("XYZ260717C00105000", -1)),
    "cash-secured put": (option_leg("XYZ260717P00095000", -1),),
    "calendar": (option_leg("XYZ260626C00100000", -1), option_leg("XYZ260731C00100000", 1)),
}
one_of_each = pytest.mark.parametrize("legs", STRUCTURES.values(), ids=STRUCTURES)
at_expiry = pytest.mark.parametrize("legs", [x for n, x in STRUCTURES.items() if n not in ("calendar", "covered call")])


@pytest.fixture(scope="module")
def chain(make_chain, flat_vol):
    return make_chain(vol=flat_vol)


@pytest.fixture(scope="module")
def surface(chain):
    return fit_surface(chain, RATE)


def lognormal(surface, view, points=40_001):
    """Spots and weights of a flat smile's expiry of 17 July, dense enough to serve as the truth."""
    smile = surface.slice_for(STRUCTURES["iron condor"][0].expiry)
    deviation = smile.atm * math.sqrt(smile.years)
    z = np.linspace(-8, 8, points)
    sd = view.vol_ratio * deviation
    spots = smile.forward * np.exp(view.direction_sd * deviation + sd * z - sd**2 / 2)
    return smile, spots, norm_pdf(z) / norm_pdf(z).sum()


@at_expiry
@pytest.mark.parametrize("view", [NEUTRAL, View(0.2, 0, 0.8), View(-0.2, 0, 1.3)], ids=str)
def test_odds_agree_with_a_dense_integral(chain, surface, legs, view):
    prices = executable(chain, legs, 1.0)
    found = odds(legs, prices.limit, 1, chain, surface, view, FEE)
    smile, spots, weights = lognormal(surface, view)
    profit = 100 * prices.limit - FEE * len(legs) + smile.discount * np.array([payoff(legs, s) for s in spots[::40]])
    weights = weights[::40] / weights[::40].sum()
    assert found.expected_value == pytest.approx(float(profit @ weights), abs=1.5)
    assert found.cvar == pytest.approx(distribution.cvar(profit, weights), rel=0.01, abs=1.0)
    assert found.probability_of_profit == pytest.approx(float(weights[profit > 0].sum()), abs=0.02)


@one_of_each
def test_without_a_view_costs_or_fees_nothing_has_an_edge(chain, surface, legs):
    free = type(chain)(**{**vars(chain), "bid": chain.mid, "ask": chain.mid})
    mid = executable(chain, legs, 0.0).mid
    assert odds(legs, mid, 1, free, surface, NEUTRAL, 0.0).expected_value == pytest.approx(0.0, abs=2.0)


def test_the_dividends_of_stock_are_no_loss(make_chain, flat_vol):
    chain = make_chain(vol=flat_vol, half_spread=0.0, dividend=0.08)
    legs = STRUCTURES["covered call"]
    mid = executable(chain, legs, 0.0).mid
    found = odds(legs, mid, 1, chain, fit_surface(chain, RATE), NEUTRAL, 0.0)
    assert found.expected_value == pytest.approx(0.0, abs=2.0)


@one_of_each
def test_odds_of_three_structures_are_three_times_those_of_one(chain, surface, legs):
    view = View(0.1, 0, 0.9)
    one = odds(legs, -1.0, 1, chain, surface, view, FEE)
    three = odds([leg.times(3) for leg in legs], -1.0, 3, chain, surface, view, FEE)
    for name in ("max_loss", "expected_value", "cvar", "delta", "gamma", "theta", "vega"):
        assert getattr(three, name) == pytest.approx(3 * getattr(one, name), abs=1e-6)
    assert three.probability_of_profit == pytest.approx(one.probability_of_profit)
    assert three.breakevens == pytest.approx(one.breakevens)


@one_of_each
def test_no_outcome_is_worse_than_the_worst_case_or_better_than_the_best(chain, surface, legs):
    limit = executable(chain, legs, 1.0).limit
    found = odds(legs, limit, 1, chain, surface, View(0.3, 0, 1.3), 0.0)
    assert found.cvar <= found.max_loss + 5.0
    assert found.max_profit is None or found.expected_value <= found.max_profit


def test_fees_are_paid_once_a_contract_and_again_where_the_longer_leg_is_sold(chain, surface):
    for name, fees, spread in (("iron condor", 4, 0.0), ("covered call", 1, 0.0), ("calendar", 3, 2.0)):
        legs = STRUCTURES[name]
        tight = type(chain)(**{**vars(chain), "bid": chain.mid, "ask": chain.mid})
        free = odds(legs, 1.0, 1, tight, surface, NEUTRAL, 0.0).expected_value
        paid = odds(legs, 1.0, 1, chain, surface, NEUTRAL, 0.65).expected_value
        assert free - paid == pytest.approx(0.65 * fees + spread, abs=1e-6)


@one_of_each
def test_greeks_are_the_slopes_of_the_price(surface, legs):
    def value(spot=surface.spot, more_vol=0.0, later=0.0):
        total = 0.0
        for leg in legs:
            if leg.expiry is None:
                total += leg.units * spot
                continue
            smile = surface.slice_for(leg.expiry)
            years = smile.years - later
            terms = (spot * math.exp(RATE * years), leg.strike, years, float(smile.vol(leg.strike)) + more_vol)
            total += leg.units * float(price(leg.right == "C", *terms, math.exp(-RATE * years)))
        return total

    step, hour = 0.01, 1 / (365 * 24)
    delta, gamma, theta, vega = order_greeks(legs, surface)
    slope = (value(surface.spot + step) - value(surface.spot - step)) / (2 * step)
    curve = (value(surface.spot + 0.1) - 2 * value() + value(surface.spot - 0.1)) / 0.1**2
    assert delta == pytest.approx(slope, abs=0.05)
    assert gamma == pytest.approx(curve, rel=0.02, abs=0.02)
    assert theta == pytest.approx(24 * (value(later=hour) - value()), rel=0.02, abs=0.05)
    assert vega == pytest.approx((value(more_vol=0.005) - value(more_vol=-0.005)), rel=0.01, abs=0.02)


def test_a_spread_shows_its_bounds_and_breakeven_before_fees(chain, surface):
    found = odds(STRUCTURES["bull put spread"], 1.20, 1, chain, surface, NEUTRAL, FEE)
    assert (found.max_loss, found.max_profit, *found.breakevens) == pytest.approx((380.0, 120.0, 93.8))
    assert found.notes == ()


def test_a_long_straddle_may_earn_without_bound(chain, surface):
    assert odds(STRUCTURES["long straddle"], -7.0, 1, chain, surface, NEUTRAL, FEE).max_profit is None


def test_a_calendar_earns_most_at_its_strike_and_says_that_this_is_an_estimate(chain, surface):
    legs = STRUCTURES["calendar"]
    found = odds(legs, -2.0, 1, chain, surface, NEUTRAL, FEE)
    near, far = (surface.slice_for(leg.expiry) for leg in legs)
    forward = 100.0 * far.forward / near.forward
    at_strike = float(price(True, forward, 100.0, far.years - near.years, 0.25, far.discount / near.discount))
    assert found.max_loss == pytest.approx(200.0)
    assert found.max_profit == pytest.approx(100 * (at_strike - 2.0), rel=0.01)
    assert len(found.breakevens) == 2 and found.breakevens[0] < 100 < found.breakevens[1]
    assert "estimates" in found.notes[0]


def test_a_view_moves_the_odds_the_way_it_points(chain, surface):
    legs = STRUCTURES["bull put spread"]
    bear, none, bull = (odds(legs, 1.2, 1, chain, surface, View(d, 0), FEE) for d in (-0.2, 0, 0.2))
    assert bear.expected_value < none.expected_value < bull.expected_value
    calm, wild = (odds(STRUCTURES["iron condor"], 2.0, 1, chain, surface, View(0, 0, v), FEE) for v in (0.8, 1.2))
    assert calm.probability_of_profit > wild.probability_of_profit and calm.expected_value > wild.expected_value


@pytest.mark.parametrize("limit", [math.nan, math.inf])
def test_a_limit_that_is_no_number_has_no_odds(chain, surface, limit):
    assert isinstance(odds(STRUCTURES["iron condor"], limit, 1, chain, surface, NEUTRAL, FEE), str)


def test_unknown_inputs_are_reasons_not_odds(chain, surface):
    legs = STRUCTURES["bull put spread"]
    assert "view" in odds(legs, 1.0, 1, chain, surface, View(math.nan, 0), FEE)
    assert "not finite" in odds(legs, 1.0, 1, chain, surface, NEUTRAL, math.nan)
    assert "smile" in odds((option_leg("XYZ270115P00095000", -1),), 1.0, 1, chain, surface, NEUTRAL, FEE)
    assert "no option" in odds((stock_leg("XYZ", 100),), -100.0, 1, chain, surface, NEUTRAL, FEE)


def test_a_naked_call_has_no_odds(chain, surface):
    assert "unbounded" in odds((option_leg("XYZ260717C00105000", -1),), 1.0, 1, chain, surface, NEUTRAL, FEE)


def test_measures_of_many_are_those_of_each():
    rng = np.random.default_rng(7)
    weights = rng.dirichlet(np.ones(50))
    for profit in (rng.normal(size=(20, 50)), np.sort(rng.normal(size=(20, 50))), -np.sort(rng.normal(size=(20, 50)))):
        found = measure(profit, weights)
        assert found.expected == pytest.approx([distribution.expected(x, weights) for x in profit])
        assert found.cvar == pytest.approx([distribution.cvar(x, weights) for x in profit])
        assert found.probability == pytest.approx([distribution.probability(x, weights) for x in profit])


def test_the_compact_table_keeps_mean_extremes_and_all_probability():
    rng = np.random.default_rng(3)
    profit, weights = rng.normal(size=201), rng.dirichlet(np.ones(201))
    table = compact(profit, weights)
    chance, amount = np.array(table).T
    assert len(table) <= 61 and chance.sum() == pytest.approx(1) and list(amount) == sorted(amount)
    assert chance @ amount == pytest.approx(weights @ profit)
    assert (amount[0], amount[-1]) == pytest.approx((profit.min(), profit.max()))
    assert compact(np.array([1.0, -1.0, 1.0]), np.array([0.25, 0.5, 0.25])) == ((0.5, -1.0), (0.5, 1.0))


def test_american_puts_have_the_greeks_of_their_right_to_exercise(surface):
    """A put so deep that exercise is due has the stock's delta and no theta; near the money the right adds to delta."""
    carries = tuple(Carry(smile.forward * smile.discount, RATE) for smile in surface.slices)
    american = replace(surface, style="american", carries=carries)
    european = replace(american, style="european")
    deep, near = [option_leg("XYZ260717P00150000", 1)], [option_leg("XYZ260717P00102500", 1)]
    assert order_greeks(deep, american)[0] == -100.0 and order_greeks(deep, american)[2] == 0.0
    assert order_greeks(deep, european)[2] > 0.1
    assert -100 < order_greeks(near, american)[0] < order_greeks(near, european)[0] - 0.2
