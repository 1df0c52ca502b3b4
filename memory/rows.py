"""Running the named queries of ``sql/ledger.sql`` on a connection or inside a transaction."""

from typing import Any

import psycopg
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from memory.queries import queries

Row = dict[str, Any]
Connection = psycopg.Connection[Row]

_SQL = queries("ledger.sql")


def rows(connection: Connection, name: str, **values: object) -> list[Row]:
    cursor = connection.execute(_SQL[name], values)
    return cursor.fetchall() if cursor.description else []


def one(connection: Connection, name: str, **values: object) -> Row | None:
    found = rows(connection, name, **values)
    return found[0] if found else None


def document(adapter: "TypeAdapter[Any]", value: object) -> Jsonb:
    """A domain value as the JSON that PostgreSQL stores."""
    return Jsonb(adapter.dump_python(value, mode="json"))
