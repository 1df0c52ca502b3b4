"""Price and Greeks over rows, eight options at a time; conventions and formulae are those of ``quant.greeks``."""

import math

from quant.kernels import Flags, Floats, fused, part
from quant.kernels.elementary import gauss, log, tail_parts

_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
_FARTHEST = 60.0  # the normal distribution is 0 or 1 from here on


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
        price[i], delta[i], gamma[i], theta[i], vega[i], rho[i], _, _, _ = one(
            call[i], spot[i], forward[i], strike[i], years[i], vol[i], discount[i]
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
        _, _, _, _, _, _, vanna[i], volga[i], charm[i] = one(
            call[i], spot[i], forward[i], strike[i], years[i], vol[i], discount[i]
        )


@part
def one(
    call: bool, s: float, f: float, k: float, t: float, v: float, d: float
) -> tuple[float, float, float, float, float, float, float, float, float]:
    """Price, delta, gamma, theta, vega, rho, vanna, volga and charm of one option."""
    good = (f > 0.0) & (f < math.inf) & (k > 0.0) & (k < math.inf) & (d > 0.0) & (d < math.inf)
    good &= (s > 0.0) & (v >= 0.0) & (v < math.inf) & (t > -math.inf) & (t < math.inf)
    root, per_year = math.sqrt(t if t > 0.0 else 0.0), 1.0 / t
    deviation, x = v * root, log(f / k)
    centre = x / deviation if x != 0.0 else 0.0
    d1, d2, sign = centre + 0.5 * deviation, centre - 0.5 * deviation, 1.0 if call else -1.0
    density, chance_1 = normal(sign * d1)
    _, chance_2 = normal(sign * d2)
    carried = d * f / s
    mass = carried * density if deviation > 0.0 else 0.0
    alive, timed = mass > 0.0, t > 0.0
    delta, paid = sign * carried * chance_1, sign * d * k * chance_2
    rate, carry = -log(d) * per_year, -log(carried) * per_year
    price = max(s * delta - paid, 0.0)
    theta = carry * s * delta - rate * paid - (0.5 * s * mass * v * root * per_year if alive else 0.0)
    drift = mass * ((rate - carry) / deviation - 0.5 * d2 * per_year) if alive else 0.0
    return (
        price if good else math.nan,
        delta if good else math.nan,
        (mass / (s * deviation) if alive else 0.0) if good else math.nan,
        (theta if timed else 0.0) if good else math.nan,
        s * mass * root if good else math.nan,
        (paid * t if timed else 0.0) if good else math.nan,
        (-mass * d2 / v if alive else 0.0) if good else math.nan,
        (s * root * mass * d1 * d2 / v if alive else 0.0) if good else math.nan,
        (carry * delta - drift if timed else 0.0) if good else math.nan,
    )


@part
def normal(z: float) -> tuple[float, float]:
    """Density and distribution of N(0, 1)."""
    distance = min(abs(z), _FARTHEST)
    above, below = tail_parts(distance)
    bell = gauss(distance)
    tail = 0.5 * bell * above / below
    return _INV_SQRT_2PI * bell, tail if z < 0.0 else 1.0 - tail
