"""``fund edit``: another size or limit, as a new order that needs its own approval."""

import argparse

from apps import output
from apps.commands.approve import desk_of_order
from apps.cycle import Cycles
from apps.render import order_card
from apps.wiring import open_fund, who
from domain.errors import BadInput
from graph.record import order_json


def command(args: argparse.Namespace) -> int:
    if args.contracts is None and args.limit is None:
        raise BadInput("nothing to change", "name --contracts N or --limit P")
    with open_fund(output.Progress(quiet=True)) as fund:
        desk, cycles = desk_of_order(fund, args.order_id), Cycles(fund)
        order = desk.approvals.edit(args.order_id, who(args.by), args.contracts, args.limit)
        for order_id in (args.order_id, order.ticket.order_id):
            cycles.threads.carry(order_id)
        document = order_json(order, "staged") | {"supersedes": args.order_id}
        if args.json:
            output.emit(document)
        else:
            order_card(document)
            output.say(f"{args.order_id} is superseded. The new order needs its own approval.")
    return 0
