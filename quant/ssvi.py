"""SSVI: one skew and one law of curvature for all expiries, free of static arbitrage by the way it is written.

Gatheral and Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14 (2014): the surface is their
(4.1), no calendar arbitrage their Theorem 4.1, no butterfly their Theorem 4.2, curvature their second power law.
It says less of each expiry than a slice of its own, and so can judge one expiry by the others, and stand in where an
expiry has too few quotes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant.boxed import least_squares
from quant.normal import Floats
from quant.svi import Svi, ssvi_slice
from quant.svi_fit import Quotes

MOST_SKEWED = 0.999  # |rho|
FLATTEST, STEEPEST = 0.01, 0.99  # gamma
LEAST_SHARE = 1e-4  # of the curvature allowed
LEAST_GROWTH = 1e-5  # of theta from one expiry to the next, as a share of it
FEWEST = 4  # quotes: one for theta and one for each of the three others
_STARTS = ((-0.6, 0.5), (-0.2, 0.4), (0.3, 0.5))  # rho and gamma


@dataclass(frozen=True)
class Ssvi:
    """Total variance theta / 2 (1 + rho phi k + sqrt((phi k + rho)^2 + 1 - rho^2)) at k = log(strike / forward).

    ``thetas`` are the total variances at the money of the expiries at ``years``, both ascending. Curvature falls with
    theta, phi = eta / (theta^gamma (1 + theta)^(1 - gamma)), and is held below the first theta.

    >>> surface = Ssvi(-0.5, 1.0, 0.5, (0.25, 1.0), (0.01, 0.04))
    >>> round(surface.phi(0.01), 4)  # 1 / sqrt(0.01 * 1.01)
    9.9504
    >>> round(float(surface.theta(0.5)), 4), round(float(surface.theta(2.0)), 4)
    (0.02, 0.08)
    """

    rho: float
    eta: float
    gamma: float
    years: tuple[float, ...]
    thetas: tuple[float, ...]

    def phi(self, theta: float) -> float:
        return float(_phi(max(theta, self.thetas[0]), self.eta, self.gamma))

    def theta(self, years: ArrayLike) -> Floats:
        """Linear in time from 0 now; beyond the last expiry at the pace between the last two (or from 0)."""
        times, thetas = np.array([0.0, *self.years]), np.array([0.0, *self.thetas])
        pace = (thetas[-1] - thetas[-2]) / (times[-1] - times[-2])
        t = np.asarray(years, dtype=np.float64)
        return np.asarray(np.interp(t, times, thetas) + pace * np.maximum(t - times[-1], 0.0))

    def slice(self, theta: float) -> Svi:
        """The raw slice of this variance at the money, which must be positive."""
        return ssvi_slice(theta, self.rho, self.phi(theta))

    def at(self, years: float) -> Svi:
        """The slice ``years`` ahead, more than 0."""
        return self.slice(float(self.theta(years)))

    @np.errstate(all="ignore")
    def through(self, k: ArrayLike, w: ArrayLike, weight: ArrayLike) -> Svi | None:
        """The slice that best meets a few quotes of one expiry, however few: only its theta is fitted; None without
        a usable quote."""
        k, w, weight = (np.atleast_1d(np.asarray(x, dtype=np.float64)) for x in (k, w, weight))
        good = _usable(k, w, weight)
        if not good.any():
            return None
        k, w = k[good], w[good]
        weight = weight[good] * w / np.max(weight[good] * w)

        def model(p: Floats) -> tuple[Floats, Floats]:
            by = _by_theta(k, float(np.exp(p[0])), self)
            return weight * (by[0] / w - 1), (weight * by[1] / w)[:, None]

        nearest = float(np.log(w[np.argmin(np.abs(k))]))
        found, cost = least_squares(model, np.array([nearest]), np.array([nearest - 5]), np.array([nearest + 5]))
        return self.slice(float(np.exp(found[0]))) if cost < np.inf else None

    def butterfly_room(self) -> float:
        """The smaller of what theta phi (1 + |rho|) and theta phi^2 (1 + |rho|) leave of the 4 they may not pass
        (Theorem 4.2), as a share, the worst expiry's; not negative: no butterfly anywhere."""
        skew = 1 + abs(self.rho)
        wings = [(theta * self.phi(theta) * skew, theta * self.phi(theta) ** 2 * skew) for theta in self.thetas]
        return 1 - max(max(pair) for pair in wings) / 4

    def calendar_free(self) -> bool:
        """Whether Theorem 4.1 holds: theta never falls, and theta phi rises with it, but not too fast."""
        rises = bool(np.all(np.diff(self.thetas) >= 0))
        pace = [(1 - self.gamma) / (1 + theta) for theta in self.thetas]  # of theta phi by theta, over phi
        most = (1 + np.sqrt(1 - self.rho**2)) / max(self.rho**2, 1e-300)
        return rises and all(0 <= x <= most for x in pace)


