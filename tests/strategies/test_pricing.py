import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.leg import option_leg, stock_leg
from domain.mandate import LiquidityRules
from domain.tick import on_tick, tick_size
from strategies.pricing import closing_price, executable, liquidity, liquidity_problems

CALL, PUT_SOLD, PUT_BOUGHT = "XYZ260717C00105000", "XYZ260717P00095000", "XYZ260717P00090000"
SPREAD = (option_leg(PUT_SOLD, -1), option_leg(PUT_BOUGHT, 1))


def quoted(chain, **quotes):
    """The chain with (bid, ask) of some contracts replaced."""
    bid, ask = chain.bid.copy(), chain.ask.copy()
    for symbol, pair in quotes.items():
        bid[chain.row_of(option_leg(symbol, 1))], ask[chain.row_of(option_leg(symbol, 1))] = pair
    return type(chain)(**{**vars(chain), "bid": bid, "ask": ask})


@pytest.fixture(scope="module")
def chain(make_chain):
    return quoted(make_chain(), **{PUT_SOLD: (2.00, 2.10), PUT_BOUGHT: (0.90, 0.96)})


def test_a_credit_spread_sells_at_the_bid_and_buys_at_the_ask(chain):
    prices = executable(chain, SPREAD, 1.0)
    assert prices.natural == pytest.approx(2.00 - 0.96)
    assert prices.mid == pytest.approx(2.05 - 0.93)
    assert prices.limit == 1.04


def test_the_same_spread_bought_back_is_a_debit(chain):
    prices = closing_price(chain, SPREAD, 1.0)
    assert prices.natural == pytest.approx(-(2.10 - 0.90))
    assert prices.limit == -1.20


@pytest.mark.parametrize(("concede", "limit"), [(0.0, 1.12), (0.5, 1.08), (1.0, 1.04)])
def test_conceding_walks_from_mid_to_natural(chain, concede, limit):
    assert executable(chain, SPREAD, concede).limit == limit


def test_a_limit_off_the_tick_is_rounded_towards_natural(make_chain):
    coarse = quoted(make_chain(tick_class="standard"), **{PUT_SOLD: (2.00, 2.10), PUT_BOUGHT: (0.90, 0.96)})
    assert executable(coarse, SPREAD, 1.0).limit == 1.00
    assert closing_price(coarse, SPREAD, 1.0).limit == -1.20
    assert closing_price(coarse, SPREAD, 0.5).limit == -1.20  # -1.16 asked for


def test_stock_is_quoted_a_cent_around_spot(chain):
    covered = (stock_leg("XYZ", 100), option_leg(CALL, -1))
    call = executable(chain, covered[1:], 1.0)
    both = executable(chain, covered, 1.0)
    assert both.natural == pytest.approx(call.natural - 100.01)
    assert both.mid == pytest.approx(call.mid - 100.0)


@pytest.mark.parametrize(
    ("quote", "reason"),
    [
        ((0.0, 0.96), "two-sided"),
        ((0.90, 0.0), "two-sided"),
        ((np.nan, 0.96), "two-sided"),
        ((0.90, np.nan), "two-sided"),
        ((0.90, np.inf), "two-sided"),
        ((0.97, 0.96), "crossed"),
    ],
)
def test_a_leg_without_a_sound_quote_has_no_price(chain, quote, reason):
    broken = quoted(chain, **{PUT_BOUGHT: quote})
    for prices in (executable(broken, SPREAD, 1.0), closing_price(broken, SPREAD, 0.0)):
        assert isinstance(prices, str) and PUT_BOUGHT in prices and reason in prices


def test_an_unlisted_leg_no_leg_and_stock_without_spot_have_no_price(chain, make_chain):
    assert "not in the chain" in executable(chain, (option_leg("XYZ260717P00091000", 1),), 1.0)
    assert executable(chain, (), 1.0) == "no legs to price"
    assert "no spot" in executable(make_chain(spot=np.nan), (stock_leg("XYZ", 100),), 1.0)


@given(
    bids=st.lists(st.integers(1, 900), min_size=2, max_size=2),
    widths=st.lists(st.integers(0, 60), min_size=2, max_size=2),
    concede=st.floats(0, 1),
    kind=st.sampled_from(["penny_all", "penny", "standard"]),
    legs=st.sampled_from([SPREAD, SPREAD[:1], SPREAD[1:]]),
)
def test_every_limit_is_on_the_tick_and_never_better_than_asked_for(make_chain, bids, widths, concede, kind, legs):
    quotes = [(b / 100, (b + w) / 100) for b, w in zip(bids, widths, strict=True)]
    chain = quoted(make_chain(tick_class=kind), **{PUT_SOLD: quotes[0], PUT_BOUGHT: quotes[1]})
    prices = executable(chain, legs, concede)
    asked = prices.mid - concede * (prices.mid - prices.natural)
    assert on_tick(prices.limit, tick_size(kind, prices.limit, len(legs)))
    assert asked - prices.tick - 1e-9 <= prices.limit <= asked + 1e-8
    if concede == 1:
        assert prices.limit <= prices.natural + 1e-8


def one_leg(chain, rules, **columns):
    row = chain.row_of(option_leg(PUT_SOLD, 1))
    changed = {name: np.where(np.arange(len(chain)) == row, x, getattr(chain, name)) for name, x in columns.items()}
    return liquidity_problems(type(chain)(**{**vars(chain), **changed}), SPREAD, rules)


def test_liquidity_refuses_one_step_past_each_limit(chain):
    rules = LiquidityRules(max_spread=0.10, max_spread_ticks=1, min_open_interest=50, min_volume=5)
    assert one_leg(chain, rules, bid=1.90, ask=2.10) == ()
    assert "wide" in one_leg(chain, rules, bid=1.89, ask=2.10)[0]
    assert one_leg(chain, rules, open_interest=50) == ()
    assert "open interest of 49" in one_leg(chain, rules, open_interest=49)[0]
    assert one_leg(chain, rules, volume=5) == ()
    assert "volume of 4" in one_leg(chain, rules, volume=4)[0]


def test_a_cheap_option_may_be_wide_in_percent_but_not_in_ticks(chain):
    rules = LiquidityRules(max_spread=0.10, max_spread_ticks=3)
    assert one_leg(chain, rules, bid=0.05, ask=0.08) == ()
    assert one_leg(chain, rules, bid=0.05, ask=0.09)


def test_unknown_counts_refuse_where_a_minimum_is_asked_for(chain):
    rules = LiquidityRules(min_open_interest=1, min_volume=1)
    assert one_leg(chain, rules, open_interest=np.nan) and one_leg(chain, rules, volume=np.nan)
    assert one_leg(chain, LiquidityRules(min_volume=0), volume=np.nan) == ()


def test_every_reason_is_given_at_once(chain):
    problems = one_leg(chain, LiquidityRules(min_volume=1), bid=0.0, open_interest=0, volume=0)
    assert len(problems) == 4 and all(PUT_SOLD in problem for problem in problems)
    assert "not in the chain" in liquidity_problems(chain, (option_leg("XYZ260717P00091000", 1),), LiquidityRules())[0]


def test_stock_needs_no_liquidity(chain):
    assert liquidity_problems(chain, (stock_leg("XYZ", 100),), LiquidityRules()) == ()


def test_liquidity_of_a_whole_chain_is_that_of_its_rows(chain):
    whole = liquidity(chain, LiquidityRules())
    for row in range(0, len(chain), 17):
        single = liquidity(chain.rows(np.array([row])), LiquidityRules())
        assert {name: bool(ok[row]) for name, ok in whole.items()} == {name: bool(ok[0]) for name, ok in single.items()}
