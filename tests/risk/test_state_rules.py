"""Rules about the account's and the order's state."""

import math
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from domain.book import Halt
from domain.leg import Leg
from risk.gate import check_portfolio, refusals
from tests.risk.builders import (
    NOW,
    UNCORRELATED,
    answer,
    book,
    facts,
    order,
    position,
    promise,
    put_spread,
    refused,
    ticket,
)

HALT = Halt("all", "daily loss", NOW, "eva")


def test_a_halt_refuses_and_gives_its_reason() -> None:
    world = facts(account=book(halts=(HALT,)))
    assert refused(world) == ["halted"]
    assert answer(world, "halted").reason == "halted: daily loss"
    assert [check.rule for check in refusals(check_portfolio(world))] == ["halted"]


def test_a_person_may_not_open_under_a_halt_either() -> None:
    assert refused(facts(order(stage="send", person="eva"), book(halts=(HALT,)))) == ["halted"]


def test_a_halted_agent_does_not_halt_the_fund_and_an_unreadable_scope_does() -> None:
    assert refused(facts(account=book(halts=(replace(HALT, scope="agent:social"),)))) == []
    assert refused(facts(account=book(halts=(replace(HALT, scope="everything"),)))) == ["halted"]


def test_a_ledger_that_disagrees_with_the_venue_refuses() -> None:
    assert refused(facts(account=book(reconciled=False))) == ["reconciled"]


@pytest.mark.parametrize(
    "changes",
    [
        {"problems": ("PAPER1: no quote for SPY260821C00500000",)},
        {"cash": None},
        {"cash": math.nan},
        {"as_of": NOW + timedelta(seconds=1)},
    ],
)
def test_a_book_with_a_hole_in_it_refuses(changes: dict[str, Any]) -> None:
    assert refused(facts(account=book(**changes))) == ["book_known"]


def test_every_problem_of_the_book_is_told() -> None:
    check = answer(facts(account=book(problems=("no quote for A", "no quote for B"), cash=None)), "book_known")
    assert (check.value, check.limit, check.passed) == (3.0, 0.0, False)
    assert check.reason == "no quote for A; no quote for B; cash is unknown"


def test_an_order_for_another_account_refuses() -> None:
    assert refused(facts(order(ticket(account_id="a2")))) == ["own_account"]


# one at a time


def test_a_ticker_with_a_waiting_order_is_not_proposed_again() -> None:
    assert refused(facts(account=book(staged=("XYZ",)))) == ["duplicate_ticker"]
    assert refused(facts(account=book(staged=("ABC",)))) == []


def test_an_approved_order_is_not_stopped_by_another_that_waits() -> None:
    assert refused(facts(order(stage="send", person="eva"), book(staged=("XYZ",)))) == []


def test_the_same_structure_in_the_same_underlying_is_not_opened_twice() -> None:
    twin = {"ticker": "XYZ", "strategy": "long_straddle"}
    assert refused(facts(account=book(positions=(position(**twin),)))) == ["duplicate_ticker"]
    assert refused(facts(account=book(promises=(promise(**twin),)))) == ["duplicate_ticker"]
    assert refused(facts(account=book(positions=(position(ticker="XYZ"),)))) == []


# quotes


@pytest.mark.parametrize(("minutes", "passes"), [(0, True), (15, True), (15.1, False), (-0.1, False)])
def test_intraday_quotes_age_by_the_minute(minutes: float, passes: bool) -> None:
    world = facts(order(quote_time=NOW - timedelta(minutes=minutes)))
    assert refused(world) == ([] if passes else ["quote_age"])


def test_intraday_quotes_do_not_age_while_nothing_trades() -> None:
    near_the_close = datetime(2026, 8, 20, 19, 55, tzinfo=UTC)
    night = datetime(2026, 8, 21, 4, 0, tzinfo=UTC)
    late = order(ticket(expires_at=night + timedelta(hours=1)), quote_time=near_the_close)
    assert refused(facts(late, now=night)) == []
    assert refused(facts(late, now=night + timedelta(hours=20))) == ["quote_age", "alive"]


def test_end_of_day_quotes_are_fresh_until_the_next_session_closes() -> None:
    def at(moment: datetime) -> list[str]:
        of_tuesday = {
            "cadence": "eod",
            "session": date(2026, 8, 18),
            "quote_time": datetime(2026, 8, 18, 20, 0, tzinfo=UTC),
        }
        return refused(
            facts(order(ticket(expires_at=moment + timedelta(hours=1)), **of_tuesday), book(as_of=moment), now=moment)
        )

    assert at(datetime(2026, 8, 18, 20, 0, tzinfo=UTC)) == []
    assert at(datetime(2026, 8, 19, 19, 59, 59, tzinfo=UTC)) == []
    assert at(datetime(2026, 8, 19, 20, 0, tzinfo=UTC)) == ["quote_age"]


@pytest.mark.parametrize("absent", ["quote_time", "session", "cadence"])
def test_no_quotes_refuse(absent: str) -> None:
    assert refused(facts(order(**{absent: None}))) == ["quote_age"]


def test_a_market_that_is_closed_is_no_reason_to_refuse() -> None:
    sunday = datetime(2026, 8, 23, 15, 0, tzinfo=UTC)
    friday_close = datetime(2026, 8, 21, 20, 0, tzinfo=UTC)
    waits = order(ticket(expires_at=sunday + timedelta(hours=2)), quote_time=friday_close)
    assert refused(facts(waits, now=sunday)) == []


def test_each_liquidity_objection_is_told() -> None:
    check = answer(facts(order(liquidity=("spread 40 %", "open interest 3"))), "liquidity")
    assert (check.passed, check.reason) == (False, "spread 40 %; open interest 3")


@pytest.mark.parametrize(
    ("price", "tick", "passes"),
    [
        (-6.0, 0.05, True),
        (-6.01, 0.05, False),
        (-6.01, 0.01, True),
        (-6.0, None, False),
        (-6.0, math.nan, False),
        (-6.0, 0.0, False),
        (-6.0, math.inf, False),
    ],
)
def test_the_limit_stands_on_the_venue_s_tick(price: float, tick: float | None, passes: bool) -> None:
    assert refused(facts(order(ticket(limit_price=price), tick=tick))) == ([] if passes else ["limit_on_tick"])


# time to live


def test_an_order_is_dead_at_its_expiry() -> None:
    assert refused(facts(order(ticket(expires_at=NOW + timedelta(seconds=1))))) == []
    assert refused(facts(order(ticket(expires_at=NOW)))) == ["alive"]


def test_an_order_of_options_that_are_over_is_refused() -> None:
    after = datetime(2026, 9, 18, 20, 0, tzinfo=UTC)
    late = order(ticket(expires_at=after + timedelta(hours=1)), quote_time=after)
    assert refused(facts(late, now=after - timedelta(seconds=1), account=book())) == ["quote_age"]
    world = facts(late, now=after)
    assert answer(world, "alive").reason == "XYZ260918C00100000 is over; XYZ260918P00100000 is over"


def test_an_option_nobody_can_read_counts_as_over() -> None:
    nameless = Leg("?", 1, "C", 100.0, date(2026, 9, 18))
    assert refused(facts(order(ticket(legs=(nameless,))))) == ["alive"]


def test_stock_is_never_over() -> None:
    legs = (*put_spread(), Leg("XYZ", 100, multiplier=1))
    assert "alive" not in refused(facts(order(ticket(legs=legs)), book(correlations=UNCORRELATED)))
