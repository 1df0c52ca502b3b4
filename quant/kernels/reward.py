"""``quant.reward`` compiled: one candidate at a time, its tail by weighted selection instead of a sort."""

import math

import numpy as np
from numpy.typing import NDArray

from quant.kernels import compiled
from quant.normal import Floats


@compiled
def measure_rows(
    values: Floats, rows: NDArray[np.intp], ratio: Floats, cash: Floats, weights: Floats, tail: float,
    expected: Floats, deviation: Floats, probability: Floats, cvar: Floats,
) -> None:  # fmt: skip
    """Fills the last four. ``values`` and ``rows`` are flat, by instrument and by candidate."""
    points, legs = len(weights), len(ratio)
    profit, chance = np.empty(points), np.empty(points)
    for n in range(len(cash)):
        for s in range(points):
            profit[s] = cash[n]
            chance[s] = weights[s]
        for k in range(legs):
            start, units = rows[n * legs + k] * points, ratio[k]
            for s in range(points):
                profit[s] += units * values[start + s]
        mean, gains, square = 0.0, 0.0, 0.0
        for s in range(points):
            mean += weights[s] * profit[s]
            gains += weights[s] if profit[s] > 0.0 else 0.0
        for s in range(points):
            square += weights[s] * (profit[s] - mean) ** 2
        expected[n], deviation[n], probability[n] = mean, math.sqrt(square), gains
        cvar[n] = -worst_sum(profit, chance, tail) / tail


@compiled
def worst_sum(profit: Floats, chance: Floats, tail: float) -> float:
    """Sum of probability times profit over the worst ``tail`` of probability; reorders both rows."""
    first, end, taken, total = 0, len(profit), 0.0, 0.0
    while first < end:
        a, b, c = profit[first], profit[(first + end) >> 1], profit[end - 1]
        pivot = max(min(a, b), min(max(a, b), c))
        below, at, above = first, first, end
        mass, weighted, equal = 0.0, 0.0, 0.0
        while at < above:
            x, p = profit[at], chance[at]
            if x < pivot:
                mass += p
                weighted += p * x
                profit[at], chance[at] = profit[below], chance[below]
                profit[below], chance[below] = x, p
                below += 1
                at += 1
            elif x > pivot:
                above -= 1
                profit[at], chance[at] = profit[above], chance[above]
                profit[above], chance[above] = x, p
            else:
                equal += p
                at += 1
        if taken + mass >= tail:
            end = below
            continue
        taken += mass
        total += weighted
        if taken + equal >= tail:
            return float(total + (tail - taken) * pivot)
        taken += equal
        total += equal * pivot
        first = above
    return total
