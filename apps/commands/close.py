"""``fund close POSITION``: stage the order that ends it, like any other order."""

import argparse
from datetime import timedelta

from apps import output
from apps.commands.run import bring_up_to_date
from apps.cycle import Cycles
from apps.render import tell_staged
from apps.wiring import AccountDesk, Fund, open_fund
from domain.book import Position
from domain.errors import BadInput, Refused
from domain.leg import Leg
from domain.order import LIVE_STATUSES, StagedOrder, Ticket
from execution.view import MarketView
from memory import orders, positions
from memory.orders import next_number
from memory.rows import Connection
from strategies.closing import closing_ticket_parts


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        with fund.database.connection() as connection:
            row = positions.position(connection, args.position_id)
        if row.closed_at is not None:
            raise BadInput(f"{args.position_id} was closed at {row.closed_at:%Y-%m-%d %H:%M} UTC", "see fund positions")
        desk, cycles = fund.desk_of(fund.account(row.account_id)), Cycles(fund)
        bring_up_to_date(fund, cycles, desk)
        order = stage_close(fund, desk, args.position_id, args.limit)
        cycles.threads.carry(order.ticket.order_id)
        tell_staged(order, as_json=args.json)
    return 0


def stage_close(fund: Fund, desk: AccountDesk, position_id: str, limit: float | None) -> StagedOrder:
    """Stage an order for the whole position at executable prices, or at the limit given.

    :raises BadInput: the position is gone, or a leg has no executable quote.
    """
    now, views = desk.clock.now(), dict[str, MarketView]()
    with fund.database.transaction() as connection:
        book = desk.accounting.book(connection, desk.account_id, now, views)
        held = next((p for p in book.positions if p.position_id == position_id), None)
        if held is None:
            raise BadInput(f"{position_id} is not held any more", "see fund positions --account")
        _alone(connection, held)
        chain = views[held.ticker].chain
        parts = f"{held.ticker}: {views[held.ticker].problem}"
        if chain is not None:
            found = closing_ticket_parts(held, chain, fund.mandate.orders.concede)
            if not isinstance(found, str):
                return _stage(fund, desk, connection, held, found, limit, views)
            parts = found
        raise BadInput(f"{position_id} cannot be priced: {parts}", "try again when its legs are quoted")


def _alone(connection: Connection, held: Position) -> None:
    """:raises Refused: another order closes the position already."""
    for row in orders.orders(connection, None, LIVE_STATUSES):
        if row.staged.ticket.closes == held.position_id:
            raise Refused(
                f"{row.order_id} closes {held.position_id} already and is {row.status}",
                f"fund why {row.order_id} tells its story",
            )


def _stage(
    fund: Fund,
    desk: AccountDesk,
    connection: Connection,
    held: Position,
    parts: tuple[tuple[Leg, ...], float],
    limit: float | None,
    views: dict[str, MarketView],
) -> StagedOrder:
    legs, price = parts
    number = next_number(connection)
    ticket = Ticket(
        order_id=f"C{number:04d}",
        account_id=desk.account_id,
        ticker=held.ticker,
        strategy=held.strategy,
        purpose="close",
        legs=legs,
        contracts=held.contracts,
        limit_price=price if limit is None else limit,
        expires_at=desk.clock.now() + timedelta(minutes=fund.mandate.orders.time_to_live_minutes),
        closes=held.position_id,
    )
    order = desk.approvals.assess(connection, ticket, views, (f"closes {held.position_id}",), number)
    desk.approvals.stage(connection, order)
    return order
