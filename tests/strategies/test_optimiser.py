import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.mandate import LiquidityRules, OrderRules, SelectionRules
from domain.order import Proposal
from domain.payoff import horizon, naked_shorts, worst_loss
from domain.session import years_to_expiry
from quant.black import greeks
from quant.surface import fit_surface
from strategies.candidates import later_shelves, shelves
from strategies.catalogue import NAMES, structure
from strategies.condors import is_condor, search_condors
from strategies.grading import Grader
from strategies.odds import odds
from strategies.optimiser import Finalist, best_proposal, legs_of
from strategies.pricing import executable, liquidity_problems
from strategies.selector import Choice
from strategies.view import View

SELECTION, LIQUID, ORDERS = SelectionRules(), LiquidityRules(), OrderRules()
# views under which each structure has an edge on the synthetic chain, and the realised volatility behind them
EDGES = {
    "bull_put_spread": (0.2, 0.12),
    "bear_call_spread": (-0.2, 0.12),
    "bull_call_spread": (0.25, 0.25),
    "bear_put_spread": (-0.25, 0.25),
    "iron_condor": (0.0, 0.10),
    "iron_butterfly": (0.0, 0.10),
    "call_butterfly": (0.0, 0.10),
    "put_butterfly": (0.0, 0.10),
    "broken_wing_put_butterfly": (0.2, 0.12),
    "broken_wing_call_butterfly": (-0.2, 0.10),
    "calendar": (0.0, 0.10),
    "put_calendar": (0.0, 0.10),
    "call_diagonal": (0.25, 0.12),
    "put_diagonal": (-0.25, 0.12),
    "double_diagonal": (0.0, 0.10),
    "jade_lizard": (0.2, 0.10),
    "call_backspread": (0.25, 0.60),
    "put_backspread": (-0.25, 0.60),
    "bullish_risk_reversal": (0.25, None),
    "bearish_risk_reversal": (-0.25, None),
    "long_straddle": (0.0, 0.60),
    "long_strangle": (0.0, 0.60),
    "covered_call": (0.25, 0.10),
    "cash_secured_put": (0.25, 0.10),
    "collar": (0.25, None),
}
every_structure = pytest.mark.parametrize("name", EDGES)


def propose(chain, surface, names, drift=0.0, realised=None, selection=SELECTION, liquid=LIQUID, orders=ORDERS, **more):
    choice = Choice(names, ("because",), ("others do not fit",), View(drift, 0.2))
    return best_proposal("XYZ", 1, choice, chain, "chain-1", surface, realised, selection, liquid, orders, **more)


@pytest.fixture(scope="module")
def chain(make_chain):
    return make_chain()


@pytest.fixture(scope="module")
def surface(chain):
    return fit_surface(chain, 0.03)


@every_structure
def test_a_structure_with_an_edge_is_proposed_on_its_own_terms(chain, surface, name):
    found = propose(chain, surface, (name,), *EDGES[name])
    assert isinstance(found, Proposal), found
    assert found.strategy == name and found.odds.expected_value > 0 and found.odds.cvar > 0
    assert found.limit_price == executable(chain, found.legs, 1.0).limit
    assert liquidity_problems(chain, found.legs, LIQUID) == ()
    assert naked_shorts(found.legs, 1e6) == ()
    assert found.odds.max_loss == pytest.approx(worst_loss(found.legs, 100 * found.limit_price))
    assert sum(p for p, _ in found.outcomes) == pytest.approx(1)
    assert sum(p * x for p, x in found.outcomes) == pytest.approx(found.odds.expected_value)
    assert len(found.outcomes) <= 61


@every_structure
def test_strikes_and_expiries_stay_within_the_mandate(chain, surface, name):
    legs = propose(chain, surface, (name,), *EDGES[name]).legs
    templates = structure(name).legs
    assert [leg.contracts for leg in legs if leg.is_option] == [t.ratio for t in templates if t.kind != "stock"]
    for leg, template in zip(legs, templates, strict=True):
        if not leg.is_option:
            assert leg.contracts == 100
            continue
        smile = surface.slice_for(leg.expiry)
        assert SELECTION.min_days <= smile.years * 365 <= SELECTION.max_days
        vol = smile.vol(leg.strike)
        delta = greeks(leg.right == "C", 100.0, smile.forward, leg.strike, smile.years, vol, smile.discount).delta
        if template.is_anchor:
            low, high = SELECTION.short_delta if template.place == "otm" else SELECTION.long_delta
            assert low <= abs(delta) <= high
            continue
        reference, other = legs[template.to], None if template.pair is None else legs[template.pair].strike
        assert template.holds(leg.strike, reference.strike, other) and abs(leg.strike - reference.strike) <= 10


