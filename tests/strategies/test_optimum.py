"""The optimum is the best of all candidates, whatever is maximised and however they are counted."""

import itertools
import math

import numpy as np
import pytest

from domain.leg import stock_leg
from domain.mandate import LiquidityRules, OrderRules, SelectionRules
from domain.order import Proposal
from domain.payoff import worst_loss
from quant.black import greeks
from quant.surface import fit_surface
from strategies.candidates import combinations, shelves
from strategies.catalogue import STRUCTURES, structure
from strategies.grading import Bench, Grader
from strategies.matching import mismatch
from strategies.objectives import OBJECTIVES
from strategies.odds import odds
from strategies.optimiser import best_proposal
from strategies.pricing import executable, liquidity_problems
from strategies.selector import Choice
from strategies.view import View

LIQUID, ORDERS = LiquidityRules(), OrderRules()
DRIFT, REALISED = 0.15, 0.12
SMALL = {
    "iron_condor": REALISED,
    "bull_put_spread": REALISED,
    "put_butterfly": REALISED,
    "jade_lizard": REALISED,
    "long_strangle": 0.60,
}


@pytest.fixture(scope="module")
def chain(make_chain):
    return make_chain(strikes=np.arange(86.0, 115.0, 2.0), half_spread=0.01)


@pytest.fixture(scope="module")
def surface(chain):
    return fit_surface(chain, 0.03)


def propose(chain, surface, name, orders=ORDERS, drift=DRIFT, realised=REALISED, most_loss=math.inf, **selection):
    choice = Choice((name,), ("because",), (), View(drift, 0.2))
    rules = SelectionRules(**selection)
    return best_proposal("XYZ", 1, choice, chain, "c", surface, realised, rules, LIQUID, orders, most_loss)


def by_hand(chain, surface, name, view, rules):
    """(odds, standard deviation, structure delta) of every set of legs the row allows, one order at a time."""
    row = structure(name)
    found = []
    for expiry in np.unique(chain.expiry):
        smile = surface.slice_for(expiry.item())
        if not rules.min_days <= smile.years * 365 <= rules.max_days:
            continue
        rows = np.flatnonzero(chain.expiry == expiry)
        delta = greeks(
            chain.call[rows], chain.spot, smile.forward, chain.strike[rows], smile.years,
            smile.vol(chain.strike[rows]), smile.discount,
        ).delta  # fmt: skip
        own = dict(zip(rows.tolist(), np.abs(delta).tolist(), strict=True))
        choices = []
        for leg in row.legs:
            low, high = rules.short_delta if leg.place == "otm" else rules.long_delta if leg.place == "atm" else (0, 2)
            right = [i for i in own if chain.call[i] == (leg.kind == "C") and low <= own[i] <= high]
            choices.append([None] if leg.kind == "stock" else right)
        for picked in itertools.product(*choices):
            legs = tuple(
                stock_leg("XYZ", leg.ratio * 100) if i is None else chain.leg(i, leg.ratio)
                for i, leg in zip(picked, row.legs, strict=True)
            )
            if mismatch(name, legs) or liquidity_problems(chain, legs, LIQUID):
                continue
            if any(
                leg.to is not None and abs(legs[k].strike - legs[leg.to].strike) > rules.max_width * chain.spot
                for k, leg in enumerate(row.legs)
            ):
                continue
            price = executable(chain, legs, 1.0).limit
            numbers = odds(legs, price, 1, chain, surface, view, ORDERS.fee_per_contract)
            if not isinstance(numbers, str) and numbers.expected_value > 0 and numbers.max_loss > 0:
                found.append((numbers, worst_loss(legs, 100 * price)))
    return found


VALUES = {
    "ev_over_cvar": lambda o, worst: o.expected_value / o.cvar,
    "return_on_risk": lambda o, worst: o.expected_value / worst,
    "expected_value": lambda o, worst: o.expected_value,
    "probability_of_profit": lambda o, worst: o.probability_of_profit,
}


@pytest.mark.parametrize("name", SMALL)
def test_the_proposal_is_the_best_of_every_order_the_row_allows(chain, surface, name):
    rules = SelectionRules(min_days=20, max_days=30, short_delta=(0.15, 0.35))
    view = View(DRIFT, 0.2).expecting(SMALL[name], surface.at_days(25), rules.volatility_shrink)
    every = by_hand(chain, surface, name, view, rules)
    assert len(every) > 3, "there must be a choice"
    for objective, value in VALUES.items():
        found = propose(
            chain,
            surface,
            name,
            min_days=20,
            max_days=30,
            short_delta=(0.15, 0.35),
            objective=objective,
            realised=SMALL[name],
        )
        assert isinstance(found, Proposal), found
        best = max(value(o, worst) for o, worst in every)
        assert value(found.odds, found.odds.max_loss) == pytest.approx(best, rel=1e-9), objective


