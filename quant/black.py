"""European options on the forward (Black, "The pricing of commodity contracts", J. Financial Economics 3, 1976).

Everything broadcasts. Prices are per unit of underlying, ``years`` ACT/365, ``vol`` a decimal a year, ``discount`` the
price today of one unit paid at expiry. Inputs out of their domain give NaN, never an exception or a warning.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant.normal import Floats, norm_cdf, norm_pdf

Codes = NDArray[np.int8]
OK, BELOW_INTRINSIC, ABOVE_MAXIMUM, NO_PRICE, EXPIRED, BAD_INPUT = range(6)
STATUS_NAMES = ("ok", "below_intrinsic", "above_maximum", "no_price", "expired", "bad_input")

_MOST_STEPS = 100
_BEYOND_ANY_ROOT = 60.0  # no double differs from the price at this total deviation


class Greeks(NamedTuple):
    """Of one long unit: ``delta`` and ``gamma`` with respect to spot, ``theta`` a year, ``vega`` for 1.00 of vol."""

    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats


def price(
    call: ArrayLike, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, discount: ArrayLike
) -> Floats:
    """Discounted premium of one unit; the discounted intrinsic value on the forward where no time or no vol is left.

    Hull, Options, Futures, and Other Derivatives, 9th ed., Example 15.6 (7th ed., Example 13.6, p. 294).

    >>> rate, years = 0.10, 0.5
    >>> c, p = price([True, False], 42 * np.exp(rate * years), 40, years, 0.20, np.exp(-rate * years))
    >>> round(float(c), 2), round(float(p), 2)
    (4.76, 0.81)
    """
    sign, f, k, t, v, d = _broadcast(call, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        d1, d2, _ = _d1_d2(f, k, t, v)
        value = d * sign * (f * norm_cdf(sign * d1) - k * norm_cdf(sign * d2))
    return np.asarray(np.where(_usable(f, k, d) & (v >= 0), np.maximum(value, 0.0), np.nan))


def greeks(
    call: ArrayLike,
    spot: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    discount: ArrayLike,
) -> Greeks:
    """Greeks with respect to the spot, rate and carry held: the forward moves in proportion to the spot.

    Hull, 7th ed., Examples 17.1 (p. 355, delta), 17.2 (p. 359, theta), 17.4 (p. 364, gamma), 17.6 (p. 367, vega).

    >>> g = greeks(True, 49, 49 * np.exp(0.05 * 0.3846), 50, 0.3846, 0.20, np.exp(-0.05 * 0.3846))
    >>> [round(float(x), digits) for x, digits in zip(g, (3, 3, 2, 1))]
    [0.522, 0.066, -4.31, 12.1]
    """
    sign, s, f, k, t, v, d = _broadcast(call, spot, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        d1, d2, deviation = _d1_d2(f, k, t, v)
        alive = deviation > 0
        density = np.where(alive, norm_pdf(d1), 0.0)
        ratio = f / s
        delta = sign * d * ratio * norm_cdf(sign * d1)
        curvature = gamma(s, f, k, t, v, d)
        vega = d * f * density * np.sqrt(np.maximum(t, 0.0))
        rate, growth = -np.log(d) / t, np.log(ratio) / t
        value = sign * d * (f * norm_cdf(sign * d1) - k * norm_cdf(sign * d2))
        theta = rate * value - growth * s * delta - np.where(alive, d * f * density * v / (2 * np.sqrt(t)), 0.0)
        theta = np.where(t > 0, theta, 0.0)
    good = _usable(f, k, d) & (s > 0) & (v >= 0)
    return Greeks(*(np.asarray(np.where(good, x, np.nan)) for x in (delta, curvature, theta, vega)))


def gamma(
    spot: ArrayLike, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, discount: ArrayLike
) -> Floats:
    """Second derivative by the spot of a call or a put, alone: the spot profile of a whole chain needs no more."""
    _, s, f, k, t, v, d = _broadcast(True, spot, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        d1, _, deviation = _d1_d2(f, k, t, v)
        value = np.where(deviation > 0, d * norm_pdf(d1) * f / (s * s * deviation), 0.0)
    return np.asarray(np.where(_usable(f, k, d) & (s > 0) & (v >= 0), value, np.nan))


def implied_vol(
    call: ArrayLike, premium: ArrayLike, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, discount: ArrayLike
) -> tuple[Floats, Codes]:
    """The vol at which ``price`` gives ``premium``, and one status a quote; NaN wherever the status is not ``OK``.

    A premium at its intrinsic value (to rounding) has no vol and counts as ``BELOW_INTRINSIC``; 0, negative or NaN is
    ``NO_PRICE``. The quote is turned out of the money by parity and solved for the total deviation by bracketed Halley
    steps, below the inflection point on 1 / log(price) and above it on the log of the distance to the maximum: Jäckel,
    "By implication", Wilmott (2006) and "Let's be rational", Wilmott (2015).

    >>> vol, status = implied_vol([True, False], [4.7594, 39.0], 44.1534, 40, 0.5, 0.951229)
    >>> round(float(vol[0]), 3), [STATUS_NAMES[i] for i in status]
    (0.2, ['ok', 'above_maximum'])
    """
    sign, p, f, k, t, d = _broadcast(call, premium, forward, strike, years, discount)
    with np.errstate(all="ignore"):
        undiscounted = p / d
        intrinsic = np.maximum(sign * (f - k), 0.0)
        time_value = undiscounted - intrinsic
        scale = np.sqrt(f) * np.sqrt(k)
        status = np.zeros(p.shape, dtype=np.int8)
        status[~(time_value > 2 * np.finfo(float).eps * np.maximum(undiscounted, intrinsic))] = BELOW_INTRINSIC
        status[undiscounted >= np.where(sign > 0, f, k)] = ABOVE_MAXIMUM
        status[~(np.isfinite(p) & (p > 0))] = NO_PRICE
        status[t <= 0] = EXPIRED
        status[~(_usable(f, k, d) & np.isfinite(t))] = BAD_INPUT
        vol = np.full(p.shape, np.nan)
        solve = status == OK
        x, beta = -np.abs(np.log(f[solve] / k[solve])), time_value[solve] / scale[solve]
        vol[solve] = _deviation(x, beta) / np.sqrt(t[solve])
    status[solve & ~(np.isfinite(vol) & (vol > 0))] = BAD_INPUT
    vol[status != OK] = np.nan
    return vol, status


def _broadcast(call: ArrayLike, *rest: ArrayLike) -> tuple[Floats, ...]:
    """+1 for calls and -1 for puts, then the rest, as floats of one shape."""
    sign = np.where(np.asarray(call, dtype=bool), 1.0, -1.0)
    return tuple(np.broadcast_arrays(sign, *(np.asarray(x, dtype=np.float64) for x in rest)))


def _usable(forward: Floats, strike: Floats, discount: Floats) -> NDArray[np.bool_]:
    finite = np.isfinite(forward) & np.isfinite(strike) & np.isfinite(discount)
    return np.asarray(finite & (forward > 0) & (strike > 0) & (discount > 0))


def _d1_d2(forward: Floats, strike: Floats, years: Floats, vol: Floats) -> tuple[Floats, Floats, Floats]:
    """d1, d2 and the total deviation; without deviation both d are infinite, or 0 at the money."""
    deviation = vol * np.sqrt(np.maximum(years, 0.0))
    moneyness = np.log(forward / strike)
    centre = np.where(moneyness == 0.0, 0.0, moneyness / deviation)
    return centre + deviation / 2, centre - deviation / 2, deviation


def _deviation(x: Floats, beta: Floats) -> Floats:
    """Total deviation s of the out-of-the-money price ``beta`` = price / sqrt(forward * strike) at x = -|log(F/K)|."""
    inflection = np.sqrt(2 * np.abs(x))
    at_inflection, slope, _, _ = _normalised(x, inflection)
    below = beta < at_inflection
    # On either side the price is close to exp(-x^2 / 2s^2), or to its tangent.
    s = np.where(
        below,
        np.abs(x) / np.sqrt(np.abs(x) / 2 + 2 * np.log(at_inflection / beta)),
        inflection + (beta - at_inflection) / slope,
    )
    low, high = np.where(below, 0.0, inflection), np.where(below, inflection, inflection + _BEYOND_ANY_ROOT)
    active = np.arange(len(s))
    for _ in range(_MOST_STEPS):
        if not len(active):
            break
        old = s[active]
        step, too_high = _halley(x[active], old, beta[active], below[active])
        high[active[too_high]] = old[too_high]
        low[active[~too_high]] = old[~too_high]
        new = old + step
        # Halley is of third order: a step of 1e-6 leaves an error of rounding size.
        settled = np.abs(step) <= 1e-6 * old
        kept = settled | ((new > low[active]) & (new < high[active]))
        s[active] = np.where(kept, new, (low[active] + high[active]) / 2)
        active = active[~(settled | (high[active] - low[active] <= 1e-15 * high[active]))]
    return np.asarray(s)


def _halley(x: Floats, s: Floats, beta: Floats, below: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.bool_]]:
    """The Halley step for s, and whether s is above the root."""
    b, slope, most, rest = _normalised(x, s)
    bend = (x / s) ** 2 / s - s / 4
    log_b, log_beta = np.log(b), np.log(beta)
    rest_at_root = most - beta
    newton = np.where(
        below,
        log_b * (log_beta - log_b) / log_beta * b / slope,
        np.log(rest / rest_at_root) * rest / slope,
    )
    curvature = bend + slope * np.where(below, -(1 + 2 / log_b) / b, 1 / rest)
    correction = np.clip(1 + newton * curvature / 2, 0.5, 2.0)
    return newton / correction, np.where(below, b > beta, rest < rest_at_root)


def _normalised(x: Floats, s: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Out-of-the-money price over sqrt(F K), its slope in s, its maximum, and the distance to it (no cancellation)."""
    with np.errstate(all="ignore"):
        centre = np.where(x == 0.0, 0.0, x / s)
    d1, d2 = centre + s / 2, centre - s / 2
    up, down = np.exp(x / 2), np.exp(-x / 2)
    value = up * norm_cdf(d1) - down * norm_cdf(d2)
    return value, up * norm_pdf(d1), up, up * norm_cdf(-d1) + down * norm_cdf(d2)
