"""What an importer found in a file, ready to be stored."""

from dataclasses import dataclass, field
from typing import Literal

from domain.chain import Chain
from domain.market import PriceHistory, Series

SeriesKind = Literal["volatility", "rate", "measure"]  # measure: named "<ticker> <name>" (market/measures.py)


@dataclass(frozen=True, eq=False)
class ParsedFile:
    """``rows`` read = ``kept`` + the sum of ``dropped`` (reason -> count). ``warnings`` are sentences."""

    layout: str
    rows: int
    kept: int
    dropped: dict[str, int] = field(default_factory=dict)
    chains: tuple[Chain, ...] = ()
    prices: tuple[PriceHistory, ...] = ()
    series: tuple[tuple[SeriesKind, Series], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class FileReport:
    """One line of ``fund data import``. ``status``: imported, unchanged, refused."""

    path: str
    layout: str | None
    status: Literal["imported", "unchanged", "refused"]
    rows: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    stored: int = 0
    reason: str = ""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Holding:
    """One line of ``fund data list``: a ticker's chains, a price history, an index or a rate."""

    kind: Literal["chains", "prices", "volatility", "rate", "measure"]
    name: str
    source: str
    first: str
    last: str
    count: int
    note: str = ""
