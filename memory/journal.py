"""The append-only record of what the fund did and why, chained by hash within each account.

Each entry's hash covers the one before, so that a changed, inserted or removed entry breaks the chain from there on; a
trigger refuses changes in the first place. ``recorder.py`` keeps a copy beside the database.
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.clock import aware
from memory.database import Connection, Database, Row, lock_number
from memory.plain import plain
from memory.queries import queries
from memory.recorder import FlightRecorder

_SQL = queries("journal.sql")


@dataclass(frozen=True)
class Entry:
    """``seq`` counts from 1 within the account. ``previous`` is the hash of the entry before, "" at the first."""

    account_id: str
    seq: int
    at: datetime
    step: str
    body: dict[str, Any]
    run_id: str | None
    order_id: str | None
    strategy_id: str | None
    key: str | None
    previous: str
    hash: str


class PgJournal:
    """Implements ``domain.ports.Journal``; ``home`` None keeps no copy in a file."""

    def __init__(self, database: Database, home: Path | None = None) -> None:
        self._database = database
        self._recorder = FlightRecorder(database, home / "journal") if home else None

    def write(
        self,
        step: str,
        body: dict[str, Any],
        *,
        at: datetime,
        account_id: str,
        run_id: str | None = None,
        order_id: str | None = None,
        strategy_id: str | None = None,
        key: str | None = None,
    ) -> None:
        """Append once, in a transaction of its own, and copy the entry to the file."""
        with self._database.transaction() as connection:
            append(
                connection, step, body, at=at, account_id=account_id, run_id=run_id, order_id=order_id,
                strategy_id=strategy_id, key=key,
            )  # fmt: skip
        self.copy(account_id)

    def copy(self, account_id: str) -> None:
        """Bring the copy in the file up to date, also with entries others have appended."""
        if self._recorder is not None:
            self._recorder.copy(account_id)

    def story(self, order_id: str | None = None, run_id: str | None = None) -> tuple[Entry, ...]:
        """The entries of an order, of a run, or of both, in the order they were written."""
        return self._entries("story", {"order_id": order_id, "run_id": run_id})

    def account(self, account_id: str) -> tuple[Entry, ...]:
        """An account's whole record."""
        return self._entries("chain", [account_id])

    def verify(self, account_id: str) -> int | None:
        """The first ``seq`` at which the chain is broken, None if it is whole."""
        previous = ""
        with self._database.connection() as connection:
            rows = connection.execute(_SQL["chain"], [account_id]).fetchall()
        for expected, row in enumerate(rows, 1):
            if row["seq"] != expected or row["previous"] != previous or row["hash"] != _hash(row):
                return expected
            previous = row["hash"]
        return None

    def _entries(self, query: str, values: Any) -> tuple[Entry, ...]:
        with self._database.connection() as connection:
            rows = connection.execute(_SQL[query], values).fetchall()
        return tuple(Entry(**{**row, "body": json.loads(row["body"])}) for row in rows)


def append(
    connection: Connection,
    step: str,
    body: dict[str, Any],
    *,
    at: datetime,
    account_id: str,
    run_id: str | None = None,
    order_id: str | None = None,
    strategy_id: str | None = None,
    key: str | None = None,
) -> Entry | None:
    """Append one entry; None if the account has one with this key already.

    Writers of one account take turns until their transactions end. The connection must be inside a transaction of the
    default isolation (read committed). NaN and infinity in the body are written as null.

    :raises ValueError: ``at`` has no time zone, or the connection is in no transaction.
    """
    if connection.autocommit and connection.info.transaction_status.name == "IDLE":
        raise ValueError("append needs a transaction")
    connection.execute(_SQL["take_turn"], [lock_number(f"journal:{account_id}")])
    end = connection.execute(_SQL["last"], {"account_id": account_id, "key": key}).fetchone()
    if end is None or end["known"]:
        return None
    text = json.dumps(plain(body), sort_keys=True, separators=(",", ":"), allow_nan=False)
    row: Row = {
        "account_id": account_id, "seq": end["seq"] + 1, "at": aware(at), "step": step, "run_id": run_id,
        "order_id": order_id, "strategy_id": strategy_id, "key": key, "body": text, "previous": end["hash"],
    }  # fmt: skip
    row["hash"] = _hash(row)
    connection.execute(_SQL["append"], row)
    return Entry(**{**row, "body": json.loads(text)})


def _hash(row: Row) -> str:
    """SHA-256 over the previous hash and everything the entry says."""
    names = ("account_id", "seq", "step", "run_id", "order_id", "strategy_id", "key", "body")
    content = [row["previous"], aware(row["at"]).isoformat(), *(row[name] for name in names)]
    return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()
