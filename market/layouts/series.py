"""Volatility indices and rates: a date and one column a series."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from domain.importing import ParsedFile, SeriesKind
from domain.market import Series
from market.layouts.columns import Tally, days, drop_duplicates, numbers, texts
from market.layouts.outcome import dropped_rows
from market.layouts.raw import RawFile, read_table

OHLC = frozenset({"date", "open", "high", "low", "close"})


@dataclass(frozen=True)
class SeriesLayout:
    """Every column with one of ``fields`` becomes a series of that name; a line counts as one row.

    ``close_of_named_index``: the file has the daily bars of one index, which its name tells; the close is the series.
    """

    name: str
    kind: SeriesKind
    fields: tuple[str, ...]
    close_of_named_index: bool = False

    def matches(self, raw: RawFile) -> bool:
        if self.close_of_named_index:
            return OHLC <= raw.header <= OHLC | {"volume"} and self._named(raw) is not None
        return _date_column(raw) is not None and any(field in raw.header for field in self.fields)

    def parse(self, raw: RawFile) -> ParsedFile:
        """The series of a file and what became of every line.

        :raises BadFile: unreadable, or not one usable line.
        """
        named = self._named(raw) if self.close_of_named_index else None
        fields = {named: "close"} if named else {field: field for field in self.fields if field in raw.header}
        table = read_table(raw, {"date": _date_column(raw) or "date", **fields}, frozenset({"date"}))
        tally = Tally(len(table.frame))
        day = days(texts(table.frame, "date"))
        tally.drop(np.isnat(day), "bad date")
        values = {field: numbers(table.frame, field) for field in fields}
        for value, unreadable in values.values():
            tally.drop(unreadable, "not a number")
            if self.kind == "volatility":
                tally.drop(value <= 0, "no positive value")
        tally.drop(np.logical_and.reduce([np.isnan(value) for value, _ in values.values()]), "no value")
        frame = pd.DataFrame({field: value for field, (value, _) in values.items()})
        drop_duplicates(tally, pd.DataFrame({"day": day}), frame, "day")
        kept = np.flatnonzero(tally.kept)
        kept = kept[np.argsort(day[kept], kind="stable")]
        dropped = dropped_rows(raw, tally, table.misshapen)
        series = []
        for field, (value, _) in values.items():
            rows = kept[np.isfinite(value[kept])]
            if len(rows):
                series.append((self.kind, Series(field, raw.name, day[rows], value[rows])))
        return ParsedFile(self.name, len(table.frame) + table.misshapen, len(kept), dropped, series=tuple(series))

    def _named(self, raw: RawFile) -> str | None:
        words = {word.upper() for word in re.split(r"[_\-. ]", raw.stem)}
        return next((field for field in self.fields if field in words), None)


@dataclass(frozen=True)
class DvolLayout:
    """Deribit's volatility index of one coin a line, daily bars in vol points; its close is the series.

    It is model-free and looks 30 days ahead, as ``model_free_iv30`` does, so it is that measure's history too.
    """

    name: str = "deribit_dvol"

    def matches(self, raw: RawFile) -> bool:
        return OHLC | {"symbol"} == raw.header and "dvol" in raw.stem.lower()

    def parse(self, raw: RawFile) -> ParsedFile:
        """:raises BadFile: unreadable, or not one usable line."""
        table = read_table(raw, {name: name for name in ("date", "symbol", "close")}, frozenset({"date", "symbol"}))
        tally = Tally(len(table.frame))
        day, coin = days(texts(table.frame, "date")), texts(table.frame, "symbol")
        close, unreadable = numbers(table.frame, "close")
        tally.drop(np.isnat(day), "bad date")
        tally.drop(coin == "", "no symbol")
        tally.drop(unreadable, "not a number")
        tally.drop(~(close > 0), "no positive value")
        drop_duplicates(tally, pd.DataFrame({"day": day, "coin": coin}), pd.DataFrame({"close": close}), "day")
        dropped = dropped_rows(raw, tally, table.misshapen)
        kept = np.flatnonzero(tally.kept)
        kept = kept[np.argsort(day[kept], kind="stable")]
        series: list[tuple[SeriesKind, Series]] = []
        for name in np.unique(coin[kept].astype(str)):
            rows = kept[coin[kept] == name]
            series.append(("volatility", Series(f"{name} DVOL", raw.name, day[rows], close[rows])))
            series.append(("measure", Series(f"{name} model_free_iv30", raw.name, day[rows], close[rows] / 100)))
        return ParsedFile(self.name, len(table.frame) + table.misshapen, len(kept), dropped, series=tuple(series))


def _date_column(raw: RawFile) -> str | None:
    return next((name for name in ("date", "DATE") if name in raw.header), None)
