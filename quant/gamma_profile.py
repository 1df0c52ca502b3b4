"""Gamma exposure as a function of the spot.

Dollars of delta per 1 % move are gamma * S^2 / 100 a unit. With F = g S and s = vol sqrt(T), gamma is
D g exp(-d1^2 / 2) / (S s sqrt(2 pi)), so a line is S * weight * exp(-d1^2 / 2) with d1 linear in log S: everything but
one exponential is computed once a contract.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats

_ROOT_2PI = 2.5066282746310002
_MOST_HALVINGS = 60


@dataclass(frozen=True, eq=False)
class GammaProfile:
    """One entry a contract: d1 = ``centre`` + ``slope`` * log(spot)."""

    centre: Floats
    slope: Floats
    weight: Floats

    @staticmethod
    def of(
        strike: Floats, years: Floats, vol: Floats, growth: Floats, discount: Floats, units: Floats
    ) -> "GammaProfile":
        """All of them positive and finite but ``units``, which are signed units of underlying."""
        deviation = vol * np.sqrt(years)
        centre = np.log(growth / strike) / deviation + deviation / 2
        return GammaProfile(centre, 1 / deviation, units * discount * growth / (deviation * _ROOT_2PI * 100))

    def at(self, spots: Floats, *, compiled: bool = False) -> Floats:
        """Dollars of delta per 1 % move at each spot, vols held at their strikes.

        ``compiled`` is for sweeps: it loads numba, which takes longer than one profile does.
        """
        spots = np.asarray(spots, dtype=np.float64)
        if compiled:
            from quant.kernels.exposure import gamma_profile

            return spots * gamma_profile(self.centre, self.slope, self.weight, np.log(spots))
        return np.array([spot * self._sum(log_spot) for spot, log_spot in zip(spots, np.log(spots), strict=True)])

    def _sum(self, log_spot: float) -> float:
        d1 = self.centre + self.slope * log_spot
        with np.errstate(under="ignore"):
            return float(np.dot(self.weight, np.exp(-0.5 * np.minimum(d1 * d1, 1400.0))))


def zero_crossing(profile: GammaProfile, spots: Floats, values: Floats, centre: float) -> float | None:
    """Where the profile changes sign nearest to ``centre``, bisected to a ten-thousandth of a per cent.

    ``values`` are the profile at ``spots`` (ascending). None if they do not change sign.
    """
    left = np.flatnonzero(np.sign(values[:-1]) * np.sign(values[1:]) < 0)
    if not len(left):
        return None
    brackets: NDArray[np.intp] = left[np.argsort(np.abs((spots[left] + spots[left + 1]) / 2 - centre))[:2]]
    roots = [_bisected(profile, float(spots[i]), float(spots[i + 1]), float(values[i])) for i in brackets]
    return min(roots, key=lambda root: abs(root - centre))


def _bisected(profile: GammaProfile, low: float, high: float, at_low: float) -> float:
    for _ in range(_MOST_HALVINGS):
        middle = (low + high) / 2
        if high - low <= 1e-6 * middle:
            break
        if profile.at(np.array([middle]))[0] * at_low > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2
