"""What options are worth at the horizon, in the money of today. One implementation for one order and for thousands.

Profit is cash now plus the discounted value at the horizon, so that neither interest on the stake nor the carry of
stock looks like an edge. Stock is credited with the dividends its forward leaves out (spot minus discounted forward).
An option that outlives the horizon is marked there at today's implied volatility of equal moneyness (sticky delta).
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
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Horizon:
    """The day a structure is judged: its smile, and the spots it may stand at."""

    smile: Smile
    spots: Floats
    weights: Floats


def horizon_of(smile: Smile, view: View) -> Horizon:
    """The outcomes at a smile's expiry under a view."""
    found: Outcomes = outcomes(smile, drift_sd=view.direction_sd, vol_ratio=view.vol_ratio)
    return Horizon(smile, found.spots, found.weights)


def option_values(end: Horizon, own: Smile, call: Flags, strike: Floats, spots: Floats | None = None) -> Floats:
    """Value today per unit, shape (options, spots), of options of expiry ``own`` at the horizon ``end``.

    ``spots`` default to the horizon's outcomes.
    """
    s = (end.spots if spots is None else spots)[None, :]
    k, is_call = strike[:, None], call[:, None]
    if own.expiry <= end.smile.expiry:
        return end.smile.discount * np.maximum(np.where(is_call, s - k, k - s), 0.0)
    forward = s * (own.forward / end.smile.forward)
    vol = own.vol_at(np.log(k / forward))
    return price(is_call, forward, k, own.years - end.smile.years, vol, own.discount)


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
