"""Where open contracts lie: max pain, walls, and how likely the spot is held at a strike until expiry.

Pinning: hedgers who are long the options at a strike buy below it and sell above it, the more the nearer expiry is
(Avellaneda and Lipkin, A market-induced mechanism for stock pinning, Quantitative Finance 3, 2003); stocks with listed
options do close near strikes on expiry days (Ni, Pearson and Poteshman, Stock price clustering on option expiration
dates, Journal of Financial Economics 78, 2005). ``Pin.score`` is ours: a measure of these conditions from 0 to 1, not a
probability.
"""

from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from quant.exposure import REACH, OpenLines
from quant.normal import Floats
from quant.surface import row_years

PIN_YEARS = 7 / 365
PIN_CONTRACTS = 1000.0  # open in the expiry, below which nobody's hedging moves the spot
AROUND = 0.01  # of the spot, within which strikes compete however short the time
DEVIATIONS = 2.0


class Wall(NamedTuple):
    """``share`` of the open interest of all living calls, or puts."""

    strike: float
    open_interest: float
    share: float


class Pin(NamedTuple):
    """``score`` is the product of its four parts, each from 0 to 1.

    ``concentration``: 1 less the mean open interest of the strikes around over this strike's. ``hedging``: 0 where
    dealers are short all of its gamma, 1/2 where both sides are even, 1 where they are long all of it. ``nearness``:
    exp(-z^2 / 2), z the distance in expected moves to expiry. ``urgency``: 1 less the time left over seven days.
    """

    expiry: date
    strike: float
    score: float
    concentration: float
    hedging: float
    nearness: float
    urgency: float


def max_pain(strike: Floats, call: NDArray[np.bool_], open_interest: Floats) -> float | None:
    """The listed strike at which holders of one expiry's options would be paid least; None without open interest.

    Unknown open interest (NaN) counts as none; of equal strikes the lowest is taken.
    """
    held = np.isfinite(open_interest) & (open_interest > 0) & np.isfinite(strike)
    if not held.any():
        return None
    candidates = np.unique(strike[np.isfinite(strike)])
    strikes, inverse = np.unique(strike[held], return_inverse=True)
    calls = np.bincount(inverse, weights=open_interest[held] * call[held])
    puts = np.bincount(inverse, weights=open_interest[held] * ~call[held])
    gap = candidates[:, None] - strikes
    paid = np.maximum(gap, 0.0) @ calls + np.maximum(-gap, 0.0) @ puts
    return float(candidates[int(np.argmin(paid))])


def max_pains(chain: Chain) -> tuple[tuple[date, float, bool], ...]:
    """(expiry, max pain, still alive at the quotes) of every expiry with open interest, ascending."""
    days, alive = chain.expiry.astype("datetime64[D]"), row_years(chain) > 0
    found = []
    for day in np.unique(days[~np.isnat(days)]):
        rows = days == day
        strike = max_pain(chain.strike[rows], chain.call[rows], chain.open_interest[rows])
        if strike is not None:
            found.append((day.item(), strike, bool(alive[rows].any())))
    return tuple(found)


def walls(chain: Chain, *, call: bool, count: int = 3) -> tuple[Wall, ...]:
    """The strikes with most open calls at or above the spot (puts: at or below) within 20 % of it, over all living
    expiries: further out lies insurance against crashes, which nobody hedges against day by day."""
    alive = (row_years(chain) > 0) & (chain.call == call) & np.isfinite(chain.open_interest) & (chain.open_interest > 0)
    if not alive.any() or not 0 < chain.spot < np.inf:
        return ()
    strikes, inverse = np.unique(chain.strike[alive], return_inverse=True)
    held = np.bincount(inverse, weights=chain.open_interest[alive])
    within = np.abs(strikes / chain.spot - 1) <= REACH
    beyond = np.flatnonzero(within & (strikes >= chain.spot if call else strikes <= chain.spot))
    first = beyond[np.argsort(-held[beyond], kind="stable")[:count]]
    return tuple(Wall(float(strikes[i]), float(held[i]), float(held[i] / held.sum())) for i in first)


def pins(chain: Chain, lines: OpenLines) -> tuple[Pin, ...]:
    """The strike most likely to hold the spot, for each expiry within seven days that has 1,000 open contracts."""
    days = chain.expiry[lines.row].astype("datetime64[D]")
    near = lines.years <= PIN_YEARS
    found = []
    for day in np.unique(days[near]):
        pin = _pin(day.item(), chain, lines, np.flatnonzero(near & (days == day)))
        if pin is not None:
            found.append(pin)
    return tuple(found)


def _pin(expiry: date, chain: Chain, lines: OpenLines, rows: NDArray[np.intp]) -> Pin | None:
    strikes, inverse = np.unique(lines.strike[rows], return_inverse=True)
    held = np.bincount(inverse, weights=chain.open_interest[lines.row[rows]])
    if not held.sum() >= PIN_CONTRACTS:
        return None
    nearest = rows[int(np.argmin(np.abs(lines.strike[rows] - lines.spot)))]
    years = float(lines.years[nearest])
    deviation = float(lines.vol[nearest]) * float(np.sqrt(years))
    distance = np.log(strikes / lines.spot)
    around = np.abs(distance) <= max(DEVIATIONS * deviation, AROUND)
    if not around.any():
        return None
    parts = (
        _concentration(np.where(around, held, 0.0), int(around.sum())),
        _hedging(lines, rows, inverse),
        np.exp(-0.5 * np.clip(distance / deviation, -30.0, 30.0) ** 2),
        np.full(len(strikes), min(max(1 - years / PIN_YEARS, 0.0), 1.0)),
    )
    score = np.where(around, np.prod(parts, axis=0), -1.0)
    best = int(np.argmax(score))
    concentration, hedging, nearness, urgency = (float(part[best]) for part in parts)
    return Pin(expiry, float(strikes[best]), float(score[best]), concentration, hedging, nearness, urgency)


def _concentration(held: Floats, count: int) -> Floats:
    others = (held.sum() - held) / max(count - 1, 1)
    more = held > others
    return np.asarray(np.where(more, 1 - np.divide(others, held, out=np.ones(len(held)), where=more), 0.0))


def _hedging(lines: OpenLines, rows: NDArray[np.intp], inverse: NDArray[np.intp]) -> Floats:
    """Call and put of one strike have one gamma, so that the units alone say whose side it is on."""
    net = np.bincount(inverse, weights=lines.units[rows])
    gross = np.bincount(inverse, weights=np.abs(lines.units[rows]))
    return np.asarray((1 + np.where(gross > 0, np.clip(net / np.where(gross > 0, gross, 1.0), -1.0, 1.0), 0.0)) / 2)
