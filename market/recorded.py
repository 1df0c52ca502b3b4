"""The market as ``fund data import`` recorded it. ``precedence.py`` says which file counts and what is visible when."""

import tomllib
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files

import numpy as np

from domain.chain import Chain
from domain.market import ChainRef, Context, Series
from domain.ports import Archive, Snapshots
from market.precedence import best_history, best_series, disagreements, visible_index, visible_rate
from quant.surface import fit_surface, iv30

INDICES = ("VIX", "VIX9D", "VIX3M", "VIX6M", "VVIX")
RATE = "DGS3MO"
OLDEST_RATE = timedelta(days=45)
# A 30-day volatility is read between expiries, as Cboe does for VIX, not extended far beyond them.
THIRTY, REACH_DAYS, EACH_SIDE = 30, 15, 3

FUND_SECTOR = "broad index"


class RecordedSource:
    """Implements ``domain.ports.MarketSource`` over an archive; nothing it returns is later than ``as_of``."""

    name = "recorded"

    def __init__(self, archive: Archive, snapshots: Snapshots) -> None:
        self._archive = archive
        self._snapshots = snapshots

    def universe(self) -> tuple[str, ...]:
        """All tickers with a chain, sorted."""
        return tuple(sorted(self._archive.tickers()))

    def knows(self, ticker: str) -> bool:
        return ticker in self._archive.tickers()

    def chain(self, ticker: str, as_of: datetime) -> Chain | None:
        """The latest chain quoted at ``as_of`` or before, however old; None if there is none."""
        refs = self._archive.chain_refs(ticker, as_of, 1)
        return self._snapshots.chain(refs[0].snapshot_id) if refs else None

    def context(self, ticker: str, as_of: datetime) -> Context:
        """Price history and earlier 30-day volatilities; the rest is named in ``absent``."""
        chain = self.chain(ticker, as_of)
        history, reason = best_history(self._archive.prices(ticker), as_of, chain.spot if chain else None)
        iv_history = self._iv_history(ticker, as_of, chain.session) if chain else None
        absent = {
            "posts": "no posts imported",
            "headlines": "no headlines imported",
            "earnings": "no earnings dates imported",
            "short_interest": "no short interest imported",
        }
        if history is None:
            absent["history"] = reason
        if iv_history is None:
            absent["iv_history"] = "no chain of an earlier session imported"
        name, sector = _known_tickers().get(ticker, (ticker, f"unknown:{ticker}"))
        if sector == FUND_SECTOR:
            absent["earnings"] = "a fund or an index reports none"
        return Context(ticker, as_of, sector, name, history, iv_history, absent=absent, is_fund=sector == FUND_SECTOR)

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
        series = best_series([visible_rate(one, as_of) for one in self._archive.series("rate", RATE)])
        if series is None or as_of.date() - series.dates[-1].item() > OLDEST_RATE:
            return None
        return float(4 * np.log1p(series.values[-1] / 100 / 4))

    def _iv_history(self, ticker: str, as_of: datetime, before: date) -> Series | None:
        """The last 30-day volatility of each earlier session; None if there is none."""
        sessions: dict[date, float] = {}
        for ref, value, computed in self._archive.iv30s(ticker, as_of):
            if ref.session < before:
                known = value if computed else self._compute_iv30(ref)
                if known is not None:
                    sessions[ref.session] = known
        if not sessions:
            return None
        days = sorted(sessions)
        values = np.array([sessions[day] for day in days])
        return Series("iv30", self.name, np.array(days, dtype="datetime64[D]"), values)

    def _compute_iv30(self, ref: ChainRef) -> float | None:
        """Worked out once for a chain with the rate known at its quote time, then remembered in the archive."""
        chain = self._snapshots.chain(ref.snapshot_id)
        value = thirty_day_vol(chain, self.rate(ref.quote_time))
        self._archive.remember_iv30(ref.snapshot_id, value)
        return value


def thirty_day_vol(chain: Chain, rate: float | None) -> float | None:
    """``iv30`` from the expiries nearest to 30 days only; None unless they come within 15 days of it."""
    days = (chain.expiry - np.datetime64(chain.session)).astype(int)
    listed = np.unique(days)
    near = np.concatenate([listed[listed < THIRTY][-EACH_SIDE:], listed[listed >= THIRTY][:EACH_SIDE]])
    surface = fit_surface(chain.rows(np.isin(days, near)), rate)
    reached = any(abs(smile.years * 365 - THIRTY) <= REACH_DAYS for smile in surface.slices)
    return iv30(surface) if reached else None


def price_disagreements(archive: Archive) -> tuple[str, ...]:
    """Where imported price histories of one ticker contradict each other, as sentences for ``fund data list``."""
    tickers = sorted({holding.name for holding in archive.holdings() if holding.kind == "prices"})
    return tuple(sentence for ticker in tickers for sentence in disagreements(archive.prices(ticker)))


@lru_cache(maxsize=1)
def _known_tickers() -> dict[str, tuple[str, str]]:
    table = tomllib.loads(files("market").joinpath("tickers.toml").read_text(encoding="utf-8"))
    return {ticker: (name, sector) for ticker, (name, sector) in table.items()}
