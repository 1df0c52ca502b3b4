"""Raw SVI, five parameters for the total variance of one expiry, and the two arbitrages it can carry.

Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14 (2014): the raw form is their
(3.1), the slice as SSVI gives it their (4.1), Durrleman's condition their (2.1).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from quant.normal import Floats

STEEPEST = 2.0  # of a wing, in total variance per unit of log-moneyness (Lee, Mathematical Finance 14, 2004)
FURTHEST = 1.5  # log-moneyness up to which both arbitrages are looked for
NONE_LEFT = 1e-9  # less than this of either is rounding
_GRID = 401
_CROWDING = 6.0


@dataclass(frozen=True)
class Svi:
    """Total variance a + b (rho (k - m) + sqrt((k - m)^2 + sigma^2)) at k = log(strike / forward).

    ``b`` >= 0, |``rho``| < 1, ``sigma`` > 0; wings of slope b (1 +- rho), which stay below 2 (Lee).

    Gatheral and Jacquier's example of butterfly arbitrage (Axel Vogt's parameters, their Example 3.1):

    >>> vogt = Svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
    >>> bool(vogt.durrleman(np.linspace(-1.5, 1.5, 301)).min() < 0), vogt.butterfly() > 0
    (True, True)
    """

    a: float
    b: float
    rho: float
    m: float
    sigma: float

    def variance(self, k: ArrayLike) -> Floats:
        """Total variance (vol^2 * years); never below 0."""
        e = np.asarray(k, dtype=np.float64) - self.m
        return np.asarray(np.maximum(self.a + self.b * (self.rho * e + np.hypot(e, self.sigma)), 0.0))

    def slopes(self, k: ArrayLike) -> tuple[Floats, Floats]:
        """First and second derivative of the total variance by k."""
        e = np.asarray(k, dtype=np.float64) - self.m
        root = np.hypot(e, self.sigma)
        return np.asarray(self.b * (self.rho + e / root)), np.asarray(self.b * self.sigma**2 / root**3)

    def durrleman(self, k: ArrayLike) -> Floats:
        """g(k), whose sign is that of the density of the spot at exp(k) times the forward; NaN where no variance is."""
        first, second = self.slopes(k)
        return durrleman(np.asarray(k, dtype=np.float64), self.variance(k), first, second)

    def butterfly(self, k: ArrayLike | None = None) -> float:
        """How far g falls below 0 within ``FURTHEST`` of the forward, or among ``k``; 0 where it does not.

        Beyond, g tends to 1/4 - slope^2 / 16 of the wing, which is positive by Lee's bound.
        """
        points = grid(self.m, self.sigma) if k is None else np.asarray(k, dtype=np.float64)
        g = self.durrleman(points)
        steep = self.b * (1 + abs(self.rho)) - STEEPEST
        return max(0.0, steep, -float(np.min(np.where(np.isnan(g), -1.0, g))))


def durrleman(k: Floats, w: Floats, first: Floats, second: Floats) -> Floats:
    """g from the total variance and its first two derivatives by k; NaN where the variance is not positive."""
    with np.errstate(all="ignore"):
        g = (1 - k * first / (2 * w)) ** 2 - first**2 / 4 * (1 / w + 0.25) + second / 2
    return np.asarray(np.where(w > 0, g, np.nan))


def grid(centre: float = 0.0, width: float = 0.1) -> Floats:
    """Log-moneyness to look for arbitrage at: dense around ``centre`` by ``width``, out to ``FURTHEST`` either side."""
    spread = np.sinh(np.linspace(-_CROWDING, _CROWDING, _GRID)) / np.sinh(_CROWDING)
    near = centre + 8 * width * np.linspace(-1, 1, _GRID)
    return np.asarray(np.clip(np.concatenate([FURTHEST * spread, near]), -FURTHEST, FURTHEST))


def crossing(near: Svi, far: Svi, k: ArrayLike | None = None) -> float:
    """How far the later total variance falls below the earlier one, as a share of it; 0 where it does not."""
    points = grid() if k is None else np.asarray(k, dtype=np.float64)
    before, after = near.variance(points), far.variance(points)
    return max(0.0, float(np.max((before - after) / np.maximum(before, 1e-300))))


def ssvi_slice(theta: float, rho: float, phi: float) -> Svi:
    """The raw parameters of theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)).

    >>> slice_ = ssvi_slice(0.04, -0.3, 2.0)
    >>> round(float(slice_.variance(0.0)), 12)
    0.04
    """
    rest = 1 - rho**2
    return Svi(theta / 2 * rest, theta * phi / 2, rho, -rho / phi, float(np.sqrt(rest)) / phi)


def calendar_gaps(slices: Sequence[Svi]) -> list[float]:
    """``crossing`` of each slice with the one before it; 0 for the first."""
    return [0.0, *(crossing(a, b) for a, b in pairwise(slices))] if slices else []
