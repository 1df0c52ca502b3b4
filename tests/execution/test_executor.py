"""The executor sends an order once, follows it to its end, and believes nothing it has not asked for."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from apps.commands.approve import approve
from apps.commands.halt import halt
from apps.commands.run import bring_up_to_date
from apps.cycle import Cycles
from apps.wiring import Fund
from brokers.base import Broker, NoAnswer, OrderState, VenueOrder
from domain.errors import Refused, Unavailable
from domain.leg import Leg
from execution.executor import PATIENCE, STEP, Executor
from memory import halts, positions
from memory.accounts import DEPOSIT
from strategies.pricing import executable
from tests.money import ACCOUNT, OTHER, SPREAD, START, book, cash, close, desk_of, held, order_of, propose, sent, steps


def queued(fund: Fund, *text: str) -> str:
    """An approved order that waits for the executor."""
    order_id = propose(fund, *(text or SPREAD))
    desk_of(fund).approvals.approve(order_id, "eva")
    Cycles(fund).threads.carry(order_id)
    assert order_of(fund, order_id).status == "queued"
    return order_id


def executor_on(fund: Fund, broker: Broker) -> Executor:
    return replace(desk_of(fund).executor, broker=broker)


def fills(fund: Fund, order_id: str) -> list[tuple[str, int]]:
    with fund.database.connection() as connection:
        return [(f["exec_id"], f["contracts"]) for f in positions.fills(connection, order_id=order_id)]


class Over:
    """A broker over the paper venue: everything passes through, except what a test changes."""

    def __init__(self, venue: Broker) -> None:
        self.venue = venue

    def __getattr__(self, name: str) -> Any:
        return getattr(self.venue, name)


# following


def test_an_order_the_market_does_not_take_is_followed_and_given_up(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD, "--limit", "5.00")
    assert approve(fund, order_id, "eva", None, follow=True).status == "cancelled"
    waited = desk_of(fund).clock.now() - START
    assert PATIENCE <= waited < PATIENCE + timedelta(seconds=STEP)
    assert (held(fund), cash(fund), book(fund).promises) == ((), DEPOSIT, ())
    assert steps(fund, order_id)[-2:] == ["working", "cancelled"]


def test_an_order_that_is_not_waited_for_works_and_holds_its_budget(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD, "--limit", "5.00")
    assert approve(fund, order_id, "eva", None, follow=False).status == "working"
    assert desk_of(fund).clock.now() == START
    assert [promise.order_id for promise in book(fund).promises] == [order_id]


def test_a_resting_order_fills_when_the_market_comes_to_it(fund: Fund) -> None:
    desk = desk_of(fund)
    first = order_of(fund, propose(fund, "ZOIL", "bull_put_spread")).staged.ticket
    later = desk.source.chain("ZOIL", START + PATIENCE)
    assert later is not None
    then = executable(later, [replace(leg, contracts=leg.contracts // first.contracts) for leg in first.legs], 1.0)
    assert not isinstance(then, str)
    assert then.limit > first.limit_price, "the market must move our way for this test to mean anything"
    edited = desk.approvals.edit(first.order_id, "eva", None, then.limit).ticket.order_id
    Cycles(fund).threads.carry(edited)

    assert approve(fund, edited, "eva", None, follow=True).status == "filled"
    assert desk_of(fund).clock.now() > START
    assert held(fund)[0].opened_at > START


# answers that are lost


class Deaf(Over):
    """The venue's answer to an order is lost; ``hears`` says whether the venue got the order."""

    hears = True

    async def submit(self, order: VenueOrder) -> OrderState:
        if self.hears:
            await self.venue.submit(order)
        raise NoAnswer("the venue did not answer in time", "ask it later")


