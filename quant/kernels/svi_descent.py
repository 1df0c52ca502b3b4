"""Levenberg and Marquardt's steps for one raw SVI slice within its bounds. One row of scratch holds everything.

The unknowns are a, u, v, m and log sigma of y = a + u (r + e) / 2 + v (r - e) / 2 with e = x - m and
r = sqrt(e^2 + sigma^2): u and v are the slopes of the right and left wing, so that Lee's bound and |rho| < 1 are a box.
A parameter at its bound stays there while the cost falls outwards, and an a on the floor of the smile moves along it
with the others. Damping after H. B. Nielsen, "Damping parameter in Marquardt's method" (IMM-REP-1999-05).
"""

import math

from quant.kernels import Floats, compiled
from quant.kernels.svi_sums import linear, normal_equations
from quant.svi_fit import FURTHEST_CENTRE, LEAST_VARIANCE, NARROWEST, WIDEST

MOST_STEPS = 200
PATIENCE = 40  # steps
STILL = 1e-10  # relative gain of a step below which a slice is done
LEAST_SLOPE = 1e-6  # of a wing, in deviations
_LOW_WIDTH, _HIGH_WIDTH = math.log(NARROWEST), math.log(WIDEST)
_LONGEST = 5.0  # step of any parameter
_MOST_DAMPING = 1e12
_ROUNDING = 1e-13  # share of a pivot
_TIED = 1e-12  # distance to the floor, as a share of the variance at the money, that counts as none

# Places in the row: parameters and trial, their gradients, the step, the tangent of the floor, and matrices by rows.
AT, TRIAL, _SLOPE, _TRIAL_SLOPE, _STEP, _TANGENT = 0, 5, 10, 15, 20, 25
_NORMAL, _TRIAL_NORMAL, _SYSTEM = 30, 55, 80
SCRATCH = 105


@compiled
def descend(x: Floats, y: Floats, q: Floats, count: int, steepest: float, scratch: Floats) -> tuple[float, bool]:
    """Improves the parameters in ``scratch``; their cost, and whether the last step gained next to nothing.

    In a long valley the steps become short. After ``PATIENCE`` of them a, u and v follow m and log sigma exactly, until
    that gains nothing more; then steps of all five have the last word.
    """
    damping, growth, followed, following = 1e-3, 2.0, False, False
    cost = normal_equations(x, y, q, count, scratch, AT, _NORMAL, _SLOPE)
    for n in range(MOST_STEPS):
        if n == PATIENCE:
            following, damping, growth = True, 1e-3, 2.0
        tied = _system(scratch, steepest)
        expected = _step(scratch, damping, following and followed)
        for i in range(5):
            scratch[TRIAL + i] = scratch[AT + i] - min(max(scratch[_STEP + i], -_LONGEST), _LONGEST)
        if tied:
            scratch[TRIAL] = -math.inf
        into_box(scratch, steepest)
        followed = following and not tied and _follow(x, y, q, count, steepest, scratch)
        trial = normal_equations(x, y, q, count, scratch, TRIAL, _TRIAL_NORMAL, _TRIAL_SLOPE)
        gain = cost - trial
        if gain > 0.0:
            copy(scratch, TRIAL, AT, 5)
            copy(scratch, _TRIAL_SLOPE, _SLOPE, 5)
            copy(scratch, _TRIAL_NORMAL, _NORMAL, 25)
            cost = trial
            damping *= max(1 / 5, 1 - (2 * gain / expected - 1) ** 3) if expected > 0.0 else 1 / 5
            growth = 2.0
            done = gain <= STILL * cost
        else:
            damping *= growth
            growth *= 2.0
            done = damping > _MOST_DAMPING or expected <= STILL * cost
        if done and not following:
            return cost, True
        if done:
            following, damping, growth = False, 1e-3, 2.0
    return cost, False


