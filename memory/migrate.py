"""Numbered, forward-only migrations: ``migrations/NNNN_name.sql``, one transaction each."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg

from domain.errors import Unavailable
from memory.database import Connection, Database

MIGRATIONS = Path(__file__).with_name("migrations")
WAIT = 120.0
_NAME = re.compile(r"(\d{4})_\w+\.sql")
_TABLE = """
CREATE SCHEMA IF NOT EXISTS fund;
CREATE TABLE IF NOT EXISTS fund.schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
"""


@dataclass(frozen=True)
class Migration:
    version: int
    name: str
    text: bytes

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text).hexdigest()


def migrations(folder: Path = MIGRATIONS) -> tuple[Migration, ...]:
    """All migrations in order.

    :raises ValueError: a file is misnamed or a number is there twice.
    """
    found: dict[int, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None or int(match[1]) in found:
            raise ValueError(f"{path.name} is not named NNNN_words.sql with a number of its own")
        found[int(match[1])] = Migration(int(match[1]), path.stem, path.read_bytes())
    return tuple(found.values())


def migrate(database: Database, folder: Path = MIGRATIONS) -> tuple[str, ...]:
    """Bring the database to this program's schema and name the migrations applied; one query when there are none.

    :raises Unavailable: the database is newer than the program, an applied migration has changed, or one fails.
    """
    known = migrations(folder)
    with database.connection() as connection:
        if not pending(connection, known):
            return ()
        with database.lock("migrate", WAIT):
            connection.execute(_TABLE, prepare=False)
            missing = pending(connection, known)
            for migration in missing:
                _apply(connection, migration)
    return tuple(migration.name for migration in missing)


def pending(connection: Connection, known: tuple[Migration, ...]) -> tuple[Migration, ...]:
    """What is still to be applied."""
    try:
        rows = connection.execute("SELECT version, name, checksum FROM fund.schema_migrations").fetchall()
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        rows = []
    applied = {row["version"]: row for row in rows}
    unknown = sorted(set(applied) - {migration.version for migration in known})
    if unknown:
        raise Unavailable(
            f"the database has migration {applied[unknown[-1]]['name']}, which this program does not know",
            "update mini-hedge-fund",
        )
    for migration in known:
        row = applied.get(migration.version)
        if row is not None and row["checksum"] != migration.checksum:
            raise Unavailable(
                f"migration {migration.name} differs from the one this database has applied",
                "use the program that made the database, or a fresh FUND_HOME",
            )
    return tuple(migration for migration in known if migration.version not in applied)


def _apply(connection: Connection, migration: Migration) -> None:
    try:
        with connection.transaction():
            connection.execute(migration.text, prepare=False)
            connection.execute(
                "INSERT INTO fund.schema_migrations (version, name, checksum) VALUES (%s, %s, %s)",
                [migration.version, migration.name, migration.checksum],
            )
    except psycopg.errors.FeatureNotSupported as error:
        if "vector" not in str(error):
            raise
        raise Unavailable(
            "the PostgreSQL server lacks the extension pgvector", "install pgvector on it, or unset FUND_DATABASE_URL"
        ) from None
    except psycopg.Error as error:
        reason = error.diag.message_primary or str(error)
        hint = error.diag.message_hint or "see the server's log"
        raise Unavailable(f"migration {migration.name} failed: {reason}", hint) from error