@pytest.mark.parametrize("hears", [True, False])
def test_an_unknown_answer_is_no_rejection_and_the_order_is_filled_once(fund: Fund, hears: bool) -> None:
    order_id = queued(fund)
    broker = Deaf(desk_of(fund).broker)
    broker.hears = hears
    with pytest.raises(NoAnswer):
        asyncio.run(executor_on(fund, broker).work())
    assert order_of(fund, order_id).status == "submitting"
    assert [promise.order_id for promise in book(fund).promises] == [order_id]
    assert fills(fund, order_id) == []

    for _ in range(2):
        bring_up_to_date(fund, Cycles(fund), desk_of(fund))
        assert order_of(fund, order_id).status == "filled"
        assert fills(fund, order_id) == [(f"{order_id}.1", -1), (f"{order_id}.2", 1)]
        assert sent(fund) == [order_id]


def test_what_the_venue_never_heard_of_is_judged_again_before_it_is_sent_again(fund: Fund) -> None:
    order_id = queued(fund)
    broker = Deaf(desk_of(fund).broker)
    broker.hears = False
    with pytest.raises(NoAnswer):
        asyncio.run(executor_on(fund, broker).work())
    with fund.database.transaction() as connection:
        halts.set_halt(connection, "all", "enough", START, "eva")
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    assert (order_of(fund, order_id).status, sent(fund)) == ("refused", [])


def test_working_an_order_twice_books_it_once(fund: Fund) -> None:
    order_id = queued(fund)
    executor = desk_of(fund).executor
    asyncio.run(executor.work())
    before = (fills(fund, order_id), cash(fund), held(fund))
    for again in (executor.work(), executor.recover(), executor.work_one(order_id)):
        asyncio.run(again)
    assert (fills(fund, order_id), cash(fund), held(fund)) == before
    assert steps(fund, order_id).count("filled") == 1


def test_one_executor_holds_an_account_at_a_time(fund: Fund) -> None:
    desk = desk_of(fund)
    with desk.alone(), pytest.raises(Unavailable, match="locked by another process"), desk.alone(wait=0.1):
        pass


def test_a_venue_that_refuses_ends_the_order_with_its_reason(fund: Fund) -> None:
    class Strict(Over):
        async def submit(self, order: VenueOrder) -> OrderState:
            return OrderState(order.client_id, "rejected", 0, "no such combination")

    order_id = queued(fund)
    asyncio.run(executor_on(fund, Strict(desk_of(fund).broker)).work())
    row = order_of(fund, order_id)
    assert (row.status, row.outcome) == ("failed", "no such combination")
    assert book(fund).promises == ()


def test_an_order_is_either_promised_or_held_in_everybody_s_book(fund: Fund) -> None:
    """While a fill is being booked, another process sees the whole order before or after, never twice or in part."""
    order_id = queued(fund)
    seen: list[tuple[int, int]] = []

    class Looking:
        def entering(self, node: str, thread_id: str) -> None:
            now = book(fund)
            seen.append((len(now.promises), sum(len(position.legs) for position in now.positions)))

        leaving = entering

    asyncio.run(replace(desk_of(fund).executor, witness=Looking()).work())
    assert order_of(fund, order_id).status == "filled"
    assert len(seen) > 3
    assert set(seen) == {(1, 0)}
    assert (len(book(fund).promises), len(held(fund)[0].legs)) == (0, 2)


# cancels


def test_a_cancel_the_venue_has_not_confirmed_is_asked_for_again(fund: Fund) -> None:
    class Slow(Over):
        asked = 0

        async def cancel(self, client_id: str) -> OrderState:
            self.asked += 1
            return OrderState(client_id, "working", 0) if self.asked == 1 else await self.venue.cancel(client_id)

    order_id = propose(fund, *SPREAD, "--limit", "5.00")
    approve(fund, order_id, "eva", None, follow=False)
    halt(fund, "enough", "eva")
    executor = executor_on(fund, Slow(desk_of(fund).broker))
    assert asyncio.run(executor.cancel_asked()) == ()
    assert order_of(fund, order_id).status == "working"
    assert asyncio.run(executor.cancel_asked()) == (order_id,)
    assert order_of(fund, order_id).status == "cancelled"


