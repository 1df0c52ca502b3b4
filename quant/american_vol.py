"""From an American premium back to its volatility: a bracketed secant search, over many quotes at once.

The search knows only a function from rows and vols to prices, so the numpy solutions and the compiled kernel share it.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quant.implied_vol import ABOVE_MAXIMUM, BAD_INPUT, BELOW_INTRINSIC, EXPIRED, NO_PRICE, OK, Codes
from quant.normal import Floats

Rows = NDArray[np.intp]
_MOST_STEPS = 100
_VOL_SETTLES = 1e-8
_PRICE_SETTLES = 1e-13  # of strike or spot, the larger
_HIGHEST = 20.0  # total deviation


class Quotes(NamedTuple):
    """One row a quote. ``floor`` is the value without vol (the best date of exercise), ``ceiling`` that at any vol.

    ``start`` is the vol of the premium read as European, NaN where it has none; ``slope`` the European vega there.
    """

    premium: Floats
    floor: Floats
    ceiling: Floats
    scale: Floats
    years: Floats
    start: Floats
    slope: Floats


def search(quotes: Quotes, price: Callable[[Rows, Floats], Floats]) -> tuple[Floats, Codes]:
    """Vols and statuses of ``quant.implied_vol``; NaN wherever the status is not ``OK``.

    An American price is at least the European one, so the premium read as European bounds the vol from above. At or
    below what exercise pays without any vol there is none: ``BELOW_INTRINSIC``.
    """
    status = _status(quotes)
    vol = np.full(status.shape, np.nan)
    rows = np.flatnonzero(status == OK)
    vol[rows] = _roots(Quotes(*(column[rows] for column in quotes)), lambda at, vols: price(rows[at], vols))
    status[rows[~np.isfinite(vol[rows])]] = BAD_INPUT
    return vol, status


def _status(quotes: Quotes) -> Codes:
    status = np.zeros(quotes.premium.shape, dtype=np.int8)
    with np.errstate(all="ignore"):
        status[~(quotes.premium - quotes.floor > _PRICE_SETTLES * quotes.scale)] = BELOW_INTRINSIC
        status[quotes.premium >= quotes.ceiling] = ABOVE_MAXIMUM
        status[~(np.isfinite(quotes.premium) & (quotes.premium > 0))] = NO_PRICE
        status[quotes.years <= 0] = EXPIRED
        status[~(np.isfinite(quotes.floor) & np.isfinite(quotes.ceiling) & np.isfinite(quotes.years))] = BAD_INPUT
    return status


def _roots(quotes: Quotes, price: Callable[[Rows, Floats], Floats]) -> Floats:
    """Secant steps kept inside a bracket, which is halved whenever two steps have not done so."""
    highest = _HIGHEST / np.sqrt(quotes.years)
    low, high = np.zeros(len(highest)), np.where(np.isfinite(quotes.start), quotes.start * (1 + 1e-6) + 1e-9, highest)
    vol = np.where(np.isfinite(quotes.start), quotes.start, np.minimum(1.0, highest / 2))
    slope = np.where(quotes.slope > 0, quotes.slope, np.inf)
    settled, width = np.full(len(vol), np.nan), high - low
    active = np.arange(len(vol))
    last, before = vol.copy(), np.full(len(vol), np.nan)
    for step in range(_MOST_STEPS):
        if not len(active):
            break
        at = vol[active]
        error = price(active, at) - quotes.premium[active]
        above = error >= 0
        high[active[above]], low[active[~above]] = at[above], at[~above]
        with np.errstate(all="ignore"):
            secant = (error - before[active]) / (at - last[active])
            slope[active] = np.where(secant > 0, secant, slope[active])
            move = -error / slope[active]
        bottom, top = low[active], high[active]
        new = at + move
        stuck = ~((new > bottom) & (new < top))
        if step % 3 == 2:
            stuck |= top - bottom > width[active] / 2
            width[active] = top - bottom
        done = (np.abs(error) <= _PRICE_SETTLES * quotes.scale[active]) | (~stuck & (np.abs(move) <= _VOL_SETTLES))
        done |= top - bottom <= _VOL_SETTLES
        new = np.where(stuck, (bottom + top) / 2, new)
        known = np.isfinite(error)
        settled[active[done & known]] = np.where(stuck, at, new)[done & known]
        last[active], before[active], vol[active] = at, error, new
        active = active[~done & known]
    return settled
