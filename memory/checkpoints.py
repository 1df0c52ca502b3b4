"""LangGraph's checkpoints in our PostgreSQL, in a schema of their own (the pool's search path leads there first)."""

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable
from functools import cache

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.store.postgres import PostgresStore
from pydantic import BaseModel
from pydantic.dataclasses import is_pydantic_dataclass

import domain
from memory.database import Database
from memory.queries import queries

WAIT = 120.0
_SQL = queries("checkpoints.sql")


def saver(database: Database, extra: Iterable[type] = ()) -> PostgresSaver:
    """A checkpointer on the database's pool, its tables made on first use. Use it with ``durability="sync"``.

    Only plain values, LangGraph's own and the domain's validated types (and ``extra``) come back from a checkpoint as
    what they were; anything else comes back as bare data.
    """
    serializer = JsonPlusSerializer(allowed_msgpack_modules=[*checkpoint_types(), *extra])
    checkpointer = PostgresSaver(database.pool, serde=serializer)
    _set_up(database, "checkpoints_version", len(PostgresSaver.MIGRATIONS), checkpointer.setup)
    return checkpointer


def store(database: Database) -> PostgresStore:
    """LangGraph's long-term store on the database's pool, its tables made on first use."""
    kept = PostgresStore(database.pool)
    _set_up(database, "store_version", len(PostgresStore.MIGRATIONS), kept.setup)
    return kept


def has_checkpoint(database: Database, thread_id: str) -> bool:
    """Whether the thread has ever been begun; such a thread is never invoked with input again."""
    with database.connection() as connection:
        row = connection.execute(_SQL["has_checkpoint"], [thread_id]).fetchone()
    return bool(row and row["found"])


@cache
def checkpoint_types() -> tuple[type, ...]:
    """The domain's pydantic types: those that may enter a checkpoint."""
    names = [module.name for module in pkgutil.iter_modules(domain.__path__, "domain.")]
    found = [kind for name in names for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass)]
    ours = [kind for kind in found if kind.__module__.startswith("domain.") and _validates(kind)]
    return tuple(sorted(set(ours), key=lambda kind: (kind.__module__, kind.__name__)))


def _validates(kind: type) -> bool:
    return issubclass(kind, BaseModel) or (dataclasses.is_dataclass(kind) and is_pydantic_dataclass(kind))


def _set_up(database: Database, version: str, steps: int, setup: Callable[[], None]) -> None:
    """Run LangGraph's own set-up unless all its steps are done; one process at a time."""
    if not _done(database, version, steps):
        with database.lock("checkpoints", WAIT):
            if not _done(database, version, steps):
                setup()


def _done(database: Database, version: str, steps: int) -> bool:
    with database.connection() as connection:
        try:
            row = connection.execute(_SQL[version]).fetchone()
        except psycopg.errors.UndefinedTable:
            return False
    return bool(row and row["version"] == steps - 1)
