"""Runs: what was asked, what was seen, what was decided."""

from datetime import datetime
from typing import Any

from psycopg.types.json import Json, Jsonb

from domain.clock import aware
from domain.errors import UnknownId
from memory.rows import Connection, Row, one, rows


def start(
    connection: Connection, account_id: str, as_of: datetime, source: str, request: dict[str, Any], code_version: str
) -> str:
    """The id of a new run, recorded before anything is read."""
    number = (one(connection, "next_run") or {})["number"]
    run_id = f"R{number:04d}"
    rows(
        connection, "start_run", run_id=run_id, account_id=account_id, as_of=aware(as_of), source=source,
        request=Jsonb(request), code_version=code_version,
    )  # fmt: skip
    return run_id


def set_opening(connection: Connection, run_id: str, opening_id: str) -> None:
    rows(connection, "set_opening", run_id=run_id, opening_id=opening_id)


def finish(connection: Connection, run_id: str, result: dict[str, Any], decision: str) -> None:
    """Keep the result document and the hash of its decision; a finished run keeps its first."""
    rows(connection, "finish_run", run_id=run_id, result=Json(result), decision=decision)


def abandon(connection: Connection, run_id: str) -> None:
    rows(connection, "abandon_run", run_id=run_id)


def run(connection: Connection, run_id: str) -> Row:
    """:raises UnknownId: there is no such run."""
    found = one(connection, "run", run_id=run_id)
    if found is None:
        raise UnknownId(f"there is no run {run_id!r}", "fund status lists the latest")
    return found


def latest(connection: Connection, limit: int = 10) -> list[Row]:
    return rows(connection, "runs", limit=limit)


def later(connection: Connection, row: Row) -> str | None:
    """A finished run of the same account that began after this one, None if there is none."""
    found = one(connection, "later_run", account_id=row["account_id"], started_at=row["started_at"])
    return str(found["run_id"]) if found else None


def unfinished(connection: Connection) -> list[Row]:
    return rows(connection, "unfinished_runs")
