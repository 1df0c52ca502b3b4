"""The gamma profile of thousands of open contracts over many spots: one exponential a contract and spot.

A call of the library's exponential keeps a loop scalar. Here it is a polynomial of a small argument, squared six times:
plain multiplications, so that the compiler takes several spots at once. Contracts are the outer loop and spots the
inner one, which needs no sum across lanes and therefore no reassociation.
"""

import numpy as np
from numpy.typing import NDArray

from quant.kernels import fused

Floats = NDArray[np.float64]

REACH = 8.6  # deviations; beyond, a density is below 1e-16 of its peak
LANES = 8  # spots are taken in whole blocks of this many


def gamma_profile(centre: Floats, slope: Floats, weight: Floats, log_spots: Floats) -> Floats:
    """For each spot, the sum over contracts of weight * exp(-(centre + slope * log_spot)^2 / 2).

    ``log_spots`` ascend, all values are finite, ``slope`` is positive. The error is about 4e-14 of the largest term.
    """
    padded = np.append(log_spots, np.repeat(log_spots[-1:], -len(log_spots) % LANES))
    out = np.zeros(len(padded))
    if len(log_spots):
        _add_all(centre, slope, weight, padded, out)
    return out[: len(log_spots)]


@fused
def _add_all(centre: Floats, slope: Floats, weight: Floats, log_spots: Floats, out: Floats) -> None:
    """Each contract is added to the blocks of spots within its reach, found by a guess and a few steps from it."""
    count = len(log_spots)
    low, span = log_spots[0], log_spots[count - 1] - log_spots[0]
    pace = (count - 1) / span if span > 0 else 0.0
    for i in range(len(centre)):
        a, b = centre[i], slope[i]
        lowest, highest = (-REACH - a) / b, (REACH - a) / b
        first = int(min(max((lowest - low) * pace, 0.0), count - 1.0))
        last = int(min(max((highest - low) * pace, 0.0), count - 1.0))
        while first > 0 and log_spots[first - 1] >= lowest:
            first -= 1
        while last < count and log_spots[last] <= highest:
            last += 1
        first, last = first // LANES * LANES, -(-last // LANES) * LANES
        if last > first:
            _add_row(log_spots[first:last], a, b, weight[i], out[first:last])


@fused
def _add_row(log_spots: Floats, a: float, b: float, weight: float, out: Floats) -> None:
    """exp(-d^2 / 2) = exp(-64 * 0.29) * exp(x)^64 with x = 0.29 - d^2 / 128, held in [-0.29, 0.29], where the Taylor
    series to x^11 is exact to rounding."""
    scaled = weight * 8.699502472413724e-09  # exp(-64 * 0.29)
    for j in range(len(log_spots)):
        d = a + b * log_spots[j]
        x = max(0.29 - d * d * (1.0 / 128.0), -0.29)
        p = 1.0 / 3628800.0 + x * (1.0 / 39916800.0)
        p = 1.0 / 362880.0 + x * p
        p = 1.0 / 40320.0 + x * p
        p = 1.0 / 5040.0 + x * p
        p = 1.0 / 720.0 + x * p
        p = 1.0 / 120.0 + x * p
        p = 1.0 / 24.0 + x * p
        p = 1.0 / 6.0 + x * p
        p = 0.5 + x * p
        p = 1.0 + x * p
        p = 1.0 + x * p
        for _ in range(6):
            p = p * p
        out[j] += scaled * p
