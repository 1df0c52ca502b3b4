"""Files that are known and hold nothing a fund can store, each with its reason."""

from collections.abc import Callable
from dataclasses import dataclass

from market.layouts.raw import RawFile


@dataclass(frozen=True)
class Refusal:
    applies: Callable[[RawFile], bool]
    reason: str
    do: str


def _columns(*names: str) -> Callable[[RawFile], bool]:
    return lambda raw: set(names) <= raw.header


def _json(*words: str) -> Callable[[RawFile], bool]:
    return lambda raw: raw.body[:1] == b"{" and all(word.encode() in raw.body[:4096] for word in words)


REFUSALS = (
    Refusal(
        _json('"tradingClass"', '"expirations"'),
        "a list of expiries and strikes (IBKR reqSecDefOptParams), without a quote",
        "import quotes of these contracts",
    ),
    Refusal(
        _json('"current_price"', '"security_type"'),
        "a Cboe quote of an underlying alone, without its options",
        "import the options document of the same symbol",
    ),
    Refusal(
        _json('"annual_high"', '"iv30_annual_high"'),
        "Cboe's yearly extremes of one symbol, no day's value",
        "record its chains instead: fund data record",
    ),
    Refusal(
        _columns("Side", "Instrument", "Trade ID", "Entry Date"),
        "single trades; chains and daily series are stored, trades are not",
        "import the chains of these days",
    ),
    Refusal(
        _columns("instrument_name", "candle_open_time_ms", "candle_price_choice"),
        "one-minute candles at scattered moments are no daily bars",
        "import daily bars; the chains carry their own index price",
    ),
    Refusal(
        _columns("#expiry", "strike", "right", "implied_volatility"),
        "a Lean universe file: daily bars of options without bid and ask, whose session is not told",
        "import Lean's quote files",
    ),
)
