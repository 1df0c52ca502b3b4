"""Accounts, their clocks and the value they are measured against."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.book import Account, AccountKind
from domain.clock import aware
from domain.errors import UnknownId
from memory.database import Database
from memory.rows import Connection, Row, one, rows

DEPOSIT = 1_000_000.0


def _account(row: Row) -> Account:
    return Account(row["account_id"], row["kind"], row["source"], row["seed"], aware(row["clock"]), row["currency"])


def open_account(
    connection: Connection, account_id: str, kind: AccountKind, source: str, seed: int, clock: datetime
) -> Account:
    """The account, opened with the deposit if it does not exist, and made the one commands speak about."""
    rows(
        connection, "open_account", account_id=account_id, kind=kind, source=source, seed=seed, clock=aware(clock),
        deposit=DEPOSIT,
    )  # fmt: skip
    touch(connection, account_id)
    return account(connection, account_id)


def touch(connection: Connection, account_id: str) -> None:
    """Make the account the one that commands speak about."""
    rows(connection, "touch_account", account_id=account_id)


def account(connection: Connection, account_id: str) -> Account:
    """:raises UnknownId: there is no such account."""
    row = one(connection, "account", account_id=account_id)
    if row is None:
        raise UnknownId(f"there is no account {account_id!r}", "fund status lists them")
    return _account(row)


def deposit_of(connection: Connection, account_id: str) -> float:
    row = one(connection, "account", account_id=account_id)
    return float(row["deposit"]) if row else 0.0


def opened_at(connection: Connection, account_id: str) -> datetime:
    row = one(connection, "account", account_id=account_id)
    if row is None:
        raise UnknownId(f"there is no account {account_id!r}", "fund status lists them")
    return aware(row["opened_at"])


def accounts(connection: Connection) -> tuple[Account, ...]:
    """All accounts, the last used first."""
    return tuple(_account(row) for row in rows(connection, "accounts"))


def advance(connection: Connection, account_id: str, to: datetime) -> datetime:
    """Move the clock forward to a moment; an earlier one changes nothing. The clock after it."""
    row = one(connection, "advance_clock", account_id=account_id, to=aware(to))
    if row is None:
        raise UnknownId(f"there is no account {account_id!r}", "fund status lists them")
    return aware(row["clock"])


def mark(connection: Connection, account_id: str, session: date, nlv: float | None, problem: str = "") -> None:
    rows(connection, "mark_nlv", account_id=account_id, session=session, nlv=nlv, problem=problem or None)


def marked(connection: Connection, account_id: str, session: date) -> tuple[bool, float | None]:
    """Whether the session was marked, and its value (None: it could not be known)."""
    row = one(connection, "nlv_mark", account_id=account_id, session=session)
    return (False, None) if row is None else (True, None if row["nlv"] is None else float(row["nlv"]))


def cash(connection: Connection, account_id: str) -> float:
    """The deposit plus everything the fills moved."""
    row = one(connection, "cash", account_id=account_id)
    return float(row["cash"]) if row else 0.0


@dataclass
class AccountClock:
    """The clock of an account that lives in a remembered moment: waiting passes on it at once."""

    database: Database
    account_id: str

    def now(self) -> datetime:
        with self.database.connection() as connection:
            return account(connection, self.account_id).clock

    async def wait(self, seconds: float) -> None:
        with self.database.connection() as connection:
            moment = account(connection, self.account_id).clock
            advance(connection, self.account_id, moment + timedelta(seconds=seconds))
