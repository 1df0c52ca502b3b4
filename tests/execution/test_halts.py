"""A halt, once it has returned, lets nothing new through; it outlives the process and does not keep a person from
closing."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from apps.commands.approve import approve
from apps.commands.halt import _cancel, halt
from apps.commands.run import begin, bring_up_to_date
from apps.cycle import Cycles
from apps.wiring import Fund
from domain.chain import Chain
from domain.errors import Refused
from domain.ports import MarketSource
from domain.regime import Regime
from domain.session import session_close
from memory import accounts, halts
from risk.facts import Facts
from risk.gate import check_portfolio
from tests.desk import fund_on, words
from tests.money import (
    ACCOUNT,
    MARKET,
    OTHER,
    SPREAD,
    START,
    book,
    close,
    desk_of,
    held,
    live_in,
    order_of,
    pass_time,
    propose,
    sent,
    steps,
)  # fmt: skip

PATIENT = 10.0  # seconds until a thread of a test is given up


def resume(fund: Fund) -> None:
    with fund.database.transaction() as connection:
        for one in halts.halts(connection):
            halts.lift_halt(connection, one.scope, desk_of(fund).clock.now(), "eva")


def test_under_a_halt_an_approval_is_refused_and_nothing_is_sent(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    halt(fund, "enough", "eva")
    with pytest.raises(Refused, match="halted: enough"):
        approve(fund, order_id, "eva", None, follow=True)
    assert "submitting" not in steps(fund, order_id)
    assert sent(fund) == []


def test_a_halt_outlives_the_process_and_a_resume_ends_it(database_url: str, tmp_path: Path) -> None:
    with fund_on(database_url, tmp_path) as fund:
        first = propose(fund, *SPREAD)
        second = propose(fund, *OTHER)
        halt(fund, "enough", "eva")
    with fund_on(database_url, tmp_path) as fund:
        with pytest.raises(Refused, match="halted: enough"):
            approve(fund, first, "eva", None, follow=True)
        resume(fund)
    with fund_on(database_url, tmp_path) as fund:
        assert approve(fund, second, "eva", None, follow=True).status == "filled"


def test_under_a_halt_nothing_new_is_staged(fund: Fund) -> None:
    desk_of(fund)
    halt(fund, "enough", "eva")
    with pytest.raises(Refused, match="halted: enough"):
        propose(fund, *SPREAD)
    cycles = Cycles(fund)
    result = cycles.carry_on(begin(fund, cycles, words("run", "ZMKT", "ZAIR")))
    assert result["orders"] == []
    assert any("halted: enough" in reason for veto in result["vetoes"] for reason in veto["reasons"])


def test_a_halt_between_hand_over_and_sending_ends_the_order_unsent(fund: Fund) -> None:
    order_id = handed_over(fund)
    assert halt(fund, "enough", "eva") == (order_id,)

    assert _cancel(fund) == []

    assert order_of(fund, order_id).status == "cancelled"
    assert sent(fund) == []


def test_a_halt_that_is_lifted_again_still_ended_what_was_on_its_way(fund: Fund) -> None:
    order_id = handed_over(fund)
    halt(fund, "enough", "eva")
    resume(fund)
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert (order_of(fund, order_id).status, sent(fund)) == ("cancelled", [])


def test_an_order_whose_cancel_was_asked_for_is_not_reserved_even_when_the_halt_is_over(fund: Fund) -> None:
    order_id = handed_over(fund)
    halt(fund, "enough", "eva")
    resume(fund)
    assert desk_of(fund).executor._reserve(order_id) is None
    assert "a cancel" in (order_of(fund, order_id).outcome or "")


def test_an_order_that_was_journalled_and_never_sent_ends_unsent_under_a_halt(fund: Fund) -> None:
    order_id = handed_over(fund)
    executor = desk_of(fund).executor
    assert executor._reserve(order_id) is not None
    assert order_of(fund, order_id).status == "submitting"

    halt(fund, "enough", "eva")
    assert _cancel(fund) == []

    assert (order_of(fund, order_id).status, sent(fund)) == ("cancelled", [])


def test_a_halt_cancels_an_order_that_works_at_the_venue(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD, "--limit", "5.00")
    assert approve(fund, order_id, "eva", None, follow=False).status == "working"
    assert halt(fund, "enough", "eva") == (order_id,)
    assert _cancel(fund) == []
    assert order_of(fund, order_id).status == "cancelled"
    assert held(fund) == ()


def test_an_approval_that_a_halt_found_on_its_way_does_not_come_back_with_the_resume(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")
    halt(fund, "enough", "eva")
    resume(fund)
    for _ in range(2):
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert (order_of(fund, order_id).status, sent(fund)) == ("refused", [])
    assert book(fund).promises == ()


def test_a_person_may_close_under_a_halt(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    halt(fund, "enough", "eva")
    order_id = close(fund, held(fund)[0].position_id)
    assert approve(fund, order_id, "eva", None, follow=True).status == "filled"
    assert held(fund) == ()


# the lock


class Paused:
    """The synthetic market, which answers for a chain only when it is let go."""

    def __init__(self, source: MarketSource) -> None:
        self._source = source
        self.asked, self.go = threading.Event(), threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def chain(self, ticker: str, as_of: datetime) -> Chain | None:
        self.asked.set()
        assert self.go.wait(PATIENT)
        return self._source.chain(ticker, as_of)


def stop_all(fund: Fund) -> tuple[str, ...]:
    return halt(fund, "enough", "eva")


def stop_the_account(fund: Fund) -> tuple[str, ...]:
    """As the daily loss does."""
    with fund.database.transaction() as connection:
        halts.set_halt(connection, f"account:{ACCOUNT}", "a loss", START, "daily_loss")
        return halts.ask_cancels(connection, ACCOUNT)


@pytest.mark.parametrize("stop", [stop_all, stop_the_account])
def test_a_halt_waits_for_the_order_that_is_being_reserved_and_has_it_cancelled(
    fund: Fund, stop: Callable[[Fund], tuple[str, ...]]
) -> None:
    order_id = handed_over(fund)
    desk = desk_of(fund)
    market = Paused(desk.source)
    clerk = replace(desk.clerk, source=market, accounting=replace(desk.accounting, source=market))
    executor = replace(desk.executor, clerk=clerk)
    with ThreadPoolExecutor(2) as pool:
        reserving = pool.submit(executor._reserve, order_id)
        assert market.asked.wait(PATIENT)
        stopping = pool.submit(stop, fund)
        with pytest.raises(TimeoutError):  # it must not return while an order can still slip past it
            stopping.result(0.3)
        market.go.set()
        assert reserving.result(PATIENT) is not None
        assert stopping.result(PATIENT) == (order_id,)

    bring_up_to_date(fund, Cycles(fund), desk)
    assert (order_of(fund, order_id).status, sent(fund)) == ("cancelled", [])


def test_an_order_waits_for_the_halt_that_is_being_written_and_is_refused(fund: Fund) -> None:
    order_id = handed_over(fund)
    executor = desk_of(fund).executor
    with ThreadPoolExecutor(1) as pool:
        with fund.database.transaction() as connection:
            halts.set_halt(connection, "all", "enough", START, "eva")
            reserving = pool.submit(executor._reserve, order_id)
            with pytest.raises(TimeoutError):
                reserving.result(0.3)
        assert reserving.result(PATIENT) is None
    assert "submitting" not in steps(fund, order_id)


def test_after_a_halt_has_returned_nothing_is_submitted(fund: Fund) -> None:
    order_id = handed_over(fund)
    halt(fund, "enough", "eva")
    assert desk_of(fund).executor._reserve(order_id) is None
    assert order_of(fund, order_id).status == "refused"


def test_a_halt_of_one_account_leaves_the_other_s_orders_alone(fund: Fund) -> None:
    order_id = handed_over(fund)
    with fund.database.transaction() as connection:
        assert halts.ask_cancels(connection, "another") == ()
        assert halts.ask_cancels(connection, ACCOUNT) == (order_id,)


def handed_over(fund: Fund) -> str:
    """An order that was approved and waits for the executor."""
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")
    Cycles(fund).threads.carry(order_id)
    assert order_of(fund, order_id).status == "queued"
    return order_id


# the daily loss


def yesterday_s_value(fund: Fund, nlv: float) -> None:
    """Mark the session before the account's with a value."""
    desk_of(fund)
    session = book(fund).previous_session
    with fund.database.connection() as connection:
        connection.execute("UPDATE fund.nlv_marks SET nlv = %s WHERE session = %s", [nlv, session])


