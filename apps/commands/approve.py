"""``fund approve``: approve a staged order, carry it through the recheck, and work it to its end."""

import argparse
import asyncio

from apps import output
from apps.cycle import Cycles
from apps.render import outcome_card
from apps.wiring import AccountDesk, Fund, open_fund, who
from domain.errors import Refused, Unavailable
from memory import orders
from memory.orders import OrderRow

BUSY = 20.0


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        row = approve(fund, args.order_id, who(args.by), args.hash, follow=not args.no_wait)
        outcome_card(fund, row, as_json=args.json)
    return 0


def approve(fund: Fund, order_id: str, by: str, expected_hash: str | None, *, follow: bool) -> OrderRow:
    """Approve, recheck, hand over, work. The order as it stands afterwards.

    :raises Refused: a rule stopped it after all.
    """
    cycles = Cycles(fund)
    cycles.threads.sweep()
    desk = desk_of_order(fund, order_id)
    desk.approvals.approve(order_id, by, expected_hash)
    fund.witness.entering("resume_thread", order_id)
    cycles.threads.carry(order_id)
    row = _row(fund, order_id)
    if row.status == "queued":
        try:
            work(desk, follow=follow)
        except Unavailable as busy:
            raise Unavailable(f"{order_id} is approved and queued, but not worked yet: {busy.what}", busy.do) from busy
        row = _row(fund, order_id)
    if row.status == "refused":
        raise Refused(f"{order_id} is refused after all: {row.outcome}", f"fund why {order_id} tells its story")
    if row.status == "failed":
        raise Refused(f"the venue rejected {order_id}: {row.outcome}", f"fund why {order_id} tells its story")
    return row


def work(desk: AccountDesk, *, follow: bool) -> None:
    """Work everything in the account's hand, alone on it."""
    with desk.alone(BUSY) as executor:
        asyncio.run(executor.work(follow=follow))


def desk_of_order(fund: Fund, order_id: str) -> AccountDesk:
    row = _row(fund, order_id)
    return fund.desk_of(fund.account(row.staged.ticket.account_id))


def _row(fund: Fund, order_id: str) -> OrderRow:
    with fund.database.connection() as connection:
        return orders.order(connection, order_id)
