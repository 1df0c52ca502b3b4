"""Running the named queries of ``sql/ledger.sql`` on a connection or inside a transaction."""

from importlib.resources import files
from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from domain.queries import Queries

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

_SQL = Queries((files("memory") / "sql/ledger.sql").read_text("utf-8"))


def rows(connection: Connection, name: str, **values: object) -> list[Row]:
    cursor = connection.execute(_SQL[name], values)
    return cursor.fetchall() if cursor.description else []


def one(connection: Connection, name: str, **values: object) -> Row | None:
    found = rows(connection, name, **values)
    return found[0] if found else None


def document(adapter: "TypeAdapter[Any]", value: object) -> Jsonb:
    """A domain value as the JSON that PostgreSQL stores."""
    return Jsonb(adapter.dump_python(value, mode="json"))
