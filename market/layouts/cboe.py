"""Cboe: delayed daily chains, snapshots of single names, and the two daily products of Cboe DataShop."""

import csv
from datetime import date
from pathlib import Path

from market.layouts.chains import ChainLayout
from market.layouts.columns import as_date, parse_day
from market.layouts.when import at_close, quarter_to_close, stamped


def closes_beside(path: Path) -> dict[tuple[str, date], float]:
    """The 16:00 closes in underlying.csv of the same folder; empty if there is none."""
    companion = path.with_name("underlying.csv")
    if not companion.is_file():
        return {}
    closes: dict[tuple[str, date], float] = {}
    with companion.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            try:
                closes[row["ticker"], as_date(parse_day(row["session_date"]))] = float(row["close"])
            except (KeyError, ValueError):
                continue  # importing underlying.csv itself counts such rows
    return closes


CBOE_DELAYED_DAILY = ChainLayout(
    name="cboe_delayed_daily",
    columns={
            "moment": "session_date", "ticker": "ticker", "expiry": "expiry", "right": "right", "strike": "strike",
            "symbol": "option", "bid": "bid", "ask": "ask", "last": "last_trade_price", "volume": "volume",
            "open_interest": "open_interest", "iv": "iv",
        },
    quote_time=at_close,
    beside=closes_beside,
)  # fmt: skip

CBOE_SNAPSHOTS = ChainLayout(
    name="cboe_snapshots",
    columns={
            "moment": "updated", "ticker": "underlying", "spot": "spot", "symbol": "symbol", "expiry": "expiration",
            "right": "side", "strike": "strike", "bid": "bid", "ask": "ask", "last": "last", "volume": "volume",
            "open_interest": "openInterest", "iv": "iv",
        },
    quote_time=stamped,
    blank_volume_is_zero=True,
)  # fmt: skip

DATASHOP = {
    "moment": "quote_date", "ticker": "underlying_symbol", "root": "root", "expiry": "expiration", "strike": "strike",
    "right": "option_type", "open_interest": "open_interest",
}  # fmt: skip

CBOE_DATASHOP_EOD = ChainLayout(
    name="cboe_datashop_eod",
    columns={
            **DATASHOP, "bid": "bid_eod", "ask": "ask_eod", "spot_bid": "underlying_bid_eod",
            "spot_ask": "underlying_ask_eod", "last": "close", "volume": "trade_volume", "delivery": "delivery_code",
        },
    quote_time=at_close,
)  # fmt: skip

# The whole session's volume and last price are not known at 15:45 and so are left out.
CBOE_DATASHOP_1545 = ChainLayout(
    name="cboe_datashop_1545",
    columns={
            **DATASHOP, "bid": "bid_1545", "ask": "ask_1545", "spot_bid": "underlying_bid_1545",
            "spot_ask": "underlying_ask_1545", "iv": "implied_volatility_1545",
        },
    quote_time=quarter_to_close,
)  # fmt: skip
