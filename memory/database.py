"""Connections, transactions and locks on one PostgreSQL, embedded or a server of yours."""

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool, PoolTimeout

from domain.errors import DatabaseDown, HomeUnusable, Unavailable
from memory.address import why_unreachable

Row = dict[str, Any]
Connection = psycopg.Connection[DictRow]
CHECKPOINT_SCHEMA = "langgraph"
CONNECT_SECONDS = 5
BUSY_SECONDS = 20.0
POLL_SECONDS = 0.05


class Database:
    """A small pool of connections (autocommit, dict rows), opened when first needed. Thread-safe.

    ``address`` is a libpq address, or a function that makes sure the server runs and returns it; the function is asked
    for every new connection, so that a killed embedded server comes back at the next use.

    :raises DatabaseDown: nothing answers there.
    """

    def __init__(self, address: str | Callable[[], str], *, size: int = 8) -> None:
        self._address = address
        self._options = _options(self.address)
        self._dedicated().close()
        self.pool: ConnectionPool[Connection] = ConnectionPool(
            address,
            kwargs=self._options,
            min_size=0,
            max_size=size,
            timeout=BUSY_SECONDS,
            max_idle=120,
            num_workers=2,
            check=ConnectionPool.check_connection,
            open=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.pool.close()

    @property
    def address(self) -> str:
        return self._address if isinstance(self._address, str) else self._address()

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection in autocommit mode.

        :raises DatabaseDown: none can be had, or it breaks while in use.
        :raises HomeUnusable: the disk is full.
        """
        try:
            connection = self.pool.getconn()
        except PoolTimeout:
            self._dedicated().close()
            raise DatabaseDown(f"all {self.pool.max_size} connections are busy", "try again") from None
        try:
            with connection:
                yield connection
        except psycopg.errors.DiskFull as error:
            raise HomeUnusable(
                f"the database's disk is full: {error.diag.message_primary}", "free some space"
            ) from error
        except psycopg.OperationalError as error:
            if not connection.broken:
                raise
            raise DatabaseDown("the connection to PostgreSQL broke off", "try again; nothing is half done") from error
        finally:
            self.pool.putconn(connection)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside a transaction: committed at the end, rolled back by any error."""
        with self.connection() as connection, connection.transaction():
            yield connection

    @contextmanager
    def try_lock(self, key: str) -> Iterator["Lock | None"]:
        """The lock of that name, held until the end of the block; None if another session holds it.

        It lives on a connection of its own and is lost with it: ask :meth:`Lock.held` before something that counts.
        """
        connection = self._dedicated()
        try:
            number = lock_number(key)
            row = connection.execute("SELECT pg_try_advisory_lock(%s) AS got", [number]).fetchone()
            yield Lock(connection, number) if row and row["got"] else None
        finally:
            with suppress(psycopg.OperationalError):
                connection.execute("SELECT pg_advisory_unlock_all()")
            connection.close()

    @contextmanager
    def lock(self, key: str, wait: float) -> Iterator["Lock"]:
        """The lock of that name, waited for by asking again and again (a blocking wait would hold up index builds).

        :raises Unavailable: another session held it for all of ``wait`` seconds.
        """
        deadline = time.monotonic() + wait
        while True:
            with self.try_lock(key) as lock:
                if lock is not None:
                    yield lock
                    return
            if time.monotonic() >= deadline:
                raise Unavailable(f"{key} is locked by another process", "wait until it has finished, then try again")
            time.sleep(POLL_SECONDS)

    def _dedicated(self) -> Connection:
        address = self.address
        try:
            return psycopg.connect(address, **self._options)
        except psycopg.OperationalError as error:
            raise why_unreachable(address, error) from None


class Lock:
    """A session's advisory lock."""

    def __init__(self, connection: Connection, number: int) -> None:
        self._connection = connection
        self._number = number

    def held(self) -> bool:
        """Whether the server still knows the session that took the lock."""
        try:
            self._connection.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def _options(address: str) -> Row:
    try:
        given = conninfo_to_dict(address).get("options") or ""
    except psycopg.ProgrammingError as error:
        raise why_unreachable(address, error) from None
    return {
        "autocommit": True,
        "prepare_threshold": 0,
        "row_factory": dict_row,
        "connect_timeout": CONNECT_SECONDS,
        "options": f"{given} -c search_path={CHECKPOINT_SCHEMA},public".strip(),
        "application_name": "minifund",
    }


def lock_number(key: str) -> int:
    """The key as PostgreSQL's signed 64-bit lock number."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big", signed=True)
