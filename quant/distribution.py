"""Where the spot may stand at an expiry, as the smile prices it, and what follows for a payoff."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quant.black import price
from quant.normal import Floats
from quant.smile import Smile

_REACH = 25.0  # deviations either side
_CROWDING = 5.0  # the points' density at the forward over that in the wings, as a power of e
_SMOOTHING = np.linspace(-0.2, 0.2, 9)  # deviations over which the variance is averaged (triangular weights)


@dataclass(frozen=True, eq=False)
class Outcomes:
    """``spots`` ascending and their probabilities ``weights``, which sum to 1."""

    spots: Floats
    weights: Floats


def outcomes(smile: Smile, *, drift_sd: float = 0.0, vol_ratio: float = 1.0, points: int = 201) -> Outcomes:
    """The spot at the smile's expiry, ``points`` of them.

    The risk-neutral probabilities are the changes of slope of the undiscounted call price in the strike (Breeden and
    Litzenberger, J. Business 51, 1978), taken over the convex hull of the prices, so that no quote noise makes one
    negative. They reprice the calls and puts struck at the points, and their mean is the forward. A view then moves
    them: log spots are stretched by ``vol_ratio`` around the forward and moved by ``drift_sd`` standard deviations,
    the mean kept at forward * exp(drift).

    The points crowd around the forward, where break-evens lie, and thin out into the wings.
    """
    deviation = smile.deviation
    outward = np.sinh(np.linspace(-_CROWDING, _CROWDING, points)) / np.sinh(_CROWDING)
    moneyness = _REACH * deviation * outward
    strikes = smile.forward * np.exp(moneyness)
    calls = price(True, smile.forward, strikes, smile.years, _smooth_vol(smile, moneyness), 1.0)
    calls[0], calls[-1] = smile.forward - strikes[0], 0.0
    above = -_hull_slopes(strikes, calls)
    weights = -np.diff(above, prepend=1.0, append=0.0)
    weights = np.maximum(weights, 0.0) / np.maximum(weights, 0.0).sum()
    drift = drift_sd * deviation
    relative = np.exp(vol_ratio * moneyness)
    return Outcomes(smile.forward * np.exp(drift) * relative / float(weights @ relative), weights)


def expected(value: ArrayLike, weights: Floats) -> float:
    """The mean of a value, one a spot."""
    return float(np.asarray(value, dtype=np.float64) @ weights)


def probability(pnl: ArrayLike, weights: Floats) -> float:
    """The probability that ``pnl`` (or a condition, one a spot) is above zero; a NaN never is."""
    return float(weights[np.asarray(pnl, dtype=np.float64) > 0].sum())


def cvar(pnl: ArrayLike, weights: Floats, level: float = 0.95) -> float:
    """Mean loss (positive) over the worst 1 - ``level`` of outcomes (Rockafellar and Uryasev, J. Risk 2, 2000).

    >>> round(cvar([-100.0, -10.0, 5.0, 20.0], np.array([0.02, 0.08, 0.4, 0.5]), level=0.95), 6)
    46.0
    """
    values = np.asarray(pnl, dtype=np.float64)
    order = np.argsort(values, kind="stable")
    tail = 1.0 - level
    reached = np.minimum(np.cumsum(weights[order]), tail)
    return float(-(np.diff(reached, prepend=0.0) @ values[order]) / tail)


def _smooth_vol(smile: Smile, moneyness: Floats) -> Floats:
    """The smile's vol with its kinks rounded off: variance averaged over a fifth of a deviation either side."""
    weights = 1.0 - np.abs(_SMOOTHING) / (_SMOOTHING[-1] * 1.25)
    variance = smile.vol_at(moneyness[:, None] + _SMOOTHING * smile.deviation) ** 2
    return np.asarray(np.sqrt(variance @ weights / weights.sum()))


def _hull_slopes(x: Floats, y: Floats) -> Floats:
    """Slopes, between neighbouring x, of the greatest convex function below the points (monotone chain)."""
    hull = [0]
    for i in range(1, len(x)):
        while len(hull) > 1 and _slope(x, y, hull[-2], hull[-1]) >= _slope(x, y, hull[-1], i):
            hull.pop()
        hull.append(i)
    slopes = np.diff(y[hull]) / np.diff(x[hull])
    return np.asarray(np.repeat(slopes, np.diff(hull)))


def _slope(x: Floats, y: Floats, left: int, right: int) -> float:
    return float((y[right] - y[left]) / (x[right] - x[left]))
