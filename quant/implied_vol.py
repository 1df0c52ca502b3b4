"""From a premium back to its volatility, with one status a quote (European options on the forward)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant.lognormal import broadcast, usable
from quant.normal import Floats, norm_cdf, norm_pdf

Codes = NDArray[np.int8]
OK, BELOW_INTRINSIC, ABOVE_MAXIMUM, NO_PRICE, EXPIRED, BAD_INPUT, NO_BID, NO_ASK, CROSSED = range(9)
STATUS_NAMES = (
    "ok", "below_intrinsic", "above_maximum", "no_price", "expired", "bad_input", "no_bid", "no_ask", "crossed",
)  # fmt: skip

_MOST_STEPS = 100
_BEYOND_ANY_ROOT = 60.0  # no double differs from the price at this total deviation


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
    sign, p, f, k, t, d = broadcast(call, premium, forward, strike, years, discount)
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
        status[~(usable(f, k, d) & np.isfinite(t))] = BAD_INPUT
        vol = np.full(p.shape, np.nan)
        solve = status == OK
        x, beta = -np.abs(np.log(f[solve] / k[solve])), time_value[solve] / scale[solve]
        vol[solve] = _deviation(x, beta) / np.sqrt(t[solve])
    status[solve & ~(np.isfinite(vol) & (vol > 0))] = BAD_INPUT
    vol[status != OK] = np.nan
    return vol, status


def explain(status: Codes, bid: ArrayLike, ask: ArrayLike) -> Codes:
    """``status`` of mids, with ``NO_PRICE`` told apart: ``NO_BID``, ``NO_ASK``, ``CROSSED``, or still no quote at all.

    >>> [STATUS_NAMES[i] for i in explain(np.full(4, NO_PRICE, np.int8), [0, 1.0, 2.0, np.nan], [0.05, np.nan, 1.9, 0])]
    ['no_bid', 'no_ask', 'crossed', 'no_price']
    """
    b, a = np.asarray(bid, dtype=np.float64), np.asarray(ask, dtype=np.float64)
    has_bid, has_ask = (b > 0) & np.isfinite(b), (a > 0) & np.isfinite(a)
    reasons = np.select(
        [has_ask & ~has_bid, has_bid & ~has_ask, has_bid & has_ask & (b > a)], [NO_BID, NO_ASK, CROSSED], NO_PRICE
    )
    return np.asarray(np.where(status == NO_PRICE, reasons, status), dtype=np.int8)


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
