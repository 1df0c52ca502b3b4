import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book, Position, Promise
from domain.leg import option_leg
from domain.mandate import OrderRules, RegimeLimits, RiskRules, SelectionRules
from domain.order import Odds, Proposal
from domain.regime import REGIMES
from strategies.catalogue import NAMES
from strategies.room import Budget, Room, room_of
from strategies.sizer import kelly_contracts, size

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
NLV = 1_000_000.0
CALM = RegimeLimits(structures=NAMES, var_budget=0.02, position=0.05)
CRISIS = RegimeLimits(structures=NAMES, var_budget=0.005, position=0.02, sector=0.05, strategy=0.1, size_factor=0.25)
RISK = RiskRules(regimes=dict.fromkeys(REGIMES, CALM) | {"crisis_mode": CRISIS})
SELECTION = SelectionRules()
SPREAD = (option_leg("XYZ260717P00095000", -1), option_leg("XYZ260717P00090000", 1))
STRADDLE = (option_leg("XYZ260717C00100000", 1), option_leg("XYZ260717P00100000", 1))


def proposal(win=0.8, gain=120.0, loss=380.0, legs=SPREAD, ticker="XYZ"):
    odds = Odds(loss, gain, (), win, win * gain - (1 - win) * loss, loss, 0, 0, 0, 0)
    return Proposal(ticker, 1, "bull_put_spread", legs, gain / 100, odds, "c", NOW, ((1 - win, -loss), (win, gain)), ())


def room(**changes):
    budgets = [Budget(changes.pop(name, 1e9), {}) for name in ("position", "sector", "strategy")]
    left = {"margin": 1e9, "var": 1e9} | changes
    return Room(left["margin"], left["var"], *budgets, {"XYZ": "Tech", "ABC": "Tech", "SPY": "Index"})


def sized(found, space=None, nlv=NLV, limits=CALM, orders=None, risk=RISK, **more):
    orders = orders or OrderRules(max_contracts=1000)
    return size(found, nlv, limits, risk, orders, SELECTION, room() if space is None else space, **more)


def test_kelly_stakes_the_edge_over_the_odds():
    # stake 380 to win 120 with probability 0.8: f = p - q / b of the bankroll
    f = 0.8 - 0.2 / (120 / 380)
    assert kelly_contracts(((0.2, -380.0), (0.8, 120.0)), NLV) * 380 / NLV == pytest.approx(f)
    assert kelly_contracts(((0.3, -380.0), (0.7, 120.0)), NLV) == 0  # no edge


@pytest.mark.parametrize(
    "table", [(), ((0.5, math.nan), (0.5, 1.0)), ((0.5, -1.0), (0.4, 9.0)), ((-0.5, -1.0), (1.5, 1.0))]
)
def test_a_broken_outcome_table_has_no_stake(table):
    assert kelly_contracts(table, NLV) == 0


@pytest.mark.parametrize(
    ("space", "contracts"),
    [
        ({"position": 3 * 380}, 3),
        ({"position": 3 * 380 - 0.01}, 2),
        ({"sector": 2 * 380}, 2),
        ({"strategy": 4 * 380}, 4),
        ({"margin": 5 * 380}, 5),
        ({"var": 6 * 380}, 6),
        ({"margin": 379.99}, 0),
        ({"var": -1.0}, 0),
        ({"sector": 0.0}, 0),
    ],
)
def test_no_budget_is_ever_exceeded(space, contracts):
    assert sized(proposal(), room(**space)).contracts == contracts


def test_a_line_that_sells_options_has_its_own_limit():
    seller, buyer = proposal(0.9), proposal(0.9, legs=STRADDLE)
    assert sized(seller).contracts == math.floor(0.02 * NLV / 380)
    assert sized(buyer).contracts > sized(seller).contracts


def test_an_order_has_a_largest_size():
    assert sized(proposal(), orders=OrderRules(max_contracts=7)).contracts == 7
    assert "bound by 7 contracts an order" in sized(proposal(), orders=OrderRules(max_contracts=7)).reasons[0]


def test_no_size_says_what_one_contract_takes_and_what_there_is():
    found = sized(proposal(loss=21_000, gain=8_000), room(position=14_000))
    assert found.contracts == 0
    assert found.reasons == ("position limit: one contract takes 2.1% of NLV, room is 1.4%",)


def test_a_regime_scales_the_kelly_share():
    free = CALM.model_copy(update={"size_factor": 0.5})
    nlv, wide = 20_000.0, RISK.model_copy(update={"short_line": 1.0})
    whole, half = (sized(proposal(), nlv=nlv, limits=limits, risk=wide) for limits in (CALM, free))
    assert (whole.contracts, half.contracts) == (4, 2)
    assert "bound by Kelly times 0.5" in whole.reasons[0] and "bound by Kelly times 0.25" in half.reasons[0]


def test_less_than_one_half_kelly_contract_is_none():
    found = sized(proposal(), nlv=4_000)
    assert found.contracts == 0 and "less than one" in found.reasons[0]


def test_known_one_day_risk_and_margin_replace_the_worst_case():
    space = room(var=1_000, margin=3_800)
    assert sized(proposal(), space).contracts == 2
    assert sized(proposal(), space, day_risk=50.0).contracts == 10
    assert sized(proposal(), space, day_risk=50.0, margin=190.0).contracts == 20
    assert sized(proposal(), room(var=0.0, margin=3_800), day_risk=0.0).contracts == 10


amount = st.floats(0, 50_000)


