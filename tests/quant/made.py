"""Chains priced by a known vol, so that the truth is known."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
from hypothesis import settings

from domain.chain import Chain
from domain.session import years_to_expiry
from quant.black import price

QUOTED = datetime(2026, 3, 2, 19, 0, tzinfo=UTC)  # a Monday, 14:00 in New York
APRIL, JUNE = date(2026, 4, 17), date(2026, 6, 18)
SPOT, RATE, CARRY = 100.0, 0.04, 0.01
STRIKES = np.arange(70.0, 131.0, 2.5)

steady = settings(max_examples=80, deadline=None, derandomize=True)


def smirk(moneyness: Any, years: Any) -> Any:
    """A put-heavy smile with a rising term structure."""
    return 0.20 + 0.02 * np.sqrt(years) - 0.15 * moneyness + 0.4 * moneyness**2


def forward_at(years: Any) -> Any:
    return SPOT * np.exp((RATE - CARRY) * years)


def made_chain(
    expiries: tuple[date, ...] = (APRIL, JUNE),
    strikes: Any = STRIKES,
    vol: Callable[[Any, Any], Any] = smirk,
    half_spread: float = 0.01,
    root: str = "XYZ",
    spot: float = SPOT,
    **changes: Any,
) -> Chain:
    """European quotes around ``vol(log(strike / forward), years)``; ``changes`` replace columns or fields."""
    n = len(strikes)
    expiry = np.repeat(np.array(expiries, dtype="datetime64[D]"), 2 * n)
    strike = np.tile(np.repeat(np.asarray(strikes, dtype=float), 2), len(expiries))
    call = np.tile([True, False], n * len(expiries))
    years = years_to_expiry(expiry, QUOTED, root)
    alive = np.maximum(years, 1e-9)
    forward = forward_at(alive)
    mid = price(call, forward, strike, alive, vol(np.log(strike / forward), alive), np.exp(-RATE * alive))
    size = len(strike)
    fields: dict[str, Any] = {
        "ticker": "XYZ", "spot": spot, "quote_time": QUOTED, "session": QUOTED.date(), "cadence": "intraday",
        "source": "made", "expiry": expiry, "strike": strike, "call": call, "bid": np.maximum(mid - half_spread, 0.0),
        "ask": mid + half_spread, "last": mid, "volume": np.full(size, 10.0), "open_interest": np.full(size, 100.0),
        "iv": np.full(size, np.nan), "root": np.full(size, root), "tick_class": "penny_all",
        "style": "european",
    }  # fmt: skip
    return Chain(**{**fields, **changes})
