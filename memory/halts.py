"""The halt rows. They always exist, persist over restarts and are locked by the executor before it submits."""

from datetime import datetime

from domain.book import Halt
from domain.clock import aware
from memory.rows import Connection, Row, rows


def _halt(row: Row) -> Halt:
    return Halt(row["scope"], row["reason"], aware(row["since"]), row["by"])


def halts(connection: Connection) -> tuple[Halt, ...]:
    """The halts in force."""
    return tuple(_halt(row) for row in rows(connection, "halts"))


def halts_for_share(connection: Connection, account_id: str) -> tuple[Halt, ...]:
    """The halts in force for an account; their rows stay locked for share until the transaction ends, so that once
    ``set_halt`` has returned no new order can have slipped past it. A row that does not exist is made, to be locked."""
    rows(connection, "ensure_halt_row", account_id=account_id)
    return tuple(_halt(row) for row in rows(connection, "halts_for_share", account_id=account_id) if row["active"])


def set_halt(connection: Connection, scope: str, reason: str, since: datetime, by: str) -> None:
    rows(connection, "set_halt", scope=scope, active=True, reason=reason, since=aware(since), by=by)


def lift_halt(connection: Connection, scope: str, since: datetime, by: str) -> None:
    rows(connection, "set_halt", scope=scope, active=False, reason="", since=aware(since), by=by)


def ask_cancels(connection: Connection, account_id: str | None = None) -> tuple[str, ...]:
    """Ask for a cancel of everything on its way to a venue or at it, of one account or of all; the ids. What is only
    approved so far is refused."""
    rows(connection, "refuse_approved", account_id=account_id)
    return tuple(row["order_id"] for row in rows(connection, "ask_cancel", account_id=account_id))
