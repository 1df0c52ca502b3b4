"""What runs have seen: content-addressed, stored once, never changed."""

from collections import OrderedDict
from dataclasses import fields, is_dataclass
from threading import Lock
from typing import Any

import numpy as np

from domain.chain import Chain
from domain.errors import Corrupt, UnknownId
from domain.market import Context
from domain.ports import Json
from memory.codec import decode, encode
from memory.database import Connection, Database
from memory.queries import queries

_SQL = queries("snapshots.sql")
KEPT = 64


class PgSnapshots:
    """Implements ``domain.ports.Snapshots``. Thread-safe.

    The latest objects stay in memory, so that a chain read and put again costs nothing. An object handed to the store
    is immutable from then on: its arrays are made read-only.
    """

    def __init__(self, database: Database, kept: int = KEPT) -> None:
        self._database = database
        self._recent = Recent(kept)

    def put_chain(self, chain: Chain) -> str:
        return self._put("chain", chain)

    def chain(self, snapshot_id: str) -> Chain:
        """:raises UnknownId, Corrupt: there is no such snapshot; its bytes have changed."""
        chain: Chain = self._get(snapshot_id, Chain)
        return chain

    def put_context(self, context: Context) -> str:
        return self._put("context", context)

    def context(self, snapshot_id: str) -> Context:
        """:raises UnknownId, Corrupt: there is no such snapshot; its bytes have changed."""
        context: Context = self._get(snapshot_id, Context)
        return context

    def put_json(self, kind: str, document: Json) -> str:
        return self._put(f"json:{kind}", document)

    def json(self, snapshot_id: str) -> Json:
        """:raises UnknownId, Corrupt: there is no such snapshot; its bytes have changed."""
        document: Json = self._get(snapshot_id, dict)
        return document

    def _put(self, kind: str, value: Any) -> str:
        known = self._recent.id_of(value)
        if known is not None:
            return known
        with self._database.connection() as connection:
            snapshot_id = put(connection, kind, value)
        if not isinstance(value, dict):
            freeze(value)
            self._recent.keep(snapshot_id, value)
        return snapshot_id

    def _get(self, snapshot_id: str, kind: type[Any]) -> Any:
        value = self._recent.get(snapshot_id)
        if value is None:
            value = self._read(snapshot_id)
            if not isinstance(value, dict):
                self._recent.keep(snapshot_id, value)
        if not isinstance(value, kind):
            raise Corrupt(f"snapshot {snapshot_id[:12]} holds a {type(value).__name__}, not a {kind.__name__}")
        return value

    def _read(self, snapshot_id: str) -> Any:
        with self._database.connection() as connection:
            row = connection.execute(_SQL["get"], [snapshot_id], binary=True).fetchone()
        if row is None:
            raise UnknownId(f"there is no snapshot {snapshot_id[:12]}", "the database may be another than the run's")
        return decode(snapshot_id, row["body"])


class Recent:
    """The objects used last, by id, and their ids by object."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[str, Any] = OrderedDict()
        self._ids: dict[int, str] = {}
        self._lock = Lock()

    def keep(self, key: str, value: Any) -> None:
        with self._lock:
            self._forget(key)
            self._values[key] = value
            self._ids[id(value)] = key
            if len(self._values) > self._size:
                self._forget(next(iter(self._values)))

    def get(self, key: str) -> Any:
        with self._lock:
            value = self._values.get(key)
            if value is not None:
                self._values.move_to_end(key)
            return value

    def id_of(self, value: Any) -> str | None:
        """The id of this very object, if it is kept."""
        with self._lock:
            return self._ids.get(id(value))

    def _forget(self, key: str) -> None:
        old = self._values.pop(key, None)
        self._ids.pop(id(old), None)


def put(connection: Connection, kind: str, value: Any) -> str:
    """Store a value once, in the caller's transaction if there is one; its id.

    :raises TypeError: the value holds something that cannot be stored exactly.
    """
    encoded = encode(value)
    row = connection.execute(_SQL["exists"], [encoded.snapshot_id]).fetchone()
    if not (row and row["found"]):
        connection.execute(_SQL["put"], [encoded.snapshot_id, kind, encoded.compressed()])
    return encoded.snapshot_id


def freeze(value: Any) -> None:
    """Make every array inside a value read-only."""
    if isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif is_dataclass(value):
        for field in fields(value):
            freeze(getattr(value, field.name))
