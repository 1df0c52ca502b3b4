"""``fund run``: one decision cycle."""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from apps import output
from apps.commands.approve import work
from apps.cycle import Cycles, turn_of
from apps.moment import FAR
from apps.render import order_card, run_report
from apps.stores import DEFAULT_SEED, DEFAULT_UNDERLYINGS
from apps.wiring import AccountDesk, Fund, open_fund
from domain.book import Account
from domain.clock import aware
from domain.errors import BadInput, UnknownId, UnknownSymbol
from domain.ports import Json, MarketSource
from execution.vetting import AUTOMATIC
from memory import accounts, orders, runs


def command(args: argparse.Namespace) -> int:
    with open_fund(output.Progress(quiet=args.json)) as fund:
        cycles = Cycles(fund)
        if args.abandon:
            return _abandon(fund, args)
        run_id = _unfinished(fund, args.resume) if args.resume is not None else begin(fund, cycles, args)
        result = cycles.carry_on(run_id)
        _cancel_what_was_asked(fund, result)
        _execute_automatically(fund, cycles, result)
        result = with_statuses(fund, result)
        output.emit(result) if args.json else _tell(result)
    return 0


def _abandon(fund: Fund, args: argparse.Namespace) -> int:
    """Give up a run that no process is working on."""
    run_id = args.abandon
    with fund.database.connection() as connection:
        row = runs.run(connection, run_id)
    with fund.database.try_lock(turn_of(row["account_id"])) as mine:
        if mine is None:
            raise BadInput(f"a cycle of account {row['account_id']} is running", "let it finish, or end its process")
        with fund.database.connection() as connection:
            runs.abandon(connection, run_id)
            status = runs.run(connection, run_id)["status"]
    if status != "abandoned":
        raise BadInput(f"{run_id} is {status}", "only an interrupted run can be given up")
    if args.json:
        output.emit({"run_id": run_id, "status": status})
    else:
        output.say(f"{run_id} is given up; orders it had staged stay staged")
    return 0


def _unfinished(fund: Fund, run_id: str) -> str:
    """The interrupted run to finish.

    :raises BadInput: there is none, or the market it looked at is gone: a later run was made, or its time is over.
    """
    with fund.database.connection() as connection:
        waiting = runs.unfinished(connection)
        if not run_id and not waiting:
            raise BadInput("no run was interrupted", "start one with fund run")
        row = runs.run(connection, run_id or waiting[0]["run_id"])
        later = runs.later(connection, row)
        clock = accounts.account(connection, row["account_id"]).clock
    name = str(row["run_id"])
    if row["status"] == "abandoned":
        raise BadInput(f"{name} was given up", "start another with fund run")
    alive = timedelta(minutes=fund.mandate.orders.time_to_live_minutes)
    if row["status"] == "running" and (later or clock > row["as_of"] + alive):
        reason = f"{later} has run since" if later else "what it looked at is too old"
        raise BadInput(f"{name} cannot be finished: {reason}", f"give it up with fund run --abandon {name}")
    return name


def begin(fund: Fund, cycles: Cycles, args: argparse.Namespace) -> str:
    """Choose the account, bring it up to date, and record a new run; its id. What is refused leaves nothing behind."""
    if fund.mandate.cycle.policy != "rule_only":
        raise BadInput(f"the policy {fund.mandate.cycle.policy} needs a model, which this version cannot ask",
                       'set policy = "rule_only" in the mandate')  # fmt: skip
    account = choose_account(fund, args)
    as_of = args.as_of or account.clock
    source = fund.source(account.source, account.seed)
    tickers = _tickers(source, args.symbols, fund.mandate.universe)
    source.context(tickers[0], as_of)  # refuses a moment outside its calendar before the account's clock goes there
    with fund.database.connection() as connection:
        accounts.open_account(
            connection, account.account_id, account.kind, account.source, account.seed, account.clock
        )  # fmt: skip
        accounts.advance(connection, account.account_id, as_of)
    account = fund.account(account.account_id)
    bring_up_to_date(fund, cycles, fund.desk_of(account))
    _remind(fund)
    return cycles.start(account, tickers, fund.account(account.account_id).clock)


def _remind(fund: Fund) -> None:
    with fund.database.connection() as connection:
        left = [row["run_id"] for row in runs.unfinished(connection)]
    if left:
        print(f"fund: {left[0]} was interrupted or runs elsewhere; fund run --resume {left[0]}", file=sys.stderr)


def choose_account(fund: Fund, args: argparse.Namespace) -> Account:
    """The account a run works in: the one named, that of the synthetic seed, or a rehearsal of ``as_of``. One that does
    not exist yet is described, not opened.

    :raises BadInput: its clock stands later than the moment asked for: time does not run backwards.
    """
    account = _named(fund, args) if args.account else _wanted(fund, args)
    if args.source is not None and args.source != account.source.partition(":")[0]:
        raise BadInput(
            f"account {account.account_id} is {account.source}, not {args.source}", "leave out --source or --account"
        )
    if args.as_of is not None and args.as_of < account.clock:
        raise BadInput(
            f"account {account.account_id} stands at {account.clock.isoformat()}, later than --as-of "
            f"{aware(args.as_of).isoformat()}: time does not run backwards",
            "name a later moment, or a fresh account: another --seed, or --account with a new name for recorded data",
        )
    return account


