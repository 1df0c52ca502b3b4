"""``fund why ID``: the whole story of an order or a run, in words and numbers, in order."""

import argparse
from contextlib import suppress

from apps import output
from apps.story import story
from apps.wiring import Fund, open_fund
from domain.errors import UnknownId
from domain.ports import Json
from graph.record import order_json
from memory import orders, positions, runs


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        document = tell(fund, args.id)
        output.emit(document) if args.json else _print(document)
    return 0


def tell(fund: Fund, name: str) -> Json:
    """The story of a run, an order, or a position (that of the order that opened it).

    :raises UnknownId: there is nothing of that name.
    """
    with fund.database.connection() as connection:
        try:
            row = runs.run(connection, name)
            return {
                "id": name, "kind": "run", "run_id": name, "account_id": row["account_id"], "status": row["status"],
                "decision": row["decision"], "story": story(fund.journal.story(run_id=name), None),
            }  # fmt: skip
        except UnknownId:
            pass
        with suppress(UnknownId):
            name = positions.position(connection, name).order_id or name
        try:
            order = orders.order(connection, name)
        except UnknownId:
            raise UnknownId(
                f"there is no run, order or position {name!r}", "fund status and fund orders list them"
            ) from None
    return _of_order(fund, order)


def _of_order(fund: Fund, order: orders.OrderRow) -> Json:
    """The run as far as it concerns the order's ticker, then the order's own steps."""
    staged = order.staged
    of_run = fund.journal.story(run_id=staged.run_id) if staged.run_id else ()
    before = tuple(entry for entry in of_run if entry.order_id is None)
    own = fund.journal.story(order_id=order.order_id)
    return {
        "id": order.order_id, "kind": "order", "run_id": staged.run_id, "account_id": staged.ticket.account_id,
        "status": order.status, "order": order_json(staged, order.status),
        "story": story(before, staged.ticket.ticker) + story(own, staged.ticket.ticker),
    }  # fmt: skip


def _print(document: Json) -> None:
    output.say(
        f"{document['kind'].capitalize()} {document['id']} · {document['status']} · account {document['account_id']}"
    )
    for step in document["story"]:
        about = f"{step['order_id']}  " if document["kind"] == "run" and step["order_id"] else ""
        output.say(f"\n{step['at']:%Y-%m-%d %H:%M:%S} UTC  {about}{step['step'].replace('_', ' ')}")
        for line in step["says"]:
            output.say(f"  {line}")
