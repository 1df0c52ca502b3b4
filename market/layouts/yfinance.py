"""Yahoo chains as three yfinance users saved them. None tells the time of day, so each belongs to its day's close."""

import numpy as np
import pandas as pd

from market.layouts.chains import ChainLayout
from market.layouts.columns import NO_DAY, days, numbers, texts
from market.layouts.raw import BadFile, RawFile
from market.layouts.when import stamped

LONGEST_YEARS = 20


def pulled(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """Yahoo's day: the one it was pulled on, or that of the last trade where that is later or nothing else is told."""
    traded = texts(frame, "last_trade").max()
    last = traded[:10] if isinstance(traded, str) else ""
    moment = frame["moment"].where(frame["moment"].fillna("") >= last, last) if "moment" in frame else last
    if isinstance(moment, str) and not moment:
        raise BadFile(f"{raw.name}: neither a pull date nor a last trade tells its day", "add a column date_pulled")
    return frame.assign(moment=moment)


def counted_back(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """Years to expiry tell the day (the file's name tells the ticker)."""
    years = numbers(frame, "years")[0]
    known = (years >= 0) & (years < LONGEST_YEARS)
    left = np.round(np.where(known, years, 0.0) * 365).astype("timedelta64[D]")
    day = np.where(known, days(texts(frame, "expiry")) - left, NO_DAY)
    return frame.assign(moment=day.astype(str))


YFINANCE_PULLED = ChainLayout(
    name="yfinance",
    columns={
            "moment": "date_pulled", "symbol": "contract_symbol", "last_trade": "last_trade_date", "strike": "strike",
            "expiry": "expiration", "right": "type", "bid": "bid", "ask": "ask", "last": "last_price",
            "volume": "volume", "open_interest": "open_interest", "iv": "implied_volatility", "currency": "currency",
            "size": "contract_size",
        },
    quote_time=stamped,
    prepare=pulled,
)  # fmt: skip

YFINANCE = ChainLayout(
    name="yfinance",
    columns={
            "symbol": "contractSymbol", "last_trade": "lastTradeDate", "strike": "strike", "expiry": "Expiration_Date",
            "right": "Type", "bid": "bid", "ask": "ask", "last": "lastPrice", "volume": "volume",
            "open_interest": "openInterest", "iv": "impliedVolatility", "currency": "currency", "size": "contractSize",
        },
    quote_time=stamped,
    prepare=pulled,
)  # fmt: skip

YFINANCE_FRONT = ChainLayout(
    name="yfinance_front",
    columns={
            "years": "T", "strike": "strike", "expiry": "expiry", "right": "type", "bid": "bid", "ask": "ask",
            "iv": "impliedVolatility", "spot": "spot",
        },
    quote_time=stamped,
    prepare=counted_back,
)  # fmt: skip
