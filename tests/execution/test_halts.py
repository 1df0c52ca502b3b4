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
from execution.accounting import Accounting
from memory import accounts, halts
from tests.desk import fund_on, words
from tests.money import ACCOUNT, OTHER, SPREAD, START, close, desk_of, held, order_of, propose, sent, steps

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
    clerk = replace(desk.clerk, source=market, accounting=Accounting(market))
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


def yesterday_s_value(fund: Fund, nlv: float | None) -> None:
    """Mark the session before the account's with a value."""
    desk = desk_of(fund)
    with fund.database.transaction() as connection:
        session, _ = desk.accounting.previous_nlv(connection, ACCOUNT, desk.clock.now())
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


def test_an_unknown_value_of_yesterday_refuses(fund: Fund) -> None:
    yesterday_s_value(fund, None)
    with pytest.raises(Refused, match="daily_loss"):
        propose(fund, *SPREAD)


def test_a_new_account_is_measured_against_its_deposit(fund: Fund) -> None:
    desk = desk_of(fund)
    with fund.database.transaction() as connection:
        _, value = desk.accounting.previous_nlv(connection, ACCOUNT, desk.clock.now())
        assert value == accounts.DEPOSIT


def test_yesterday_s_value_is_that_of_the_close_with_everything_held(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    desk = desk_of(fund)
    with fund.database.connection() as connection:
        accounts.advance(connection, ACCOUNT, desk.clock.now() + timedelta(days=1))
    bring_up_to_date(fund, Cycles(fund), desk)
    with fund.database.transaction() as connection:
        session, value = desk.accounting.previous_nlv(connection, ACCOUNT, desk.clock.now())
    (position,) = held(fund)
    chain = desk.source.chain("ZAIR", desk.clock.now() - timedelta(hours=15))  # 16:00 the day before and later
    assert chain is not None and chain.session == session
    rows = [chain.row_of(leg) for leg in position.legs]
    mids = [float(chain.mid[row]) for row in rows if row is not None]
    worth = sum(leg.units * mid for leg, mid in zip(position.legs, mids, strict=True))
    assert value == pytest.approx(accounts.DEPOSIT + position.cost + worth)
    assert asyncio.run(desk.executor.reconcile()) == ()
