"""Chains as brokers and data shops for private traders hand them out."""

import pandas as pd

from market.layouts.chains import ChainLayout, Terms
from market.layouts.columns import each, texts
from market.layouts.naming import Named
from market.layouts.raw import RawFile
from market.layouts.spot import Parity
from market.layouts.when import at_close, stamped, timed

PERCENT = 100.0
FUTURES = {"WTI": "/CL"}
QUARTER = 120  # days ahead within which options on a future tell its price


def spelled_out(frame: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Numbers without the commas between their thousands and with blanks for a dash."""
    plain = {
        name: each(frame[name], lambda value: value if pd.isna(value) else str(value).replace(",", "").strip())
        for name in names
        if name in frame
    }
    return frame.assign(**{name: pd.Series(values, frame.index).replace({"-": None}) for name, values in plain.items()})


def in_percent(frame: pd.DataFrame, name: str = "iv") -> pd.DataFrame:
    """A volatility told in percent, with or without the sign, as a decimal."""
    bare = pd.Series(texts(frame, name), frame.index).str.replace("%", "").str.replace(",", "")
    return frame.assign(**{name: pd.to_numeric(bare, errors="coerce") / PERCENT})


def barchart(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    return in_percent(spelled_out(frame, "strike", "bid", "ask", "last", "volume", "open_interest"))


def barchart_futures(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """Strikes that end in their side (19.50C); the future's root with the slash that tells it from a stock."""
    strike = pd.Series(texts(frame, "strike"), frame.index).str.rstrip("CP").str.replace(",", "")
    ticker = frame["ticker"].map(lambda name: FUTURES.get(name, f"/{name}"))
    return spelled_out(frame.assign(strike=strike, ticker=ticker), "bid", "ask", "last", "volume", "open_interest")


def thinkorswim(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """Day and time in two columns, in words."""
    moment = pd.Series(texts(frame, "day") + " " + texts(frame, "time"), frame.index)
    stamps = pd.to_datetime(moment, format="%m/%d/%Y %I:%M:%S %p", errors="coerce")
    return frame.assign(moment=stamps.dt.strftime("%Y-%m-%dT%H:%M:%S").fillna("unreadable"))


BARCHART = ChainLayout(
    name="barchart",
    columns={
            "strike": "Strike", "last": "Last", "bid": "Bid", "ask": "Ask", "iv": "IV", "volume": "Volume",
            "open_interest": "Open Int", "right": "Type", "away": "% From Last",
        },
    quote_time=stamped,
    named=Named(
        r"(?P<ticker>[A-Za-z$^.]+)-options-exp-(?P<expiry>\d{4}-\d{2}-\d{2}).*?(?P<moment>\d{2}-\d{2}-\d{4})$",
        "spy-options-exp-2020-07-10-weekly-show-all-stacked-07-05-2020.csv",
    ),
    prepare=barchart,
)  # fmt: skip

BARCHART_FUTURES = ChainLayout(
    name="barchart_futures",
    columns={
            "strike": "Strike", "last": "Last", "bid": "Bid", "ask": "Ask", "volume": "Volume",
            "open_interest": "Open Int", "right": "Type", "premium": "Premium",
        },
    quote_time=at_close,
    terms=Terms(multiplier=1000),
    parity=Parity(days=QUARTER),
    named=Named(r"(?P<ticker>[A-Za-z]+)futures_date(?P<moment>\d{6})exp(?P<expiry>\d{6})",
                "WTIfutures_date250908exp251216.csv"),
    prepare=barchart_futures,
)  # fmt: skip

# Only a mark and the vendor's volatility: kept for open interest and volatility, not for trading.
THINKORSWIM = ChainLayout(
    name="thinkorswim",
    columns={
            "day": "QuoteDate", "time": "QuoteTime", "root": "Root", "expiry": "Expiration", "strike": "Strike",
            "right": "P/C", "last": "Mark", "iv": "ImpVol", "open_interest": "OpenInterest", "shown": "TOSsymbol",
        },
    quote_time=timed,
    price="mark",
    prepare=thinkorswim,
)  # fmt: skip

IBKR_GREEKS = ChainLayout(
    name="ibkr_greeks",
    columns={
            "expiry": "expiration", "strike": "strike", "right": "right", "bid": "bid", "ask": "ask", "last": "last",
            "volume": "volume", "iv": "iv", "delta": "delta", "vega": "vega",
        },
    quote_time=at_close,
    named=Named(r"(?P<ticker>[A-Z]{1,6})_greeks_(?P<moment>\d{8})", "ibkr_MSFT_greeks_20260728.csv"),
)  # fmt: skip

ALPHA_VANTAGE = ChainLayout(
    name="alpha_vantage",
    columns={
            "symbol": "contractID", "ticker": "symbol", "expiry": "expiration", "strike": "strike", "right": "type",
            "last": "last", "bid": "bid", "ask": "ask", "volume": "volume", "open_interest": "open_interest",
            "moment": "date", "iv": "implied_volatility",
        },
    quote_time=at_close,
)  # fmt: skip

# Prices without bid and ask, and percents; zeros in its counts may mean "unknown".
OPEN_INTEREST_HISTORY = ChainLayout(
    name="open_interest_history",
    columns={"moment": "date", "spot": "spot", "expiry": "expiration", "strike": "strike"},
    calls={"last": "call_price", "volume": "call_volume", "iv": "call_iv", "open_interest": "call_oi"},
    puts={"last": "put_price", "volume": "put_volume", "iv": "put_iv", "open_interest": "put_oi"},
    quote_time=at_close,
    price="the vendor's price, bid and ask unknown",
    prepare=lambda frame, raw: in_percent(frame),
)

RETAIL = (BARCHART, BARCHART_FUTURES, THINKORSWIM, IBKR_GREEKS, ALPHA_VANTAGE, OPEN_INTEREST_HISTORY)
