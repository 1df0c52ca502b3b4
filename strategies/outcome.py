"""What options are worth at the horizon, in the money of today. One implementation for one order and for thousands.

Profit is cash now plus the discounted value at the horizon, so that neither interest on the stake nor the carry of
stock looks like an edge. Stock is credited with the dividends its forward leaves out (spot minus discounted forward).
An option that outlives the horizon is marked there at the forward smile: the total variance left between the two
expiries at equal log-moneyness (sticky moneyness), so that a jump that is over by then, such as an announcement, is not
paid for twice. Its marks are scaled so that their mean over the market's own outcomes is its price today: what the
approximation leaves over must not look like an edge.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from domain.leg import Leg
from quant.black import price
from quant.distribution import Outcomes, outcomes
from quant.surface import Smile, Surface
from strategies.view import View

TABLE_SIZE = 61
LEAST = 0.5  # forward vol over the far expiry's own
FURTHEST = 2.0  # factor by which marks are scaled at most
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Horizon:
    """The day a structure is judged: its smile, and the spots it may stand at."""

    smile: Smile
    spots: Floats
    weights: Floats
    market: Outcomes  # without a view


def horizon_of(smile: Smile, view: View) -> Horizon:
    """The outcomes at a smile's expiry under a view."""
    found = outcomes(smile, drift_sd=view.direction_sd, vol_ratio=view.vol_ratio)
    return Horizon(smile, found.spots, found.weights, outcomes(smile))


def option_values(end: Horizon, own: Smile, call: Flags, strike: Floats, spots: Floats | None = None) -> Floats:
    """Value today per unit, shape (options, spots), of options of expiry ``own`` at the horizon ``end``.

    ``spots`` default to the horizon's outcomes.
    """
    s = (end.spots if spots is None else spots)[None, :]
    k, is_call = strike[:, None], call[:, None]
    if own.expiry <= end.smile.expiry:
        return end.smile.discount * np.maximum(np.where(is_call, s - k, k - s), 0.0)
    today = price(call, own.forward, strike, own.years, own.vol(strike), own.discount)
    mean = _marks(end.smile, own, is_call, k, end.market.spots) @ end.market.weights
    scale = np.clip(today / np.where(mean > 0, mean, np.inf), 1 / FURTHEST, FURTHEST)
    return _marks(end.smile, own, is_call, k, s) * scale[:, None]


def _marks(near: Smile, own: Smile, call: Flags, strike: Floats, spots: Floats) -> Floats:
    """Values today of options of ``own`` at the expiry of ``near``, by the forward smile."""
    forward = spots * (own.forward / near.forward)
    vol = forward_vol(near, own, np.log(strike / forward))
    return price(call, forward, strike, own.years - near.years, vol, own.discount)


def forward_vol(near: Smile, far: Smile, moneyness: Floats) -> Floats:
    """Vol between two expiries at log(strike / forward); at least half of the far one's, where variances would cross.

    >>> from datetime import date
    >>> knots, terms = np.array([90.0, 100.0, 110.0]), ((1.0, 0.2), (2.0, 0.3))
    >>> near, far = (Smile(date(2026, 6, 1), years, 100.0, 1.0, knots, np.full(3, vol)) for years, vol in terms)
    >>> round(float(forward_vol(near, far, np.zeros(1))[0]) ** 2, 6)
    0.14
    """
    later = far.vol_at(moneyness)
    left = later**2 * far.years - near.vol_at(moneyness) ** 2 * near.years
    return np.asarray(np.maximum(np.sqrt(np.maximum(left, 0.0) / (far.years - near.years)), LEAST * later))


def stock_values(end: Horizon, spot: float, spots: Floats | None = None) -> Floats:
    """Value today of one share held to the horizon, dividends included; shape (spots,)."""
    smile = end.smile
    return smile.discount * (end.spots if spots is None else spots) + spot - smile.discount * smile.forward


def leg_values(end: Horizon, legs: Sequence[Leg], surface: Surface, spots: Floats | None = None) -> Floats | str:
    """Value today at the horizon of one unit of each leg, shape (legs, spots); a reason if a smile is missing.

    A leg that ends before the horizon counts as nothing, as in ``domain.payoff``.
    """
    rows = []
    for leg in legs:
        if leg.expiry is None or leg.strike is None:
            rows.append(stock_values(end, surface.spot, spots))
            continue
        own = surface.slice_for(leg.expiry)
        if own is None:
            return f"{leg.symbol}: no smile could be fitted for {leg.expiry}"
        value = option_values(end, own, np.array([leg.right == "C"]), np.array([leg.strike]), spots)[0]
        rows.append(value if leg.contracts < 0 or leg.expiry >= end.smile.expiry else 0.0 * value)
    return np.array(rows)


def outlives(leg: Leg, end: date) -> bool:
    return leg.expiry is not None and leg.expiry > end


def compact(profit: Floats, weights: Floats) -> tuple[tuple[float, float], ...]:
    """At most 61 (probability, profit) pairs by ascending profit, with the same mean.

    Outcomes within one of 60 equal ranges of profit become their mean; both extremes keep their own value.
    """
    distinct, place = np.unique(profit, return_inverse=True)
    if len(distinct) > TABLE_SIZE:
        span = (profit - distinct[0]) / (distinct[-1] - distinct[0])
        place = np.ceil(span * (TABLE_SIZE - 2)).astype(int) + (span >= 1)
        place = np.unique(place, return_inverse=True)[1]
    mass = np.bincount(place, weights)
    mean = np.bincount(place, weights * profit) / np.where(mass > 0, mass, 1.0)
    return tuple((float(p), float(x)) for p, x in zip(mass, mean, strict=True) if p > 0)
