"""SABR's smile in closed form, and its fit to one expiry: another parametrisation to hold SVI against.

Hagan, Kumar, Lesniewski and Woodward, "Managing smile risk", Wilmott (September 2002), (2.17), but with the term of
order zero in time that Obloj gives, "Fine-tune your smile", Wilmott (May 2008; arXiv:0708.0998): z from the distance
between forward and strike in the CEV metric. The two agree at the money and for beta = 1.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from quant.boxed import least_squares
from quant.normal import Floats

FEWEST = 3  # strikes, one a parameter
MOST_CORRELATED = 0.999
_NEAR = 1e-4  # z below which x(z) is expanded
_STARTS = ((-0.5, 2.0), (0.0, 1.0), (-0.8, 4.0))  # rho, and nu in vols of the quotes at the money
_SHIFT = 1e-5


@dataclass(frozen=True)
class Sabr:
    """dF = alpha F^beta dW, d alpha = nu alpha dZ, dW dZ = rho dt: ``alpha`` today's, per F^(beta - 1); ``nu`` a year.

    At the money and beta = 1 the vol is alpha (1 + (rho nu alpha / 4 + (2 - 3 rho^2) nu^2 / 24) years), so here
    0.2 * (1 - 0.015 + 0.01875):

    >>> round(float(Sabr(0.2, 1.0, -0.5, 0.6).vol(100.0, 100.0, 1.0)), 6)
    0.20075
    """

    alpha: float
    beta: float
    rho: float
    nu: float

    def vol(self, forward: float, strike: ArrayLike, years: float) -> Floats:
        """Black vol (decimal a year). An expansion for short times: where the correction makes it negative, 0.

        NaN where forward or strike is not positive.
        """
        strikes = np.asarray(strike, dtype=np.float64)
        with np.errstate(all="ignore"):
            vols = self._leading(forward, strikes) * (1 + self._correction(forward * strikes) * years)
            return np.asarray(np.where((strikes > 0) & (forward > 0), np.maximum(vols, 0.0), np.nan))

    def _leading(self, forward: float, strike: Floats) -> Floats:
        """The vol as time goes to 0: log moneyness over the geodesic distance."""
        x = np.log(forward / strike)
        rest = 1 - self.beta
        mean = (forward * strike) ** (rest / 2)
        half = np.asarray(rest * x / 2)  # (F^rest - K^rest) / rest = mean * x * sinh(half) / half
        stretch = np.where(np.abs(half) > 1e-8, np.sinh(half) / np.where(half == 0, 1.0, half), 1.0)
        z = self.nu / self.alpha * mean * x * stretch
        return np.asarray(self.alpha / (mean * stretch) * self._over_geodesic(np.asarray(z)))

    def _over_geodesic(self, z: Floats) -> Floats:
        """z / x(z); its series around 0, where both vanish."""
        root = np.sqrt(1 - 2 * self.rho * z + z * z)
        right = np.log((root + z - self.rho) / (1 - self.rho))
        left = np.log((1 + self.rho) / (root - z + self.rho))
        series = 1 - self.rho * z / 2 + (2 - 3 * self.rho**2) / 12 * z * z
        return np.asarray(np.where(np.abs(z) < _NEAR, series, z / np.where(z > self.rho, right, left)))

    def _correction(self, product: Floats) -> Floats:
        """Of first order in time, at ``product`` = forward times strike."""
        local = self.alpha / product ** ((1 - self.beta) / 2)
        return np.asarray(
            (1 - self.beta) ** 2 / 24 * local**2
            + self.rho * self.beta * self.nu * local / 4
            + (2 - 3 * self.rho**2) / 24 * self.nu**2
        )


@np.errstate(all="ignore")
def fit_sabr(
    forward: float, strike: ArrayLike, vol: ArrayLike, weight: ArrayLike, years: float, beta: float = 1.0
) -> Sabr | None:
    """The smile of least weighted squares of vol (``weight`` 1 / standard error) with ``beta`` held.

    Quotes that are not finite and positive do not count; None where fewer than ``FEWEST`` strikes do, or forward or
    years are not positive.
    """
    strikes, vols, weights = (
        np.asarray(row, dtype=np.float64) for row in np.broadcast_arrays(np.atleast_1d(strike), vol, weight)
    )
    good = np.all([np.isfinite(row) & (row > 0) for row in (strikes, vols, weights)], axis=0)
    strikes, vols, weights = strikes[good], vols[good], weights[good]
    if len(np.unique(strikes)) < FEWEST or not (0 < forward < np.inf and 0 < years < np.inf):
        return None
    scale = forward ** (1 - beta)
    level = float(vols[np.argmin(np.abs(np.log(strikes / forward)))])
    weights = weights / np.linalg.norm(weights * vols)

    def smile(p: Floats) -> Sabr:
        return Sabr(float(np.exp(p[0])) * scale, beta, float(p[1]), float(np.exp(p[2])))

    def model(p: Floats) -> tuple[Floats, Floats]:
        def found(q: Floats) -> Floats:
            return np.asarray(weights * (smile(q).vol(forward, strikes, years) - vols))

        columns = [(found(p + e) - found(p - e)) / (2 * _SHIFT) for e in _SHIFT * np.eye(3)]
        return found(p), np.stack(columns, axis=1)

    low = np.array([np.log(level) - 3, -MOST_CORRELATED, np.log(level) - 7])
    high = np.array([np.log(level) + 3, MOST_CORRELATED, np.log(level) + 7])
    ends = [least_squares(model, np.array([np.log(level), rho, np.log(nu * level)]), low, high) for rho, nu in _STARTS]
    best, cost = min(ends, key=lambda pair: pair[1])
    return smile(best) if cost < np.inf else None
