"""When the synthetic market trades, what it lists, when its companies announce. Nothing here is random by the day."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domain.market import Days
from domain.session import NEW_YORK, next_session, session_close, session_of, session_open, sessions_between
from market.synthetic_random import Dice
from market.synthetic_universe import Underlying

EPOCH, LAST_YEAR = date(2022, 1, 3), 2031
STEP = timedelta(minutes=5)
STEPS = 78  # of a full session; 42 of one that ends at 13:00
START_DAYS = (
    date(2026, 2, 11), date(2026, 3, 10), date(2026, 4, 15), date(2026, 5, 12), date(2026, 6, 10),
    date(2026, 7, 15), date(2026, 8, 12), date(2026, 9, 15), date(2026, 10, 14), date(2026, 11, 10),
)  # fmt: skip
WEEKLY_LISTED, MONTHLY_LISTED, CYCLE_LISTED = 49, 120, 370  # days before expiry


def start_moment(seed: int) -> datetime:
    """Where the clock of a synthetic account starts: 11:00 New York time of a session in 2026 that the seed picks."""
    return datetime.combine(START_DAYS[seed % len(START_DAYS)], time(11), NEW_YORK).astimezone(UTC)


@dataclass(frozen=True)
class Tick:
    """A moment on the market's grid: ``step`` 0 is the opening print of the session, each further one five minutes."""

    session: date
    step: int
    at: datetime


@lru_cache(maxsize=4096)
def last_step(session: date) -> int:
    return int((session_close(session) - session_open(session)) / STEP)


def tick_at(moment: datetime) -> Tick | None:
    """The latest grid point not after the moment; outside the session the last close. None outside the calendar."""
    if not session_open(EPOCH) <= moment < datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC):
        return None
    session = session_of(moment)
    step = min(int((moment - session_open(session)) / STEP), last_step(session))
    return Tick(session, step, session_open(session) + step * STEP)


@lru_cache(maxsize=16)
def sessions_until(year: int) -> Days:
    """All session days from the epoch to the end of a year."""
    return sessions_between(EPOCH, date(year, 12, 31))


@lru_cache(maxsize=16)
def last_steps(year: int) -> NDArray[np.int64]:
    return np.array([last_step(day) for day in sessions_until(year).tolist()])


def third_friday(year: int, month: int) -> date:
    return date(year, month, 15 + (4 - date(year, month, 15).weekday()) % 7)


@dataclass(frozen=True, eq=False)
class Listings:
    """Every expiry the name will ever have, ascending, and the day from which each is quoted (until it expires)."""

    expiry: Days
    listed: Days


@lru_cache(maxsize=512)
def listings(weeklies: bool, cycle: int) -> Listings:
    """Third Fridays (the session before where that is a holiday), some of them a year ahead; and weeklies.

    ``cycle`` 0, 1 or 2 picks the months listed a year ahead (January, February or March and each third one from there).
    """
    fridays = np.arange("2022-01-07", f"{LAST_YEAR + 1}-12-31", 7, dtype="datetime64[D]")
    sessions = sessions_between(EPOCH, date(LAST_YEAR + 1, 12, 31))
    first: dict[date, date] = {}
    for friday in fridays.tolist():
        expiry = sessions[np.searchsorted(sessions, np.datetime64(friday), side="right") - 1].item()
        ahead = _listed_ahead(friday, weeklies, cycle)
        if ahead:
            first[expiry] = expiry - timedelta(days=ahead)
    days = np.array(sorted(first), dtype="datetime64[D]")
    return Listings(days, np.array([first[day] for day in days.tolist()], dtype="datetime64[D]"))


def _listed_ahead(friday: date, weeklies: bool, cycle: int) -> int:
    if friday == third_friday(friday.year, friday.month):
        return CYCLE_LISTED if (friday.month - 1) % 3 == cycle else MONTHLY_LISTED
    return WEEKLY_LISTED if weeklies else 0


def expiry_cycle(dice: Dice, name: Underlying) -> int:
    """Funds are on the March cycle; a stock's is drawn once."""
    return 2 if name.is_fund else int(dice.fixed("cycle", name.ticker)[0] * 3)


def earnings_days(dice: Dice, name: Underlying) -> list[tuple[date, date]]:
    """(announcement before the open of that session, the day it was made known), oldest first; none for a fund.

    The calendar belongs to how the world is made, so option prices may know a date before it is published.
    """
    if name.event == 0:
        return []
    quarters = [date(year, month, 1) for year in range(EPOCH.year, LAST_YEAR + 2) for month in (1, 4, 7, 10)]
    wobble = dice.fixed("earnings day", name.ticker, np.arange(len(quarters)), 0)
    notice = dice.fixed("earnings day", name.ticker, np.arange(len(quarters)), 1)
    offset = 16 + 42 * dice.fixed("earnings season", name.ticker)[0]
    days = []
    for quarter, w, n in zip(quarters, wobble.tolist(), notice.tolist(), strict=True):
        day = next_session(quarter + timedelta(days=int(offset + 7 * w) - 1))
        days.append((day, day - timedelta(days=21 + int(18 * n))))
    return days
