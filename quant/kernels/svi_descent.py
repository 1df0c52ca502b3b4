"""Levenberg and Marquardt's steps for one raw SVI slice within its bounds. One row of scratch holds everything.

The unknowns are a, u, v, m and log sigma of y = a + u (r + e) / 2 + v (r - e) / 2 with e = x - m and
r = sqrt(e^2 + sigma^2): u and v are the slopes of the right and left wing, so that Lee's bound and |rho| < 1 are a box.
A parameter at its bound stays there while the cost falls outwards, and an a on the floor of the smile moves along it
with the others. Damping after H. B. Nielsen, "Damping parameter in Marquardt's method" (IMM-REP-1999-05).
"""

import math

from quant.kernels import Floats, compiled, fused
from quant.svi_fit import FURTHEST_CENTRE, LEAST_VARIANCE, NARROWEST, WIDEST

MOST_STEPS = 200
STILL = 1e-10  # relative gain of a step below which a slice is done
LEAST_SLOPE = 1e-6  # of a wing, in deviations
_LOW_WIDTH, _HIGH_WIDTH = math.log(NARROWEST), math.log(WIDEST)
_LONGEST = 5.0  # step of any parameter
_MOST_DAMPING = 1e12
_TIED = 1e-12  # distance to the floor, as a share of the variance at the money, that counts as none

# Places in the row: parameters and trial, their gradients, the step, the tangent of the floor, and matrices by rows.
AT, TRIAL, _SLOPE, _TRIAL_SLOPE, _STEP, _TANGENT = 0, 5, 10, 15, 20, 25
_NORMAL, _TRIAL_NORMAL, _SYSTEM = 30, 55, 80
SCRATCH = 105


@compiled
def descend(x: Floats, y: Floats, q: Floats, count: int, steepest: float, scratch: Floats) -> tuple[float, bool]:
    """Improves the parameters in ``scratch``; their cost, and whether the last step gained next to nothing."""
    damping, growth = 1e-3, 2.0
    cost = _normal_equations(x, y, q, count, scratch, AT, _NORMAL, _SLOPE)
    for _ in range(MOST_STEPS):
        tied = _system(scratch, steepest)
        expected = _step(scratch, damping)
        for i in range(5):
            scratch[TRIAL + i] = scratch[AT + i] - min(max(scratch[_STEP + i], -_LONGEST), _LONGEST)
        if tied:
            scratch[TRIAL] = -math.inf
        into_box(scratch, steepest)
        trial = _normal_equations(x, y, q, count, scratch, TRIAL, _TRIAL_NORMAL, _TRIAL_SLOPE)
        if trial < cost:
            gain = cost - trial
            scratch[AT : AT + 5] = scratch[TRIAL : TRIAL + 5]
            scratch[_SLOPE : _SLOPE + 5] = scratch[_TRIAL_SLOPE : _TRIAL_SLOPE + 5]
            scratch[_NORMAL : _NORMAL + 25] = scratch[_TRIAL_NORMAL : _TRIAL_NORMAL + 25]
            cost = trial
            if gain <= STILL * trial:
                return cost, True
            damping *= max(1 / 5, 1 - (2 * gain / expected - 1) ** 3) if expected > 0.0 else 1 / 5
            growth = 2.0
        elif damping > _MOST_DAMPING or expected <= STILL * cost:
            return cost, True
        else:
            damping *= growth
            growth *= 2.0
    return cost, False


