"""Exchange sessions: when markets are open, when an option dies, how old a quote is in trading time.

The New York calendar with its holidays and early closes is ``domain/nyse.py``.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from domain.errors import BadInput
from domain.nyse import sessions

NEW_YORK = ZoneInfo("America/New_York")
YEAR_SECONDS = 365.0 * 86400
# Options on broad ETFs and indices trade until 16:15 ET (Cboe, hours of SPY, QQQ, IWM, DIA, SPX, NDX, XSP, RUT).
LATE_CLOSERS = frozenset({"SPY", "QQQ", "IWM", "DIA", "SPX", "NDX", "XSP", "RUT"})
SETTLED_UTC = time(8)
FIRST_SESSION, LAST_SESSION = date(1990, 1, 2), date(2032, 12, 31)


@lru_cache(maxsize=1)
def _sessions() -> tuple[NDArray[np.datetime64], NDArray[np.datetime64], NDArray[np.datetime64]]:
    """Session days, opens and closes (UTC) of the New York calendar."""
    return sessions()


def _utc(moment: datetime) -> np.datetime64:
    """:raises BadInput: the calendar does not reach that far; before 1990 nothing may look like 2032."""
    if not FIRST_SESSION < moment.astimezone(UTC).date() <= LAST_SESSION:
        raise BadInput(f"{moment:%Y-%m-%d} is outside the exchange calendar", "name a day from 1990-01-03 to 2032")
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "s")


def _aware(stamp: np.datetime64) -> datetime:
    plain: datetime = stamp.astype("datetime64[s]").item()
    return plain.replace(tzinfo=UTC)


def is_session(day: date) -> bool:
    days = _sessions()[0]
    i = int(np.searchsorted(days, np.datetime64(day)))
    return i < len(days) and bool(days[i] == np.datetime64(day))


def session_open(day: date) -> datetime:
    days, opens, _ = _sessions()
    return _aware(opens[int(np.searchsorted(days, np.datetime64(day)))])


def session_close(day: date, ticker: str = "") -> datetime:
    """When the quotes of a session are final: 16:15 ET for broad index products, else 16:00, earlier on half days."""
    days, _, closes = _sessions()
    close = _aware(closes[int(np.searchsorted(days, np.datetime64(day)))])
    return close + timedelta(minutes=15) if ticker in LATE_CLOSERS else close


def last_completed_session(moment: datetime, ticker: str = "") -> date:
    """The latest session whose close is not after ``moment``."""
    days, _, closes = _sessions()
    late = np.timedelta64(15 * 60 if ticker in LATE_CLOSERS else 0, "s")
    day: date = days[int(np.searchsorted(closes + late, _utc(moment), side="right")) - 1].item()
    return day


def session_of(moment: datetime) -> date:
    """The session a moment belongs to: the one that is open, else the last one that opened."""
    days, opens, _ = _sessions()
    day: date = days[int(np.searchsorted(opens, _utc(moment), side="right")) - 1].item()
    return day


def next_session(day: date) -> date:
    days = _sessions()[0]
    following: date = days[int(np.searchsorted(days, np.datetime64(day), side="right"))].item()
    return following


def previous_session(day: date) -> date:
    days = _sessions()[0]
    before: date = days[int(np.searchsorted(days, np.datetime64(day))) - 1].item()
    return before


def sessions_between(first: date, last: date) -> NDArray[np.datetime64]:
    """All session days with first <= day <= last."""
    days = _sessions()[0]
    return days[(days >= np.datetime64(first)) & (days <= np.datetime64(last))]


def is_open(moment: datetime) -> bool:
    """Whether the regular session is open at the moment (the close itself counts as open)."""
    _, opens, closes = _sessions()
    i = int(np.searchsorted(opens, _utc(moment), side="right")) - 1
    return i >= 0 and bool(_utc(moment) <= closes[i])


def open_minutes(start: datetime, end: datetime) -> float:
    """Minutes of regular trading between two moments; 0 when nothing traded in between."""
    if end <= start:
        return 0.0
    _, opens, closes = _sessions()
    a, b = _utc(start), _utc(end)
    first = max(int(np.searchsorted(closes, a, side="right")), 0)
    last = int(np.searchsorted(opens, b, side="right"))
    spans = np.minimum(closes[first:last], b) - np.maximum(opens[first:last], a)
    return float(np.maximum(spans.astype("timedelta64[s]").astype(float), 0).sum() / 60)


def sessions_completed_since(session: date, moment: datetime, ticker: str = "") -> int:
    """How many sessions after ``session`` have closed by ``moment``: the age of an end-of-day quote."""
    return max(len(sessions_between(session, last_completed_session(moment, ticker))) - 1, 0)


def expiry_moment(expiry: date, root: str = "") -> datetime:
    """When an option stops living: the close of its expiry day (or of the session before, where that is a holiday).

    Standard SPX and NDX options settle on the opening print (root SPX, NDX); everything else at the close.
    """
    days = _sessions()[0]
    if not days[0] <= np.datetime64(expiry) <= days[-1]:
        return datetime.combine(expiry, time(16), NEW_YORK).astimezone(UTC)
    day: date = days[int(np.searchsorted(days, np.datetime64(expiry), side="right")) - 1].item()
    return session_open(day) if root in ("SPX", "NDX") else session_close(day)


def expiry_moment_always(expiry: date) -> datetime:
    """When an option of a market round the clock dies: 08:00 UTC (Deribit's settlement)."""
    return datetime.combine(expiry, SETTLED_UTC, UTC)


def years_to_expiry(expiry: NDArray[np.datetime64], quote_time: datetime, root: str = "") -> NDArray[np.float64]:
    """Years (ACT/365) from the quotes' own time to each expiry; 0 or less when it is over."""
    return _years(expiry, quote_time, lambda day: expiry_moment(day, root))


def years_to_expiry_always(expiry: NDArray[np.datetime64], quote_time: datetime) -> NDArray[np.float64]:
    """As ``years_to_expiry``, on a market round the clock."""
    return _years(expiry, quote_time, expiry_moment_always)


def _years(
    expiry: NDArray[np.datetime64], quote_time: datetime, end: Callable[[date], datetime]
) -> NDArray[np.float64]:
    unique, inverse = np.unique(expiry, return_inverse=True)
    seconds = [(end(day.item()) - quote_time).total_seconds() for day in unique]
    years: NDArray[np.float64] = (np.asarray(seconds) / YEAR_SECONDS)[inverse]
    return years
