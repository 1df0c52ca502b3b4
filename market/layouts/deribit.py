"""Deribit's inverse options from four collectors: premium in coin, one coin a contract, a market round the clock."""

import re
from typing import Literal

import numpy as np
import pandas as pd

from domain.chain import Floats
from market.layouts.chains import ChainLayout, Terms
from market.layouts.columns import Texts, each, numbers, texts
from market.layouts.naming import Named
from market.layouts.raw import RawFile
from market.layouts.retail import in_percent, spelled_out
from market.layouts.when import Moment, Unusable, round_the_clock

COIN = Terms(multiplier=1, inverse=True, hours="always")
COINS = {"BITCOIN": "BTC", "ETHEREUM": "ETH"}
INVERSE = re.compile(r"(BTC|ETH)-\d{1,2}[A-Z]{3}\d{2}-\d+-[CP]")
VOLUME = re.compile(r"'volume': ([0-9.]+)")
SUPERSEDED = "superseded"


def book(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """One order book a contract, asked for within minutes: together they are true when the last was answered."""
    frame = in_percent(frame)
    asked = numbers(frame, "asked")[0]
    latest = np.nanmax(asked) if np.isfinite(asked).any() else np.nan
    return frame.assign(
        moment=stamp_of(np.array([latest]), "ms")[0],
        expiry=stamp_of(numbers(frame, "ends")[0], "ms"),
        ticker=coin_of(frame),
        volume=each(pd.Series(texts(frame, "stats")), _volume),
    )


def tardis(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """A stream of updates: of each contract the last one in an hour counts, at the time of that hour's last update."""
    frame = in_percent(frame)
    told = pd.Series(numbers(frame, "told")[0], frame.index)
    hour = (told // 3.6e9).fillna(-1)
    latest = told.groupby(hour).transform("max")
    key = pd.DataFrame({"hour": hour, "venue": texts(frame, "exchange"), "shown": texts(frame, "shown")})
    old = key.iloc[np.argsort(told, kind="stable")]
    superseded = old.duplicated(keep="last").sort_index()
    linear = ~pd.Series(texts(frame, "shown"), frame.index).str.fullmatch(INVERSE)
    return frame.assign(
        moment=np.where(superseded, SUPERSEDED, stamp_of(latest.to_numpy(), "us")),
        expiry=stamp_of(numbers(frame, "ends")[0], "us"),
        ticker=coin_of(frame),
        currency=np.where(linear | (texts(frame, "exchange") != "deribit"), "linear", "USD"),
    )


def hourly(text: str, ticker: str) -> Moment:
    if text == SUPERSEDED:
        raise Unusable("superseded within the hour")
    return round_the_clock(text, ticker)


def exported(frame: pd.DataFrame, raw: RawFile) -> pd.DataFrame:
    """The venue's own export: dashes for nothing; coin, day, expiry and index in the file's name."""
    plain = spelled_out(frame, "bid", "ask", "last", "volume", "open_interest")
    return plain.assign(ticker=plain["ticker"].map(lambda name: COINS.get(name, name)))


def coin_of(frame: pd.DataFrame) -> Texts:
    return each(pd.Series(texts(frame, "shown")), lambda name: name.partition("-")[0])


def stamp_of(values: Floats, unit: Literal["ms", "us"]) -> list[str]:
    """ISO stamps in UTC of counts since 1970; "unreadable" where there is none."""
    stamps = pd.to_datetime(pd.Series(values), unit=unit, errors="coerce", utc=True)
    return [stamp.isoformat() if pd.notna(stamp) else "unreadable" for stamp in stamps]


def _volume(stats: str) -> str | None:
    found = VOLUME.search(stats)
    return found.group(1) if found else None


DERIBIT_DAILY = ChainLayout(
    name="deribit_daily",
    columns={
            "moment": "timestamp", "ticker": "currency", "right": "option_type", "strike": "strike",
            "expiry": "expiry_datetime", "bid": "bid_price", "ask": "ask_price", "last": "mark_price",
            "forward": "futures_price", "iv": "implied_volatility", "open_interest": "open_interest",
            "volume": "volume", "spot": "index_price",
        },
    quote_time=round_the_clock,
    terms=COIN,
    price="mark",
)  # fmt: skip

DERIBIT_BOOK = ChainLayout(
    name="deribit_book",
    columns={
            "ends": "expiration_timestamp", "right": "option_type", "shown": "instrument_name", "strike": "strike",
            "forward": "underlying_price", "asked": "timestamp", "stats": "stats", "open_interest": "open_interest",
            "iv": "mark_iv", "last": "last_price", "spot": "index_price", "bid": "best_bid_price",
            "ask": "best_ask_price",
        },
    quote_time=round_the_clock,
    terms=COIN,
    prepare=book,
)  # fmt: skip

TARDIS = ChainLayout(
    name="tardis",
    columns={
            "exchange": "exchange", "shown": "symbol", "told": "timestamp", "right": "type", "strike": "strike_price",
            "ends": "expiration", "open_interest": "open_interest", "last": "last_price", "bid": "bid_price",
            "ask": "ask_price", "iv": "mark_iv", "forward": "underlying_price",
        },
    quote_time=hourly,
    terms=COIN,
    prepare=tardis,
)  # fmt: skip

DERIBIT_EXPORT = ChainLayout(
    name="deribit_export",
    columns={
            "strike": "Strike", "right": "OptionType", "volume": "Volume", "open_interest": "Open", "last": "Last",
            "bid": "Bid", "ask": "Ask", "bid_dollars": "Bid_USD",
        },
    quote_time=round_the_clock,
    terms=COIN,
    named=Named(r"(?P<ticker>[A-Za-z]+)_date(?P<moment>\d{8})_strike(?P<expiry>\d{8})_price(?P<spot>\d+)",
                "bitcoin_date20250830_strike20251226_price108864.csv"),
    prepare=exported,
)  # fmt: skip

DERIBIT = (DERIBIT_DAILY, DERIBIT_BOOK, TARDIS, DERIBIT_EXPORT)
