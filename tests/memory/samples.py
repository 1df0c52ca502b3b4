"""Values with all their corners, and how to tell that two are the same."""

from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from domain.chain import Chain
from domain.importing import ParsedFile
from domain.market import (
    Context,
    Earnings,
    Headline,
    InterestChange,
    InterestLine,
    Post,
    PriceHistory,
    Series,
    ShortInterest,
)

CLOSE = datetime(2026, 8, 20, 16, 15, tzinfo=ZoneInfo("America/New_York"))
DAYS = np.array(["2026-08-18", "2026-08-19", "2026-08-20"], dtype="datetime64[D]")


def chain(rows: int = 4, spot: float = 640.25, quote_time: datetime = CLOSE, **changes: Any) -> Chain:
    numbers = np.arange(rows, dtype=float)
    values = {
        "ticker": "SPY",
        "spot": spot,
        "quote_time": quote_time,
        "session": date(2026, 8, 20),
        "cadence": "eod",
        "source": "cboe_daily",
        "expiry": np.datetime64("2026-08-21") + 7 * (np.arange(rows) // 2),
        "strike": 600 + 5 * numbers,
        "call": np.arange(rows) % 2 == 0,
        "bid": numbers / 10,
        "ask": numbers / 10 + 0.05,
        "last": np.where(numbers % 3 == 0, np.nan, numbers),
        "volume": numbers,
        "open_interest": np.full(rows, np.nan),
        "iv": np.where(numbers == 1, -0.0, 0.2 + numbers / 1e5),
        "root": np.array(["SPY", "SPYW"])[np.arange(rows) % 2],
        "notes": {"file": "ein Größe.csv", "spread": (1, 2.5, float("nan")), "at": CLOSE, "day": date(2026, 8, 20)},
    }
    return Chain(**{**values, **changes})


def prices(ticker: str = "SPY", basis: str = "split_adjusted") -> PriceHistory:
    close = np.array([1.1, np.nan, 3.3])
    return PriceHistory(ticker, basis, "a.csv", DAYS, close - 1, close + 1, close - 2, close, np.zeros(3))


def series(name: str = "VIX") -> Series:
    return Series(name, "vix.csv", DAYS, np.array([17.2, np.nan, np.inf]))


def context() -> Context:
    return Context(
        "SPY", CLOSE, "Broad index", "SPDR S&P 500", prices(), {"iv30": series("iv30"), "volume": series("volume")},
        (Post("1", "r/options", CLOSE, "to the \ud83d\ude80 \x00", 3),), (Headline("2", "wire", CLOSE, "up"),),
        (Earnings(date(2026, 9, 1), CLOSE, None),), ShortInterest(date(2026, 8, 1), CLOSE, 1e6, 2e5),
        InterestChange(date(2026, 8, 19), CLOSE, 2, 5.0, -3.0, 1.0, 0.0, (InterestLine("SPY", 1.0, 6.0),)),
        {"x": "none"}, True,
    )  # fmt: skip


def parsed(*chains: Chain, **changes: Any) -> ParsedFile:
    values: dict[str, Any] = {"layout": "cboe", "rows": 10, "kept": 8, "dropped": {"no strike": 2}, "chains": chains}
    return ParsedFile(**{**values, **changes})


def same(a: Any, b: Any) -> bool:
    """Equal in type, dtype, bits of every number (any NaN is a NaN), and moment."""
    if isinstance(a, np.ndarray):
        return bool(a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes())
    if isinstance(a, datetime):
        return isinstance(b, datetime) and a.astimezone(UTC) == b.astimezone(UTC)
    if type(a) is not type(b):
        return False
    if is_dataclass(a):
        return all(same(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)
