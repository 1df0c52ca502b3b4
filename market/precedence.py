"""Which of several imported series counts at a moment, what of it is visible, and where two disagree.

Series are never spliced. Visible are: a stock's bar from 16:00 ET of its day; the bar of a market that also trades on
weekends from midnight UTC after its day, and so an index of such a market; any other index value from 16:15 ET of its
day; a rate from 16:15 ET of the next session, when the Federal Reserve's H.15 brings it.

Precedence of price histories: those whose last visible bar is within a week of the freshest; of these the ones on the
scale of the chain's spot (a later split changes the scale); then by basis, adjusted for splits first; then the
freshest; then the longest. Of indices and rates the freshest counts, then the longest.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np

from domain.market import Days, PriceHistory, Series
from domain.session import last_completed_session, previous_session

BASES = ("split_adjusted", "split_and_dividend_adjusted", "unadjusted", "unstated")
CURRENT = np.timedelta64(7, "D")
STALE = timedelta(days=10)
SAME_SCALE = 1.4  # closer than a 3:2 split
TOLERANCE = 0.005
LATE = "SPX"  # closes at 16:15


def visible_bars(history: PriceHistory, as_of: datetime) -> PriceHistory:
    """The bars that were complete at ``as_of``."""
    yesterday = as_of.astimezone(UTC).date() - timedelta(days=1)
    past = _count(history.dates, yesterday)
    count = past if _always_open(history.dates[:past]) else _count(history.dates, last_completed_session(as_of))
    columns = ("dates", "open", "high", "low", "close", "volume")
    return replace(history, **{name: getattr(history, name)[:count] for name in columns})


def visible_index(series: Series, as_of: datetime) -> Series:
    yesterday = as_of.astimezone(UTC).date() - timedelta(days=1)
    return until(series, yesterday if _always_open(series.dates) else last_completed_session(as_of, LATE))


def visible_rate(series: Series, as_of: datetime) -> Series:
    return until(series, previous_session(last_completed_session(as_of, LATE)))


def best_history(
    histories: Sequence[PriceHistory], as_of: datetime, spot: float | None = None
) -> tuple[PriceHistory | None, str]:
    """The history that counts, cut at ``as_of``; None and the reason where there is none or it ended days ago."""
    seen = [cut for history in histories if len(cut := visible_bars(history, as_of))]
    if not seen:
        return None, "no price history imported" if not histories else "no price history reaches back so far"
    freshest = max(history.dates[-1] for history in seen)
    day: date = freshest.item()
    if last_completed_session(as_of) - day > STALE:
        return None, f"the price history ends on {day}"
    current = [history for history in seen if history.dates[-1] >= freshest - CURRENT]
    return min(current, key=lambda history: _rank(history, spot)), ""


def best_series(series: Sequence[Series]) -> Series | None:
    """Of series that are cut already; None where none has a value."""
    filled = [one for one in series if len(one)]
    return max(filled, key=lambda one: (one.dates[-1], len(one)), default=None)


def disagreements(histories: Sequence[PriceHistory]) -> tuple[str, ...]:
    """A sentence for every two histories of one ticker whose closes differ by more than 0.5 % on common days."""
    pairs = ((a, b) for i, a in enumerate(histories) for b in histories[i + 1 :])
    return tuple(sentence for a, b in pairs for sentence in _compare(a, b))


def _compare(a: PriceHistory, b: PriceHistory) -> Iterator[str]:
    days, i, j = np.intersect1d(a.dates, b.dates, return_indices=True)
    if a.ticker != b.ticker or not len(days):
        return
    ratio = a.close[i] / b.close[j]
    apart = np.abs(np.log(ratio)) > TOLERANCE
    if apart.any():
        first, last = days[apart][0], days[apart][-1]
        middle = float(np.median(ratio[apart]))
        factor = max(middle, 1 / middle)
        cause = ", as if one were adjusted for a split the other is not" if factor > SAME_SCALE else ""
        yield (
            f"{a.ticker}: {a.source} ({a.basis}) and {b.source} ({b.basis}) differ on {int(apart.sum())} "
            f"of {len(days)} common days ({first} to {last}) by a factor of about {factor:.4g}{cause}"
        )


def _rank(history: PriceHistory, spot: float | None) -> tuple[bool, int, int, int]:
    last = float(history.close[-1])
    off_scale = spot is not None and not 1 / SAME_SCALE < last / spot < SAME_SCALE
    basis = BASES.index(history.basis) if history.basis in BASES else len(BASES)
    return off_scale, basis, -int(history.dates[-1].astype(np.int64)), -len(history)


def _always_open(days: Days) -> bool:
    """Whether days of a weekend are among them."""
    return bool(np.any(np.is_busday(days, weekmask="0000011")))


def until(series: Series, last: date) -> Series:
    """The values of days not after ``last``."""
    count = _count(series.dates, last)
    return replace(series, dates=series.dates[:count], values=series.values[:count])


def _count(days: Days, last: date) -> int:
    """How many days are not after ``last``."""
    return int(np.searchsorted(days, np.datetime64(last), side="right"))