def _known(fund: Fund, account_id: str) -> Account:
    with fund.database.connection() as connection:
        return accounts.account(connection, account_id)


def _named(fund: Fund, args: argparse.Namespace) -> Account:
    """The account of that name; on recorded data a new name opens a rehearsal of its own."""
    try:
        return _known(fund, args.account)
    except UnknownId:
        if args.source != "recorded":
            raise
        return replace(_rehearsal(fund, args), account_id=args.account)


def _wanted(fund: Fund, args: argparse.Namespace) -> Account:
    """The account as it stands, or as it will be opened."""
    planned = _rehearsal(fund, args) if args.source == "recorded" else _synthetic(args)
    try:
        return _known(fund, planned.account_id)
    except UnknownId:
        return planned


def _synthetic(args: argparse.Namespace) -> Account:
    from market.synthetic import start_moment

    seed = DEFAULT_SEED if args.seed is None else args.seed
    size = "" if args.underlyings in (None, DEFAULT_UNDERLYINGS) else f":{args.underlyings}"
    name = f"synthetic-{seed}{size.replace(':', '-')}"
    return Account(name, "synthetic", f"synthetic{size}", seed, start_moment(seed))


def _rehearsal(fund: Fund, args: argparse.Namespace) -> Account:
    """The rehearsal of this moment; the same moment finds the same account."""
    at: datetime | None = args.as_of or _latest(fund)
    if at is None:
        raise BadInput("no recorded chains are stored", "import some with fund data import PATH...")
    return Account(f"rehearsal-{aware(at):%Y%m%dT%H%M%SZ}", "rehearsal", "recorded", 0, aware(at))


def _latest(fund: Fund) -> datetime | None:
    refs = [fund.archive.chain_refs(ticker, FAR, 1) for ticker in fund.archive.tickers()]
    return max((ref.quote_time for found in refs for ref in found), default=None)


def _tickers(source: MarketSource, named: Sequence[str], universe: Sequence[str]) -> tuple[str, ...]:
    """The watchlist, each symbol once. :raises UnknownSymbol: the source does not know one of them."""
    wanted = tuple(dict.fromkeys(symbol.upper() for symbol in named)) or tuple(universe) or source.universe()
    if not wanted:
        raise BadInput(f"the {source.name} source has no symbols", "import chains with fund data import PATH...")
    unknown = [symbol for symbol in wanted if not source.knows(symbol)]
    if unknown:
        known = ", ".join(source.universe()[:15]) or "nothing"
        raise UnknownSymbol(f"the {source.name} source does not know {', '.join(unknown)}", f"it knows {known}")
    return wanted


def bring_up_to_date(fund: Fund, cycles: Cycles, desk: AccountDesk) -> None:
    """Heal and catch up: threads behind their rows, orders in hand, settlements, orders nobody answered in time."""
    cycles.threads.sweep()
    with desk.alone() as executor:
        asyncio.run(executor.work(follow=False))
    for order_id in desk.approvals.expire_overdue(desk.account_id):
        cycles.threads.carry(order_id)


def _cancel_what_was_asked(fund: Fund, result: Json) -> None:
    """A cycle that found the daily loss has halted the account; what is at the venue is cancelled now."""
    with fund.desk_of(fund.account(result["account_id"])).alone() as executor:
        asyncio.run(executor.cancel_asked())


def _execute_automatically(fund: Fund, cycles: Cycles, result: Json) -> None:
    """Under a mandate with auto_execute, what needs no person is approved by nobody and worked at once."""
    if not fund.mandate.orders.auto_execute:
        return
    desk = fund.desk_of(fund.account(result["account_id"]))
    for order in result["orders"]:
        if not order["needs_person"]:
            desk.approvals.approve(order["order_id"], AUTOMATIC, order["hash"])
            cycles.threads.carry(order["order_id"])
            work(desk, follow=True)


def with_statuses(fund: Fund, result: Json) -> Json:
    """The result with each order's status as it is now."""
    with fund.database.connection() as connection:
        now = {row.order_id: row.status for row in orders.of_run(connection, result["run_id"])}
    for order in result["orders"]:
        order["status"] = now.get(order["order_id"], order["status"])
    return result


def _tell(result: Json) -> None:
    run_report(result)
    for order in result["orders"]:
        order_card(order, every_rule=False)
    waiting = [order["order_id"] for order in result["orders"] if order["status"] == "staged"]
    if waiting:
        output.say(f"Next: fund approve {waiting[0]}, fund reject {waiting[0]} --why ..., or fund why {waiting[0]}.")
    else:
        output.say(f"Nothing waits for you. fund why {result['run_id']} tells the whole story.")
