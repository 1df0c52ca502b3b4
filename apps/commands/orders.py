"""``fund orders``."""

import argparse

from apps import output
from apps.cycle import Cycles
from apps.render import account_words, order_card
from apps.wiring import open_fund
from domain.order import LIVE_STATUSES
from graph.record import order_json
from memory import orders
from memory.orders import ALL_STATUSES


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        account = fund.account(args.account)
        desk = fund.desk_of(account)
        for order_id in desk.approvals.expire_overdue(account.account_id):
            Cycles(fund).threads.carry(order_id)
        with fund.database.connection() as connection:
            found = orders.orders(connection, account.account_id, ALL_STATUSES if args.all else LIVE_STATUSES)
        documents = [order_json(row.staged, row.status) | answered(row) for row in found]
        if args.json:
            output.emit({"account_id": account.account_id, "account": account.kind, "orders": documents})
            return 0
        what = "" if documents else ": no order at all" if args.all else ": no order waits or works"
        output.say(account_words(account.account_id, account.kind) + what)
        for document in documents:
            order_card(document)
    return 0


def answered(row: orders.OrderRow) -> dict[str, object]:
    return {
        "decided_by": row.decided_by, "decided_at": row.decided_at, "why": row.why, "outcome": row.outcome,
        "superseded_by": row.superseded_by,
    }  # fmt: skip
