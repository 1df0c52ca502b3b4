"""The gate as a whole: all reasons, and no way from a refusal to a permission by adding risk."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import Halt
from domain.regime import REGIMES
from risk.facts import Facts
from risk.gate import RULES, check_order, check_portfolio, refusals
from tests.risk.builders import (
    CALL_100,
    NLV,
    NOW,
    UNCORRELATED,
    book,
    facts,
    order,
    position,
    promise,
    put_spread,
    refused,
    straddle,
    ticket,
)

HARD = {"daily_loss", "position_size", "sector_exposure", "free_margin", "order_size", "naked_short"}


def test_all_six_hard_limits_are_asked_of_every_opening_order() -> None:
    assert {row.name for row in RULES if row.opening} >= HARD


def test_every_rule_is_asked_of_an_opening_order_once_and_answers_in_its_own_name() -> None:
    checks = check_order(facts())
    assert [check.rule for check in checks] == [row.name for row in RULES if row.opening]
    assert len({row.name for row in RULES}) == len(RULES)


def test_before_any_order_the_portfolio_s_rules_are_asked_even_if_there_is_one() -> None:
    checks = check_portfolio(facts())
    assert [check.rule for check in checks] == [row.name for row in RULES if row.portfolio]
    assert {check.scope for check in checks} == {"portfolio"}


def test_the_order_s_rules_need_an_order() -> None:
    with pytest.raises(ValueError, match="judges an order"):
        check_order(replace(facts(), order=None))


def test_all_reasons_are_returned_not_only_the_first() -> None:
    account = book(nlv=900_000.0, margin_used=1e6, reconciled=False, halts=(Halt("all", "by hand", NOW, "eva"),))
    bad = order(
        ticket(strategy="naked_call", legs=straddle(-1), limit_price=6.003),
        max_loss=1e6,
        liquidity=("thin",),
        sector="",
    )
    assert set(refused(facts(bad, account))) == {
        "halted", "reconciled", "daily_loss", "free_margin", "position_size", "sector_exposure", "naked_short",
        "structure_allowed", "strategy_concentration", "short_line", "liquidity", "limit_on_tick",
    }  # fmt: skip


@given(st.sampled_from([None, *REGIMES]), st.sampled_from([0.0, 1.0, 6e5, math.nan, math.inf]), st.booleans())
def test_every_answer_can_be_written_as_json(regime: Any, amount: float, known: bool) -> None:
    account = book(nlv=NLV if known else None, positions=(position(max_loss=amount, day_risk=amount),))
    for check in check_order(facts(order(max_loss=amount, margin=amount, day_risk=amount), account, regime)):
        assert check.value is None or math.isfinite(check.value)
        assert check.limit is None or math.isfinite(check.limit)
        assert check.reason
        assert check.passed or check.rule in {row.name for row in RULES}


# nothing unknown passes

BAD = [None, math.nan, math.inf, -math.inf, -1.0]
UNKNOWN_ORDER = ["max_loss", "margin", "day_risk"]
UNKNOWN_BOOK = ["nlv", "previous_nlv", "margin_used"]


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", UNKNOWN_ORDER)
def test_an_unknown_number_of_the_order_refuses(field: str, bad: float | None) -> None:
    assert refused(facts(order(**{field: bad})))


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("field", UNKNOWN_BOOK)
def test_an_unknown_number_of_the_book_refuses(field: str, bad: float | None) -> None:
    assert refused(facts(account=book(**{field: bad})))


@pytest.mark.parametrize("bad", BAD[1:])
def test_an_unknown_number_of_a_position_or_promise_in_the_same_place_refuses(bad: float) -> None:
    same = {"ticker": "XYZ", "sector": "technology"}
    for field in ("max_loss", "day_risk"):
        assert refused(facts(account=book(positions=(position(**same, **{field: bad}),)))), field
        assert refused(facts(account=book(promises=(promise(**same, **{field: bad}),)))), field
    assert refused(facts(account=book(promises=(promise(margin=bad),), correlations=UNCORRELATED)))


# adding risk

amounts = st.one_of(st.floats(0, 200_000), st.sampled_from([0.0, 20_000.0, 50_000.0, 150_000.0, math.nan, math.inf]))
tickers = st.sampled_from(["XYZ", "ABC", "DEF"])
sectors = st.sampled_from(["technology", "energy", ""])
structures = st.sampled_from(["long_straddle", "iron_condor", "calendar"])
SPREAD = position().legs
positions = st.builds(
    lambda **values: position(legs=SPREAD, **values),
    ticker=tickers, sector=sectors, strategy=structures, max_loss=amounts, day_risk=amounts,
)  # fmt: skip
promises = st.builds(
    promise, ticker=tickers, sector=sectors, strategy=structures, max_loss=amounts, margin=amounts, day_risk=amounts
)
legs = st.sampled_from([straddle, put_spread])


@st.composite
def worlds(draw: Any) -> Facts:
    n = draw(st.integers(1, 14))
    of = ticket(
        legs=draw(legs)(n), contracts=n, limit_price=draw(st.sampled_from([-6.0, 1.2])), strategy=draw(structures)
    )
    judged = order(
        of, sector=draw(sectors), max_loss=draw(amounts), margin=draw(amounts), day_risk=draw(amounts),
        needs_person=draw(st.booleans()), person=draw(st.sampled_from([None, "eva"])),
        stage=draw(st.sampled_from(["stage", "send"])), earnings_in=draw(st.sampled_from([None, 0, 2, 3])),
    )  # fmt: skip
    account = book(
        nlv=draw(st.sampled_from([NLV, 975_000.0, 970_000.0, None])),
        margin_used=draw(amounts), cash=draw(st.sampled_from([NLV, 20_000.0, None])),
        positions=tuple(draw(st.lists(positions, max_size=3))), promises=tuple(draw(st.lists(promises, max_size=2))),
        correlations=draw(st.sampled_from([{}, UNCORRELATED])), orders_last_minute=draw(st.integers(0, 31)),
    )  # fmt: skip
    return facts(judged, account, draw(st.sampled_from([None, *REGIMES])))


def scaled(world: Facts, times: int) -> Facts:
    """The same order with more contracts of everything."""
    judged = world.the_order
    of = judged.ticket
    bigger = replace(of, contracts=of.contracts * times, legs=tuple(leg.times(times) for leg in of.legs))
    return replace(world, order=replace(judged, ticket=bigger))


def more(world: Facts, what: str, amount: float, held: Any, under_way: Any) -> Facts:
    account, judged = world.book, world.the_order
    if what == "contracts":
        return scaled(world, 2)
    if what in ("max_loss", "margin", "day_risk"):
        return replace(world, order=replace(judged, **{what: (getattr(judged, what) or 0.0) + amount}))
    changes: dict[str, Any] = {
        "positions": {"positions": (*account.positions, held)},
        "promises": {"promises": (*account.promises, under_way)},
        "margin_used": {"margin_used": (account.margin_used or 0.0) + amount},
        "orders": {"orders_last_minute": account.orders_last_minute + 1},
        "halts": {"halts": (*account.halts, Halt("all", "by hand", NOW, "eva"))},
        "problems": {"problems": (*account.problems, "no quote")},
    }[what]
    return replace(world, book=replace(account, **changes))


WHAT = st.sampled_from(
    [
        "contracts",
        "max_loss",
        "margin",
        "day_risk",
        "positions",
        "promises",
        "margin_used",
        "orders",
        "halts",
        "problems",
    ]
)


@given(worlds(), WHAT, st.floats(0, 1e6), positions, promises)
def test_adding_risk_never_turns_a_refusal_into_a_permission(
    world: Facts, what: str, amount: float, held: Any, under_way: Any
) -> None:
    before = set(refused(world))
    after = set(refused(more(world, what, amount, held, under_way)))
    assert before <= after, f"{what} let {before - after} go"


@given(worlds(), st.sampled_from(UNKNOWN_ORDER), st.sampled_from(BAD))
def test_forgetting_a_number_never_permits(world: Facts, field: str, bad: float | None) -> None:
    blind = replace(world, order=replace(world.the_order, **{field: bad}))
    assert refused(blind)
    assert set(refused(world)) <= set(refused(blind))


@given(worlds())
def test_the_portfolio_s_refusals_refuse_every_opening_order(world: Facts) -> None:
    portfolio = {check.rule for check in refusals(check_portfolio(world))}
    assert portfolio <= set(refused(world))


def test_a_naked_call_is_refused_in_every_regime_and_by_every_approval() -> None:
    naked = ticket(legs=(straddle(-1)[0],), limit_price=3.0)
    assert naked.legs[0].symbol == CALL_100
    for regime in REGIMES:
        for person in (None, "eva"):
            assert "naked_short" in refused(facts(order(naked, person=person, needs_person=True), regime=regime))
