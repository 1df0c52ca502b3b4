"""Fitted slices moved, as little as the quotes allow, to where no butterfly and no calendar spread is free.

All slices are one least-squares problem (``quant.svi_walls``) whose walls are raised until nothing is left; quotes that
five parameters have no shape for count less. Should that fail or lead far from the quotes, the slices are drawn towards
a surface that cannot have an arbitrage, and from there back to the quotes within high walls. That surface is SSVI with
phi = eta / sqrt(theta (1 + theta)) and eta (1 + |rho|) <= 2 (Gatheral and Jacquier, Quantitative Finance 14, 2014,
Remark 4.4).
"""

from collections.abc import Iterator

import numpy as np

from quant.normal import Floats
from quant.svi import ssvi_slice
from quant.svi_fit import Quotes, bounded, improve, scaled, shape
from quant.svi_walls import MARGIN, SLOPES, Points, Surface

ROUNDS, STEPS, SETTLED = 8, 20, 1e-4
LOWEST, HIGH, RAISE = 0.03, 300.0, 10.0  # height of the walls, against quotes whose squared weights sum to 1
FAINT, FAINTEST = 5e-3, 4e-3  # weight of the wings' slopes, before and under the walls
MOST_MISSED, LITTLE_MISSED = 3.0, 0.03  # times the fit's own misses; of the variance at the money
_FARTHEST_STEP = 2.0
_BLENDS = (0.1, 0.3, 0.6, 1.0)
_MOST_SKEWED, _FLATTEST, _BENT = 0.9, 0.05, 1.8  # rho, eta and eta (1 + |rho|) of the surface drawn to


def repair(theta: Floats, quotes: Quotes) -> Floats:
    """Scaled parameters (5, slices), slices ascending by expiry, one each; unchanged where nothing is wrong.

    What comes back has g > 0 and total variances that rise with time within ``FURTHEST`` of the forward, as far as a
    fine grid tells (``Surface.look``).
    Wings that no quote speaks of are the first to move: a faint pull towards flat ones decides what the quotes do not.
    """
    surface = Surface.of(quotes)
    if surface.look(theta)[1].enough:
        return theta
    heeded = surface.heeding(theta)
    start = improve(theta, heeded.x, heeded.y, heeded.weight, heeded.unit, _faint_wings)
    moved = _between_walls(start, surface, LOWEST)
    near = heeded.misses(moved) <= np.maximum(MOST_MISSED * heeded.misses(start), LITTLE_MISSED)
    if near.all() and surface.look(moved)[1].enough:
        return moved
    drawn = next((found for found in _blended(start, surface) if surface.look(found)[1].enough), start)
    back = _between_walls(_settled(drawn, heeded, surface.look(drawn)[0], HIGH), surface, HIGH * RAISE)
    ends = [end for end in (moved, drawn, back) if surface.look(end)[1].enough]
    return min(ends, key=lambda end: float(np.sum(heeded.misses(end) ** 2)), default=moved)


def _faint_wings(theta: Floats) -> tuple[Floats, Floats]:
    wings = FAINT * (theta.T @ SLOPES)
    return wings, np.broadcast_to(FAINT * SLOPES, (len(wings), 5, 2))


def _between_walls(theta: Floats, surface: Surface, height: float) -> Floats:
    for _ in range(ROUNDS):
        points, clearance = surface.look(theta)
        if clearance.enough:
            break
        theta = _settled(theta, surface.heeding(theta), points, height)
        height *= RAISE
    return theta


def _settled(theta: Floats, surface: Surface, points: Points, height: float) -> Floats:
    """The least squares between walls of one height, from ``theta`` on."""
    damping = 1e-3
    here = surface.system(theta, points, height, FAINTEST)
    for _ in range(STEPS):
        step = np.clip(here.step(damping), -_FARTHEST_STEP, _FARTHEST_STEP)
        trial = bounded(theta - step, surface.unit)
        there = surface.system(trial, points, height, FAINTEST)
        if not there.cost < here.cost:
            damping *= 6
            continue
        done = here.cost - there.cost < SETTLED * here.cost
        theta, here, damping = trial, there, max(damping / 5, 1e-9)
        if done:
            break
    return theta


def _blended(theta: Floats, surface: Surface) -> Iterator[Floats]:
    """Ever nearer to the SSVI surface of the slices' own variances at the forward, skew and curvature."""
    unit = surface.unit
    at_forward = shape(theta, np.zeros((len(unit), 1)))[0][:, 0] * unit**2
    grown = (1 + 8 * MARGIN) ** np.arange(len(unit))
    variances = np.maximum.accumulate(at_forward / grown) * grown
    rho = float(np.clip(np.median(theta[1] / theta[2]), -_MOST_SKEWED, _MOST_SKEWED))
    bends = 2 * theta[2] * unit / variances * np.sqrt(variances * (1 + variances))
    eta = float(np.clip(np.median(bends), _FLATTEST, _BENT / (1 + abs(rho))))
    slices = [ssvi_slice(v, rho, eta / np.sqrt(v * (1 + v))) for v in variances.tolist()]
    free = scaled(tuple(slices), unit)
    for share in _BLENDS:
        yield theta + share * (free - theta)
