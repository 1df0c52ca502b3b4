"""Volatilities a vendor worked out itself, by expiry or by period and delta, made into daily measures of a ticker."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from domain.chain import Floats
from domain.importing import ParsedFile
from domain.market import Series
from domain.session import is_session
from market.layouts.columns import Days, Tally, as_date, days, drop_duplicates, each, numbers, texts
from market.layouts.outcome import dropped_rows
from market.layouts.raw import RawFile, Table, read_table

THIRTY, REACH_DAYS = 30.0, 15.0  # as market.measures reads a chain
LARGEST = 10.0


def thirty_day(ahead: Floats, vols: Floats) -> float | None:
    """The vol 30 days ahead, total variance linear in time between the expiries on either side.

    ``ahead`` in days, above 0. None without one on each side, or where neither comes within 15 days of 30.

    >>> round(thirty_day(np.array([10.0, 20.0, 40.0]), np.array([0.3, 0.2, 0.2])), 4)
    0.2
    """
    before, after = ahead[ahead <= THIRTY], ahead[ahead >= THIRTY]
    if not len(before) or not len(after):
        return None
    low, high = float(before.max()), float(after.min())
    if min(THIRTY - low, high - THIRTY) > REACH_DAYS:
        return None
    order = np.argsort(ahead)
    total = np.interp(THIRTY, ahead[order], (vols**2 * ahead)[order])
    return float(np.sqrt(total / THIRTY))


@dataclass(frozen=True)
class AtmTermLayout:
    """At-the-money volatility of every expiry, a line each: the 30-day volatility of each day."""

    name: str = "atm_term"

    def matches(self, raw: RawFile) -> bool:
        return {"snapshot_date", "expiration", "spot", "atm_iv", "atm_call_iv", "atm_put_iv"} <= raw.header

    def parse(self, raw: RawFile) -> ParsedFile:
        """:raises BadFile: unreadable, or no usable line."""
        columns = {
            "day": "snapshot_date",
            "expiry": "expiration",
            "iv": "atm_iv",
            "c": "atm_call_iv",
            "p": "atm_put_iv",
        }
        table = read_table(raw, columns, frozenset({"day", "expiry"}))
        tally = Tally(len(table.frame))
        day, expiry = (days(texts(table.frame, name)) for name in ("day", "expiry"))
        iv, call, put = (numbers(table.frame, name)[0] for name in ("iv", "c", "p"))
        _drop_days(tally, day)
        tally.drop(np.isnat(expiry), "bad expiry")
        tally.drop(~((iv > 0) & (iv < LARGEST)), "no volatility between 0 and 1,000 %")
        tally.drop(expiry <= day, "expires on the day itself")
        tally.drop(np.isnan(call) | np.isnan(put), "only one of call and put")
        drop_duplicates(tally, pd.DataFrame({"day": day, "expiry": expiry}), pd.DataFrame({"iv": iv}), "expiry")
        ahead = (expiry - day).astype("timedelta64[D]").astype(np.float64)
        found = {}
        for one in np.unique(day[tally.kept]):
            rows = tally.kept & (day == one)
            found[one] = thirty_day(ahead[rows], iv[rows])
        return _measured(self.name, raw, table, tally, {f"{raw.named_ticker()} iv30": found})


@dataclass(frozen=True)
class DeltaSurfaceLayout:
    """iVolatility's surface by period and call delta: at the money and the skew at 30 days."""

    name: str = "ivolatility_surface"

    def matches(self, raw: RawFile) -> bool:
        return {"date", "symbol", "period", "delta", "moneyness", "iv"} <= raw.header

    def parse(self, raw: RawFile) -> ParsedFile:
        """:raises BadFile: unreadable, or no usable line."""
        columns = {name: name for name in ("date", "symbol", "period", "delta", "iv")}
        table = read_table(raw, columns, frozenset({"date", "symbol"}))
        tally = Tally(len(table.frame))
        day, ticker = days(texts(table.frame, "date")), each(pd.Series(texts(table.frame, "symbol")), str.upper)
        period, delta, iv = (numbers(table.frame, name)[0] for name in ("period", "delta", "iv"))
        _drop_days(tally, day)
        tally.drop(ticker == "", "no ticker")
        tally.drop(~((period > 0) & (delta > 0) & (delta < 100)), "no period or delta")
        tally.drop(~((iv > 0) & (iv < LARGEST)), "no volatility between 0 and 1,000 %")
        key = pd.DataFrame({"day": day, "ticker": ticker, "period": period, "delta": delta})
        drop_duplicates(tally, key, pd.DataFrame({"iv": iv}), "point")
        month = key.assign(iv=iv)[tally.kept & (period == THIRTY)]
        table30 = month.pivot(index=["ticker", "day"], columns="delta", values="iv")
        found: dict[str, dict[np.datetime64, float | None]] = {}
        for at, row in table30.iterrows():
            name, moment = at
            one = np.datetime64(moment, "D")
            found.setdefault(f"{name} iv30", {})[one] = row.get(50.0)
            # A put of 25 delta has the strike of a call of 75.
            found.setdefault(f"{name} skew_25d", {})[one] = row.get(75.0, np.nan) - row.get(25.0, np.nan)
        return _measured(self.name, raw, table, tally, found)


def _drop_days(tally: Tally, day: Days) -> None:
    tally.drop(np.isnat(day), "bad date")
    known = np.flatnonzero(~np.isnat(day))
    closed = known[[not is_session(as_date(one)) for one in day[known]]]
    tally.drop(np.isin(np.arange(len(day)), closed), "no session on that day")


def _measured(
    layout: str, raw: RawFile, table: Table, tally: Tally, found: dict[str, dict[np.datetime64, float | None]]
) -> ParsedFile:
    """The series of the days that have a value.

    :raises BadFile: not one usable line.
    """
    dropped = dropped_rows(raw, tally, table.misshapen)
    kept = int(tally.kept.sum())
    series, warnings = [], []
    for name, values in found.items():
        known = {day: value for day, value in sorted(values.items()) if value is not None and np.isfinite(value)}
        if known:
            dates = np.array(list(known), dtype="datetime64[D]")
            series.append(("measure", Series(name, raw.name, dates, np.array(list(known.values()), dtype=np.float64))))
        if len(known) < len(values):
            warnings.append(f"{raw.name}: {name} has no value on {len(values) - len(known)} of {len(values)} days")
    rows = len(tally.kept) + table.misshapen
    return ParsedFile(layout, rows, kept, dropped, series=tuple(series), warnings=tuple(warnings))  # type: ignore[arg-type]
