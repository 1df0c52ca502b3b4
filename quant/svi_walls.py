"""The residuals of a whole surface of SVI slices: quotes, faint wings, and walls against both arbitrages.

Slices touch where total variance would cross, so all parameters are one unknown and the normal matrix has blocks beside
its diagonal: what a crossing costs is shared by how well the quotes know either slice.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from quant import svi
from quant.normal import Floats
from quant.svi import FURTHEST
from quant.svi_fit import Quotes, shape

MARGIN = 2e-3  # of g, and of total variance as a share of itself: what the walls keep clear of nothing
_NO_VARIANCE = 1e-8  # scaled
_PLAIN = 0.1
_FINE, _COARSE, _NEAR = 241, 61, 8.0  # points from a bend to look at; for walls, within so many sigma of it
_WINGS, _SKIP = FURTHEST * np.sinh(np.linspace(-6, 6, 361)) / np.sinh(6), 6  # log-moneyness; of these, for walls
_BESIDE = np.arange(-1, 2)
SLOPES = np.array([[0.0, 1, 1, 0, 0], [0, -1, 1, 0, 0]]).T  # of the two wings, by the parameters


class Points(NamedTuple):
    """Where to look for butterflies (slices, points), in deviations, and for crossings (slices - 1, points), at k."""

    own: Floats
    shared: Floats


class Clearance(NamedTuple):
    """The least g of each slice, and the least rise of total variance (as a share) from each slice to the next."""

    g: Floats
    rise: Floats

    @property
    def enough(self) -> bool:
        return all(bool(np.all(least > MARGIN / 4)) for least in self)


@dataclass(frozen=True, eq=False)
class System:
    """Least squares at one point: ``normal`` (slices, 5, slices, 5), ``gradient`` (slices, 5), ``cost``."""

    normal: Floats
    gradient: Floats
    cost: float

    def step(self, damping: float) -> Floats:
        """Levenberg and Marquardt's step (5, slices), to be taken off."""
        gradient = self.gradient.reshape(-1)
        normal = self.normal.reshape(len(gradient), -1)
        damped = normal + np.diag(damping * (np.diagonal(normal) + 1e-12))
        return np.asarray(np.linalg.solve(damped, gradient).reshape(self.gradient.shape).T)


