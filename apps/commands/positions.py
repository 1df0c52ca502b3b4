"""``fund positions``."""

import argparse

from apps import output
from apps.commands.run import bring_up_to_date
from apps.cycle import Cycles
from apps.render import account_words, leg_words
from apps.wiring import Fund, open_fund
from domain.book import Account, Book, Position
from domain.errors import BadInput
from domain.ports import Json
from domain.profit import Profit, by_strategy, whole
from graph.record import leg_json
from memory import accounts
from memory.positions import executions
from strategies.tagger import tag


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=True)) as fund:
        account = fund.account(args.account)
        if args.as_of is not None:
            _pass_time(fund, account, args)
        desk = fund.desk_of(fund.account(account.account_id))
        bring_up_to_date(fund, Cycles(fund), desk)
        now = desk.clock.now()
        with fund.database.transaction() as connection:
            book = desk.accounting.book(connection, account.account_id, now, {})
            traded = executions(connection, account.account_id)
        profits = by_strategy(traded, {position.position_id: position.mark for position in book.positions})
        output.emit(document(account, book, profits)) if args.json else _tell(account, book, profits)
    return 0


def _pass_time(fund: Fund, account: Account, args: argparse.Namespace) -> None:
    if account.kind == "live":
        raise BadInput("a live account's time passes by itself", "leave out --as-of")
    if args.as_of < account.clock:
        raise BadInput(
            f"account {account.account_id} stands at {account.clock.isoformat()}: time does not run backwards",
            "name a later moment",
        )
    source = fund.source(account.source, account.seed)
    for ticker in source.universe()[:1]:
        source.context(ticker, args.as_of)  # refuses a moment outside its calendar before the clock goes there
    with fund.database.connection() as connection:
        accounts.advance(connection, account.account_id, args.as_of)


def document(account: Account, book: Book, profits: tuple[Profit, ...]) -> Json:
    return {
        "as_of": book.as_of, "account_id": account.account_id, "account": account.kind, "nlv": book.nlv,
        "cash": book.cash, "previous_nlv": book.previous_nlv, "problems": list(book.problems),
        "positions": [position_document(position, book.cash) for position in book.positions],
        "strategies": [_profit(profit) for profit in profits], "pnl": _profit(whole(profits)),
    }  # fmt: skip


def _profit(profit: Profit) -> Json:
    return {
        "strategy": profit.strategy, "positions": profit.positions, "open": profit.still_open,
        "realised_pnl": profit.realised, "unrealised_pnl": profit.unrealised, "fees": profit.fees,
        "total_pnl": profit.total,
    }  # fmt: skip


def position_document(position: Position, cash: float | None) -> Json:
    return {
        "position_id": position.position_id, "ticker": position.ticker, "strategy": position.strategy,
        "contracts": position.contracts, "legs": [leg_json(leg) for leg in position.legs],
        "opened_at": position.opened_at, "cost": position.cost, "mark": position.mark,
        "unrealised_pnl": position.unrealised_pnl, "max_loss": position.max_loss, "max_profit": position.max_profit,
        "day_risk": position.day_risk, "health": position.health, "sector": position.sector,
        "holds": [
            {"strategy": group.name, "contracts": group.contracts, "risk": group.risk, "why": group.why}
            for group in tag(position.legs, cash)
        ],
    }  # fmt: skip


def _tell(account: Account, book: Book, profits: tuple[Profit, ...]) -> None:
    output.say(
        f"{account_words(account.account_id, account.kind)} at {book.as_of:%Y-%m-%d %H:%M} UTC: "
        f"NLV {output.money(book.nlv)}, cash {output.money(book.cash)}, "
        f"previous close {output.money(book.previous_nlv)}"
    )
    if book.positions:
        _tell_positions(book)
    else:
        output.say("No positions.")
    if profits:
        _tell_profits(profits)
    for problem in book.problems:
        output.say(f"! {problem}")


def _tell_profits(profits: tuple[Profit, ...]) -> None:
    output.table(
        "Profit and loss by structure",
        ("structure", "positions", "open", "realised", "of it fees", "unrealised", "total"),
        [
            (
                profit.strategy, str(profit.positions), str(profit.still_open), output.money(profit.realised),
                output.money(-profit.fees), output.money(profit.unrealised), output.money(profit.total),
            )
            for profit in (*profits, whole(profits))
        ],
        numbers=(1, 2, 3, 4, 5, 6),
    )  # fmt: skip


def _label(position: Position, cash: float | None) -> str:
    """What the position was opened as, and what it holds where an assignment or a partial close made it another."""
    held = [(group.contracts, group.name) for group in tag(position.legs, cash)]
    if held == [(position.contracts, position.strategy)]:
        return position.strategy
    return f"{position.strategy}\nholds {' + '.join(f'{n} {name}' for n, name in held)}"


def _tell_positions(book: Book) -> None:
    output.table(
        "Positions",
        ("position", "structure", "legs", "cost", "mark", "P&L", "worst case", "health"),
        [
            (
                position.position_id, f"{position.ticker} {_label(position, book.cash)}",
                "\n".join(leg_words(leg_json(leg)) for leg in position.legs), output.money(position.cost),
                output.money(position.mark), output.money(position.unrealised_pnl), output.money(position.max_loss),
                position.health,
            )
            for position in book.positions
        ],
        numbers=(3, 4, 5, 6),
    )  # fmt: skip
