"""Small chains priced by the fund's own formula, so that every test knows what is true of them."""

import csv
import gzip
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from domain.chain import Chain
from domain.debate import Debate
from domain.mandate import RegimeLimits
from domain.regime import Regime
from domain.session import session_close, years_to_expiry
from domain.signal import Composite
from quant.black import price
from strategies.catalogue import NAMES

QUOTED = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
EXPIRIES = (date(2026, 6, 26), date(2026, 7, 17), date(2026, 7, 31))
SPOT, RATE = 100.0, 0.03


def flat(strike: np.ndarray, years: np.ndarray) -> np.ndarray:
    return np.full(strike.shape, 0.25)


def skewed(strike: np.ndarray, years: np.ndarray) -> np.ndarray:
    k = np.log(strike / SPOT)
    return 0.25 - 0.15 * k + 0.4 * k**2


def build_chain(
    *,
    vol: Callable[[np.ndarray, np.ndarray], np.ndarray] = skewed,
    strikes: np.ndarray | None = None,
    expiries: tuple[date, ...] = EXPIRIES,
    half_spread: float = 0.02,
    dividend: float = 0.0,
    **changes: Any,
) -> Chain:
    """Quotes ``half_spread`` either side of the model's price; open interest 500, volume 100 everywhere."""
    strikes = np.arange(70.0, 131.0, 2.5) if strikes is None else strikes
    expiry, strike, call = (
        x.ravel() for x in np.meshgrid(np.array(expiries, "datetime64[D]"), strikes, [True, False], indexing="ij")
    )
    years = years_to_expiry(expiry, QUOTED)
    forward, discount = SPOT * np.exp((RATE - dividend) * years), np.exp(-RATE * years)
    mid = price(call, forward, strike, years, vol(strike, years), discount)
    bid, ask = np.maximum(mid - half_spread, 0.0), mid + half_spread
    columns = {
        "ticker": "XYZ",
        "spot": SPOT,
        "quote_time": QUOTED,
        "session": QUOTED.date(),
        "cadence": "intraday",
        "source": "test",
        "expiry": expiry,
        "strike": strike,
        "call": call,
        "bid": bid,
        "ask": ask,
        "last": mid,
        "volume": np.full(len(mid), 100.0),
        "open_interest": np.full(len(mid), 500.0),
        "iv": np.full(len(mid), np.nan),
        "root": np.full(len(mid), "XYZ"),
        "tick_class": "penny_all",
        "style": "european",
    }
    return Chain(**(columns | changes))


@pytest.fixture(scope="session")
def make_chain() -> Callable[..., Chain]:
    return build_chain


@pytest.fixture(scope="session")
def flat_vol() -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    return flat


@pytest.fixture
def limits() -> RegimeLimits:
    return RegimeLimits(structures=NAMES, var_budget=0.02, position=0.05)


@pytest.fixture
def composite() -> Composite:
    return Composite("XYZ", 0.4, 0.5, 0.8, 0.2, 0.1, ("s1",))


@pytest.fixture
def make_debate() -> Callable[..., Debate]:
    def build(verdict: str = "bull", edge: float = 0.3, conflicted: bool = False, confidence: float = 0.6) -> Debate:
        return Debate("XYZ", "t1", verdict, confidence, "rule", conflicted, edge, ())  # type: ignore[arg-type]

    return build


@pytest.fixture
def make_regime() -> Callable[[str | None], Regime]:
    return lambda name: Regime(name, QUOTED, "VIX 16")  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def spy() -> Chain:
    """The recorded SPY chain of 2026-08-20 at its close, without the rows that expired with it."""
    default = Path(__file__).parents[3] / "shared" / "data"
    folder = Path(os.environ.get("FUND_TEST_DATA", default)) / "chains_spy_cboe_daily"
    file = folder / "SPY_2026-08-20.csv.gz"
    if not file.exists():
        pytest.skip("no recorded SPY chains")
    with gzip.open(file, "rt") as text:
        rows = sorted(csv.DictReader(text), key=lambda r: (r["expiry"], float(r["strike"]), r["right"]))
    with (folder / "underlying.csv").open() as text:
        spot = next(float(r["close"]) for r in csv.DictReader(text) if r["session_date"] == "2026-08-20")
    number = {
        name: np.array([float(row[column] or "nan") for row in rows])
        for name, column in (
            ("strike", "strike"), ("bid", "bid"), ("ask", "ask"), ("last", "last_trade_price"),
            ("volume", "volume"), ("open_interest", "open_interest"), ("iv", "iv"),
        )
    }  # fmt: skip
    day = date(2026, 8, 20)
    return Chain(
        ticker="SPY", spot=spot, quote_time=session_close(day, "SPY"), session=day, cadence="eod", source="test",
        expiry=np.array([row["expiry"] for row in rows], "datetime64[D]"),
        call=np.array([row["right"] == "C" for row in rows]), root=np.full(len(rows), "SPY"),
        tick_class="penny_all", **number,
    )  # fmt: skip
