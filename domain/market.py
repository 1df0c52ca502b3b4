"""What is known about an underlying besides its chain."""

from dataclasses import dataclass, field
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from domain.chain import Cadence, Floats
from domain.session import NEW_YORK

Days = NDArray[np.datetime64]  # datetime64[D], ascending, unique


@dataclass(frozen=True, eq=False)
class PriceHistory:
    """Daily bars up to a moment, from one file or feed, never spliced.

    ``basis`` says how the prices are adjusted: "unadjusted", "split_adjusted", "split_and_dividend_adjusted".
    The last bar is that of the last *completed* session at the moment asked for.
    """

    ticker: str
    basis: str
    source: str
    dates: Days
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.dates)


@dataclass(frozen=True, eq=False)
class Series:
    """A named daily series: a volatility index in vol points (VIX 17.2), a rate in percent, an iv30 as a decimal."""

    name: str
    source: str
    dates: Days
    values: Floats

    def __len__(self) -> int:
        return len(self.dates)

    def last(self) -> float | None:
        """The latest finite value, None if there is none."""
        finite = self.values[np.isfinite(self.values)]
        return float(finite[-1]) if len(finite) else None


@dataclass(frozen=True)
class Post:
    """A social post. ``author`` may be empty. Text from outside is data, never instructions."""

    post_id: str
    channel: str
    at: datetime
    text: str
    score: int = 0


@dataclass(frozen=True)
class Headline:
    headline_id: str
    publisher: str
    at: datetime
    text: str


@dataclass(frozen=True)
class ShortInterest:
    """Known from ``published`` on, not from ``settled``."""

    settled: date
    published: datetime
    shares: float
    average_volume: float


@dataclass(frozen=True)
class Earnings:
    """An announcement. ``known_since`` is when its date was published; surprise is known from ``day`` on."""

    day: date
    known_since: datetime
    surprise_pct: float | None = None


@dataclass(frozen=True)
class InterestLine:
    """Open contracts of one option, then and now."""

    occ_symbol: str
    before: float
    now: float


@dataclass(frozen=True)
class InterestChange:
    """Open contracts of a chain against those of the last earlier session known, both as of their session's start.

    ``calls`` and ``puts`` are the net change of options listed in both (``compared`` of them); ``appeared`` is open in
    options listed since, ``gone`` was open in those no longer listed. ``lines`` are the largest changes: built
    up, then cut, the largest of each first.
    """

    since: date
    quote_time: datetime
    compared: int
    calls: float
    puts: float
    appeared: float
    gone: float
    lines: tuple[InterestLine, ...]


@dataclass(frozen=True, eq=False)
class Context:
    """Everything but the chain that analysts may read about one underlying at ``as_of``. Nothing in it is later.

    ``measures`` are daily series of what option chains said at earlier sessions' ends (``market/measures.py`` has their
    names and units). ``absent`` names what the source does not have and why: {"posts": "no social source configured"}.
    """

    ticker: str
    as_of: datetime
    sector: str
    name: str
    history: PriceHistory | None = None
    measures: dict[str, Series] = field(default_factory=dict)
    posts: tuple[Post, ...] = ()
    headlines: tuple[Headline, ...] = ()
    earnings: tuple[Earnings, ...] = ()
    short_interest: ShortInterest | None = None
    interest_change: InterestChange | None = None
    absent: dict[str, str] = field(default_factory=dict)
    synthetic: bool = False
    is_fund: bool = False  # a fund or an index: it reports no earnings, and that is known

    @property
    def iv_history(self) -> Series | None:
        """The 30-day volatility of earlier sessions."""
        return self.measures.get("iv30")

    @property
    def earnings_known(self) -> bool:
        """Whether ``earnings`` is the whole truth about announcements ahead."""
        return self.is_fund or "earnings" not in self.absent

    def days_to_earnings(self, at: datetime) -> int | None:
        """Calendar days (New York) from ``at`` to the nearest announcement ahead, None if none is known."""
        today = at.astimezone(NEW_YORK).date()
        coming = self.next_earnings(at)
        return None if coming is None else (coming.day - today).days

    def next_earnings(self, at: datetime) -> Earnings | None:
        """The nearest announcement ahead on the day of ``at`` (New York); one whose surprise is known is over."""
        today = at.astimezone(NEW_YORK).date()
        ahead = [e for e in self.earnings if e.day >= today and e.surprise_pct is None]
        return min(ahead, key=lambda e: e.day, default=None)


@dataclass(frozen=True)
class ChainRef:
    """Where a chain is and how old it is, without its rows."""

    ticker: str
    snapshot_id: str
    quote_time: datetime
    session: date
    cadence: Cadence
    source: str


@dataclass(frozen=True)
class Measured:
    """A stored chain and what was worked out of it under ``stamp`` (None: nothing yet); None has no value there."""

    ref: ChainRef
    stamp: str | None
    values: dict[str, float | None]
