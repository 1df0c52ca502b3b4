"""Least squares of a few parameters between bounds, in numpy: Levenberg and Marquardt's steps by active sets."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats

MOST_STEPS = 100
STILL = 1e-10  # relative gain of a step below which the descent is done
EXACT = 1e-24  # share of the first cost that counts as none
_MOST_DAMPING = 1e12

Model = Callable[
    [Floats], tuple[Floats, Floats]
]  # parameters -> residuals (rows) and their Jacobian (rows, parameters)


@np.errstate(all="ignore")
def least_squares(model: Model, start: Floats, low: Floats, high: Floats) -> tuple[Floats, float]:
    """The parameters that minimise the sum of squared residuals within the bounds, and that sum.

    A parameter at its bound stays there while the cost falls outwards. The sum is inf where ``start`` has no finite
    residuals; a step to where there are none is not taken.

    >>> line = lambda p: (np.array([1.0, 3.0]) - p[0] * np.array([1.0, 2.0]), -np.array([[1.0], [2.0]]))
    >>> best, cost = least_squares(line, np.array([0.0]), np.array([-9.0]), np.array([9.0]))
    >>> round(float(best[0]), 6), round(cost, 6)
    (1.4, 0.2)
    >>> float(least_squares(line, np.array([0.0]), np.array([-9.0]), np.array([1.0]))[0][0])
    1.0
    """
    best = np.clip(start, low, high)
    residual, jacobian = model(best)
    cost, damping = _cost(residual, jacobian), 1e-3
    nothing = EXACT * cost
    for _ in range(MOST_STEPS):
        if not cost < np.inf:
            break
        normal, slope = jacobian.T @ jacobian, jacobian.T @ residual
        free = ~((best <= low) & (slope > 0) | (best >= high) & (slope < 0)) & (np.diagonal(normal) > 0)
        trial = np.clip(best - _step(normal, slope, free, damping), low, high)
        residual_there, jacobian_there = model(trial)
        there = _cost(residual_there, jacobian_there)
        if there < cost:
            gain, cost = cost - there, there
            best, residual, jacobian = trial, residual_there, jacobian_there
            damping = max(damping / 5, 1e-12)
            if gain <= STILL * cost or cost <= nothing:
                break
        elif damping > _MOST_DAMPING or not free.any():
            break
        else:
            damping *= 4
    return best, cost


def _cost(residual: Floats, jacobian: Floats) -> float:
    """inf where a residual or its slope is not finite, or their squares are not."""
    total = float(residual @ residual) + 0.0 * float(np.sum(jacobian * jacobian))
    return total if total < np.inf else np.inf


def _step(normal: Floats, slope: Floats, free: NDArray[np.bool_], damping: float) -> Floats:
    """What to subtract; 0 for what is not ``free``. Scaled to a diagonal of ones, so that any units do."""
    step = np.zeros(len(slope))
    size = np.sqrt(np.diagonal(normal)[free])
    scaled = normal[np.ix_(free, free)] / np.outer(size, size)
    step[free] = np.linalg.solve(scaled + damping * np.eye(len(size)), slope[free] / size) / size
    return step
