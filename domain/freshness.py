"""How old quotes are, by the source's own cadence, and whether they still count."""

import math
from datetime import date, datetime
from typing import NamedTuple

from domain.chain import Cadence
from domain.session import open_minutes, sessions_completed_since


class Age(NamedTuple):
    """``value`` against ``limit``, in sessions or in minutes of trading, and the sentence that says so."""

    value: float
    limit: float
    says: str

    @property
    def fresh(self) -> bool:
        return self.value <= self.limit


def quote_age(quote_time: datetime, session: date, cadence: Cadence, now: datetime, minutes: float, ticker: str) -> Age:
    """End-of-day quotes are fresh until the next session closes; intraday ones for ``minutes`` of trading.

    Quotes later than ``now`` have no age (NaN), so they are not fresh.
    """
    if quote_time > now:
        return Age(math.nan, math.nan, f"the quotes of {ticker} are of {quote_time.isoformat()}, later than now")
    if cadence == "eod":
        closed = sessions_completed_since(session, now, ticker)
        return Age(closed, 0.0, f"{closed} sessions have closed since the quotes of {session}, limit 0")
    old = open_minutes(quote_time, now)
    return Age(old, minutes, f"the quotes are {old:.1f} minutes of trading old, limit {minutes:g}")
