"""Recorded chains for the tests of this room; absent data skips a test."""

import os
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from domain.chain import Chain
from domain.session import session_close

DATA = Path(os.environ.get("FUND_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))
SPY = DATA / "chains_spy_cboe_daily"
needs_spy = pytest.mark.skipif(not SPY.is_dir(), reason="recorded SPY chains are not on this machine")


@lru_cache(maxsize=1)
def underlying() -> pd.DataFrame:
    return pd.read_csv(SPY / "underlying.csv").set_index("session_date")


@lru_cache(maxsize=4)
def spy_chain(day: str) -> Chain:
    table = pd.read_csv(SPY / f"SPY_{day}.csv.gz").sort_values(["expiry", "strike", "right"], ignore_index=True)
    session = date.fromisoformat(day)
    columns = {
        "strike": "strike", "bid": "bid", "ask": "ask", "last": "last_trade_price", "volume": "volume",
        "open_interest": "open_interest", "iv": "iv",
    }  # fmt: skip
    return Chain(
        ticker="SPY",
        spot=float(underlying().loc[day, "close"]),
        quote_time=session_close(session, "SPY"),
        session=session,
        cadence="eod",
        source=f"SPY_{day}.csv.gz",
        expiry=table["expiry"].to_numpy("datetime64[D]"),
        call=(table["right"] == "C").to_numpy(),
        root=table["option"].str[:-15].to_numpy(str),
        tick_class="penny_all",
        **{ours: table[theirs].to_numpy(np.float64) for ours, theirs in columns.items()},
    )
