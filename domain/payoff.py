"""Payoff algebra: what a set of legs can lose, earn, and whether its short options are covered.

Everything here is decided by payoff, never by a structure's name. A long option covers a short one only if it lives at
least as long; a long that expires earlier counts as worth nothing. At the covering moment a long is worth at least its
intrinsic value, so the worst cases below are bounds, not estimates.
"""

import math
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Literal

from domain.leg import Leg

Risk = Literal["defined", "to_zero", "unlimited"]
STOCK_MARGIN = 0.50  # of what shares cost: Regulation T, 12 CFR 220.12(a)


def horizon(legs: Sequence[Leg]) -> date | None:
    """The day the payoff is judged: the last expiry of a short option, else the first of a long one, else None."""
    shorts = [leg.expiry for leg in legs if leg.expiry and leg.contracts < 0]
    longs = [leg.expiry for leg in legs if leg.expiry and leg.contracts > 0]
    return max(shorts) if shorts else min(longs, default=None)


def lasting(legs: Sequence[Leg]) -> list[Leg]:
    """The legs that count at the horizon: shorts, stock, and longs that live at least that long."""
    end = horizon(legs)
    return [leg for leg in legs if leg.contracts < 0 or leg.expiry is None or end is None or leg.expiry >= end]


def payoff(legs: Sequence[Leg], spot: float) -> float:
    """Cash the legs are worth at their horizon if the underlying stands at ``spot``, at intrinsic value."""
    return sum(leg.units * leg.intrinsic(spot) for leg in lasting(legs))


def upper_slope(legs: Sequence[Leg]) -> float:
    """Units of underlying held when the spot is above every strike."""
    return float(sum(leg.units for leg in lasting(legs) if leg.right != "P"))


def lower_slope(legs: Sequence[Leg]) -> float:
    """Units of underlying held when the spot is below every strike; positive loses until the spot is zero."""
    held = lasting(legs)
    return float(sum(leg.units for leg in held if not leg.is_option) - sum(x.units for x in held if x.right == "P"))


def risk_kind(legs: Sequence[Leg]) -> Risk:
    """ "defined": neither a rise nor a fall goes on losing beyond the strikes. "to_zero": a fall does, until the
    underlying is worth nothing (stock, a put sold against cash). "unlimited": a rise does.

    >>> from domain.leg import option_leg, stock_leg
    >>> risk_kind([option_leg("XYZ260821C00100000", -1)])
    'unlimited'
    >>> risk_kind([option_leg("XYZ260821C00100000", -1), stock_leg("XYZ", 100)])
    'to_zero'
    """
    if upper_slope(legs) < 0:
        return "unlimited"
    return "to_zero" if lower_slope(legs) > 0 else "defined"


def worst_loss(legs: Sequence[Leg], cash: float) -> float:
    """The most the legs can lose, given the ``cash`` received (positive) or paid for them; ``inf`` if unbounded.

    The payoff is piecewise linear, so the worst case stands at a strike, at zero or at infinity. A short put's loss
    down to zero counts in full.

    >>> from domain.leg import option_leg
    >>> spread = [option_leg("XYZ260821P00100000", -1), option_leg("XYZ260821P00095000", 1)]
    >>> worst_loss(spread, 120.0)
    380.0
    """
    if upper_slope(legs) < 0:
        return math.inf
    points = [0.0, *(leg.strike for leg in legs if leg.strike is not None)]
    return max(-(cash + min(payoff(legs, point) for point in points)), 0.0)


def tied_up(legs: Sequence[Leg], cash: float) -> float:
    """Equity the legs tie up: their worst case, and where shares are bought at least half of the ``cash`` paid. A put
    that caps the loss of a collar does not pay for its stock.

    >>> from domain.leg import option_leg, stock_leg
    >>> options = [option_leg("XYZ260821P00095000", 1), option_leg("XYZ260821C00105000", -1)]
    >>> collar = [stock_leg("XYZ", 100), *options]
    >>> worst_loss(collar, -9973.0), tied_up(collar, -9973.0)
    (473.0, 4986.5)
    """
    shares = sum(leg.units for leg in legs if not leg.is_option)
    return max(worst_loss(legs, cash), STOCK_MARGIN * max(-cash, 0.0) if shares > 0 else 0.0)


def best_gain(legs: Sequence[Leg], cash: float) -> float | None:
    """The most the legs can earn at their horizon, None if unbounded. For legs that outlive the horizon it counts
    intrinsic value only; the optimiser replaces it by a marked estimate and says so."""
    if upper_slope(legs) > 0:
        return None
    points = [0.0, *(leg.strike for leg in legs if leg.strike is not None)]
    return cash + max(payoff(legs, point) for point in points)


def breakevens(legs: Sequence[Leg], cash: float) -> tuple[float, ...]:
    """Spots at which the legs, held to the horizon, neither win nor lose, ascending."""
    strikes = sorted({leg.strike for leg in legs if leg.strike is not None})
    if not strikes:
        return ()
    knots = [0.0, *strikes, 2 * strikes[-1] + 1.0]
    slope = upper_slope(legs)
    if slope:
        beyond = knots[-1] - (cash + payoff(legs, knots[-1])) / slope
        knots[-1] = max(knots[-1], beyond + 1.0)
    found: list[float] = []
    for low, high in pairwise(knots):
        a, b = cash + payoff(legs, low), cash + payoff(legs, high)
        if a == 0.0 and low > 0:
            found.append(low)
        elif a * b < 0:
            found.append(low + (high - low) * a / (a - b))
    return tuple(round(x, 6) for x in dict.fromkeys(found))


def naked_shorts(legs: Sequence[Leg], free_cash: float, cash: float = 0.0) -> tuple[str, ...]:
    """Reasons why short options among ``legs`` are not covered; empty when every one is.

    Covered means: by a long option of the same right that lives as long, by deliverable stock (calls), or by full cash
    (puts): ``free_cash`` must pay the whole worst case, which is net of the ``cash`` received.
    """
    reasons = []
    shorts = [leg for leg in legs if leg.is_option and leg.contracts < 0]
    covers = lasting(legs)
    calls_short = -sum(leg.units for leg in shorts if leg.right == "C")
    calls_long = sum(leg.units for leg in covers if leg.right == "C" and leg.contracts > 0)
    shares = sum(leg.units for leg in covers if not leg.is_option)
    if calls_short > calls_long + max(shares, 0):
        reasons.append(f"{calls_short} calls sold against {calls_long + max(shares, 0)} covered")
    puts_short = -sum(leg.units for leg in shorts if leg.right == "P")
    puts_long = sum(leg.units for leg in covers if leg.right == "P" and leg.contracts > 0)
    if puts_short > puts_long:
        worst = worst_loss(legs, cash)
        if not worst <= free_cash:
            reasons.append(f"puts sold need {worst:,.0f} of cash, {free_cash:,.0f} is free")
    return tuple(reasons)
