"""What profits are worth over their outcomes: mean, deviation, probability and tail of thousands of candidates.

A candidate is a sum of a few rows of a table of values, one row an instrument and one column an outcome. Below
``COMPILED`` candidates numpy answers in chunks, above it a kernel one candidate at a time; both to rounding the same.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats

TAIL = 0.05  # the share of probability whose mean loss is the CVaR
COMPILED = 10_000  # candidates from which importing numba (0.4 s) is soon won back
CHUNK = 1_000
ROUNDING = 1e-6  # account currency: a smaller step back does not change the order of outcomes
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Measures:
    """One entry a candidate: mean and standard deviation of profit, chance of any profit, and mean of the worst 5 % as
    a positive loss (Rockafellar and Uryasev, "Optimization of conditional value-at-risk", J. Risk 2, 2000)."""

    expected: Floats
    deviation: Floats
    probability: Floats
    cvar: Floats


def measure(profit: Floats, weights: Floats) -> Measures:
    """Measures of profits of shape (candidates, outcomes); an outcome on the edge of the worst 5 % counts in part.

    >>> found = measure(np.array([[-100.0, -10.0, 5.0, 20.0]]), np.array([0.02, 0.08, 0.4, 0.5]))
    >>> [round(float(x[0]), 6) for x in (found.expected, found.probability, found.cvar)]
    [9.2, 0.9, 46.0]
    """
    expected = profit @ weights
    deviation = np.sqrt(np.square(profit - expected[:, None]) @ weights)
    return Measures(expected, deviation, (profit > 0) @ weights, _cvar(profit, weights))


def measure_rows(values: Floats, rows: Places, ratio: Floats, cash: Floats, weights: Floats) -> Measures:
    """Measures of ``cash + sum(ratio * values[rows])``: ``rows`` (candidates, legs), ``ratio`` one a leg."""
    if len(rows) >= COMPILED:
        return _compiled(values, rows, ratio, cash, weights)
    parts = [
        measure(_profit(values, rows[i : i + CHUNK], ratio, cash[i : i + CHUNK]), weights)
        for i in range(0, max(len(rows), 1), CHUNK)
    ]
    columns = zip(*((x.expected, x.deviation, x.probability, x.cvar) for x in parts), strict=True)
    return Measures(*(np.concatenate(column) for column in columns))


def _profit(values: Floats, rows: Places, ratio: Floats, cash: Floats) -> Floats:
    profit = np.repeat(cash[:, None], values.shape[1], axis=1)
    for k, units in enumerate(ratio):
        profit += units * values[rows[:, k]]
    return profit


def _compiled(values: Floats, rows: Places, ratio: Floats, cash: Floats, weights: Floats) -> Measures:
    from quant.kernels import reward as kernel

    found = [np.empty(len(rows)) for _ in range(4)]
    table = np.ascontiguousarray(values).ravel()
    kernel.measure_rows(table, np.ascontiguousarray(rows).ravel(), ratio, cash, weights, TAIL, *found)
    return Measures(*found)


def _cvar(profit: Floats, weights: Floats) -> Floats:
    step = np.diff(profit, axis=1)
    if np.all(step >= -ROUNDING):
        ordered, chance = profit, np.broadcast_to(weights, profit.shape)
    elif np.all(step <= ROUNDING):
        ordered, chance = profit[:, ::-1], np.broadcast_to(weights[::-1], profit.shape)
    else:
        rank = np.argsort(profit, axis=1, kind="stable")
        ordered, chance = np.take_along_axis(profit, rank, axis=1), weights[rank]
    before = np.cumsum(chance, axis=1) - chance
    taken = np.clip(TAIL - before, 0.0, chance)
    return np.asarray(-np.sum(taken * ordered, axis=1) / TAIL)
