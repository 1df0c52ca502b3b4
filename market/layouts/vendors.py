"""The layouts that can be read, the most particular first. Adding a vendor is adding a row."""

from market.layouts.cboe import CBOE_DATASHOP_1545, CBOE_DATASHOP_EOD, CBOE_DELAYED_DAILY, CBOE_SNAPSHOTS
from market.layouts.cboe_json import CBOE_JSON
from market.layouts.cboe_quotedata import CBOE_QUOTEDATA
from market.layouts.deribit import DERIBIT
from market.layouts.lean import LEAN_MINUTE
from market.layouts.optionsdx import OPTIONSDX
from market.layouts.prices import PriceLayout
from market.layouts.research import RESEARCH
from market.layouts.retail import RETAIL
from market.layouts.series import DvolLayout, SeriesLayout
from market.layouts.term import AtmTermLayout, DeltaSurfaceLayout
from market.layouts.yfinance import YFINANCE, YFINANCE_FRONT, YFINANCE_PULLED

OHLC = {"open": "open", "high": "high", "low": "low", "close": "close"}
DAILY = {"date": "date", **OHLC, "volume": "volume"}
CHAINS = (
    CBOE_QUOTEDATA, CBOE_DELAYED_DAILY, CBOE_SNAPSHOTS, CBOE_DATASHOP_EOD, CBOE_DATASHOP_1545, OPTIONSDX,
    YFINANCE_PULLED, YFINANCE, YFINANCE_FRONT, CBOE_JSON, LEAN_MINUTE, *DERIBIT, *RETAIL, *RESEARCH,
)  # fmt: skip
PRICES = (
    # Yahoo's close beside an adjusted close is adjusted for splits only.
    PriceLayout("yahoo_prices", {"ticker": "ticker", **DAILY, "adjusted": "adj_close"}, basis="split_adjusted"),
    # Interactive Brokers adjusts its bars for splits, not for dividends.
    PriceLayout("ibkr_prices", {"ticker": "ticker", **DAILY, "wap": "wap", "count": "count"}, basis="split_adjusted"),
    PriceLayout(
        "cboe_underlying",
        {**DAILY, "ticker": "ticker", "date": "session_date", "seqno": "seqno"},
        basis="unadjusted",
    ),
    PriceLayout("ohlcv_by_ticker", {"ticker": "ticker", **DAILY}),
    PriceLayout("ohlcv", DAILY),
)
INDICES = (
    "VIX1D", "VIX9D", "VIX", "VIX3M", "VIX6M", "VIX1Y", "VVIX", "SKEW", "VXN", "GVZ", "OVX", "RVX", "VXD",
    "VX1", "VX2", "VX3", "VX4", "VX5", "VX6", "VX7", "VX8",
)  # fmt: skip
RATES = (
    "DFF",
    "SOFR",
    "DGS1MO",
    "DGS3MO",
    "DGS6MO",
    "DGS1",
    "DGS2",
    "DGS3",
    "DGS5",
    "DGS7",
    "DGS10",
    "DGS20",
    "DGS30",
    "PCREDIT8",
)
VOLATILITY_BARS = SeriesLayout("volatility_ohlc", "volatility", INDICES, close_of_named_index=True)
SERIES = (SeriesLayout("fred_rates", "rate", RATES), SeriesLayout("volatility_panel", "volatility", INDICES))
MEASURED = (AtmTermLayout(), DeltaSurfaceLayout(), DvolLayout())
LAYOUTS = (*CHAINS, *MEASURED, VOLATILITY_BARS, *PRICES, *SERIES)
