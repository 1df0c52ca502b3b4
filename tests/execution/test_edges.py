"""What a reviewer broke once: labels, halts, stock, interrupted runs and lost locks."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from apps.commands import run as run_command
from apps.commands.approve import approve
from apps.commands.close import stage_close
from apps.commands.halt import halt
from apps.commands.run import bring_up_to_date
from apps.cycle import Cycles, replay
from apps.wiring import Fund
from domain.errors import BadInput, Refused, Unavailable
from domain.session import expiry_moment
from graph.record import order_json
from memory import halts, orders, runs
from tests.desk import WATCHLIST, words
from tests.money import ACCOUNT, SPREAD, desk_of, held, order_of, pass_time, propose, sent

PUT = "-1:ZOIL260313P00120000"  # in the money at its expiry


class Stop(Exception):
    """A process that ends here."""


class StopsAt:
    """A witness under which the process ends at one event."""

    def __init__(self, node: str) -> None:
        self._node = node

    def entering(self, node: str, thread_id: str) -> None:
        if node == self._node:
            raise Stop(node)

    def leaving(self, node: str, thread_id: str) -> None:
        pass


def interrupted(fund: Fund, node: str) -> str:
    """A run that ended at a node, as a killed process leaves it; its id."""
    desk_of(fund)
    calm, fund.witness = fund.witness, StopsAt(node)
    run_id = run_command.begin(fund, Cycles(fund), words("run", *WATCHLIST))
    with pytest.raises(Stop):
        Cycles(fund).carry_on(run_id)
    fund.witness = calm
    return run_id


def test_a_credit_spread_called_a_debit_spread_is_refused_by_its_legs(fund: Fund) -> None:
    legs = ("--legs", "-1:ZBNK260402P00071000", "1:ZBNK260402P00069000")
    with pytest.raises(Refused, match="structure_allowed: a bull call spread needs 1 near call bought"):
        propose(fund, "ZBNK", "bull_call_spread", *legs)


def test_an_order_only_approved_does_not_survive_a_halt_and_its_resume(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk_of(fund).approvals.approve(order_id, "eva")  # and the process dies before the thread is resumed
    halt(fund, "enough", "eva")
    with fund.database.transaction() as connection:
        halts.lift_halt(connection, "all", desk_of(fund).clock.now(), "eva")
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    row = order_of(fund, order_id)
    assert (row.status, row.outcome) == ("refused", "halted before it was handed over")
    assert sent(fund) == []


def test_every_thread_comes_to_its_end_also_behind_a_filled_order(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk = desk_of(fund)
    desk.approvals.approve(order_id, "eva")
    desk.clerk.hand_over(order_id, desk.clerk.recheck(order_id))  # the thread never heard of it
    asyncio.run(desk.executor.work())
    assert order_of(fund, order_id).status == "filled"
    Cycles(fund).threads.sweep()
    Cycles(fund).threads.sweep()
    with fund.database.connection() as connection:
        assert orders.unsettled_threads(connection) == ()


def test_an_executor_that_lost_its_lock_sends_nothing(fund: Fund) -> None:
    order_id = propose(fund, *SPREAD)
    desk = desk_of(fund)
    desk.approvals.approve(order_id, "eva")
    Cycles(fund).threads.carry(order_id)
    with pytest.raises(Unavailable, match="lock of account"):
        asyncio.run(replace(desk.executor, holds=lambda: False).work())
    assert (order_of(fund, order_id).status, sent(fund)) == ("queued", [])


def test_stock_that_was_assigned_is_priced_by_the_share(fund: Fund) -> None:
    approve(fund, propose(fund, "ZOIL", "cash_secured_put", "--legs", PUT), "eva", None, follow=True)
    (position,) = held(fund)
    expiry = position.legs[0].expiry
    assert expiry is not None
    pass_time(fund, expiry_moment(expiry) + timedelta(days=3))
    bring_up_to_date(fund, Cycles(fund), desk_of(fund))
    (stock,) = held(fund)
    assert [(leg.symbol, leg.contracts) for leg in stock.legs] == [("ZOIL", 100)]
    assert stock.max_profit is None
    order = stage_close(fund, desk_of(fund), stock.position_id, None)
    assert 50 < order.ticket.limit_price < 150
    assert order.ticket.cash == pytest.approx(100 * order.ticket.limit_price)
    assert order_json(order, "staged")["limit_price"] == order.ticket.limit_price


def test_a_run_interrupted_after_it_looked_decides_on_what_it_saw_first(fund: Fund) -> None:
    run_id = interrupted(fund, "read_flow")
    Cycles(fund).carry_on(run_id)
    with fund.database.connection() as connection:
        row = runs.run(connection, run_id)
    *_, stored, again = replay(fund, row)
    assert stored == again


def test_a_run_overtaken_by_a_later_one_is_not_finished_but_given_up(fund: Fund) -> None:
    run_id = interrupted(fund, "check_orders")
    cycles = Cycles(fund)
    later = cycles.carry_on(run_command.begin(fund, cycles, words("run", *WATCHLIST)))["run_id"]
    with pytest.raises(BadInput, match=f"{later} has run since"):
        run_command._unfinished(fund, run_id)
    run_command._abandon(fund, words("run", "--abandon", run_id))
    with fund.database.connection() as connection:
        assert runs.run(connection, run_id)["status"] == "abandoned"


def test_a_run_at_work_cannot_be_given_up(fund: Fund) -> None:
    run_id = interrupted(fund, "check_orders")
    with fund.database.lock(f"cycle:{ACCOUNT}", 1.0), pytest.raises(BadInput, match="is running"):
        run_command._abandon(fund, words("run", "--abandon", run_id))