LOSSES = [(1_030_000.0, False), (1_030_900.0, False), (1_030_950.0, True), (1_100_000.0, True)]


@pytest.mark.parametrize(("before", "stops"), LOSSES)
def test_a_loss_of_three_per_cent_since_the_last_close_stops_the_account(
    fund: Fund, before: float, stops: bool
) -> None:
    order_id = propose(fund, *SPREAD)
    yesterday_s_value(fund, before)
    if stops:
        with pytest.raises(Refused, match="is a loss of"):
            approve(fund, order_id, "eva", None, follow=True)
    else:
        assert approve(fund, order_id, "eva", None, follow=True).status == "filled"
    assert bool(sent(fund)) is not stops


def test_a_run_that_sees_the_loss_halts_the_account_for_good(fund: Fund) -> None:
    yesterday_s_value(fund, 1_100_000.0)
    cycles = Cycles(fund)
    result = cycles.carry_on(begin(fund, cycles, words("run", "ZMKT", "ZAIR")))
    assert result["orders"] == []

    yesterday_s_value(fund, 1_000_000.0)
    with fund.database.connection() as connection:
        (found,) = halts.halts(connection)
    assert (found.scope, found.by) == (f"account:{ACCOUNT}", "daily_loss")
    with pytest.raises(Refused, match="halted: NLV 1,000,000 against 1,100,000"):
        propose(fund, *SPREAD)
    assert [entry.step for entry in fund.journal.account(ACCOUNT) if entry.step == "halt"] == ["halt"]