# the venue's truth


def at_the_venue(fund: Fund, statement: str, *values: object) -> None:
    """What another hand does in our account at the venue."""
    assert fund.settings.database_url is not None
    with psycopg.connect(fund.settings.database_url) as venue:
        venue.execute(statement.encode(), values)


def foreign_trade(fund: Fund, leg: Leg, price: float) -> None:
    document = Jsonb(TypeAdapter(Leg).dump_python(leg, mode="json"))
    at_the_venue(
        fund,
        "INSERT INTO paper.executions (exec_id, account_id, ticker, leg, price, fee, kind, at)"
        " VALUES (%s, %s, 'ZAIR', %s, %s, 0, 'trade', %s)",
        f"foreign-{leg.symbol}", ACCOUNT, document, price, START,
    )  # fmt: skip
    at_the_venue(
        fund,
        "INSERT INTO paper.holdings (account_id, symbol, ticker, leg, contracts) VALUES (%s, %s, 'ZAIR', %s, %s)"
        " ON CONFLICT (account_id, symbol) DO UPDATE SET contracts = paper.holdings.contracts + EXCLUDED.contracts",
        ACCOUNT, leg.symbol, document, leg.contracts,
    )  # fmt: skip


def test_a_holding_that_is_not_ours_halts_the_account(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    foreign_trade(fund, Leg("ZAIR", 100, multiplier=1), 260.0)

    found = asyncio.run(desk_of(fund).executor.reconcile())

    assert found[0] == "ZAIR: the venue holds 100, the ledger 0"
    assert "cash: the venue has 974,000.00, the ledger 1,000,000.00" in found
    assert not book(fund).reconciled
    with pytest.raises(Refused, match="reconciliation: ZAIR"):
        approve(fund, order_id, "eva", None, follow=True)
    assert sent(fund) == []


def test_another_hand_s_trade_in_what_we_hold_is_not_booked_as_ours(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    approve(fund, order_id, "eva", None, follow=True)
    before = (held(fund), cash(fund))
    long = next(leg for leg in held(fund)[0].legs if leg.contracts > 0)
    foreign_trade(fund, long.times(-1), 4.0)

    found = asyncio.run(desk_of(fund).executor.reconcile())

    assert f"{long.symbol}: the venue holds 0, the ledger 1" in found
    assert (held(fund), cash(fund)) == before


def test_a_ledger_in_doubt_lets_nobody_close(fund: Fund) -> None:
    approve(fund, propose(fund, *SPREAD), "eva", None, follow=True)
    order_id = close(fund, held(fund)[0].position_id)
    foreign_trade(fund, Leg("ZAIR", 100, multiplier=1), 260.0)
    with pytest.raises(Refused, match="the ledger and the venue disagree"):
        approve(fund, order_id, "eva", None, follow=True)


def test_the_venue_may_act_between_two_questions_without_halting_the_account(fund: Fund) -> None:
    class Busy(Over):
        stale = True

        async def positions(self) -> tuple[Leg, ...]:
            self.stale, was = False, self.stale
            return () if was else await self.venue.positions()

    approve(fund, propose(fund, *OTHER), "eva", None, follow=True)
    assert asyncio.run(executor_on(fund, Busy(desk_of(fund).broker)).reconcile()) == ()
    assert book(fund).halts == ()


def test_a_failed_question_is_never_read_as_flat(fund: Fund) -> None:
    class Mute(Over):
        async def positions(self) -> tuple[Leg, ...]:
            raise NoAnswer("no answer about positions")

    approve(fund, propose(fund, *OTHER), "eva", None, follow=True)
    with pytest.raises(NoAnswer):
        asyncio.run(executor_on(fund, Mute(desk_of(fund).broker)).reconcile())
    assert len(held(fund)) == 1
    assert book(fund).halts == ()
