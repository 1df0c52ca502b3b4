"""The sessions of the New York Stock Exchange from 1990 to 2032, from a table of its holidays and early closes.

Reading the table takes a millisecond; the library it was made from takes a quarter of a second in every process.
"""

from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.datetime64]

FIRST, LAST = np.datetime64("1990-01-02"), np.datetime64("2032-12-31")
OPEN, CLOSE = np.timedelta64(9 * 60 + 30, "m"), np.timedelta64(16 * 60, "m")


def sessions() -> tuple[Stamps, Stamps, Stamps]:
    """Session days, and their opens and closes in UTC to the second, ascending."""
    closed, early = _exceptions()
    days = np.arange(FIRST, LAST + 1)
    days = days[np.is_busday(days, holidays=closed)]
    midnight: Stamps = np.asarray(days.astype("datetime64[s]") + _hours_behind(days), dtype="datetime64[s]")
    closes = midnight + CLOSE
    short = np.array(sorted(early), dtype="datetime64[D]")
    at = np.searchsorted(days, short)
    closes[at] = midnight[at] + np.array([early[day] for day in sorted(early)])
    return days, midnight + OPEN, closes


def _exceptions() -> tuple[list[str], dict[str, np.timedelta64]]:
    """Weekdays without a session, and the time of day (New York) at which some sessions end."""
    closed: list[str] = []
    early: dict[str, np.timedelta64] = {}
    for line in files("domain").joinpath("nyse.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        year, kind, *days = line.split()
        if kind == "closed":
            closed += [f"{year}-{day}" for day in days]
            continue
        for day, _, clock in (word.partition("@") for word in days):
            early[f"{year}-{day}"] = np.timedelta64(int(clock[:2]) * 60 + int(clock[3:]), "m")
    return closed, early


def _hours_behind(days: Stamps) -> NDArray[np.timedelta64]:
    """UTC minus New York time at each day's session: 4 hours in summer, else 5.

    Summer time runs from the first Sunday of April to the last of October until 2006, and from the second Sunday of
    March to the first of November since (Energy Policy Act of 2005, section 110).
    """
    years = days.astype("datetime64[Y]")
    start = np.where(years < np.datetime64("2007"), _sunday(years, 4, 1), _sunday(years, 3, 8))
    end = np.where(years < np.datetime64("2007"), _sunday(years, 10, 25), _sunday(years, 11, 1))
    return np.where((days >= start) & (days < end), 4, 5).astype("timedelta64[h]")


def _sunday(years: Stamps, month: int, day: int) -> Stamps:
    """The first Sunday of each year from that day of that month on."""
    first = (years.astype("datetime64[M]") + (month - 1)).astype("datetime64[D]") + (day - 1)
    return np.busday_offset(first, 0, roll="forward", weekmask="Sun")