def test_a_holding_without_a_fresh_price_leaves_nlv_and_the_last_close_unknown_and_nothing_is_opened(
    fund: Fund,
) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    desk = desk_of(fund)
    now = desk.clock.now() + timedelta(days=1)
    with fund.database.transaction() as connection:
        blind = replace(desk.accounting, quote_minutes=-1.0).book(connection, ACCOUNT, now, {})
    assert (blind.nlv, blind.previous_nlv) == (None, None)
    assert any("has no fresh price" in problem for problem in blind.problems)
    assert any("is not known" in problem for problem in blind.problems)
    facts = Facts(blind, Regime("neutral", now, ""), fund.mandate.risk, fund.mandate.orders, now)
    assert {"book_known", "daily_loss"} <= {check.rule for check in check_portfolio(facts) if not check.passed}


class Forgetful:
    """The synthetic market, which has no chain of one moment."""

    def __init__(self, source: MarketSource, moment: datetime) -> None:
        self._source, self._moment = source, moment

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def chain(self, ticker: str, as_of: datetime) -> Chain | None:
        return None if as_of == self._moment else self._source.chain(ticker, as_of)


def next_day(fund: Fund) -> None:
    pass_time(fund, START + timedelta(days=1))
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))


def test_while_yesterday_s_value_is_not_known_nothing_new_is_sent(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    live_in(fund, Forgetful(MARKET, session_close(START.date())))
    next_day(fund)
    assert book(fund).previous_nlv is None
    with pytest.raises(Refused, match="daily_loss"):
        propose(fund, *OTHER)

    live_in(fund, MARKET)
    assert propose(fund, *OTHER), "a value that becomes known counts"


def test_a_new_account_is_measured_against_its_deposit(fund: Fund) -> None:
    desk_of(fund)
    assert book(fund).previous_nlv == accounts.DEPOSIT


def test_yesterday_s_value_is_that_of_the_close_with_everything_held(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    next_day(fund)
    (position,) = held(fund)
    chain = MARKET.chain("ZAIR", session_close(START.date()))
    assert chain is not None and book(fund).previous_session == chain.session
    rows = [chain.row_of(leg) for leg in position.legs]
    mids = [float(chain.mid[row]) for row in rows if row is not None]
    worth = sum(leg.units * mid for leg, mid in zip(position.legs, mids, strict=True))
    assert book(fund).previous_nlv == pytest.approx(accounts.DEPOSIT + position.cost + worth)
    assert asyncio.run(desk_of(fund).executor.reconcile()) == ()


def test_what_is_filled_today_does_not_change_yesterday_s_value(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    next_day(fund)
    before = book(fund).previous_nlv
    approve(fund, propose(fund, *OTHER), "eva", None, follow=True)
    with fund.database.connection() as connection:
        connection.execute("DELETE FROM fund.nlv_marks")
    assert book(fund).previous_nlv == before