@given(win=st.floats(0.01, 0.99), less=st.floats(0, 0.5), space=amount)
def test_a_lower_chance_of_winning_never_sizes_larger(win, less, space):
    assert (
        sized(proposal(win * (1 - less)), room(position=space)).contracts
        <= sized(proposal(win), room(position=space)).contracts
    )


@given(
    name=st.sampled_from(["position", "sector", "strategy", "margin", "var"]),
    large=amount, share=st.floats(0, 1), win=st.floats(0.76, 0.99),
)  # fmt: skip
def test_less_room_never_sizes_larger(name, large, share, win):
    found = proposal(win)
    assert sized(found, room(**{name: large * share})).contracts <= sized(found, room(**{name: large})).contracts


@given(win=st.floats(0.5, 0.99))
def test_a_more_dangerous_regime_never_sizes_larger(win):
    book = Book("A", NOW, NLV, NLV, NLV, 0.0)
    calm, crisis = (room_of(book, limits, RISK, {"XYZ": "Tech"}) for limits in (CALM, CRISIS))
    assert sized(proposal(win), crisis, limits=CRISIS).contracts <= sized(proposal(win), calm).contracts


@pytest.mark.parametrize("name", ["position", "sector", "strategy", "margin", "var"])
def test_an_unknown_budget_sizes_to_nothing(name):
    found = sized(proposal(), room(**{name: math.nan}))
    assert found.contracts == 0 and "not known" in found.reasons[0]


@pytest.mark.parametrize("nlv", [None, math.nan, 0.0, -1.0, math.inf])
def test_an_unknown_nlv_sizes_to_nothing(nlv):
    assert sized(proposal(), nlv=nlv).contracts == 0


@pytest.mark.parametrize("unknown", [{"loss": math.nan}, {"loss": math.inf}, {"gain": math.nan}])
def test_unknown_odds_size_to_nothing(unknown):
    assert sized(proposal(**unknown)).contracts == 0


@pytest.mark.parametrize("unknown", [{"day_risk": math.nan}, {"margin": math.nan}, {"margin": math.inf}])
def test_unknown_risk_of_one_contract_sizes_to_nothing(unknown):
    assert sized(proposal(), **unknown).contracts == 0


def test_each_order_leaves_less_room_for_the_next():
    first, same_sector, elsewhere = proposal(), proposal(ticker="ABC"), proposal(ticker="SPY")
    start = room(position=10_000, sector=12_000, strategy=20_000, margin=50_000, var=30_000)
    after = start.after(first, 10, day_risk=100.0, margin=400.0)
    assert (after.margin, after.var) == (46_000, 29_000)
    assert after.position.left("XYZ") == 10_000 - 3_800 and after.position.left("ABC") == 10_000
    assert after.sector_left("ABC") == 12_000 - 3_800 and after.sector_left("SPY") == 12_000
    assert after.strategy.left("bull_put_spread") == 20_000 - 3_800
    assert sized(same_sector, after).contracts == math.floor((12_000 - 3_800) / 380)
    assert sized(elsewhere, after).contracts == math.floor(10_000 / 380)
    assert start.after(first, 2).margin == 50_000 - 760


def held(ticker, sector, loss, day_risk=100.0):
    return Position("p", ticker, sector, "bull_put_spread", 1, SPREAD, NOW, 0.0, loss, None, day_risk=day_risk)


def test_positions_and_promises_hold_their_room():
    promise = Promise("o", "ABC", "Tech", "iron_condor", 5_000.0, 5_000.0, 400.0, 0.0)
    book = Book("A", NOW, NLV, NLV, NLV, 30_000.0, (held("XYZ", "tech", 2_000.0),), (promise,))
    found = room_of(book, CALM, RISK, {"XYZ": "Tech", "ABC": "Tech"})
    assert found.position.left("XYZ") == 48_000 and found.position.left("ABC") == 45_000
    assert found.sector_left("XYZ") == 150_000 - 7_000
    assert found.strategy.left("iron_condor") == 295_000 and found.strategy.left("bull_put_spread") == 298_000
    assert found.margin == 800_000 - 35_000 and found.var == 20_000 - 500


def test_what_has_no_sector_counts_in_every_one_and_gets_no_room():
    book = Book("A", NOW, NLV, NLV, NLV, 0.0, (held("OLD", "unknown", 50_000.0),))
    found = room_of(book, CALM, RISK, {"XYZ": "Tech", "OLD": "unknown"})
    assert found.sector_left("XYZ") == 100_000
    assert math.isnan(found.sector_left("OLD")) and math.isnan(found.sector_left("NEW"))


@pytest.mark.parametrize(
    "gap", [{"nlv": None}, {"margin_used": None}, {"positions": (held("ABC", "Index", 10.0, None),)}], ids=str
)
def test_a_book_with_a_gap_leaves_no_room(gap):
    book = replace(Book("A", NOW, NLV, NLV, NLV, 0.0), **gap)
    assert sized(proposal(), room_of(book, CALM, RISK, {"XYZ": "Tech"})).contracts == 0


def test_room_says_the_largest_worst_case_one_more_contract_may_have():
    book = Book("A", NOW, NLV, NLV, NLV, 790_000.0, (held("XYZ", "Tech", 45_000.0),))
    found = room_of(book, CALM, RISK, {"XYZ": "Tech", "ABC": "Tech"})
    assert (found.most_loss("XYZ"), found.most_loss("ABC")) == (5_000, 10_000)
    assert math.isnan(found.most_loss("NEW")) and math.isnan(room(margin=math.nan).most_loss("XYZ"))
