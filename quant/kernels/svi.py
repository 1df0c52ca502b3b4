"""Raw SVI slices by compiled loops: each from its quotes to its parameters and the butterfly arbitrage left in them.

The problem of ``quant.svi_fit`` in deviations: x = k / h, y = w / h^2, where h^2 is the total variance at the money.
"""

import math

from quant.kernels import Codes, Floats, compiled, fused, part
from quant.kernels.svi_descent import AT, TRIAL, copy, descend, into_box
from quant.kernels.svi_sums import cost, linear
from quant.svi import FURTHEST, STEEPEST

SETTLED, UNSETTLED, TOO_FEW, NO_UNIT = range(4)
FEWEST = 5  # distinct strikes, one a parameter
CENTRES, WIDTHS = (-1.0, 0.3, 1.5), (0.6, 2.0)  # the starts, in deviations
STARTS = len(CENTRES) * len(WIDTHS)
NEAR, REACH = 401, 8.0  # points, and sigmas either side of the bend, to look for arbitrage at: as ``quant.svi.grid``


@compiled
def fit_rows(
    k: Floats, w: Floats, weight: Floats, unit: Floats, fixed: Floats, a: Floats, b: Floats, rho: Floats, m: Floats,
    sigma: Floats, misfit: Floats, butterfly: Floats, status: Codes, quotes: Floats, scratch: Floats, g: Floats,
) -> None:  # fmt: skip
    """Fills ``a`` to ``status``, one entry a slice; ``k``, ``w`` and ``weight`` are flat, equally many a slice.

    A quote counts when all three are finite, the last two positive; a slice without ``FEWEST`` distinct strikes, or
    with a ``unit`` that is no positive number, is NaN and says so, as does one beyond what doubles can square.
    ``quotes`` takes three rows of one slice, ``g`` the points of the butterfly check: ``fixed`` and ``NEAR`` more.
    """
    width = len(k) // max(len(unit), 1)
    x, y, q = quotes[:width], quotes[width : 2 * width], quotes[2 * width : 3 * width]
    for n in range(len(unit)):
        h = unit[n]
        a[n] = b[n] = rho[n] = m[n] = sigma[n] = misfit[n] = butterfly[n] = math.nan
        if not (h > 0.0 and h < math.inf):
            status[n] = NO_UNIT
            continue
        count, size = scaled(k, w, weight, n * width, h, x, y, q)
        if not _enough(x, count):
            status[n] = TOO_FEW
            continue
        steepest = STEEPEST / h / (1 + 1e-6)
        start(x, y, q, count, steepest, scratch)
        left, settled = descend(x, y, q, count, steepest, scratch)
        if not left < math.inf:
            status[n] = UNSETTLED
            continue
        u, v = scratch[AT + 1], scratch[AT + 2]
        a[n], b[n], rho[n] = scratch[AT] * h * h, (u + v) / 2 * h, (u - v) / (u + v)
        m[n], sigma[n] = scratch[AT + 3] * h, math.exp(scratch[AT + 4]) * h
        misfit[n] = size * math.sqrt(left / count)
        butterfly[n] = shortfall(a[n], b[n], rho[n], m[n], sigma[n], fixed, g)
        status[n] = SETTLED if settled else UNSETTLED


@compiled
def scaled(
    k: Floats, w: Floats, weight: Floats, first: int, h: float, x: Floats, y: Floats, q: Floats
) -> tuple[int, float]:
    """A slice's usable quotes in deviations, squared weights summing to 1; how many, and that sum's root before."""
    count, largest, total = 0, 0.0, 0.0
    for i in range(first, first + len(x)):
        across, up, heavy = k[i] / h, w[i] / (h * h), weight[i] * (h * h)
        if abs(across) < math.inf and 0.0 < up < math.inf and 0.0 < heavy < math.inf:
            x[count], y[count], q[count] = across, up, heavy
            largest = max(largest, heavy)
            count += 1
    for i in range(count):
        q[i] /= largest
        total += q[i] ** 2
    size = math.sqrt(total)
    for i in range(count):
        q[i] /= size
    return count, size * largest


@compiled
def _enough(x: Floats, count: int) -> bool:
    """Whether ``FEWEST`` of the first ``count`` differ."""
    distinct = 0
    for i in range(count):
        new = True
        for j in range(i):
            if x[j] == x[i]:
                new = False
                break
        distinct += new
        if distinct >= FEWEST:
            return True
    return False


@compiled
def start(x: Floats, y: Floats, q: Floats, count: int, steepest: float, scratch: Floats) -> None:
    """The best of ``STARTS`` centres and widths, the other three parameters solved linearly and put in their box."""
    least = math.inf
    for c in range(STARTS):
        m, width = CENTRES[c // len(WIDTHS)], WIDTHS[c % len(WIDTHS)]
        a, u, v = linear(x, y, q, count, m, width)
        scratch[TRIAL], scratch[TRIAL + 1], scratch[TRIAL + 2] = a, u, v
        scratch[TRIAL + 3], scratch[TRIAL + 4] = m, math.log(width)
        into_box(scratch, steepest)
        found = cost(x, y, q, count, scratch, TRIAL)
        if found < least or c == 0:
            least = found
            copy(scratch, TRIAL, AT, 5)


@fused
def shortfall(a: float, b: float, rho: float, m: float, sigma: float, fixed: Floats, g: Floats) -> float:
    """As ``Svi.butterfly``: how far Durrleman's g falls below 0, at ``fixed`` log-moneyness and ``NEAR`` the bend."""
    count = len(fixed)
    for i in range(count):
        g[i] = _durrleman(fixed[i], a, b, rho, m, sigma)
    for i in range(NEAR):
        k = m + REACH * sigma * (2.0 * i / (NEAR - 1) - 1.0)
        g[count + i] = _durrleman(min(max(k, -FURTHEST), FURTHEST), a, b, rho, m, sigma)
    lowest = 0.0
    for i in range(count + NEAR):
        lowest = min(lowest, g[i])
    return max(-lowest, b * (1.0 + abs(rho)) - STEEPEST)


@part
def _durrleman(k: float, a: float, b: float, rho: float, m: float, sigma: float) -> float:
    """g; -1 where the variance is not positive."""
    e = k - m
    r = math.sqrt(e * e + sigma * sigma)
    w = a + b * (rho * e + r)
    first, second = b * (rho + e / r), b * sigma * sigma / (r * r * r)
    tilt = 1.0 - k * first / (2.0 * w)
    g = tilt * tilt - first * first / 4.0 * (1.0 / w + 0.25) + second / 2.0
    return g if w > 0.0 else -1.0