def test_a_spread_may_be_exactly_as_wide_as_the_mandate_says(chain, surface):
    edge = SELECTION.model_copy(update={"max_width": 0.025})
    legs = propose(chain, surface, ("bull_put_spread",), 0.2, 0.12, edge).legs
    assert legs[0].strike - legs[1].strike == 2.5
    below = SELECTION.model_copy(update={"max_width": 0.0249})
    assert "no liquid strikes" in propose(chain, surface, ("bull_put_spread",), 0.2, 0.12, below)[0]


@every_structure
def test_thousands_are_graded_as_each_would_be_alone(chain, surface, name):
    row, view = structure(name), View(*(EDGES[name][0], 0.0, 1.0)).expecting(EDGES[name][1], 0.25, 0.5)
    selection = SELECTION.model_copy(update={"alternatives": 20})
    grader = Grader(chain, surface, view, selection, LIQUID, ORDERS, math.inf)
    offered = shelves(chain, surface, LIQUID, SELECTION)
    near = offered[0 if row.spans_expiries else -1]
    far = later_shelves(chain, near, offered)[0] if row.spans_expiries else None
    graded, tally = search_condors(grader, row, near) if is_condor(row) else grader.search(row, near, far)
    assert tally.built >= len(graded.rows) > 0
    found = graded.measures
    for i in range(len(graded.rows)):
        legs = legs_of(Finalist(row, graded.rows[i], 0, 0, 0, 0, 0, 0), chain, "XYZ")
        alone = odds(legs, executable(chain, legs, 1.0).limit, 1, chain, surface, view, ORDERS.fee_per_contract)
        assert graded.worst[i] == pytest.approx(alone.max_loss, abs=1e-6)
        assert found.expected[i] == pytest.approx(alone.expected_value, abs=1e-6)
        assert found.cvar[i] == pytest.approx(alone.cvar, abs=1e-6)
        assert found.probability[i] == pytest.approx(alone.probability_of_profit, abs=1e-9)


def test_the_best_of_all_is_proposed_and_the_others_say_why_they_lost(chain, surface):
    names = ("bull_put_spread", "cash_secured_put", "covered_call", "long_straddle")
    best = propose(chain, surface, names, 0.2, 0.12)
    alone = {name: propose(chain, surface, (name,), 0.2, 0.12) for name in names[:3]}
    ratio = {name: x.odds.expected_value / x.odds.cvar for name, x in alone.items()}
    assert best.strategy == max(ratio, key=ratio.get)
    why = dict(reason.split(": ", 1) for reason in best.rejected)
    assert set(why) == set(names) - {best.strategy}
    assert all("behind" in why[name] for name in names[:3] if name != best.strategy)
    assert "positive expected value" in why["long_straddle"]
    assert best.reasons[0].startswith("best of ") and "runner-up" in best.reasons[1]


def test_the_same_input_gives_the_same_proposal(chain, surface):
    assert propose(chain, surface, ("iron_condor",), 0.0, 0.1) == propose(chain, surface, ("iron_condor",), 0.0, 0.1)


def test_without_an_edge_nothing_is_proposed(chain, surface):
    for name in NAMES:
        reasons = propose(chain, surface, (name,))
        assert len(reasons) == 1 and "positive expected value" in reasons[0], reasons


def test_the_objective_must_reach_what_the_mandate_asks_for(chain, surface):
    found = propose(chain, surface, ("bull_put_spread",), 0.2, 0.12)
    ratio = found.odds.expected_value / found.odds.cvar
    at_limit = SELECTION.model_copy(update={"min_reward": ratio - 1e-9})
    above = SELECTION.model_copy(update={"min_reward": ratio + 1e-9})
    assert isinstance(propose(chain, surface, ("bull_put_spread",), 0.2, 0.12, at_limit), Proposal)
    assert "is asked for" in propose(chain, surface, ("bull_put_spread",), 0.2, 0.12, above)[0]


def test_one_contract_may_not_risk_more_than_there_is_room_for(chain, surface):
    free = propose(chain, surface, ("cash_secured_put",), 0.25, 0.1)
    assert "may lose more" in propose(chain, surface, ("cash_secured_put",), 0.25, 0.1, most_loss=5_000)[0]
    spread = propose(chain, surface, ("bull_put_spread",), 0.2, 0.12, most_loss=200)
    assert free.odds.max_loss > 5_000 and spread.odds.max_loss <= 200


