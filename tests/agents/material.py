"""Hand-made material for the tests of this room: chains priced by Black-76, contexts, signals; and recorded SPY."""

import os
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from agents.panel import Evidence
from domain.chain import Cadence, Chain
from domain.market import Context, Headline, Post, PriceHistory, Series
from domain.session import session_close, years_to_expiry
from domain.signal import ROLES, Composite, Direction, EdgeType, Reading, Role, Signal
from quant.black import price
from quant.surface import Surface, fit_surface

AS_OF = datetime(2026, 8, 20, 20, 30, tzinfo=UTC)
SESSION = date(2026, 8, 20)
T = "ZIDX"
DATA = Path(os.environ.get("FUND_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SPY = DATA / "chains_spy_cboe_daily" / "SPY_2026-08-20.csv.gz"
PRICES = DATA / "market_prices" / "ohlcv_6_us_2016_2026-08-21_ibkr.csv.gz"
needs_spy = pytest.mark.skipif(not (SPY.is_file() and PRICES.is_file()), reason="recorded data are not on this machine")


def make_chain(
    vol: Callable[[np.ndarray, np.ndarray], np.ndarray] | float = 0.25,
    *,
    days: Sequence[int] = (8, 29, 57, 92),
    spot: float = 100.0,
    volume: float = 100.0,
    open_interest: float = 500.0,
    ticker: str = T,
) -> Chain:
    """Strikes 70 to 130 in steps of 2.5; ``vol`` is a number or a function of (log-moneyness, years)."""
    close = session_close(SESSION)
    expiries = [np.datetime64(SESSION + timedelta(days=d)) for d in days]
    grid = [(e, k, c) for e in expiries for k in np.arange(70.0, 130.1, 2.5) for c in (True, False)]
    expiry, strike, call = (np.array(column) for column in zip(*grid, strict=True))
    years = years_to_expiry(expiry, close)
    vols = vol(np.log(strike / spot), years) if callable(vol) else np.full(len(strike), vol)
    mid = price(call, spot, strike, years, vols, 1.0)
    half = np.maximum(0.01, 0.01 * mid)
    n = len(strike)
    return Chain(
        ticker=ticker, spot=spot, quote_time=close, session=SESSION, cadence="eod", source="hand-made",
        expiry=expiry.astype("datetime64[D]"), strike=strike, call=call, bid=np.maximum(mid - half, 0.0),
        ask=mid + half, last=mid, volume=np.full(n, volume), open_interest=np.full(n, open_interest),
        iv=np.full(n, np.nan), root=np.full(n, ticker), style="european",
    )  # fmt: skip


def make_history(
    close: np.ndarray, *, last: date = SESSION, basis: str = "split_adjusted", ticker: str = T
) -> PriceHistory:
    """Daily bars that end on ``last``; open at the previous close, one per cent of range around the body."""
    days = np.arange(np.datetime64(last) - 3 * len(close), np.datetime64(last) + 1)
    dates = days[np.is_busday(days)][-len(close) :]
    opened = np.concatenate([close[:1], close[:-1]])
    high, low = np.maximum(opened, close) * 1.005, np.minimum(opened, close) * 0.995
    return PriceHistory(ticker, basis, "hand-made", dates, opened, high, low, close, np.full(len(close), 1e6))


def walk(vol: float, bars: int = 260, drift: float = 0.0, seed: int = 7) -> np.ndarray:
    """A random walk of closes that ends at 100."""
    steps = np.random.default_rng(seed).normal(drift / 252, vol / np.sqrt(252), bars)
    path = np.exp(np.cumsum(steps))
    return 100 * path / path[-1]


def make_series(values: np.ndarray, last: date = SESSION) -> Series:
    dates = np.arange(np.datetime64(last) - len(values) + 1, np.datetime64(last) + 1)
    return Series("iv30", "hand-made", dates, values)


def make_context(*, iv_history: Series | None = None, **known: Any) -> Context:
    """``iv_history`` is the measure iv30."""
    if iv_history is not None:
        known["measures"] = known.get("measures", {}) | {"iv30": iv_history}
    return Context(**{"ticker": T, "as_of": AS_OF, "sector": "Index", "name": "Z Index"} | known)


def evidence(chain: Chain | None = None, context: Context | None = None) -> Evidence:
    surface = None if chain is None else fit_surface(chain, 0.0)
    ticker = T if chain is None else chain.ticker
    return Evidence(ticker, chain, surface, context or make_context(ticker=ticker), AS_OF)


def everything(chain: Chain | None, context: Context) -> tuple[str, Chain | None, Surface | None, Context, datetime]:
    """The arguments of an analyst."""
    return context.ticker, chain, None if chain is None else fit_surface(chain, 0.0), context, AS_OF


def post(text: str, hours_ago: float, score: int = 0) -> Post:
    at = AS_OF - timedelta(hours=hours_ago)
    return Post(f"p{hours_ago}", "forum", at, text, score)


def headline(text: str, hours_ago: float) -> Headline:
    return Headline(f"h{hours_ago}", "Wire", AS_OF - timedelta(hours=hours_ago), text)


def make_signal(
    source: Role,
    direction: Direction,
    conviction: float = 0.5,
    *,
    edge: EdgeType = "trend",
    name: str = "",
    ticker: str = T,
    story: str | None = None,
    says: str = "The number is 42, and that is much.",
) -> Signal:
    signal_id = f"{source}:{ticker}:{name or edge}"
    return Signal(signal_id, source, ticker, direction, conviction, edge, AS_OF, says, {"number": 42}, story)


def readings(*signals: Signal) -> tuple[Reading, ...]:
    return tuple(Reading(role, tuple(s for s in signals if s.source == role)) for role in ROLES)


def neutral_composite(ticker: str = T, edge: float = 0.0) -> Composite:
    return Composite(ticker, 0.0, abs(edge), 1.0, edge, 0.0, ())


def recorded_spy() -> tuple[Chain, Context]:
    """The SPY chain of 2026-08-20 at its close, and its daily bars up to that day."""
    rows = pd.read_csv(SPY)
    rows["call"] = rows["right"] == "C"
    rows = rows.sort_values(["expiry", "strike", "right"])
    column = {name: rows[name].to_numpy(dtype=np.float64) for name in ("strike", "bid", "ask", "volume", "iv")}
    underlying = pd.read_csv(SPY.parent / "underlying.csv", index_col="session_date")
    cadence: Cadence = "eod"
    chain = Chain(
        ticker="SPY", spot=float(underlying.loc["2026-08-20", "close"]), quote_time=session_close(SESSION, "SPY"),
        session=SESSION, cadence=cadence, source=SPY.name, expiry=rows["expiry"].to_numpy().astype("datetime64[D]"),
        call=rows["call"].to_numpy(), last=rows["last_trade_price"].to_numpy(dtype=np.float64),
        open_interest=rows["open_interest"].to_numpy(dtype=np.float64), root=rows["option"].str[:-15].to_numpy(str),
        **column,
    )  # fmt: skip
    prices = pd.read_csv(PRICES).query("ticker == 'SPY' and date <= '2026-08-20'")
    dates = prices["date"].to_numpy().astype("datetime64[D]")
    values = (prices[name].to_numpy(dtype=np.float64) for name in ("open", "high", "low", "close", "volume"))
    history = PriceHistory("SPY", "split_adjusted", PRICES.name, dates, *values)
    return chain, Context("SPY", AS_OF, "Index", "SPDR S&P 500", history=history)
