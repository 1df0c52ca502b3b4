"""Greeks of European options on the forward, to second order.

With respect to the spot, interest rate and carry held: the forward moves in proportion to the spot. ``vega``, ``vanna``
and ``volga`` are for 1.00 of vol (a vol point is a hundredth, of ``volga`` a ten-thousandth), ``rho`` for 1.00 of
rate with the carry yield held, ``theta`` and ``charm`` for a year of time passing (divide by 365 for a calendar day).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from quant.lognormal import broadcast, d1_d2, usable
from quant.normal import Floats, norm_cdf, norm_pdf


class Greeks(NamedTuple):
    """Of one long unit. ``charm`` is what delta gains as time passes: minus its slope in the time to expiry.

    ``vanna`` is the slope of delta in vol (and of vega in the spot), ``volga`` the slope of vega in vol.
    """

    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    rho: Floats
    vanna: Floats
    volga: Floats
    charm: Floats


def greeks(
    call: ArrayLike,
    spot: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    discount: ArrayLike,
) -> Greeks:
    """NaN for what is no market; a step of delta and zeros where no time or no vol is left.

    Hull, 7th ed., Examples 17.1 (p. 355, delta), 17.2 (p. 359, theta), 17.4 (p. 364, gamma), 17.6 (p. 367, vega).

    >>> g = greeks(True, 49, 49 * np.exp(0.05 * 0.3846), 50, 0.3846, 0.20, np.exp(-0.05 * 0.3846))
    >>> [round(float(x), digits) for x, digits in zip(g, (3, 3, 2, 1))]
    [0.522, 0.066, -4.31, 12.1]
    """
    sign, s, f, k, t, v, d = broadcast(call, spot, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        d1, d2, deviation = d1_d2(f, k, t, v)
        carried, root = d * f / s, np.sqrt(np.maximum(t, 0.0))
        mass = carried * np.where(deviation > 0, norm_pdf(d1), 0.0)
        delta = sign * carried * norm_cdf(sign * d1)
        paid = sign * d * k * norm_cdf(sign * d2)
        rate, carry = -np.log(d) / t, -np.log(carried) / t
        second = (mass / (s * deviation), -mass * d2 / v, s * root * mass * d1 * d2 / v)
        curvature, vanna, volga = (np.where(mass > 0, x, 0.0) for x in second)
        drift = np.where(mass > 0, mass * ((rate - carry) / deviation - d2 / (2 * t)), 0.0)
        theta = carry * s * delta - rate * paid - np.where(mass > 0, s * mass * v / (2 * root), 0.0)
        theta, charm = (np.where(t > 0, x, 0.0) for x in (theta, carry * delta - drift))
        found = (delta, curvature, theta, s * mass * root, paid * np.maximum(t, 0.0), vanna, volga, charm)
    good = usable(f, k, d) & (s > 0) & (v >= 0) & np.isfinite(v) & np.isfinite(t)
    return Greeks(*(np.asarray(np.where(good, x, np.nan)) for x in found))


def gamma(
    spot: ArrayLike, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, discount: ArrayLike
) -> Floats:
    """Second derivative by the spot of a call or a put, alone: the spot profile of a whole chain needs no more."""
    _, s, f, k, t, v, d = broadcast(True, spot, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        d1, _, deviation = d1_d2(f, k, t, v)
        mass = d * f / s * np.where(deviation > 0, norm_pdf(d1), 0.0)
        value = np.where(mass > 0, mass / (s * deviation), 0.0)
        known = usable(f, k, d) & (s > 0) & (v >= 0) & np.isfinite(v) & np.isfinite(t)
    return np.asarray(np.where(known, value, np.nan))
