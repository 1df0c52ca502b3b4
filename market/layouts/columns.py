"""Columns of text turned into arrays, and the tally of rows that cannot be used. All of it is vectorised."""

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from domain.chain import Floats

Mask = NDArray[np.bool_]
Days = NDArray[np.datetime64]
Texts = NDArray[np.object_]
NO_DAY = np.datetime64("NaT", "D")
DAY_FORMATS = ("%Y-%m-%d", "%m/%d/%Y", "%a %b %d %Y", "%d-%b-%y", "%m/%d/%y")
DIGITS = {6: "%y%m%d", 8: "%Y%m%d"}


class Tally:
    """The first reason against each row; rows without one are kept."""

    def __init__(self, rows: int) -> None:
        self._code = np.zeros(rows, dtype=np.int16)
        self._reasons = [""]

    @property
    def kept(self) -> Mask:
        return np.asarray(self._code == 0)

    def drop(self, rows: Mask, reason: str) -> None:
        fresh = rows & self.kept
        if fresh.any():
            if reason not in self._reasons:
                self._reasons.append(reason)
            self._code[fresh] = self._reasons.index(reason)

    def dropped(self) -> dict[str, int]:
        """Reason -> rows."""
        return {reason: int((self._code == i).sum()) for i, reason in enumerate(self._reasons) if i}


def texts(frame: pd.DataFrame, name: str) -> Texts:
    """A column as stripped text; blank is ""; a missing column is blank throughout."""
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    return each(frame[name], lambda value: "" if pd.isna(value) else str(value).strip())


def numbers(frame: pd.DataFrame, name: str) -> tuple[Floats, Mask]:
    """A column as floats (NaN = blank) and which rows hold something that is no finite number."""
    if name not in frame:
        return np.full(len(frame), np.nan), np.zeros(len(frame), dtype=bool)
    raw = frame[name]
    values = np.asarray(pd.to_numeric(raw, errors="coerce"), dtype=np.float64)
    finite = np.isfinite(values)
    return np.where(finite, values, np.nan), np.asarray(raw.notna(), dtype=bool) & ~finite


def days(values: Texts) -> Days:
    """Calendar days in any of the known notations, NaT where there is none."""
    return each(pd.Series(values), parse_day).astype("datetime64[D]")


def each(values: "pd.Series[Any]", convert: Callable[[Any], Any]) -> Texts:
    """``convert`` applied once to each distinct value."""
    codes, distinct = pd.factorize(values, use_na_sentinel=False)
    converted = np.empty(len(distinct), dtype=object)
    converted[:] = [convert(value) for value in distinct]
    return converted[codes]


@lru_cache(maxsize=65536)
def parse_day(text: str) -> np.datetime64:
    """The day a text names; NaT if none.

    >>> [str(parse_day(t)) for t in ("2026-08-21", "1/4/2016 0:00:00", "Mon Feb 07 2022", "260821", "soon")]
    ['2026-08-21', '2016-01-04', '2022-02-07', '2026-08-21', 'NaT']
    >>> [str(parse_day(t)) for t in ("20260821", "27-May-25", "99999999")]
    ['2026-08-21', '2025-05-27', 'NaT']
    """
    if text.isdigit() and len(text) not in DIGITS:
        return NO_DAY
    for form in (DIGITS[len(text)],) if text.isdigit() else DAY_FORMATS:
        plain = text if form.startswith("%a") else text.partition(" ")[0].partition("T")[0]
        try:
            return np.datetime64(datetime.strptime(plain, form).date(), "D")  # noqa: DTZ007
        except ValueError:
            continue
    return NO_DAY


def as_date(day: np.datetime64) -> date:
    """:raises ValueError: it is no day."""
    if np.isnat(day):
        raise ValueError("no day")
    plain: date = day.astype("datetime64[D]").item()
    return plain


def drop_duplicates(tally: Tally, key: pd.DataFrame, values: pd.DataFrame, what: str) -> None:
    """Of rows with one key and the same values the first stays; where the values disagree none does."""
    kept = np.flatnonzero(tally.kept)
    key = key.iloc[kept]
    repeated = np.asarray(key.duplicated(keep=False))
    if not repeated.any():
        return
    both = pd.concat([key, values.iloc[kept]], axis=1)[repeated]
    again = np.asarray(both.duplicated())
    conflicting = np.asarray(both[~again].duplicated(subset=list(key.columns), keep=False))
    rows = kept[repeated]
    disputed = pd.MultiIndex.from_frame(both.loc[~again, list(key.columns)][conflicting])
    hit = np.asarray(pd.MultiIndex.from_frame(both[list(key.columns)]).isin(disputed))
    tally.drop(_mask(len(tally.kept), rows[hit]), f"conflicting duplicate {what}")
    tally.drop(_mask(len(tally.kept), rows[again]), f"duplicate {what}")


def _mask(length: int, rows: NDArray[np.intp]) -> Mask:
    mask = np.zeros(length, dtype=bool)
    mask[rows] = True
    return mask
