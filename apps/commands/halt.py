"""``fund halt``: once it has returned, no new order can be sent, and what was on its way is cancelled."""

import argparse
import asyncio
from datetime import UTC, datetime

from apps import output
from apps.wiring import Fund, open_fund, who
from domain.errors import FundError, Unavailable
from domain.order import OrderStatus
from memory import accounts, halts, journal, orders

LOCK_WAIT = 15.0
IN_HAND: tuple[OrderStatus, ...] = ("queued", "submitting", "working", "partial")


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        asked = halt(fund, args.why, who(args.by))
        document = {"halted": True, "scope": "all", "reason": args.why, "cancels_asked": list(asked)}
        document["still_open"] = _cancel(fund)
        if args.json:
            output.emit(document)
        else:
            cancels = output.plural(len(asked), "cancel")
            output.say(f"Halted: no new order will be sent. {cancels} asked for. fund resume lifts it.")
        if document["still_open"]:
            left = ", ".join(str(order_id) for order_id in document["still_open"])
            raise Unavailable(f"halted, but not confirmed cancelled: {left}", "run fund halt again")
    return 0


def halt(fund: Fund, why: str, by: str) -> tuple[str, ...]:
    """Write the halt and ask for the cancels, in one transaction; the ids of the orders on their way."""
    now = datetime.now(UTC)
    with fund.database.transaction() as connection:
        halts.set_halt(connection, "all", why, now, by)
        asked = halts.ask_cancels(connection)
        for account in accounts.accounts(connection):
            journal.append(connection, "halt", {"reason": why, "by": by}, at=now, account_id=account.account_id)
    return asked


def _cancel(fund: Fund) -> list[str]:
    """Cancel by our own hand where no executor lives; the orders the venues have not confirmed."""
    left: list[str] = []
    with fund.database.connection() as connection:
        known = accounts.accounts(connection)
    for account in known:
        with fund.database.connection() as connection:
            waiting = [r.order_id for r in orders.orders(connection, account.account_id, IN_HAND) if r.cancel_asked]
        if not waiting:
            continue
        try:
            with fund.desk_of(account).alone(LOCK_WAIT) as executor:
                done = asyncio.run(executor.cancel_asked())
            left += [order_id for order_id in waiting if order_id not in done]
        except FundError:
            left += waiting
    return left
