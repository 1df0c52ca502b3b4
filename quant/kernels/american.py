"""The premium for early exercise under constant rate and yield, ``LANES`` options side by side.

The equations of ``quant.boundary``, with its scheme's points and matrices as flat rows. Work arrays hold one value a
lane, node after node, so that each innermost loop runs over lanes and becomes vector instructions.
"""

import math

import numpy as np

from quant.kernels import Floats, fused, part
from quant.kernels.elementary import exp_sum, log, tail_parts

LANES = 64
NODES = 7  # of the scheme

_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)
_FARTHEST = 37.5
_JUST_BELOW, _LEAST = 1e-12, 1e-300


@fused
def premium(
    moneyness: Floats,
    years: Floats,
    deviation: Floats,
    rate: Floats,
    dividend: Floats,
    nodes: Floats,
    points: Floats,
    weights: Floats,
    inner: Floats,
    last_points: Floats,
    last_weights: Floats,
    outer: Floats,
    density: bool,
    steps: int,
    out: Floats,
) -> None:
    """Fill ``out`` for puts with a positive rate, per unit of strike; NaN comes back as NaN. A full block is padded."""
    log_b, solved = np.empty(NODES * LANES), np.empty(NODES * LANES)
    above, below, limit, drift = np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty(LANES)
    m, t, s, r, q = np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty(LANES), np.empty(LANES)
    size = len(moneyness)
    for start in range(0, size, LANES):
        count = min(LANES, size - start)
        for j in range(LANES):
            row = start + min(j, count - 1)
            m[j], t[j], s[j], r[j], q[j] = moneyness[row], years[row], deviation[row], rate[row], dividend[row]
        for j in range(LANES):
            limit[j], drift[j] = log(r[j] / q[j] if q[j] > r[j] else 1.0), (r[j] - q[j]) * t[j]
        for i in range(NODES):
            for j in range(LANES):
                log_b[i * LANES + j] = _seed(nodes[i], t[j], s[j], r[j], drift[j], limit[j])
        _squares(log_b, limit, solved)
        for _ in range(steps):
            for i in range(NODES):
                _sides(density, i, nodes, points, weights, inner, log_b, solved, limit, drift, t, s, r, q, above, below)
                for j in range(LANES):
                    log_b[i * LANES + j] = min(log(max(above[j] / below[j], _LEAST)), limit[j] - _JUST_BELOW)
            _squares(log_b, limit, solved)
        for j in range(LANES):
            log_b[j] = log(m[j]) - limit[j]
        _income(last_points, last_weights, outer, log_b, solved, drift, m, t, s, r, q, above)
        for j in range(count):
            out[start + j] = 0.0 if log_b[j] <= -math.sqrt(solved[j]) else max(above[j], 0.0)


@part
def _squares(log_b: Floats, limit: Floats, solved: Floats) -> None:
    for i in range(NODES):
        for j in range(LANES):
            solved[i * LANES + j] = (log_b[i * LANES + j] - limit[j]) ** 2


@part
def _sides(
    density: bool,
    i: int,
    nodes: Floats,
    points: Floats,
    weights: Floats,
    inner: Floats,
    log_b: Floats,
    solved: Floats,
    limit: Floats,
    drift: Floats,
    t: Floats,
    s: Floats,
    r: Floats,
    q: Floats,
    above: Floats,
    below: Floats,
) -> None:
    """Numerator and denominator of the fixed-point equation at node ``i``."""
    x, base = nodes[i], i * LANES
    for j in range(LANES):
        above[j], below[j] = _own(density, x, log_b[base + j], t[j], s[j], r[j], q[j], drift[j])
    for k in range(len(points)):
        share, weight, place = x * points[k], 2.0 * x * weights[k], (i * len(points) + k) * NODES
        for j in range(LANES):
            z = log_b[base + j] - limit[j] + _distance(inner, place, solved, j)
            centre, half = (z / share + drift[j] * share) / s[j], 0.5 * s[j] * share
            a, b = _terms(density, centre - half, centre + half, share, t[j], s[j], r[j], q[j])
            above[j] += weight * a
            below[j] += weight * b


