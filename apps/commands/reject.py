"""``fund reject``."""

import argparse

from apps import output
from apps.commands.approve import desk_of_order
from apps.cycle import Cycles
from apps.render import outcome_card
from apps.wiring import open_fund, who
from memory import orders


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        desk = desk_of_order(fund, args.order_id)
        desk.approvals.reject(args.order_id, who(args.by), args.why)
        Cycles(fund).threads.carry(args.order_id)
        with fund.database.connection() as connection:
            row = orders.order(connection, args.order_id)
        outcome_card(fund, row, as_json=args.json)
    return 0