@dataclass(frozen=True, eq=False)
class Surface:
    """Quotes in scaled terms; every slice counts the same, however many quotes it has. ``inverse_error`` is 1 / the
    standard error of each y, 0 for padding."""

    x: Floats
    y: Floats
    weight: Floats
    unit: Floats
    inverse_error: Floats

    @classmethod
    def of(cls, quotes: Quotes) -> "Surface":
        inverse_error = quotes.weight * quotes.unit[:, None] ** 2
        return cls(quotes.x, quotes.y, quotes.scaled_weight, quotes.unit, inverse_error)

    def heeding(self, theta: Floats) -> "Surface":
        """Weights under which squares count like absolute misses: many quotes met beat all of them missed by a little.

        Beyond ``_PLAIN`` of a quote's error, where five parameters have not the shape for all (least squares reweighted
        by pseudo-Huber's loss; Huber, "Robust Statistics", 1981, section 7.8).
        """
        miss = self.inverse_error * (shape(theta, self.x)[0] - self.y) / _PLAIN
        weight = self.inverse_error / (1 + miss**2) ** 0.25
        total = np.sqrt(np.sum(weight**2, axis=1, keepdims=True))
        return replace(self, weight=weight / np.where(total > 0, total, 1.0))

    def misses(self, theta: Floats) -> Floats:
        """Root mean square of what each slice is off, in its own variance at the money, by the weights."""
        off = self.weight * (shape(theta, self.x)[0] - self.y)
        return np.asarray(np.sqrt(np.einsum("sn,sn->s", off, off)))

    def look(self, theta: Floats) -> tuple[Points, Clearance]:
        """Where to build walls, and how far from arbitrage the slices are; walls stand where it is nearest, too."""
        wings = np.broadcast_to(_WINGS, (len(self.unit), len(_WINGS))) / self.unit[:, None]
        fine = np.concatenate([self._from_bend(theta), wings], axis=1)
        g = self._g(theta, fine)
        k = np.concatenate([fine[:-1] * self.unit[:-1, None], fine[1:, :_FINE] * self.unit[1:, None]], axis=1)
        rise = self._variance(theta, k, slice(1, None)) / self._variance(theta, k, slice(None, -1)) - 1
        bends = self._bends(theta, _COARSE)
        own = np.concatenate([bends, wings[:, ::_SKIP], _around_least(fine, g)], axis=1)
        bends = bends[:, ::2] * self.unit[:, None]
        common = np.broadcast_to(_WINGS[::_SKIP], (len(k), len(_WINGS[::_SKIP])))
        shared = np.concatenate([common, bends[:-1], bends[1:], _around_least(k, rise)], axis=1)
        return Points(own, shared), Clearance(g.min(axis=1), rise.min(axis=1))

    def _bends(self, theta: Floats, count: int) -> Floats:
        reach, line = FURTHEST / self.unit[:, None], np.linspace(-1, 1, count)
        return np.asarray(np.clip(theta[3][:, None] + np.exp(theta[4])[:, None] * _NEAR * line, -reach, reach))

    def _from_bend(self, theta: Floats) -> Floats:
        """From each bend out to the end on the bend's own scale, however sharp it is."""
        reach, sigma = FURTHEST / self.unit[:, None], np.exp(theta[4])[:, None]
        steps = np.arcsinh(2 * reach / sigma) * np.linspace(-1, 1, _FINE)
        return np.asarray(np.clip(theta[3][:, None] + sigma * np.sinh(steps), -reach, reach))

    def _variance(self, theta: Floats, k: Floats, side: slice) -> Floats:
        unit = self.unit[side, None]
        a, d, b, m, log_sigma = theta[:, side, None]
        e = k / unit - m
        return np.asarray(np.maximum(a + d * e + b * np.sqrt(e * e + np.exp(2 * log_sigma)), _NO_VARIANCE) * unit**2)

    def _g(self, theta: Floats, x: Floats) -> Floats:
        a, d, b, m, log_sigma = theta[:, :, None]
        e, square, unit = x - m, np.exp(2 * log_sigma), self.unit[:, None]
        root = np.sqrt(e * e + square)
        w = np.maximum(a + d * e + b * root, _NO_VARIANCE) * unit**2
        return svi.durrleman(x * unit, w, (d + b * e / root) * unit, b * square / root**3)

    def system(self, theta: Floats, points: Points, height: float, faint: float) -> System:
        """``height`` of the walls, against quotes whose squared weights sum to 1; ``faint`` weight on the wings."""
        value, jacobian = shape(theta, self.x)
        own = [(self.weight * (value - self.y), jacobian * self.weight[:, None, :])]
        g, slopes = durrleman(theta, points.own, self.unit)
        under = np.minimum(g - MARGIN, 0.0)
        own.append((height * under, slopes * (height * (under < 0))[:, None, :]))
        wings = faint * (theta.T @ SLOPES)
        own.append((wings, np.broadcast_to(faint * SLOPES, (len(wings), 5, 2))))
        n, i = len(self.unit), np.arange(len(self.unit))
        blocks, gradient = np.zeros((n, 5, 5)), np.zeros((n, 5))
        for residual, slope in own:
            blocks += slope @ slope.transpose(0, 2, 1)
            gradient += np.einsum("spn,sn->sp", slope, residual)
        fall, near, far = self._falls(theta, points.shared, height)
        blocks[:-1] += near @ near.transpose(0, 2, 1)
        blocks[1:] += far @ far.transpose(0, 2, 1)
        gradient[:-1] += np.einsum("spn,sn->sp", near, fall)
        gradient[1:] += np.einsum("spn,sn->sp", far, fall)
        normal = np.zeros((n, 5, n, 5))
        normal[i, :, i, :] = blocks
        beside = near @ far.transpose(0, 2, 1)
        normal[i[:-1], :, i[1:], :], normal[i[1:], :, i[:-1], :] = beside, beside.transpose(0, 2, 1)
        cost = sum(float(np.sum(residual**2)) for residual, _ in own) + float(np.sum(fall**2))
        return System(normal, gradient, cost)

    def _falls(self, theta: Floats, k: Floats, height: float) -> tuple[Floats, Floats, Floats]:
        """How far each later slice falls short of a rise, and the Jacobians by the nearer and by the later slice."""
        (w, by_near), (later, by_far) = self._variances(theta, k)
        before = np.maximum(w, 1e-300)
        fall = np.minimum(later / before - 1 - MARGIN, 0.0)
        on = height * (fall < 0)
        return height * fall, -by_near * (on * later / before**2)[:, None, :], by_far * (on / before)[:, None, :]

    def _variances(self, theta: Floats, k: Floats) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Total variances of each slice but the last, and of each but the first, at ``k``, with their Jacobians."""
        sides = []
        for side in (slice(None, -1), slice(1, None)):
            unit = self.unit[side]
            y, jacobian = shape(theta[:, side], k / unit[:, None])
            sides.append((y * unit[:, None] ** 2, jacobian * unit[:, None, None] ** 2))
        return sides[0], sides[1]


def _around_least(at: Floats, value: Floats) -> Floats:
    """The point of each row where ``value`` is least, and those beside it."""
    order = np.argsort(at, axis=1)
    lowest = np.argmin(np.take_along_axis(value, order, axis=1), axis=1)[:, None]
    return np.take_along_axis(at, np.take_along_axis(order, np.clip(lowest + _BESIDE, 0, at.shape[1] - 1), 1), axis=1)


def durrleman(theta: Floats, x: Floats, unit: Floats) -> tuple[Floats, Floats]:
    """Durrleman's g (slices, points) and its Jacobian (slices, 5, points), in scaled terms."""
    _, d, b, m, log_sigma = theta[:, :, None]
    square = np.exp(2 * log_sigma)
    e = x - m
    root = np.sqrt(e * e + square)
    y, by_theta = shape(theta, x)
    tilt, curve = e / root, square / root**3
    first, second = d + b * tilt, b * curve
    y = np.maximum(y, _NO_VARIANCE)
    q = 1 - x * first / (2 * y)
    steepness = 1 / y + unit[:, None] ** 2 / 4
    g = q**2 - first**2 / 4 * steepness + second / 2
    by_y = (q * x * first + first**2 / 4) / y**2
    by_first = -q * x / y - first / 2 * steepness
    jacobian = by_theta * by_y[:, None]
    jacobian[:, 1] += by_first
    jacobian[:, 2] += by_first * tilt + curve / 2
    jacobian[:, 3] += -by_first * second + 1.5 * second * e / root**2
    jacobian[:, 4] += -by_first * b * tilt * square / root**2 + second * (1 - 1.5 * square / root**2)
    return g, jacobian
