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
_AROUND = _SHIFT * np.concatenate([np.zeros((1, 3)), np.eye(3), -np.eye(3)])
Number = float | Floats


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
        return _vols(self.alpha, self.beta, self.rho, self.nu, forward, np.asarray(strike, dtype=np.float64), years)


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

    def model(p: Floats) -> tuple[Floats, Floats]:
        """Residuals at p, and their slopes by central differences, in one call."""
        log_alpha, rho, log_nu = (p + _AROUND).T[:, :, None]
        found = _vols(np.exp(log_alpha) * scale, beta, rho, np.exp(log_nu), forward, strikes, years)
        return weights * (found[0] - vols), (weights * (found[1:4] - found[4:]) / (2 * _SHIFT)).T

    low = np.array([np.log(level) - 3, -MOST_CORRELATED, np.log(level) - 7])
    high = np.array([np.log(level) + 3, MOST_CORRELATED, np.log(level) + 7])
    ends = [least_squares(model, np.array([np.log(level), rho, np.log(nu * level)]), low, high) for rho, nu in _STARTS]
    best, cost = min(ends, key=lambda pair: pair[1])
    log_alpha, rho, log_nu = best.tolist()
    return Sabr(float(np.exp(log_alpha)) * scale, beta, rho, float(np.exp(log_nu))) if cost < np.inf else None


@np.errstate(all="ignore")
def _vols(alpha: Number, beta: float, rho: Number, nu: Number, forward: float, strike: Floats, years: float) -> Floats:
    x, rest, product = np.log(forward / strike), 1 - beta, forward * strike
    mean = product ** (rest / 2)
    half = rest * x / 2  # (F^rest - K^rest) / rest = mean * x * sinh(half) / half
    stretch = np.where(np.abs(half) > 1e-8, np.sinh(half) / np.where(half == 0, 1.0, half), 1.0)
    leading = alpha / (mean * stretch) * _over_geodesic(nu / alpha * mean * x * stretch, rho)
    local = alpha / mean
    slope = rest**2 / 24 * local**2 + rho * beta * nu * local / 4 + (2 - 3 * rho**2) / 24 * nu**2
    vols = np.maximum(leading * (1 + slope * years), 0.0)
    return np.asarray(np.where((strike > 0) & (forward > 0), vols, np.nan))


def _over_geodesic(z: Floats, rho: Number) -> Floats:
    """z / x(z), x being the distance from forward to strike in units of nu; its series around 0, where both vanish."""
    root = np.sqrt(1 - 2 * rho * z + z * z)
    right = np.log((root + z - rho) / (1 - rho))
    left = np.log((1 + rho) / (root - z + rho))
    series = 1 - rho * z / 2 + (2 - 3 * rho**2) / 12 * z * z
    return np.asarray(np.where(np.abs(z) < _NEAR, series, z / np.where(z > rho, right, left)))
