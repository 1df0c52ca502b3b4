"""What ``fund data import`` has stored, by file."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np
from psycopg.types.json import Jsonb

from domain.chain import Chain
from domain.importing import FileReport, Holding, ParsedFile, SeriesKind
from domain.market import ChainRef, Days, Measured, PriceHistory, Series
from memory import snapshots
from memory.codec import decode, encode
from memory.database import Connection, Database, Row
from memory.queries import queries

_SQL = queries("archive.sql")


class PgArchive:
    """Implements ``domain.ports.Archive``.

    A file is known by its content: importing the same bytes again, under any name, changes nothing. Equal chains of two
    files are stored once. Chains of one ticker and quote time that differ are both kept, and that of the latest import
    is read. Histories are kept whole, one a file; that of the latest import comes first.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def store(self, path: str, file_sha256: str, parsed: ParsedFile) -> FileReport:
        """Store all of a file or nothing. ``stored`` counts the chains and histories that were not there before."""
        claim = {
            "file_sha256": file_sha256,
            "path": path,
            "layout": parsed.layout,
            "rows": parsed.rows,
            "kept": parsed.kept,
            "dropped": Jsonb(parsed.dropped),
            "warnings": Jsonb(list(parsed.warnings)),
        }
        with self._database.transaction() as connection:
            row = connection.execute(_SQL["begin_import"], claim).fetchone()
            if row is None:
                return FileReport(path, parsed.layout, "unchanged", parsed.rows, parsed.kept, parsed.dropped)
            stored = sum([_store_chain(connection, row["import_id"], chain) for chain in parsed.chains])
            stored += _store_histories(connection, row["import_id"], parsed)
            connection.execute(_SQL["end_import"], [stored, row["import_id"]])
        return FileReport(
            path, parsed.layout, "imported", parsed.rows, parsed.kept, parsed.dropped, stored, "", parsed.warnings
        )

    def seen(self, file_sha256: str) -> FileReport | None:
        """The report of an identical file, as "unchanged", with the path it was imported from."""
        rows = self._rows("seen", [file_sha256])
        if not rows:
            return None
        row = rows[0]
        return FileReport(
            row["path"],
            row["layout"],
            "unchanged",
            row["rows"],
            row["kept"],
            row["dropped"],
            0,
            "",
            tuple(row["warnings"]),
        )

    def tickers(self) -> tuple[str, ...]:
        return tuple(row["ticker"] for row in self._rows("tickers", []))

    def listed_tickers(self) -> tuple[str, ...]:
        return tuple(row["ticker"] for row in self._rows("listed_tickers", []))

    def chain_refs(self, ticker: str, as_of: datetime, limit: int) -> tuple[ChainRef, ...]:
        return tuple(_ref(row) for row in self._rows("chain_refs", [ticker, as_of, limit]))

    def prices(self, ticker: str) -> tuple[PriceHistory, ...]:
        return tuple(decode(row["content_id"], row["body"]) for row in self._rows("histories", ["prices", ticker]))

    def series(self, kind: SeriesKind, name: str) -> tuple[Series, ...]:
        return tuple(decode(row["content_id"], row["body"]) for row in self._rows("histories", [kind, name]))

    def holdings(self) -> tuple[Holding, ...]:
        return tuple(Holding(**row) for row in self._rows("holdings", []))

    def remember_measures(self, snapshot_id: str, stamp: str, measured: Mapping[str, float | None]) -> None:
        with self._database.connection() as connection:
            connection.execute(_SQL["remember_measures"], [snapshot_id, stamp, Jsonb(dict(measured))])

    def measured(self, ticker: str, as_of: datetime, sessions: int) -> tuple[Measured, ...]:
        rows = self._rows("measures", [ticker, as_of, sessions])
        return tuple(Measured(_ref(row), row["stamp"], row["measured"] or {}) for row in rows)

    def _rows(self, query: str, values: list[Any]) -> list[Row]:
        with self._database.connection() as connection:
            return connection.execute(_SQL[query], values).fetchall()


def _store_chain(connection: Connection, import_id: int, chain: Chain) -> bool:
    """Whether the chain was new."""
    row = connection.execute(
        _SQL["add_chain"],
        {
            "ticker": chain.ticker,
            "quote_time": chain.quote_time,
            "import_id": import_id,
            "snapshot_id": snapshots.put(connection, "chain", chain),
            "session": chain.session,
            "cadence": chain.cadence,
            "source": chain.source,
            "contracts": len(chain),
            "quoted": bool(chain.two_sided.any()),
            "listed": chain.listed,
        },
    ).fetchone()
    return bool(row and row["new"])


def _store_histories(connection: Connection, import_id: int, parsed: ParsedFile) -> int:
    rows = [_history_row("prices", prices.ticker, prices.basis, prices) for prices in parsed.prices]
    rows += [_history_row(kind, series.name, "", series) for kind, series in parsed.series]
    for row in rows:
        connection.execute(_SQL["add_history"], {"import_id": import_id, **row})
    return len(rows)


def _history_row(kind: str, name: str, note: str, history: PriceHistory | Series) -> Row:
    encoded = encode(history)
    first, last = _ends(history.dates)
    return {
        "kind": kind,
        "name": name,
        "note": note,
        "source": history.source,
        "first_day": first,
        "last_day": last,
        "rows": len(history),
        "content_id": encoded.snapshot_id,
        "body": encoded.compressed(),
    }


def _ends(days: Days) -> tuple[Any, Any]:
    """The first and last calendar day, or (None, None)."""
    return (days[0].item(), days[-1].item()) if np.size(days) else (None, None)


def _ref(row: Row) -> ChainRef:
    return ChainRef(
        **{name: row[name] for name in ("ticker", "snapshot_id", "quote_time", "session", "cadence", "source")}
    )
