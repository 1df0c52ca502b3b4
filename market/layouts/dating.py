"""When a file that tells no date was taken, from the volatilities its vendor printed beside the prices."""

from datetime import date, timedelta

import numpy as np
import pandas as pd

from domain.chain import Floats
from domain.session import expiry_moment, last_completed_session, next_session, session_close
from market.layouts.columns import Days, Mask, as_date
from quant.black import implied_vol

NEAR_MONEY, PAIRS = 0.02, 8
SHORTEST, LONGEST = timedelta(days=1), timedelta(days=21)
FEWEST_EXPIRIES = 3
SPREAD = timedelta(hours=36)


def session_of_vols(expiry: Days, strike: Floats, call: Mask, mid: Floats, iv: Floats) -> date | None:
    """The session whose close is nearest to the moment at which these mids have these volatilities.

    A price gives the total deviation vol * sqrt(T); with the printed vol it gives T, so every expiry tells the moment,
    expiry - T. The median over the expiries 1 to 21 days ahead counts; None if fewer than three tell one, or if the
    middle half of them is more than a day and a half apart. On seven Cboe files that do tell their date the median
    is within half a day of the close.
    """
    told = []
    for day in np.unique(expiry[~np.isnat(expiry)]):
        rows = expiry == day
        left = _time_left(strike[rows], call[rows], mid[rows], iv[rows])
        if left is not None and SHORTEST <= left <= LONGEST:
            told.append(expiry_moment(as_date(day)) - left)
    told.sort()
    if len(told) < FEWEST_EXPIRIES or told[len(told) * 3 // 4] - told[len(told) // 4] > SPREAD:
        return None
    moment = told[len(told) // 2]
    before = last_completed_session(moment)
    return min((before, next_session(before)), key=lambda session: abs(session_close(session) - moment))


def _time_left(strike: Floats, call: Mask, mid: Floats, iv: Floats) -> timedelta | None:
    """Time to one expiry from its out-of-the-money options near the money."""
    quotes = pd.DataFrame({"strike": strike, "call": call, "mid": mid}).dropna()
    sides = quotes.pivot_table(index="strike", columns="call", values="mid").dropna()
    if sides.shape[1] < 2 or not len(sides):
        return None
    gap = (sides[True] - sides[False]).to_numpy()
    nearest = np.argsort(np.abs(gap), kind="stable")[:PAIRS]
    forward = float(np.median((sides.index.to_numpy() + gap)[nearest]))
    rows = (call == (strike >= forward)) & (np.abs(strike / forward - 1) < NEAR_MONEY) & (iv > 0)
    deviation, _ = implied_vol(call[rows], mid[rows], forward, strike[rows], 1.0, 1.0)
    years = (deviation / iv[rows]) ** 2
    years = years[np.isfinite(years)]
    return timedelta(days=365 * float(np.median(years))) if len(years) else None
