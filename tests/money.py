"""Small steps in a fund of the synthetic market, as the commands take them."""

import multiprocessing
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from apps.commands.approve import approve
from apps.commands.close import stage_close
from apps.commands.propose import stage_proposal
from apps.cycle import Cycles
from apps.wiring import AccountDesk, Fund
from domain.book import Book
from domain.errors import FundError
from market.synthetic import SyntheticSource, start_moment
from memory import accounts, orders, positions
from memory.orders import OrderRow
from memory.positions import PositionRow
from tests.desk import fund_on, words

ACCOUNT, SEED = "synthetic-11", 11
START = start_moment(SEED)
MARKET = SyntheticSource(SEED)  # shared, so that its paths are walked once
SPREAD = ("ZAIR", "bull_put_spread")  # sold for a credit, 760 at risk a contract
OTHER = ("ZMKT", "bull_put_spread")  # the same structure in another underlying, 1,675 at risk
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.money"])
REGIMES = ("low_vol", "neutral", "high_vol", "crisis_mode")


def in_every_regime(**limits: float) -> str:
    """A mandate (TOML) whose every regime has these limits."""
    lines = "\n".join(f"{name} = {value}" for name, value in limits.items())
    return "\n".join(f"[risk.regimes.{regime}]\n{lines}" for regime in REGIMES)


def live_in(fund: Fund, market: object) -> None:
    """Let the synthetic account live in this market."""
    fund._sources[f"synthetic/{SEED}"] = market  # type: ignore[assignment]


def desk_of(fund: Fund) -> AccountDesk:
    """The desk of the synthetic account, opened at its start where it does not exist."""
    if not fund._sources:
        live_in(fund, MARKET)
    with fund.database.connection() as connection:
        accounts.open_account(connection, ACCOUNT, "synthetic", "synthetic", SEED, START)
    return fund.desk_of(fund.account(ACCOUNT))


def propose(fund: Fund, *text: str) -> str:
    """Stage an order as ``fund propose`` does, its thread waiting; the order's id."""
    order = stage_proposal(fund, desk_of(fund), words("propose", *text))
    Cycles(fund).threads.carry(order.ticket.order_id)
    return order.ticket.order_id


def close(fund: Fund, position_id: str) -> str:
    """Stage an order that closes a position, its thread waiting; the order's id."""
    order = stage_close(fund, desk_of(fund), position_id, None)
    Cycles(fund).threads.carry(order.ticket.order_id)
    return order.ticket.order_id


def pass_time(fund: Fund, to: datetime) -> None:
    """Let the account's time pass, and nothing else happen."""
    with fund.database.connection() as connection:
        accounts.advance(connection, ACCOUNT, to)


def order_of(fund: Fund, order_id: str) -> OrderRow:
    with fund.database.connection() as connection:
        return orders.order(connection, order_id)


def held(fund: Fund) -> tuple[PositionRow, ...]:
    with fund.database.connection() as connection:
        return positions.open_positions(connection, ACCOUNT)


def cash(fund: Fund) -> float:
    with fund.database.connection() as connection:
        return accounts.cash(connection, ACCOUNT)


def book(fund: Fund) -> Book:
    desk = desk_of(fund)
    with fund.database.transaction() as connection:
        return desk.accounting.book(connection, ACCOUNT, desk.clock.now(), {})


def steps(fund: Fund, order_id: str) -> list[str]:
    """What the journal says happened to an order, in order."""
    return [entry.step for entry in fund.journal.story(order_id=order_id)]


def sent(fund: Fund) -> list[str]:
    """The client ids the venue has ever seen."""
    with fund.database.connection() as connection:
        found = connection.execute("SELECT client_id FROM paper.orders ORDER BY client_id").fetchall()
    return [row["client_id"] for row in found]


def answer(url: str, home: Path, said: Path, order_id: str, mandate: str) -> None:
    """A person in a process of their own: approve, and write down what was said to them."""
    with fund_on(url, home, mandate) as fund:
        try:
            said.write_text(approve(fund, order_id, "eva", None, follow=True).status)
        except FundError as error:
            said.write_text(f"{type(error).__name__}: {error}")


def amend(url: str, home: Path, said: Path, order_id: str, mandate: str) -> None:
    """The same for a person who edits to two contracts."""
    with fund_on(url, home, mandate) as fund:
        try:
            said.write_text(desk_of(fund).approvals.edit(order_id, "bob", 2, None).ticket.order_id)
        except FundError as error:
            said.write_text(f"{type(error).__name__}: {error}")


def at_once(*people: tuple[Callable[..., None], str], url: str, home: Path, mandate: str = "") -> list[str]:
    """Let people act on orders in processes of their own, all at once; what was said to each."""
    notes = [home / f"said-{number}.txt" for number in range(len(people))]
    processes = [
        CONTEXT.Process(target=act, args=(url, home / note.stem, note, order_id, mandate))
        for note, (act, order_id) in zip(notes, people, strict=True)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    return [note.read_text() for note in notes]
