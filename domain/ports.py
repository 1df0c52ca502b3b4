"""What rooms need from each other without importing each other. ``apps/wiring.py`` plugs them together."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from domain.chain import Chain
from domain.importing import FileReport, Holding, ParsedFile, SeriesKind
from domain.market import ChainRef, Context, Measured, PriceHistory, Series

if TYPE_CHECKING:
    from domain.order import StagedOrder

Json = dict[str, Any]


class MarketSource(Protocol):
    """Where prices come from. Nothing returned is later than ``as_of``; None means the source has none."""

    @property
    def name(self) -> str: ...

    def universe(self) -> tuple[str, ...]:
        """The symbols a cycle looks at when none are named."""
        ...

    def knows(self, ticker: str) -> bool: ...

    def chain(self, ticker: str, as_of: datetime) -> Chain | None: ...

    def context(self, ticker: str, as_of: datetime) -> Context: ...

    def volatility_indices(self, as_of: datetime) -> tuple[Series, ...]:
        """Index series in vol points under the field's names: VIX, VIX9D, VIX3M, VIX6M."""
        ...

    def rate(self, as_of: datetime) -> float | None:
        """Risk-free three-month rate, decimal, continuously compounded."""
        ...


class Snapshots(Protocol):
    """Content-addressed store: the id is the SHA-256 of the stored content; storing twice stores once."""

    def put_chain(self, chain: Chain) -> str: ...

    def chain(self, snapshot_id: str) -> Chain: ...

    def put_context(self, context: Context) -> str: ...

    def context(self, snapshot_id: str) -> Context: ...

    def put_json(self, kind: str, document: Json) -> str: ...

    def json(self, snapshot_id: str) -> Json: ...


class Archive(Protocol):
    """What ``fund data import`` has stored, by file. Series are never spliced across files."""

    def store(self, path: str, file_sha256: str, parsed: ParsedFile) -> FileReport:
        """Store one parsed file in one transaction; the same content again is "unchanged"."""
        ...

    def seen(self, file_sha256: str) -> FileReport | None:
        """The report of an identical file imported before."""
        ...

    def tickers(self) -> tuple[str, ...]:
        """Tickers that have at least one chain."""
        ...

    def listed_tickers(self) -> tuple[str, ...]:
        """Those whose contracts are listed on a US exchange."""
        ...

    def chain_refs(self, ticker: str, as_of: datetime, limit: int) -> tuple[ChainRef, ...]:
        """The latest chains with a quote time not after ``as_of``, newest first."""
        ...

    def prices(self, ticker: str) -> tuple[PriceHistory, ...]:
        """All price histories of a ticker, one a file, whole; the caller cuts at ``as_of``."""
        ...

    def series(self, kind: SeriesKind, name: str) -> tuple[Series, ...]:
        """All series of that name, one a file, whole; the caller cuts at ``as_of``."""
        ...

    def holdings(self) -> tuple[Holding, ...]: ...

    def remember_measures(self, snapshot_id: str, stamp: str, measured: Mapping[str, float | None]) -> None:
        """Keep what was worked out of a chain beside it; ``stamp`` names the method and the rate."""
        ...

    def measured(self, ticker: str, as_of: datetime, sessions: int) -> tuple[Measured, ...]:
        """The last chain of each of the latest ``sessions`` up to ``as_of``, oldest first."""
        ...


class ChainFeed(Protocol):
    """A live source of option chains, asked one symbol at a time."""

    @property
    def name(self) -> str: ...

    def fetch(self, symbol: str) -> bytes:
        """The venue's own document of all options of a symbol, in a layout that ``market.layouts`` knows.

        :raises Unavailable: it did not answer. :raises BadInput: it does not know the symbol.
        """
        ...


class Journal(Protocol):
    """The append-only record. Every entry is chained to the one before by a hash."""

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
        """Append once: an entry with a ``key`` that exists already is skipped."""
        ...


class Quotes(Protocol):
    """Fresh executable quotes at an account's time, for the recheck, the marks and the paper venue."""

    def chain(self, ticker: str, at: datetime) -> Chain | None: ...

    def spot(self, ticker: str, at: datetime, now: datetime) -> float | None:
        """The underlying at the close ``at`` as far as it is known ``now``, None until it is."""
        ...


class Staging(Protocol):
    """Where a cycle leaves its orders: rows first, then one thread each."""

    def stage(self, orders: "Sequence[StagedOrder]") -> None: ...


class Witness(Protocol):
    """Told of every node as it is entered and left: progress on a terminal, a log, a crash harness."""

    def entering(self, node: str, thread_id: str) -> None: ...

    def leaving(self, node: str, thread_id: str) -> None: ...
