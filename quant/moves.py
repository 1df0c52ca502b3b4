"""How far options expect the underlying to go: by an expiry, and on the day of an announcement."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np

from quant.black import price
from quant.smile import Smile

_ROUNDING = 1e-9
_FULL_LIFE = 1 / 365  # the shortest life of an option that is used to tell what a usual day brings


class ExpectedMove(NamedTuple):
    """By ``expiry``, per unit of underlying: ``straddle`` is what call and put at the forward cost together, the mean
    absolute move that is paid for; ``deviation`` one standard deviation of the log price, as a share of the forward,
    and ``low`` to ``high`` the prices one such deviation away, in which about two outcomes of three lie."""

    expiry: date
    days: float
    straddle: float
    deviation: float
    low: float
    high: float


def expected_move(smile: Smile) -> ExpectedMove:
    """Read from the fitted smile at the forward.

    A straddle at the forward costs about 0.8 deviations (Brenner and Subrahmanyam, Financial Analysts J. 44, 1988):

    >>> flat = Smile(date(2026, 9, 18), 0.25, 100.0, 1.0, np.array([90.0, 100.0, 110.0]), np.full(3, 0.2))
    >>> move = expected_move(flat)
    >>> round(move.straddle, 2), round(move.deviation, 3), round(move.low, 2), round(move.high, 2)
    (7.98, 0.1, 90.48, 110.52)
    """
    forward, vol, years = smile.forward, smile.atm, smile.years
    straddle = float(np.sum(price([True, False], forward, forward, years, vol, smile.discount)))
    deviation = vol * float(np.sqrt(years))
    low, high = forward * np.exp(-deviation), forward * np.exp(deviation)
    return ExpectedMove(smile.expiry, years * 365, straddle, deviation, float(low), float(high))


class EventMove(NamedTuple):
    """The move of one day that the options around an announcement pay for: ``deviation`` its standard deviation and
    ``mean`` its mean absolute size (both shares of the price); ``base_vol`` the volatility of all other days, decimal a
    year; ``before`` and ``after`` the expiries it was read from (``before`` None: from ``after`` alone)."""

    deviation: float
    mean: float
    base_vol: float
    before: date | None
    after: date


def event_move(slices: Sequence[Smile], day: date) -> EventMove | str:
    """What one announcement adds to total variance; a sentence where it cannot be told.

    The expiries before the announcement and the first two after it are asked. Usual days have the variance that passes
    between the two expiries after it; what the first expiry after the announcement has beyond usual days since the last
    one before it (since now, where there is none) is the announcement's. An expiry on the very day is passed over,
    because whether it comes before the news is not known.

    >>> def at(day, total, years):
    ...     vol = (total / years) ** 0.5
    ...     return Smile(day, years, 100.0, 1.0, np.array([90.0, 100.0, 110.0]), np.full(3, vol))
    >>> usual, news = 0.09, 0.05**2  # 30 % a year, and an announcement that moves the price by 5 %
    >>> expiries = [at(date(2026, 9, 4), usual * 0.05, 0.05), at(date(2026, 9, 18), usual * 0.1 + news, 0.1),
    ...             at(date(2026, 10, 16), usual * 0.2 + news, 0.2)]
    >>> move = event_move(expiries, date(2026, 9, 10))
    >>> round(move.deviation, 4), round(move.mean, 4), round(move.base_vol, 4)
    (0.05, 0.0399, 0.3)
    """
    living = [one for one in slices if one.years >= _FULL_LIFE and one.expiry != day]
    before = [one for one in living if one.expiry < day]
    after = [one for one in living if one.expiry > day]
    if len(after) < 2:
        return f"{len(after)} expiries after the announcement, 2 are needed to tell usual days from it"
    first, second = after[:2]
    usual = (_total(second) - _total(first)) / (second.years - first.years)
    if not usual > 0:
        return "the variance after the announcement falls, so usual days cannot be told from it"
    start, known = (before[-1].years, _total(before[-1])) if before else (0.0, 0.0)
    extra = _total(first) - known - usual * (first.years - start)
    if not extra > _ROUNDING * _total(first):
        return "the options around the announcement are no dearer than those after it"
    deviation = float(np.sqrt(extra))
    mean = deviation * float(np.sqrt(2 / np.pi))
    return EventMove(deviation, mean, float(np.sqrt(usual)), before[-1].expiry if before else None, first.expiry)


def _total(smile: Smile) -> float:
    """Total variance at the forward."""
    return smile.deviation**2