@part
def _income(
    points: Floats,
    weights: Floats,
    outer: Floats,
    z: Floats,
    solved: Floats,
    drift: Floats,
    m: Floats,
    t: Floats,
    s: Floats,
    r: Floats,
    q: Floats,
    total: Floats,
) -> None:
    """Interest on the strike less the yield on the spot below the boundary; ``z`` is log(moneyness / limit)."""
    for j in range(LANES):
        total[j] = 0.0
    for k in range(len(points)):
        share, weight, place = points[k], 2.0 * points[k] * weights[k], k * NODES
        for j in range(LANES):
            away = z[j] + _distance(outer, place, solved, j)
            centre, half = (away / share + drift[j] * share) / s[j], 0.5 * s[j] * share
            passed = t[j] * share * share
            interest = r[j] * exp_sum(-r[j] * passed, 0.0) * _cdf(half - centre)
            yielded = q[j] * m[j] * exp_sum(-q[j] * passed, 0.0) * _cdf(-half - centre)
            total[j] += weight * t[j] * (interest - yielded)


@part
def _distance(matrix: Floats, place: int, solved: Floats, j: int) -> float:
    """-log(boundary / its limit) at one point, from the squares at the nodes."""
    square = 0.0
    for c in range(NODES):
        square += matrix[place + c] * solved[c * LANES + j]
    return math.sqrt(max(square, 0.0))


@part
def _seed(x: float, t: float, s: float, r: float, drift: float, limit: float) -> float:
    """Log of Barone-Adesi and Whaley's path at the share ``x`` of sqrt(t)."""
    variance = s * s
    tilt = 0.5 - drift / variance
    root = tilt - math.sqrt(tilt * tilt + 2.0 * r * t / variance)
    far, near = root / (root - 1.0), exp_sum(limit, 0.0)
    growth = (drift * x * x - 2.0 * s * x) / (1.0 - far)
    path = far + (near - far) * exp_sum(max(min(growth, 0.0), -700.0), 0.0)
    return min(log(path), limit - _JUST_BELOW)


@part
def _own(
    density: bool, x: float, log_b: float, t: float, s: float, r: float, q: float, drift: float
) -> tuple[float, float]:
    """What the node's own distance to the strike adds to the two sides of the equation."""
    share, deviation = x * x, s * x
    centre = (log_b + drift * share) / deviation
    lower, upper = centre - 0.5 * deviation, centre + 0.5 * deviation
    paid, kept = exp_sum(-r * t * share, 0.0), exp_sum(-q * t * share, 0.0)
    if density:
        return paid * _pdf(lower) / deviation, kept * (_pdf(upper) / deviation + _cdf(upper))
    return paid * _cdf(lower), kept * _cdf(upper)


@part
def _terms(
    density: bool, lower: float, upper: float, share: float, t: float, s: float, r: float, q: float
) -> tuple[float, float]:
    """The integrands at one point, times half the slope of the time passed in the share over the node's own share."""
    passed = t * share * share
    kept = exp_sum(-q * passed, 0.0) * _cdf(upper)
    if density:
        paid = _INV_SQRT_2PI * exp_sum(-0.5 * lower * lower - r * passed, 0.0) / s
        lasting = _INV_SQRT_2PI * exp_sum(-0.5 * upper * upper - q * passed, 0.0) / s
        return r * t * paid, q * t * (lasting + share * kept)
    return r * t * share * exp_sum(-r * passed, 0.0) * _cdf(lower), q * t * share * kept


@part
def _pdf(x: float) -> float:
    return _INV_SQRT_2PI * exp_sum(max(-0.5 * x * x, -707.0), 0.0)


@part
def _cdf(x: float) -> float:
    d = min(abs(x), _FARTHEST)
    over, under = tail_parts(d)
    tail = 0.5 * exp_sum(-0.5 * d * d, 0.0) * over / under
    return 1.0 - tail if x > 0.0 else tail