@np.errstate(all="ignore")
def fit_ssvi(quotes: Quotes, years: ArrayLike) -> Ssvi | None:
    """The surface of least weighted squares, slices ascending by ``years`` (one a row of ``quotes``).

    Both theorems hold for what is returned. Expiries without a usable quote, or with ``years`` that are not positive
    and ascending, are left out; None if fewer than ``FEWEST`` quotes or none at all are left.
    """
    times = np.asarray(years, dtype=np.float64)
    good = _usable(quotes.k, quotes.w, quotes.weight)
    ahead = (times > 0) & (times < np.inf)
    latest = np.maximum.accumulate(np.concatenate([[0.0], np.where(ahead, times, 0.0)]))[:-1]
    kept = np.flatnonzero(good.any(axis=1) & ahead & (times > latest))
    if good[kept].sum() < FEWEST:
        return None
    problem = _Problem(quotes, kept, good)
    found = [least_squares(problem.residuals, start, problem.low, problem.high) for start in problem.starts()]
    best, cost = min(found, key=lambda pair: pair[1])
    if not cost < np.inf:
        return None
    rho, eta, gamma, thetas = problem.read(best)[:4]
    return Ssvi(rho, eta, gamma, tuple(times[kept].tolist()), tuple(thetas.tolist()))


class _Problem:
    """Residuals by rho, log of the share of the most curvature, gamma, and logs of the growth of theta.

    In these the theorems are a box: theta grows, and eta is a share of the most they allow.
    """

    def __init__(self, quotes: Quotes, kept: NDArray[np.intp], good: NDArray[np.bool_]) -> None:
        self.expiry, column = np.nonzero(good[kept])
        row = kept[self.expiry]
        self.k, self.w = quotes.k[row, column], quotes.w[row, column]
        share = quotes.weight[row, column] * self.w
        self.weight = share / np.max(share) / self.w / np.sqrt(np.sum((share / np.max(share)) ** 2))
        near = [self._at_the_money(n) for n in range(len(kept))]
        self.thetas = np.maximum.accumulate(np.array(near) * (1 + LEAST_GROWTH) ** np.arange(len(near)))
        size = np.log(self.thetas)
        least = np.log(LEAST_GROWTH) + size
        least[0] = size[0] - 3
        self.low = np.array([-MOST_SKEWED, np.log(LEAST_SHARE), FLATTEST, *least])
        self.high = np.array([MOST_SKEWED, 0.0, STEEPEST, *(size + 3)])

    def _at_the_money(self, expiry: int) -> float:
        k, w = self.k[self.expiry == expiry], self.w[self.expiry == expiry]
        return float(w[np.argmin(np.abs(k))])

    def starts(self) -> list[Floats]:
        growth = np.diff(self.thetas, prepend=0.0)
        logs = np.log(np.maximum(growth, LEAST_GROWTH * self.thetas))
        return [np.array([rho, np.log(0.3), gamma, *logs]) for rho, gamma in _STARTS]

    def read(self, p: Floats) -> tuple[float, float, float, Floats, Floats]:
        """rho, eta, gamma, thetas, and the derivative of log eta by rho, gamma and the log of the first theta."""
        rho, gamma = float(p[0]), float(p[2])
        thetas = np.cumsum(np.exp(p[3:]))
        most, slopes = _most_eta(rho, gamma, float(thetas[0]))
        return rho, float(np.exp(p[1])) * most, gamma, thetas, slopes

    def residuals(self, p: Floats) -> tuple[Floats, Floats]:
        rho, eta, gamma, thetas, slopes = self.read(p)
        theta = thetas[self.expiry]
        phi = _phi(theta, eta, gamma)
        w, by_theta, by_phi, by_rho = _shape(self.k, theta, phi, rho)
        by_eta = by_phi * phi  # by log eta
        by_theta = by_theta - by_phi * phi * (gamma / theta + (1 - gamma) / (1 + theta))
        by_gamma = by_eta * np.log1p(1 / theta)
        columns = np.zeros((len(self.k), len(p)))
        columns[:, 0] = by_rho + by_eta * slopes[0]
        columns[:, 1] = by_eta
        columns[:, 2] = by_gamma + by_eta * slopes[1]
        grown = self.expiry[:, None] >= np.arange(len(thetas))
        columns[:, 3:] = np.where(grown, by_theta[:, None] * np.exp(p[3:]), 0.0)
        columns[:, 3] += by_eta * slopes[2]
        return self.weight * (w - self.w), self.weight[:, None] * columns


