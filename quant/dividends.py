"""Dividends that nobody told, read off the forward curve.

What the forwards of neighbouring expiries lack against the same spot carried at the same rate was paid in between.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from quant.normal import Floats

LEAST = 5e-4  # of the spot: a smaller gap is noise, or a yield
CLOSE = 14 / 365  # steps of the curve this close are one dividend, seen through a bent expiry


class Dividend(NamedTuple):
    """``at`` years to the ex-date, ``amount`` per unit of underlying; paid between ``after`` and ``before``, years to
    the neighbouring expiries, the later one being number ``expiry``."""

    at: float
    amount: float
    after: float
    before: float
    expiry: int


def dividends_between(
    years: Floats, forwards: Floats, spot: float, rate: float, placed: Mapping[int, float] | None = None
) -> tuple[Dividend, ...]:
    """One for every step of at least 0.05 % of the spot; ``years`` ascend. ``placed`` are ex-dates that are known
    better, by the number of the expiry after them; the others are put half-way.

    What the nearest expiry lacks against the spot is a stale spot as likely as a dividend, and counts for none. A
    steady yield below the threshold is left to the forwards themselves.

    >>> years = np.array([0.02, 0.10, 0.12, 0.20])
    >>> told = dividends_between(years, 100 - np.array([0.0, 0.02, 1.0, 1.01]), 100.0, 0.0)
    >>> [(round(one.at, 3), round(one.amount, 3), one.expiry) for one in told]
    [(0.11, 0.98, 2)]
    """
    known = np.flatnonzero(np.isfinite(forwards) & (years > 0))
    t, lacking = years[known], spot - forwards[known] * np.exp(-rate * years[known])
    found, i = list[Dividend](), 1
    while i < len(t):
        settled = max(int(np.searchsorted(t, t[i] + CLOSE, side="right")) - 1, i)
        if lacking[i] - lacking[i - 1] >= LEAST * spot:
            after, before, expiry = float(t[i - 1]), float(t[i]), int(known[i])
            at = (placed or {}).get(expiry, (after + before) / 2)
            amount = float((lacking[settled] - lacking[i - 1]) * np.exp(rate * at))
            found.append(Dividend(at, amount, after, before, expiry))
            i = settled
        i += 1
    return tuple(one for one in found if one.amount >= LEAST * spot)
