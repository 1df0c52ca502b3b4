"""Sums over the quotes of one SVI slice: its cost, its normal equations, its linear parameters.

``x``, ``y`` and ``q`` are log-moneyness, total variance and weight in deviations, of which the first ``count`` matter.
Five parameters a, u, v, m and log sigma, as in ``quant.kernels.svi_descent``, stand in a row of scratch from ``place``.
"""

import math

from quant.kernels import Floats, fused


@fused
def linear(x: Floats, y: Floats, q: Floats, count: int, m: float, width: float) -> tuple[float, float, float]:
    """a, u and v of least squares at this centre and width; a flat smile where the quotes cannot tell."""
    n00 = n01 = n02 = n11 = n12 = n22 = g0 = g1 = g2 = 0.0
    for i in range(count):
        e, z = x[i] - m, q[i] * q[i]
        r = math.sqrt(e * e + width * width)
        up, down = (r + e) / 2, (r - e) / 2
        zu, zd, zy = z * up, z * down, z * y[i]
        n00 += z
        n01 += zu
        n02 += zd
        n11 += zu * up
        n12 += zu * down
        n22 += zd * down
        g0 += zy
        g1 += zy * up
        g2 += zy * down
    flat = g0 / n00
    p11, p12, p22 = n11 - n01 * n01 / n00, n12 - n01 * n02 / n00, n22 - n02 * n02 / n00
    p1, p2 = g1 - n01 * flat, g2 - n02 * flat
    determinant = p11 * p22 - p12 * p12
    if not determinant > 1e-14 * p11 * p22:
        return flat, 0.0, 0.0
    u, v = (p1 * p22 - p2 * p12) / determinant, (p2 * p11 - p1 * p12) / determinant
    return flat - (n01 * u + n02 * v) / n00, u, v


@fused
def cost(x: Floats, y: Floats, q: Floats, count: int, scratch: Floats, place: int) -> float:
    """Weighted sum of squares of the parameters at ``place``."""
    a, u, v = scratch[place], scratch[place + 1], scratch[place + 2]
    m, square = scratch[place + 3], math.exp(2.0 * scratch[place + 4])
    total = 0.0
    for i in range(count):
        e = x[i] - m
        r = math.sqrt(e * e + square)
        off = q[i] * (a + u * (r + e) / 2 + v * (r - e) / 2 - y[i])
        total += off * off
    return total


@fused
def normal_equations(
    x: Floats, y: Floats, q: Floats, count: int, scratch: Floats, place: int, matrix: int, slope: int
) -> float:
    """Fills the normal matrix and the gradient of the parameters at ``place``; their cost."""
    a, u, v, m = scratch[place], scratch[place + 1], scratch[place + 2], scratch[place + 3]
    square = math.exp(2.0 * scratch[place + 4])
    half, cost = (u + v) / 2 * square, 0.0
    n00 = n01 = n02 = n03 = n04 = n11 = n12 = n13 = n14 = n22 = n23 = n24 = n33 = n34 = n44 = 0.0
    g0 = g1 = g2 = g3 = g4 = 0.0
    for i in range(count):
        e, z = x[i] - m, q[i]
        r = math.sqrt(e * e + square)
        up, down, inverse = (r + e) / 2, (r - e) / 2, z / r
        off = z * (a + u * up + v * down - y[i])
        j1, j2, j3, j4 = z * up, z * down, (v * down - u * up) * inverse, half * inverse
        cost += off * off
        g0 += z * off
        g1 += j1 * off
        g2 += j2 * off
        g3 += j3 * off
        g4 += j4 * off
        n00 += z * z
        n01 += z * j1
        n02 += z * j2
        n03 += z * j3
        n04 += z * j4
        n11 += j1 * j1
        n12 += j1 * j2
        n13 += j1 * j3
        n14 += j1 * j4
        n22 += j2 * j2
        n23 += j2 * j3
        n24 += j2 * j4
        n33 += j3 * j3
        n34 += j3 * j4
        n44 += j4 * j4
    for i, g in enumerate((g0, g1, g2, g3, g4)):
        scratch[slope + i] = g
    rows = (n00, n01, n02, n03, n04, n01, n11, n12, n13, n14, n02, n12, n22, n23, n24, n03, n13, n23, n33, n34, n04,
            n14, n24, n34, n44)  # fmt: skip
    for i, element in enumerate(rows):
        scratch[matrix + i] = element
    return cost