def _most_eta(rho: float, gamma: float, least: float) -> tuple[float, Floats]:
    """The largest eta that Theorem 4.2 allows at every theta from ``least`` on; its log's derivative by rho, gamma and
    log ``least``. theta phi tends to eta; theta phi^2 is largest at 1 - 2 gamma, or at ``least`` if that is beyond."""
    skew, by_rho = np.log1p(abs(rho)), float(np.sign(rho)) / (1 + abs(rho))
    wing = np.log(4.0) - skew
    at = max(least, 1 - 2 * gamma)
    bend = (np.log(4.0) - skew - (1 - 2 * gamma) * np.log(at) - (2 * gamma - 2) * np.log1p(at)) / 2
    if wing <= bend:
        return float(np.exp(wing)) * (1 - 1e-9), np.array([-by_rho, 0.0, 0.0])
    by_least = (1 - 2 * gamma) - (2 - 2 * gamma) * at / (1 + at) if at == least else 0.0
    return float(np.exp(bend)), np.array([-by_rho / 2, np.log(at) - np.log1p(at), -by_least / 2])


def _usable(k: Floats, w: Floats, weight: Floats) -> NDArray[np.bool_]:
    share = weight * w
    return np.asarray(np.isfinite(k) & np.isfinite(w) & (w > 0) & np.isfinite(share) & (weight > 0) & (share > 0))


def _phi(theta: ArrayLike, eta: float, gamma: float) -> Floats:
    t = np.asarray(theta, dtype=np.float64)
    return np.asarray(eta / (t**gamma * (1 + t) ** (1 - gamma)))


def _shape(k: Floats, theta: Floats | float, phi: Floats | float, rho: float) -> tuple[Floats, Floats, Floats, Floats]:
    """Total variance and its derivatives by theta, phi and rho, each with the others held."""
    z = phi * k
    root = np.sqrt((z + rho) ** 2 + 1 - rho**2)
    half = theta / 2
    inner = 1 + rho * z + root
    return half * inner, inner / 2, half * k * (rho + (z + rho) / root), half * z * (1 + 1 / root)


def _by_theta(k: Floats, theta: float, surface: Ssvi) -> tuple[Floats, Floats]:
    """Total variance, and its derivative by log theta, curvature following."""
    w, by_theta, by_phi, _ = _shape(k, theta, surface.phi(theta), surface.rho)
    pull = surface.gamma + (1 - surface.gamma) * theta / (1 + theta) if theta > surface.thetas[0] else 0.0
    return w, by_theta * theta - by_phi * surface.phi(theta) * pull