@compiled
def _follow(x: Floats, y: Floats, q: Floats, count: int, steepest: float, scratch: Floats) -> bool:
    """The best a, u and v for the m and log sigma of the trial, if they are in the box."""
    width = math.exp(scratch[TRIAL + 4])
    a, u, v = linear(x, y, q, count, scratch[TRIAL + 3], width)
    if LEAST_SLOPE <= u <= steepest and LEAST_SLOPE <= v <= steepest and a + width * math.sqrt(u * v) >= LEAST_VARIANCE:
        scratch[TRIAL], scratch[TRIAL + 1], scratch[TRIAL + 2] = a, u, v
        return True
    return False


@compiled
def copy(scratch: Floats, source: int, target: int, count: int) -> None:
    """One place of the row into another; assigned slices compile far more slowly."""
    for i in range(count):
        scratch[target + i] = scratch[source + i]


@compiled
def into_box(scratch: Floats, steepest: float) -> None:
    """The trial moved to the nearest that a slice may be."""
    scratch[TRIAL + 1] = min(max(scratch[TRIAL + 1], LEAST_SLOPE), steepest)
    scratch[TRIAL + 2] = min(max(scratch[TRIAL + 2], LEAST_SLOPE), steepest)
    scratch[TRIAL + 3] = min(max(scratch[TRIAL + 3], -FURTHEST_CENTRE), FURTHEST_CENTRE)
    scratch[TRIAL + 4] = min(max(scratch[TRIAL + 4], _LOW_WIDTH), _HIGH_WIDTH)
    bend = math.exp(scratch[TRIAL + 4]) * math.sqrt(scratch[TRIAL + 1] * scratch[TRIAL + 2])
    scratch[TRIAL] = max(scratch[TRIAL], LEAST_VARIANCE - bend)


@compiled
def _system(scratch: Floats, steepest: float) -> bool:
    """The normal matrix and gradient (in place of the step) of the parameters free to move; whether a is tied.

    Rows and columns of the others are those of the identity, their gradient 0.
    """
    matrix, slope, tangent = _SYSTEM, _STEP, _TANGENT
    u, v, sigma = scratch[AT + 1], scratch[AT + 2], math.exp(scratch[AT + 4])
    bend = sigma * math.sqrt(u * v)
    tied = scratch[AT] + bend <= LEAST_VARIANCE + _TIED and scratch[_SLOPE] > 0.0
    copy(scratch, _NORMAL, matrix, 25)
    copy(scratch, _SLOPE, slope, 5)
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
def _step(scratch: Floats, damping: float, following: bool) -> float:
    """The damped step in place of its gradient, to be subtracted; what of the cost it promises to save, at least.

    By Cholesky's factors in place. Damped is each parameter's curvature; where a, u and v are following, they are free,
    and of m and log sigma only the curvature that is left with them gone along, which in a long valley is far less. A
    pivot lost in rounding stands for a parameter the quotes say nothing of.
    """
    matrix, step, promised = _SYSTEM, _STEP, 0.0
    for i in range(5):
        size = scratch[matrix + 6 * i]
        for j in range(i + 1):
            total = scratch[matrix + 5 * i + j]
            for n in range(j):
                total -= scratch[matrix + 5 * i + n] * scratch[matrix + 5 * j + n]
            if i == j:
                lift = damping * size if not following else damping * total if i > 2 else 0.0
                scratch[matrix + 6 * i] = math.sqrt(total + lift) if total + lift > _ROUNDING * size else math.inf
            else:
                scratch[matrix + 5 * i + j] = total / scratch[matrix + 6 * j]
        total = scratch[step + i]
        for n in range(i):
            total -= scratch[matrix + 5 * i + n] * scratch[step + n]
        scratch[step + i] = total / scratch[matrix + 6 * i]
        promised += scratch[step + i] ** 2
    for i in range(4, -1, -1):
        total = scratch[step + i]
        for n in range(i + 1, 5):
            total -= scratch[matrix + 5 * n + i] * scratch[step + n]
        scratch[step + i] = total / scratch[matrix + 6 * i]
    return float(promised)
