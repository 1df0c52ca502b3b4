"""Chains as research data sets and backtesting libraries lay them out."""

import pandas as pd

from market.layouts.chains import ChainLayout
from market.layouts.columns import each, numbers, texts
from market.layouts.naming import Named
from market.layouts.raw import RawFile
from market.layouts.when import at_close, timed

STRIKES = 1000.0  # OptionMetrics counts strikes in thousandths
IVY_REQUIRED = frozenset({"date", "exdate", "cp_flag", "strike_price", "best_bid", "best_offer"})


def first_word(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """OptionMetrics: strikes in thousandths; the trading class is the first word of the symbol."""
    frame = frame.assign(strike=numbers(frame, "strike")[0] / STRIKES)
    if "shown" in frame:
        frame = frame.assign(root=each(pd.Series(texts(frame, "shown")), lambda text: text.partition(" ")[0]))
    return frame


# optopsy's samples and lambdaclass's test data follow the layout historical data shops sell.
OPTOPSY = ChainLayout(
    name="optopsy",
    columns={
            "ticker": "underlying", "spot": "underlying_last", "symbol": "optionroot", "right": "type",
            "expiry": "expiration", "moment": "quotedate", "strike": "strike", "last": "last", "bid": "bid",
            "ask": "ask", "volume": "volume", "open_interest": "openinterest", "iv": "impliedvol",
        },
    quote_time=at_close,
)  # fmt: skip

HISTORICAL_OPTION_DATA = ChainLayout(
    name="historical_option_data",
    columns={
            "ticker": "UnderlyingSymbol", "spot": "UnderlyingPrice", "symbol": "OptionSymbol", "right": "Type",
            "expiry": "Expiration", "moment": "DataDate", "strike": "Strike", "last": "Last", "bid": "Bid",
            "ask": "Ask", "volume": "Volume", "open_interest": "OpenInterest", "iv": "IVMean",
        },
    quote_time=at_close,
)  # fmt: skip

OPTIONLAB = ChainLayout(
    name="optionlab",
    columns={"right": "Type", "strike": "Strike", "bid": "Bid", "ask": "Ask", "expiry": "Expiration"},
    quote_time=at_close,
    named=Named(r"(?P<ticker>[A-Za-z]{1,6})[_-](?P<moment>\d{4}-\d{2}-\d{2})$", "msft_2021-11-22.csv"),
    recognise=lambda raw: raw.header == {"Type", "Strike", "Bid", "Ask", "Expiration"},
)

OPTION_CHAIN_ANALYTICS = ChainLayout(
    name="option_chain_analytics",
    columns={
            "symbol": "contract", "moment": "exchange_time", "ticker": "underlying_index", "spot": "spot_price",
            "bid": "bid_price", "ask": "ask_price", "iv": "mark_iv", "open_interest": "open_interest",
            "volume": "volume", "strike": "strike", "right": "optiontype", "expiry": "expiry", "size": "contract_size",
        },
    quote_time=timed,
)  # fmt: skip

OPTION_METRICS = ChainLayout(
    name="option_metrics",
    columns={
            "moment": "date", "expiry": "exdate", "right": "cp_flag", "strike": "strike_price", "bid": "best_bid",
            "ask": "best_offer", "volume": "volume", "open_interest": "open_interest", "iv": "impl_volatility",
            "ticker": "ticker", "shown": "symbol",
        },
    quote_time=at_close,
    prepare=first_word,
    recognise=lambda raw: raw.header >= IVY_REQUIRED,
)  # fmt: skip

LEAN_DAILY = ChainLayout(
    name="lean_daily",
    columns={
            "moment": "date", "expiry": "expiration", "strike": "strike", "right": "right", "bid": "bid", "ask": "ask",
            "last": "close", "volume": "volume", "open_interest": "open_interest", "bid_size": "bid_size",
        },
    quote_time=at_close,
)  # fmt: skip

RESEARCH = (OPTOPSY, HISTORICAL_OPTION_DATA, OPTION_CHAIN_ANALYTICS, OPTION_METRICS, LEAN_DAILY, OPTIONLAB)
