"""Price and Greeks over rows, eight options at a time; conventions and formulae are those of ``quant.greeks``."""

import math

from quant.kernels import Flags, Floats, fused, part
from quant.kernels.elementary import exp_sum, gauss, log, tail_parts

_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
_FARTHEST = 60.0  # the normal distribution is 0 or 1 from here on
_MOST_GROWTH = 700.0  # of the logarithm of a price


@fused
def first_order(
    call: Flags,
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    vol: Floats,
    discount: Floats,
    price: Floats,
    delta: Floats,
    gamma: Floats,
    theta: Floats,
    vega: Floats,
    rho: Floats,
) -> None:
    """Fill the last six rows."""
    for i in range(len(spot)):
        s, k, t, d = spot[i], strike[i], years[i], discount[i]
        carried, per_year = d * forward[i] / s, 1.0 / t
        rate, carry, x = -log(d) * per_year, -log(carried) * per_year, log(forward[i] / k)
        price[i], delta[i], gamma[i], theta[i], vega[i], rho[i], _, _, _ = one(
            call[i], s, k, t, vol[i], x, d, carried, rate, carry
        )


@fused
def on_spot(
    call: Flags,
    spot: Floats,
    strike: Floats,
    years: Floats,
    vol: Floats,
    rate: Floats,
    carry: Floats,
    price: Floats,
    delta: Floats,
    gamma: Floats,
    theta: Floats,
    vega: Floats,
    rho: Floats,
) -> None:
    """Fill the last six rows from rates instead of a forward and a discount."""
    for i in range(len(spot)):
        s, t, r, q = spot[i], years[i], rate[i], carry[i]
        d = exp_sum(-r * t, 0.0) if abs(r * t) < _MOST_GROWTH else math.nan
        carried = exp_sum(-q * t, 0.0) if abs(q * t) < _MOST_GROWTH else math.nan
        x = log(s / strike[i]) + (r - q) * t
        price[i], delta[i], gamma[i], theta[i], vega[i], rho[i], _, _, _ = one(
            call[i], s, strike[i], t, vol[i], x, d, carried, r, q
        )


@fused
def second_order(
    call: Flags,
    spot: Floats,
    forward: Floats,
    strike: Floats,
    years: Floats,
    vol: Floats,
    discount: Floats,
    vanna: Floats,
    volga: Floats,
    charm: Floats,
) -> None:
    """Fill the last three rows."""
    for i in range(len(spot)):
        s, k, t, d = spot[i], strike[i], years[i], discount[i]
        carried, per_year = d * forward[i] / s, 1.0 / t
        rate, carry, x = -log(d) * per_year, -log(carried) * per_year, log(forward[i] / k)
        _, _, _, _, _, _, vanna[i], volga[i], charm[i] = one(call[i], s, k, t, vol[i], x, d, carried, rate, carry)


@part
def one(
    call: bool, s: float, k: float, t: float, v: float, x: float, d: float, carried: float, rate: float, carry: float
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """Price, delta, gamma, theta, vega, rho, vanna, volga and charm of one option.

    ``x`` is log(F / K), ``carried`` the units of spot that become one at expiry. One division serves every Greek.
    """
    good = (s > 0.0) & (s < math.inf) & (k > 0.0) & (k < math.inf) & (d > 0.0) & (d < math.inf)
    good &= (carried > 0.0) & (carried < math.inf) & (v >= 0.0) & (v < math.inf) & (t > -math.inf) & (t < math.inf)
    root = math.sqrt(t if t > 0.0 else 0.0)
    deviation = v * root
    bent = 1.0 / (s * deviation)
    per_deviation = s * bent
    centre = x * per_deviation if x != 0.0 else 0.0
    d1, d2, sign = centre + 0.5 * deviation, centre - 0.5 * deviation, 1.0 if call else -1.0
    bell, chance_1, chance_2 = normal(sign * d1, sign * d2)
    mass = carried * _INV_SQRT_2PI * bell if deviation > 0.0 else 0.0
    alive, timed = mass > 0.0, t > 0.0
    delta, paid = sign * carried * chance_1, sign * d * k * chance_2
    per_root, per_vol = v * per_deviation, root * per_deviation
    decay = 0.5 * s * mass * v * per_root if alive else 0.0
    drift = mass * ((rate - carry) * per_deviation - 0.5 * d2 * per_root * per_root) if alive else 0.0
    return (
        max(s * delta - paid, 0.0) if good else math.nan,
        delta if good else math.nan,
        (mass * bent if alive else 0.0) if good else math.nan,
        (carry * s * delta - rate * paid - decay if timed else 0.0) if good else math.nan,
        s * mass * root if good else math.nan,
        (paid * t if timed else 0.0) if good else math.nan,
        (-mass * d2 * per_vol if alive else 0.0) if good else math.nan,
        (s * root * mass * d1 * d2 * per_vol if alive else 0.0) if good else math.nan,
        (carry * delta - drift if timed else 0.0) if good else math.nan,
    )


@part
def normal(z1: float, z2: float) -> tuple[float, float, float]:
    """exp(-z1^2 / 2), and the distribution of N(0, 1) at both."""
    near, far = min(abs(z1), _FARTHEST), min(abs(z2), _FARTHEST)
    above_1, below_1 = tail_parts(near)
    above_2, below_2 = tail_parts(far)
    bell, share = gauss(near), 0.5 / (below_1 * below_2)
    tail_1, tail_2 = share * bell * above_1 * below_2, share * gauss(far) * above_2 * below_1
    return bell, tail_1 if z1 < 0.0 else 1.0 - tail_1, tail_2 if z2 < 0.0 else 1.0 - tail_2
