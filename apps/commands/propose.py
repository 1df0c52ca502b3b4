"""``fund propose SYMBOL STRUCTURE``: an order of a person's own. Code picks the legs unless they are named; the same
rules judge it."""

import argparse
import re
from dataclasses import replace
from datetime import timedelta

from apps import output
from apps.commands.run import bring_up_to_date
from apps.cycle import Cycles
from apps.render import tell_staged
from apps.wiring import AccountDesk, Fund, open_fund
from domain.errors import BadInput, UnknownSymbol
from domain.leg import Leg, stock_leg
from domain.mandate import SelectionRules
from domain.option import parse_occ
from domain.order import Proposal, StagedOrder, Ticket
from execution.approvals import NO_VIEW
from execution.view import MarketView, look
from graph.cycle import realised
from memory.orders import next_number
from strategies.catalogue import STRUCTURES, structure
from strategies.optimiser import best_proposal
from strategies.pricing import executable
from strategies.selector import SIGNS, Choice
from strategies.view import View

COUNT = re.compile(r"[+-]?[1-9][0-9]{0,5}")
MOST_SHOWN = 20
LEAN = 0.25  # standard deviations a person's directional structure expects


def command(args: argparse.Namespace) -> int:
    names = [row.name for row in STRUCTURES]
    if args.strategy not in names:
        raise BadInput(f"there is no structure {args.strategy!r}", f"the catalogue has {', '.join(names)}")
    with open_fund(output.Progress(quiet=True)) as fund:
        desk, cycles = fund.desk_of(fund.account(args.account)), Cycles(fund)
        bring_up_to_date(fund, cycles, desk)
        order = stage_proposal(fund, desk, args)
        cycles.threads.carry(order.ticket.order_id)
        tell_staged(order, as_json=args.json)
    return 0


def stage_proposal(fund: Fund, desk: AccountDesk, args: argparse.Namespace) -> StagedOrder:
    """:raises Refused: a rule says no. :raises BadInput: no such legs, or none worth it."""
    symbol, now = args.symbol.upper(), desk.clock.now()
    if not desk.source.knows(symbol):
        raise UnknownSymbol(f"the {desk.source.name} source does not know {symbol}", "fund status names the account")
    view = look(desk.source, symbol, now, desk.source.rate(now))
    legs, price, why = _named_legs(view, args) if args.legs else _chosen_legs(fund, view, args)
    with fund.database.transaction() as connection:
        number = next_number(connection)
        ticket = Ticket(
            order_id=f"H{number:04d}",
            account_id=desk.account_id,
            ticker=symbol,
            strategy=args.strategy,
            purpose="open",
            legs=tuple(leg.times(args.contracts) for leg in legs),
            contracts=args.contracts,
            limit_price=price if args.limit is None else args.limit,
            expires_at=now + timedelta(minutes=fund.mandate.orders.time_to_live_minutes),
        )
        order = desk.approvals.assess(connection, ticket, {symbol: view}, why, number)
        desk.approvals.stage(connection, order)
    return order


def _named_legs(view: MarketView, args: argparse.Namespace) -> tuple[tuple[Leg, ...], float, tuple[str, ...]]:
    legs = tuple(_leg(view, text) for text in args.legs)
    if view.chain is None:
        raise BadInput(f"{view.ticker}: {view.problem}", "name a symbol with quotes")
    prices = executable(view.chain, legs, 1.0)
    if isinstance(prices, str):
        raise BadInput(f"the legs cannot be priced: {prices}", "name legs with a two-sided quote")
    return legs, prices.limit, ("legs named by a person",)


def _leg(view: MarketView, text: str) -> Leg:
    count, _, symbol = text.strip().partition(":")
    if not symbol or not COUNT.fullmatch(count):
        raise BadInput(f"{text!r} is no leg", "write it like -1:SPY260918P00700000, or 100:SPY for shares")
    if symbol.upper() == view.ticker:
        return stock_leg(view.ticker, int(count))
    option = parse_occ(symbol)
    chain = view.chain
    found = Leg(option.occ_symbol, int(count), option.right, option.strike, option.expiry)
    if chain is None or chain.row_of(found) is None:
        raise BadInput(f"the chain of {view.ticker} has no {option.occ_symbol}", "name a contract it lists")
    return replace(found, multiplier=chain.multiplier, cash_settled=chain.cash_settled)


def _selection(fund: Fund, args: argparse.Namespace) -> SelectionRules:
    """The mandate's, with what was asked for instead.

    :raises BadInput: more than 20 were asked for.
    """
    if args.best is not None and args.best > MOST_SHOWN:
        raise BadInput(f"--best {args.best} is more than can be shown", f"name a number up to {MOST_SHOWN}")
    asked = {"objective": args.objective, "alternatives": args.best}
    return fund.mandate.selection.model_copy(update={key: value for key, value in asked.items() if value is not None})


def _chosen_legs(
    fund: Fund, view: MarketView, args: argparse.Namespace
) -> tuple[tuple[Leg, ...], float, tuple[str, ...]]:
    if view.chain is None or view.surface is None:
        raise BadInput(f"{view.ticker}: {view.problem}", "name a symbol with quotes")
    name = args.strategy
    row = structure(name)
    lean = View(LEAN * SIGNS[row.direction], 0.0) if row.direction != "neutral" else NO_VIEW
    choice = Choice((name,), ("proposed by a person",), (), lean)
    mandate = fund.mandate
    found = best_proposal(
        view.ticker, 1, choice, view.chain, "", view.surface, realised(view), _selection(fund, args), mandate.liquidity,
        mandate.orders,
    )  # fmt: skip
    if not isinstance(found, Proposal):
        raise BadInput(f"no {name} in {view.ticker} is worth it: {'; '.join(found)}", "name --legs of your own")
    return found.legs, found.limit_price, ("proposed by a person", *found.reasons)
