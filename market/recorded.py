"""The market as ``fund data import`` recorded it. ``precedence.py`` says which file counts and what is visible when."""

import tomllib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

import numpy as np

from domain.chain import Chain
from domain.market import Context, InterestChange, Measured, Series
from domain.ports import Archive, Snapshots
from market.interest import Interest, interest_change
from market.measures import MEASURES, SESSIONS, as_series, measure, stamp
from market.precedence import STALE, best_history, best_series, disagreements, until, visible_index, visible_rate

INDICES = ("VIX", "VIX9D", "VIX3M", "VIX6M", "VVIX")
RATE = "DGS3MO"
OLDEST_RATE = timedelta(days=45)
NO_EARNINGS = {"broad index": "a fund or an index reports none", "crypto": "a coin reports none"}  # by sector


class RecordedSource:
    """Implements ``domain.ports.MarketSource`` over an archive; nothing it returns is later than ``as_of``."""

    name = "recorded"

    def __init__(self, archive: Archive, snapshots: Snapshots) -> None:
        self._archive = archive
        self._snapshots = snapshots

    def universe(self) -> tuple[str, ...]:
        """All tickers with a chain that a broker here could trade, sorted."""
        return tuple(sorted(self._archive.listed_tickers()))

    def knows(self, ticker: str) -> bool:
        return ticker in self._archive.tickers()

    def chain(self, ticker: str, as_of: datetime) -> Chain | None:
        """The latest chain quoted at ``as_of`` or before, however old; None if there is none."""
        refs = self._archive.chain_refs(ticker, as_of, 1)
        return self._snapshots.chain(refs[0].snapshot_id) if refs else None

    def context(self, ticker: str, as_of: datetime) -> Context:
        """Price history and the measures of earlier sessions' chains; the rest is named in ``absent``."""
        chain = self.chain(ticker, as_of)
        history, reason = best_history(self._archive.prices(ticker), as_of, chain.spot if chain else None)
        earlier = self._earlier(ticker, as_of, chain.session) if chain else []
        measures = self._measures(ticker, as_of, chain.session, earlier) if chain else {}
        absent = {
            "posts": "no posts imported",
            "headlines": "no headlines imported",
            "earnings": "no earnings dates imported",
            "short_interest": "no short interest imported",
        }
        if history is None:
            absent["history"] = reason
        if not earlier:
            absent["interest_change"] = "no chain of an earlier session imported"
        if "iv30" not in measures:
            absent["iv_history"] = "no chain of an earlier session imported"
        name, sector = _known_tickers().get(ticker, (ticker, f"unknown:{ticker}"))
        no_company = sector in NO_EARNINGS
        if no_company:
            absent["earnings"] = NO_EARNINGS[sector]
        return Context(
            ticker, as_of, sector, name, history, measures, absent=absent, is_fund=no_company,
            interest_change=self._interest_change(chain, earlier) if chain else None,
        )  # fmt: skip

    def volatility_indices(self, as_of: datetime) -> tuple[Series, ...]:
        """Those of VIX, VIX9D, VIX3M, VIX6M and VVIX that have a value by ``as_of``, in vol points."""
        found = (
            best_series([visible_index(one, as_of) for one in self._archive.series("volatility", name)])
            for name in INDICES
        )
        return tuple(series for series in found if series is not None)

    def rate(self, as_of: datetime) -> float | None:
        """Three-month Treasury yield (FRED DGS3MO), continuously compounded; None if the last one is 45 days old.

        The yield is quoted as simple interest over the quarter: r = 4 ln(1 + y / 4).
        """
        return _rate(self._archive.series("rate", RATE), as_of)

    def _earlier(self, ticker: str, as_of: datetime, before: date) -> list[Measured]:
        """The last chain of each earlier session, oldest first."""
        return [row for row in self._archive.measured(ticker, as_of, SESSIONS) if row.ref.session < before]

    def _interest_change(self, chain: Chain, earlier: Sequence[Measured]) -> InterestChange | None:
        if not earlier or not np.isfinite(chain.open_interest).any():
            return None
        before = self._snapshots.chain(earlier[-1].ref.snapshot_id)
        return interest_change(Interest.of(before), Interest.of(chain))

    def _measures(self, ticker: str, as_of: datetime, before: date, earlier: Sequence[Measured]) -> dict[str, Series]:
        """What the last chain of each earlier session says, or the vendor's own series where that is longer."""
        yields = self._archive.series("rate", RATE)
        own = as_series(((np.datetime64(row.ref.session), self._values(row, yields)) for row in earlier), self.name)
        told = {name: self._vendor_series(ticker, name, as_of, before) for name in MEASURES}
        return own | {
            name: series for name, series in told.items()
            if series is not None and (name not in own or len(series) > len(own[name]))
        }  # fmt: skip

    def _values(self, row: Measured, yields: Sequence[Series]) -> dict[str, float | None]:
        """Worked out once under the rate known at the quotes' time, then remembered in the archive."""
        rate = _rate(yields, row.ref.quote_time)
        if row.stamp == stamp(rate):
            return row.values
        values = measure(self._snapshots.chain(row.ref.snapshot_id), rate)
        self._archive.remember_measures(row.ref.snapshot_id, stamp(rate), values)
        return values

    def _vendor_series(self, ticker: str, name: str, as_of: datetime, before: date) -> Series | None:
        """An imported series of a measure, to the session before the chain's; None if it ended long ago."""
        imported = self._archive.series("measure", f"{ticker} {name}")
        cut = [until(visible_index(one, as_of), before - timedelta(days=1)) for one in imported]
        best = best_series(cut)
        return None if best is None or before - best.dates[-1].item() > STALE else best


def _rate(yields: Sequence[Series], as_of: datetime) -> float | None:
    series = best_series([visible_rate(one, as_of) for one in yields])
    if series is None or as_of.date() - series.dates[-1].item() > OLDEST_RATE:
        return None
    return float(4 * np.log1p(series.values[-1] / 100 / 4))


def price_disagreements(archive: Archive) -> tuple[str, ...]:
    """Where imported price histories of one ticker contradict each other, as sentences for ``fund data list``."""
    tickers = sorted({holding.name for holding in archive.holdings() if holding.kind == "prices"})
    return tuple(sentence for ticker in tickers for sentence in disagreements(archive.prices(ticker)))


@lru_cache(maxsize=1)
def _known_tickers() -> dict[str, tuple[str, str]]:
    table = tomllib.loads(files("market").joinpath("tickers.toml").read_text(encoding="utf-8"))
    return {ticker: (name, sector) for ticker, (name, sector) in table.items()}