@pytest.mark.parametrize("objective", [row.name for row in OBJECTIVES])
def test_the_reasons_name_the_objective_the_runners_up_and_where_the_rest_fell_out(chain, surface, objective):
    found = propose(chain, surface, "iron_condor", objective=objective, alternatives=4, net_delta=(-0.05, 0.05))
    title = next(row.title for row in OBJECTIVES if row.name == objective)
    assert title in found.reasons[0]
    assert [reason.split(" ")[0] for reason in found.reasons[:4]] == ["best", "runner-up", "number", "number"]
    counts = [int(word.replace(",", "")) for word in found.reasons[4].split() if word.replace(",", "").isdigit()]
    built = int(found.reasons[0].split(" of ")[1].split(" ")[0].replace(",", ""))
    assert sum(counts) == built - 1 and "have a delta outside" in found.reasons[4]


def test_the_delta_of_the_whole_structure_stays_within_the_mandate(chain, surface):
    wide, tight = (propose(chain, surface, "iron_condor", net_delta=bounds) for bounds in ((-1, 1), (-0.01, 0.01)))
    assert abs(tight.odds.delta) <= 1.0 + 1e-9 < abs(wide.odds.delta)
    assert "none of" in propose(chain, surface, "covered_call", net_delta=(-0.1, 0.1))[0]


@pytest.mark.parametrize("name", [row.name for row in STRUCTURES])
def test_under_the_markets_own_odds_nothing_is_worth_more_than_its_mid(make_chain, name):
    """Risk-neutral, at mid and without fees, the expected value of every candidate is zero (a martingale)."""
    chain = make_chain(half_spread=0.01, strikes=np.arange(80.0, 121.0, 2.0))
    surface = fit_surface(chain, 0.03)
    rules = SelectionRules()
    free = OrderRules(concede=0.0, fee_per_contract=0.0)
    grader = Grader(chain, surface, View(0.0, 0.0), rules, LIQUID, free, math.inf)
    offered, row = shelves(chain, surface, LIQUID, rules), structure(name)
    near, far = offered[0], offered[-1] if row.spans_expiries else None
    bench = Bench.of(chain, grader.view, near, far)
    rows = combinations(row, near, far, chain.spot, rules, lambda rows, legs, most: rows[:most]).rows
    ratio = np.array([leg.ratio for leg in row.legs], float)
    gain = bench.mean[bench.place[rows]] @ ratio + grader.asked(rows, row.legs)
    assert len(rows) and np.abs(gain).max() < 0.01


def jump_ahead(strike, years):
    """A day's move of a tenth before the first expiry, 20 % a year otherwise."""
    return np.sqrt(0.04 + 0.01 / years) + 0 * strike


@pytest.mark.parametrize("name", ["calendar", "put_calendar", "call_diagonal", "put_diagonal", "double_diagonal"])
@pytest.mark.parametrize("vol", [jump_ahead, lambda k, t: 0.15 + 0.6 * t + 0 * k], ids=["announcement", "contango"])
def test_a_slope_of_the_term_structure_alone_is_no_edge(make_chain, vol, name):
    chain = make_chain(half_spread=0.0, strikes=np.arange(80.0, 121.0, 2.0), vol=vol)
    surface, rules = fit_surface(chain, 0.03), SelectionRules()
    grader = Grader(chain, surface, View(0.0, 0.0), rules, LIQUID, OrderRules(concede=0.0), math.inf)
    offered, row = shelves(chain, surface, LIQUID, rules), structure(name)
    bench = Bench.of(chain, grader.view, offered[0], offered[-1])
    rows = combinations(row, offered[0], offered[-1], 100.0, rules, lambda rows, legs, most: rows[:most]).rows
    ratio = np.array([leg.ratio for leg in row.legs], float)
    gain = bench.mean[bench.place[rows]] @ ratio + grader.asked(rows, row.legs)
    assert len(rows) and np.abs(gain).max() < 0.01


def test_more_combinations_than_can_be_put_together_are_said_and_bounded(chain, surface):
    rules = SelectionRules()
    grader = Grader(chain, surface, View(0.0, 0.0), rules, LIQUID, ORDERS, math.inf)
    offered = shelves(chain, surface, LIQUID, rules)
    near, far, row = offered[0], offered[-1], structure("double_diagonal")
    bench = Bench.of(chain, grader.view, near, far)

    def thin(rows, legs, most):
        return grader.thin(bench, rows, legs, most)

    whole = combinations(row, near, far, chain.spot, rules, thin)
    some = combinations(row, near, far, chain.spot, rules, thin, most=50)
    assert whole.skipped == 0 and len(some.rows) <= 50 < len(whole.rows)
    assert some.skipped >= len(whole.rows) - 50
    assert {tuple(x) for x in some.rows} <= {tuple(x) for x in whole.rows}


def test_one_group_too_long_is_thinned_evenly(chain, surface):
    rules = SelectionRules()
    near, row = shelves(chain, surface, LIQUID, rules)[0], structure("iron_butterfly")
    whole = combinations(row, near, None, chain.spot, rules, lambda rows, legs, most: rows)
    some = combinations(row, near, None, chain.spot, rules, lambda rows, legs, most: rows, most=10)
    assert len(some.rows) <= 10 < len(whole.rows) and some.skipped == len(whole.rows) - len(some.rows)
