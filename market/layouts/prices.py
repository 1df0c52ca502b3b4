"""Daily bars from any vendor, one history a ticker and file, with the basis of adjustment that the file tells."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from domain.chain import Floats
from domain.importing import ParsedFile
from domain.market import PriceHistory
from market.layouts.columns import Mask, Tally, Texts, days, drop_duplicates, each, numbers, texts
from market.layouts.outcome import dropped_rows
from market.layouts.raw import RawFile, read_table

BARS = ("open", "high", "low", "close")
ROUNDING = 1e-4
UNSTATED = "unstated"
# What a file's name may say of its prices, longest first.
NAMED_BASES = ("split_and_dividend_adjusted", "split_adjusted", "unadjusted")


@dataclass(frozen=True)
class PriceLayout:
    """``columns`` maps ticker (or the file's name tells it), date, open, high, low, close, volume to the vendor's.

    Further columns only help to recognise the file. ``basis`` is what the vendor is known to deliver; without one the
    file's name may say it, else it is "unstated".
    """

    name: str
    columns: Mapping[str, str]
    basis: str | None = None

    def matches(self, raw: RawFile) -> bool:
        return set(self.columns.values()) <= raw.header

    def parse(self, raw: RawFile) -> ParsedFile:
        """The histories of a file and what became of every row.

        :raises BadFile: unreadable, or not one usable row.
        """
        table = read_table(raw, self.columns, frozenset({"ticker", "date"}))
        frame = table.frame if "ticker" in self.columns else table.frame.assign(ticker=raw.named_ticker())
        tally = Tally(len(frame))
        ticker = each(pd.Series(texts(frame, "ticker")), lambda text: text.upper().lstrip("^"))
        day = days(texts(frame, "date"))
        bars, volume = _bars(frame, tally, ticker, day)
        kept = np.flatnonzero(tally.kept)
        kept = kept[np.lexsort((day[kept], ticker[kept].astype(str)))]
        dropped = dropped_rows(raw, tally, table.misshapen)
        names, starts = np.unique(ticker[kept].astype(str), return_index=True)
        histories = tuple(
            PriceHistory(
                str(name), self.basis or named_basis(raw.stem), raw.name, day[rows],
                bars["open"][rows], bars["high"][rows], bars["low"][rows], bars["close"][rows], volume[rows],
            )
            for name, rows in zip(names, np.split(kept, starts[1:]), strict=True)
        )  # fmt: skip
        return ParsedFile(self.name, len(frame) + table.misshapen, len(kept), dropped, prices=histories)


def named_basis(stem: str) -> str:
    """
    >>> named_basis("ohlcv_etfs_2016_2024_yahoo_unadjusted"), named_basis("SPX_daily")
    ('unadjusted', 'unstated')
    """
    return next((basis for basis in NAMED_BASES if basis in stem.lower()), UNSTATED)


def _bars(
    frame: pd.DataFrame, tally: Tally, ticker: Texts, day: "np.ndarray[tuple[int], np.dtype[np.datetime64]]"
) -> tuple[dict[str, Floats], Floats]:
    """Checked prices and volumes; NaN volume where there is none."""
    tally.drop(np.asarray(ticker == ""), "no ticker")
    tally.drop(np.isnat(day), "bad date")
    values = {name: numbers(frame, name) for name in (*BARS, "volume")}
    unreadable: Mask = np.logical_or.reduce([bad for _, bad in values.values()])
    tally.drop(unreadable, "not a number")
    bars = {name: values[name][0] for name in BARS}
    volume = values["volume"][0]
    low, high = bars["low"], bars["high"]
    tally.drop(np.logical_or.reduce([~(bars[name] > 0) for name in BARS]), "no price")
    outside = [(bars[n] > high * (1 + ROUNDING)) | (bars[n] < low * (1 - ROUNDING)) for n in ("open", "close")]
    tally.drop((high < low) | outside[0] | outside[1], "open or close outside the day's range")
    tally.drop(volume < 0, "negative count")
    drop_duplicates(tally, pd.DataFrame({"ticker": ticker, "day": day}), pd.DataFrame(bars), "day")
    return bars, volume