def test_nothing_chosen_empty_chains_and_no_expiry_are_reasons(chain, surface):
    assert propose(chain, surface, ()) == ("because", "others do not fit")
    empty = chain.rows(np.array([], dtype=int))
    assert "empty" in propose(empty, surface, ("iron_condor",))[0]
    far_away = SelectionRules(min_days=200, max_days=300)
    assert "200 to 300 days" in propose(chain, surface, ("iron_condor",), selection=far_away)[0]
    illiquid = LiquidityRules(min_open_interest=501)
    assert "open interest of 501" in propose(chain, surface, ("iron_condor",), liquid=illiquid)[0]
    no_band = SelectionRules(short_delta=(0.001, 0.002))
    assert "no liquid strikes" in propose(chain, surface, ("iron_condor",), selection=no_band)[0]


def test_quotes_that_cannot_lose_are_not_taken_for_a_gift(make_chain):
    honest = make_chain()
    wrong = (honest.strike == 95) & ~honest.call
    # puts at 95 sell for more than any spread below them is wide
    chain = make_chain(bid=np.where(wrong, 19.0, honest.bid), ask=np.where(wrong, 19.04, honest.ask))
    found = propose(chain, fit_surface(honest, 0.03), ("bull_put_spread",), 0.2, 0.12)
    assert isinstance(found, Proposal) and found.odds.max_loss > 0 and found.legs[0].strike != 95


def test_two_trading_classes_are_never_mixed(make_chain):
    chain = make_chain()
    root = np.where(chain.strike % 5 == 0, "XYZ", "XYZW")
    mixed = make_chain(root=root)
    for name in ("bull_put_spread", "iron_condor", "long_straddle", "calendar"):
        found = propose(mixed, fit_surface(chain, 0.03), (name,), *EDGES[name])
        assert isinstance(found, Proposal) and len({leg.symbol[:-15] for leg in found.legs}) == 1


@settings(max_examples=40, deadline=None)
@given(data=st.data(), name=st.sampled_from(list(EDGES)))
def test_no_proposal_breaks_a_guard_on_any_chain(make_chain, data, name):
    honest = make_chain(strikes=np.arange(80.0, 121.0, 5.0))
    seed = data.draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    n = len(honest)
    spoil = np.array([1.0, 1.0, 1.0, 0.0, np.nan])
    chain = make_chain(
        strikes=np.arange(80.0, 121.0, 5.0),
        bid=honest.bid * rng.choice([*spoil, 1.2], n),
        ask=honest.ask * rng.choice([*spoil, 0.9], n),
        volume=rng.choice([0.0, 5.0, 100.0, np.nan], n),
        open_interest=rng.choice([0.0, 49.0, 50.0, 500.0, np.nan], n),
    )
    liquid = LiquidityRules(min_volume=data.draw(st.sampled_from([0, 5])), max_spread=0.5)
    most = data.draw(st.sampled_from([300.0, 2_000.0, math.inf]))
    found = propose(chain, fit_surface(chain, 0.03), (name,), *EDGES[name], liquid=liquid, most_loss=most)
    if isinstance(found, Proposal):
        assert liquidity_problems(chain, found.legs, liquid) == ()
        assert found.limit_price == executable(chain, found.legs, 1.0).limit
        assert 0 < found.odds.max_loss <= most + 1e-6 and found.odds.expected_value > 0 and found.odds.cvar > 0
        days = years_to_expiry(np.array([horizon(found.legs)], "datetime64[D]"), chain.quote_time)[0] * 365
        assert SELECTION.min_days <= days <= SELECTION.max_days
    else:
        assert found and all(isinstance(reason, str) for reason in found)


def test_a_real_spy_chain_gives_a_sensible_condor_and_spread(spy):
    surface = fit_surface(spy, 0.04)
    condor = propose(spy, surface, ("iron_condor",), 0.0, 0.08)
    spread = propose(spy, surface, ("bull_put_spread",), 0.15, 0.08)
    for found, wings in ((condor, 2), (spread, 1)):
        odd = found.odds
        assert isinstance(found, Proposal) and len(found.legs) == 2 * wings
        assert found.limit_price > 0 and 0.5 < odd.probability_of_profit < 0.97
        assert odd.max_loss + odd.max_profit == pytest.approx(
            100 * max(abs(a.strike - b.strike) for a, b in zip(found.legs[::2], found.legs[1::2], strict=True))
        )
        assert odd.vega < 0 and odd.gamma < 0 and odd.theta > -0.5  # a skewed put spread hardly earns from time alone
        assert liquidity_problems(spy, found.legs, LIQUID) == ()
        assert 0 < odd.expected_value < odd.max_profit and odd.cvar <= odd.max_loss + 3
    low, high = condor.odds.breakevens
    assert low < spy.spot < high and abs(condor.odds.delta) < 10 < 100 * 0.35


def test_adjusted_contracts_are_left_out(make_chain):
    chain = make_chain()
    adjusted = make_chain(root=np.full(len(chain), "XYZ1"))
    assert "two-sided quote" in propose(adjusted, fit_surface(chain, 0.03), ("iron_condor",), 0.0, 0.1)[0]