@fused
def _normal_equations(
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


@compiled
def into_box(scratch: Floats, steepest: float) -> None:
    """The trial moved to the nearest that a slice may be."""
    scratch[TRIAL + 1] = min(max(scratch[TRIAL + 1], LEAST_SLOPE), steepest)
    scratch[TRIAL + 2] = min(max(scratch[TRIAL + 2], LEAST_SLOPE), steepest)
    scratch[TRIAL + 3] = min(max(scratch[TRIAL + 3], -FURTHEST_CENTRE), FURTHEST_CENTRE)
    scratch[TRIAL + 4] = min(max(scratch[TRIAL + 4], _LOW_WIDTH), _HIGH_WIDTH)
    bend = math.exp(scratch[TRIAL + 4]) * math.sqrt(scratch[TRIAL + 1] * scratch[TRIAL + 2])
    scratch[TRIAL] = max(scratch[TRIAL], LEAST_VARIANCE - bend)


@fused
def cost(x: Floats, y: Floats, q: Floats, count: int, scratch: Floats) -> float:
    """Weighted sum of squares of the trial."""
    a, u, v = scratch[TRIAL], scratch[TRIAL + 1], scratch[TRIAL + 2]
    m, square = scratch[TRIAL + 3], math.exp(2.0 * scratch[TRIAL + 4])
    total = 0.0
    for i in range(count):
        e = x[i] - m
        r = math.sqrt(e * e + square)
        off = q[i] * (a + u * (r + e) / 2 + v * (r - e) / 2 - y[i])
        total += off * off
    return total


@compiled
def _system(scratch: Floats, steepest: float) -> bool:
    """The normal matrix and gradient (in place of the step) of the parameters free to move; whether a is tied.

    Rows and columns of the others are those of the identity, their gradient 0.
    """
    matrix, slope, tangent = _SYSTEM, _STEP, _TANGENT
    u, v, sigma = scratch[AT + 1], scratch[AT + 2], math.exp(scratch[AT + 4])
    bend = sigma * math.sqrt(u * v)
    tied = scratch[AT] + bend <= LEAST_VARIANCE + _TIED and scratch[_SLOPE] > 0.0
    scratch[matrix : matrix + 25] = scratch[_NORMAL : _NORMAL + 25]
    scratch[slope : slope + 5] = scratch[_SLOPE : _SLOPE + 5]
    if tied:
        scratch[tangent], scratch[tangent + 3], scratch[tangent + 4] = 0.0, 0.0, -bend
        scratch[tangent + 1], scratch[tangent + 2] = -bend / (2 * u), -bend / (2 * v)
        for i in range(1, 5):
            scratch[slope + i] += scratch[tangent + i] * scratch[slope]
            for j in range(1, 5):
                scratch[matrix + 5 * i + j] += (
                    scratch[tangent + i] * scratch[_NORMAL + j]
                    + scratch[tangent + j] * scratch[_NORMAL + 5 * i]
                    + scratch[tangent + i] * scratch[tangent + j] * scratch[_NORMAL]
                )
    for i in range(5):
        low, high = _bounds(i, steepest)
        at, g = scratch[AT + i], scratch[slope + i]
        if (i == 0 and tied) or (at <= low and g > 0.0) or (at >= high and g < 0.0):
            for j in range(5):
                scratch[matrix + 5 * i + j] = scratch[matrix + 5 * j + i] = 0.0
            scratch[matrix + 6 * i], scratch[slope + i] = 1.0, 0.0
    return bool(tied)


@compiled
def _bounds(i: int, steepest: float) -> tuple[float, float]:
    """Lowest and highest value of a parameter; a has a floor instead."""
    if i == 1 or i == 2:
        return LEAST_SLOPE, steepest
    if i == 3:
        return -FURTHEST_CENTRE, FURTHEST_CENTRE
    if i == 4:
        return _LOW_WIDTH, _HIGH_WIDTH
    return -math.inf, math.inf


@compiled
def _step(scratch: Floats, damping: float) -> float:
    """The damped step in place of its gradient, to be subtracted; the fall in cost it promises.

    By Cholesky's factors in place; a pivot that is not positive stands for a parameter the quotes say nothing of.
    """
    matrix, step = _SYSTEM, _STEP
    slopes = (scratch[step], scratch[step + 1], scratch[step + 2], scratch[step + 3], scratch[step + 4])
    lift = (
        damping * scratch[matrix], damping * scratch[matrix + 6], damping * scratch[matrix + 12],
        damping * scratch[matrix + 18], damping * scratch[matrix + 24],
    )  # fmt: skip
    for i in range(5):
        for j in range(i + 1):
            total = scratch[matrix + 5 * i + j] + (lift[i] if i == j else 0.0)
            for n in range(j):
                total -= scratch[matrix + 5 * i + n] * scratch[matrix + 5 * j + n]
            if i == j:
                scratch[matrix + 6 * i] = math.sqrt(total) if total > 0.0 else 1e150
            else:
                scratch[matrix + 5 * i + j] = total / scratch[matrix + 6 * j]
        total = scratch[step + i]
        for n in range(i):
            total -= scratch[matrix + 5 * i + n] * scratch[step + n]
        scratch[step + i] = total / scratch[matrix + 6 * i]
    expected = 0.0
    for i in range(4, -1, -1):
        total = scratch[step + i]
        for n in range(i + 1, 5):
            total -= scratch[matrix + 5 * n + i] * scratch[step + n]
        scratch[step + i] = total / scratch[matrix + 6 * i]
        expected += scratch[step + i] * (lift[i] * scratch[step + i] + slopes[i])
    return float(expected)
