"""Raw SVI fitted to all expiries at once: Levenberg and Marquardt's steps on batched normal equations, in numpy.

Each slice is measured in its own deviations: x = k / h and y = w / h^2, where h^2 is its total variance at the money.
The unknowns are a, d = b rho, b, m and log sigma: for given m and sigma the rest is linear (Zeliade Systems,
"Quasi-explicit calibration of Gatheral's SVI model", 2009), which makes the starts, and the derivatives are simple.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from quant.normal import Floats
from quant.svi import STEEPEST, Svi

MOST_STEPS = 60
SETTLED = 1e-10  # relative gain of a step below which a slice is done
STARTS = tuple(product((-1.5, -0.5, 0.2, 0.8, 2.0), (0.25, 0.8, 2.5)))  # m and sigma, in deviations
NARROWEST, WIDEST = 0.02, 50.0  # sigma, in deviations
MOST_SKEWED = 0.9999  # |rho|
LEAST_VARIANCE = 1e-4  # the floor of the smile, as a share of the variance at the money
FURTHEST_CENTRE = 40.0

Walls = Callable[[Floats], tuple[Floats, Floats]]  # parameters -> residuals (slices, rows) and their Jacobian


@dataclass(frozen=True, eq=False)
class Quotes:
    """Padded rows, one a slice: log-moneyness, total variance, and weights (1 / standard error of the variance).

    Weight 0 marks padding. ``unit`` is h, one standard deviation of the log spot at each expiry.
    """

    k: Floats
    w: Floats
    weight: Floats
    unit: Floats

    @property
    def x(self) -> Floats:
        return self.k / self.unit[:, None]

    @property
    def y(self) -> Floats:
        return self.w / self.unit[:, None] ** 2

    @property
    def scaled_weight(self) -> Floats:
        """Weights of y, their mean square 1 in each slice, so that walls have the same height everywhere."""
        scaled = self.weight * self.unit[:, None] ** 2
        total = np.sqrt(np.sum(scaled**2, axis=1, keepdims=True))
        return np.asarray(scaled / np.where(total > 0, total, 1.0))


def padded(rows: list[tuple[Floats, Floats, Floats]], units: Floats) -> Quotes:
    """(k, w, weight) of each slice as one block."""
    longest = max((len(k) for k, _, _ in rows), default=0)
    block = np.zeros((3, len(rows), longest))
    for i, columns in enumerate(rows):
        for column, values in zip(block, columns, strict=True):
            column[i, : len(values)] = values
    return Quotes(block[0], block[1], block[2], units)


def fit_slices(quotes: Quotes) -> Floats:
    """Parameters (5, slices) in the scaled form; turn them into slices by ``raw``."""
    x, y, weight = quotes.x, quotes.y, quotes.scaled_weight
    return improve(_start(x, y, weight, quotes.unit), x, y, weight, quotes.unit)


def raw(theta: Floats, unit: Floats) -> tuple[Svi, ...]:
    """The slices that scaled parameters stand for."""
    a, d, b, m, log_sigma = theta
    columns = (a * unit**2, b * unit, d / b, m * unit, np.exp(log_sigma) * unit)
    return tuple(Svi(*row) for row in np.stack(columns, axis=1).tolist())


def scaled(slices: tuple[Svi, ...], unit: Floats) -> Floats:
    """The inverse of ``raw``."""
    a, b, rho, m, sigma = np.array([[s.a, s.b, s.rho, s.m, s.sigma] for s in slices]).reshape(-1, 5).T
    return np.array([a / unit**2, b * rho / unit, b / unit, m / unit, np.log(sigma / unit)])


def shape(theta: Floats, x: Floats) -> tuple[Floats, Floats]:
    """y at x (slices, points), and its Jacobian (slices, 5, points)."""
    a, d, b, m, log_sigma = theta[:, :, None]
    square = np.exp(2 * log_sigma)
    e = x - m
    root = np.sqrt(e * e + square)
    jacobian = np.empty((x.shape[0], 5, x.shape[1]))
    jacobian[:, 0] = 1.0
    jacobian[:, 1] = e
    jacobian[:, 2] = root
    jacobian[:, 3] = -(d + b * e / root)
    jacobian[:, 4] = b * square / root
    return np.asarray(a + d * e + b * root), jacobian


def improve(
    theta: Floats,
    x: Floats,
    y: Floats,
    weight: Floats,
    unit: Floats,
    walls: Walls | None = None,
    steps: int = MOST_STEPS,
) -> Floats:
    """The least weighted squares from ``theta`` on, within the bounds of an SVI; ``walls`` add residuals to repel.

    A slice stops when a step gains nothing; none ends worse than it began.
    """
    theta = bounded(theta, unit)
    best, damping, still = theta.copy(), np.full(theta.shape[1], 1e-3), np.zeros(theta.shape[1], dtype=bool)
    normal, gradient, cost = _normal(theta, x, y, weight, walls)
    for _ in range(steps):
        diagonal = np.einsum("sii->si", normal) + 1e-12
        damped = normal + damping[:, None, None] * diagonal[:, :, None] * np.eye(5)
        step = np.linalg.solve(damped, gradient[:, :, None])[:, :, 0].T
        trial = bounded(best - np.clip(step, -5.0, 5.0), unit)
        new_normal, new_gradient, new_cost = _normal(trial, x, y, weight, walls)
        better = new_cost < cost
        still |= (better & (cost - new_cost <= SETTLED * cost)) | (damping > 1e8)
        best[:, better] = trial[:, better]
        normal[better], gradient[better] = new_normal[better], new_gradient[better]
        cost = np.where(better, new_cost, cost)
        damping = np.where(better, np.maximum(damping / 5, 1e-12), damping * 4)
        if still.all():
            break
    return best


def _normal(theta: Floats, x: Floats, y: Floats, weight: Floats, walls: Walls | None) -> tuple[Floats, Floats, Floats]:
    """Normal matrix (slices, 5, 5), gradient (slices, 5) and cost (slices)."""
    value, jacobian = shape(theta, x)
    residual = weight * (value - y)
    jacobian *= weight[:, None, :]
    if walls is not None:
        more, slopes = walls(theta)
        residual = np.concatenate([residual, more], axis=1)
        jacobian = np.concatenate([jacobian, slopes], axis=2)
    normal = jacobian @ jacobian.transpose(0, 2, 1)
    gradient = (jacobian @ residual[:, :, None])[:, :, 0]
    return normal, gradient, np.einsum("sn,sn->s", residual, residual)


def bounded(theta: Floats, unit: Floats) -> Floats:
    """Parameters moved to the nearest that an SVI may have."""
    a, d, b, m, log_sigma = theta
    log_sigma = np.clip(log_sigma, np.log(NARROWEST), np.log(WIDEST))
    m = np.clip(m, -FURTHEST_CENTRE, FURTHEST_CENTRE)
    b = np.clip(b, 1e-4, STEEPEST / unit / (1 + 1e-6))
    d = np.clip(d, -MOST_SKEWED * b, MOST_SKEWED * b)
    steep = np.minimum(1.0, STEEPEST / unit / (b + np.abs(d)))
    b, d = b * steep, d * steep
    floor = np.exp(log_sigma) * np.sqrt(np.maximum(b * b - d * d, 0.0))
    return np.array([np.maximum(a, LEAST_VARIANCE - floor), d, b, m, log_sigma])


def _start(x: Floats, y: Floats, weight: Floats, unit: Floats) -> Floats:
    """The best of a few m and sigma, the rest solved linearly."""
    best, least = np.zeros((5, len(x))), np.full(len(x), np.inf)
    square = weight * weight
    for m, sigma in STARTS:
        e = x - m
        basis = np.stack([np.ones_like(x), e, np.sqrt(e * e + sigma * sigma)], axis=1)
        weighted = basis * square[:, None, :]
        normal = weighted @ basis.transpose(0, 2, 1)
        ridge = 1e-9 * np.einsum("sii->s", normal)[:, None, None] * np.eye(3) + 1e-300 * np.eye(3)
        a, d, b = np.linalg.solve(normal + ridge, (weighted @ y[:, :, None]))[:, :, 0].T
        theta = bounded(np.array([a, d, b, np.full_like(a, m), np.full_like(a, np.log(sigma))]), unit)
        residual = weight * (shape(theta, x)[0] - y)
        cost = np.einsum("sn,sn->s", residual, residual)
        better = cost < least
        best[:, better], least = theta[:, better], np.where(better, cost, least)
    return best


def leverages(theta: Floats, x: Floats, weight: Floats) -> Floats:
    """How much each quote pulls the fit towards itself, 0 to 1: the diagonal of the hat matrix (slices, quotes)."""
    _, jacobian = shape(theta, x)
    jacobian *= weight[:, None, :]
    normal = jacobian @ jacobian.transpose(0, 2, 1)
    ridge = 1e-10 * np.einsum("sii->s", normal)[:, None, None] * np.eye(5)
    solved = np.linalg.solve(normal + ridge + 1e-300 * np.eye(5), jacobian)
    return np.asarray(np.einsum("sin,sin->sn", jacobian, solved))
