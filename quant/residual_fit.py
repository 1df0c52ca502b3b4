"""The ratios of a residual layer: as near to the quotes as a smooth density without arbitrage comes.

One quadratic program a slice: squared distances from the mids in half-spreads, and the bend of the ratio; no ratio
below 0, total probability and forward kept. M. R. Fengler chooses call prices so ("Arbitrage-free smoothing of the
implied volatility surface", Quantitative Finance 9, 2009).
"""

from dataclasses import dataclass, replace

import numpy as np

from quant.black import price
from quant.normal import Floats
from quant.qp import minimise
from quant.residual import Residual, Worth, worth
from quant.svi import FURTHEST, NONE_LEFT, Svi, grid

SMOOTHNESS = 1e-2  # of a bend of 1 a squared deviation over one deviation, against a quote a half-spread off
RIDGES, LEAST_RIDGE = (1e-10, 1e-8, 1e-6), 1e-4  # of the ratio's distance from 1: shares of the rest, and in any case
CLOSEST = 0.02  # knots, in deviations
RUN_OUT = np.array([0.15, 0.35, 0.65, 1.0, 1.5])  # knots beyond the last quotes, in deviations
LEAST_WORTH = 1e-13  # of the forward; a cheaper option says nothing
LEAST_ERROR, SMALLEST = 0.3, 1e-6  # no half-spread counts for less: of the median one, of the forward
TOUCHING = 1e-3  # share of premium or variance; a pair of expiries nearer than that is compared wherever it is read
STEP, MOST_STEPS = 0.05, 2000  # of that comparison, in deviations


@dataclass(frozen=True, eq=False)
class Quoted:
    """Quotes of one expiry as European total variances at log-moneyness ``k``; NaN and 0 bids or infinite asks may be.

    One entry a quote, in any order; of equal strikes the first counts.
    """

    k: Floats
    mid: Floats
    bid: Floats
    ask: Floats


@dataclass(frozen=True, eq=False)
class _Aims:
    """Out-of-the-money premiums to come near to, ascending by strike, and what may be missed by; ``unused`` quotes."""

    k: Floats
    premium: Floats
    error: Floats
    unused: int


def fit_residual(base: Svi, quoted: Quoted, earlier: Residual | None = None) -> Residual:
    """The layer on one slice, above the expiry before it. Never raises on bad quotes; ``notes`` say what is left out.

    A ``base`` that has a butterfly itself is flattened until it has none.
    """
    base, notes = _without_butterfly(base)
    aims = _aims(quoted)
    if aims.unused:
        notes.append(f"{aims.unused} quotes without use")
    plain = Residual(base, np.empty(0), np.ones(1))
    if not base.butterfly() <= NONE_LEFT:
        found, why = plain, "nothing below to build on"
        earlier = None
    elif len(aims.k) < 2:
        found, why = plain, "fewer than two quotes to follow"
    else:
        found, why = _fitted(plain, aims)
    notes.extend([why] if why else [])
    touches = earlier is not None and _touches(found, earlier)
    return replace(found, notes=tuple(notes), floor=earlier if touches else None)


def _without_butterfly(base: Svi) -> tuple[Svi, list[str]]:
    """``base`` with flatter wings, its variance at the forward kept, if that is what it takes."""
    if base.butterfly() <= NONE_LEFT:
        return base, []
    level = float(base.variance(0.0))
    for share in np.linspace(0.9, 0.0, 10):
        bent = replace(base, a=0.0, b=share * base.b)
        flatter = replace(bent, a=level - float(bent.b * (-bent.rho * bent.m + np.hypot(bent.m, bent.sigma))))
        if flatter.butterfly() <= NONE_LEFT:
            break
    return flatter, ["the fit below has a butterfly: flattened"]


def _aims(quoted: Quoted) -> _Aims:
    k, first = np.unique(quoted.k, return_index=True)
    sides = (np.nan_to_num(quoted.bid[first], nan=0.0, posinf=0.0), quoted.mid[first], quoted.ask[first])
    with np.errstate(all="ignore"):
        low, middle, high = (price(k >= 0, 1.0, np.exp(k), 1.0, np.sqrt(side), 1.0) for side in sides)
    high = np.where(np.isfinite(high) & np.isfinite(quoted.ask[first]), high, 2 * middle)
    usable = np.isfinite(middle) & (middle > LEAST_WORTH) & (high >= low) & (np.abs(k) < FURTHEST)
    half = (high - low)[usable] / 2
    least = max(LEAST_ERROR * float(np.median(half)), SMALLEST) if len(half) else SMALLEST
    return _Aims(k[usable], middle[usable], np.maximum(half, least), len(quoted.k) - int(usable.sum()))


def _fitted(plain: Residual, aims: _Aims) -> tuple[Residual, str]:
    base, unit = plain.base, float(np.sqrt(plain.base.variance(0.0)))
    knots = _knots(base, aims.k, unit)
    if len(knots) < 4:
        return plain, "too few knots"
    at = worth(base, knots)
    add = _premiums(base, knots, at, aims.k) / aims.error[:, None]
    bend = _bends(knots / unit)
    hessian = add.T @ add + SMOOTHNESS * bend.T @ bend
    linear = add.T @ ((aims.premium - worth(base, aims.k).out_of_the_money(aims.k)) / aims.error)
    kept = _kept(knots, at)
    every, size = np.eye(len(linear)), float(np.trace(hessian))
    for share in RIDGES:
        held = hessian + max(LEAST_RIDGE, share * size) * every
        solution = minimise(held, linear, kept, np.zeros(2), every, -np.ones(len(linear)))
        if solution.feasible:
            return _curve(base, knots, solution.x, kept), ""
    return plain, "no minimum found"


def _curve(base: Svi, knots: Floats, change: Floats, kept: Floats) -> Residual:
    """Rounding taken out of the solution: no ratio below 0, probability and forward kept."""
    ratios = np.maximum(1 + change, 0.0)
    missing = -kept @ (ratios - 1)
    ratios *= 1 + kept.T @ np.linalg.lstsq((kept * ratios) @ kept.T, missing, rcond=None)[0]
    return Residual(base, knots, np.concatenate([[1.0], np.maximum(ratios, 0.0), [1.0]]))


def _knots(base: Svi, k: Floats, unit: float) -> Floats:
    """The quotes' strikes and some beyond, none closer than ``CLOSEST``."""
    every = np.concatenate([k[0] - unit * RUN_OUT[::-1], k, k[-1] + unit * RUN_OUT])
    every = every[worth(base, every).out_of_the_money(every) > LEAST_WORTH]
    kept: list[float] = []
    for one in every.tolist():
        if not kept or one - kept[-1] >= CLOSEST * unit:
            kept.append(one)
    return np.array(kept)


def _premiums(base: Svi, knots: Floats, at: Worth, k: Floats) -> Floats:
    """What the density of each cell is worth to each out-of-the-money option (options, cells)."""
    own, u, edges, point = worth(base, k), np.exp(k)[:, None], np.exp(knots), k[:, None]
    puts = np.where(knots < point, at.put + at.put_slope * (u - edges), own.put[:, None])
    calls = np.where(knots > point, at.call + at.call_slope * (u - edges), own.call[:, None])
    return np.where(point < 0, np.diff(puts, axis=1), -np.diff(calls, axis=1))


def _kept(knots: Floats, at: Worth) -> Floats:
    """Rows of what may not change: total probability and the mean, of length 1."""
    mass = np.diff(at.put_slope)
    moment = np.diff(at.put_slope * np.exp(knots) - at.put) - mass
    rows = np.array([mass, moment])
    return np.asarray(rows / np.sqrt(np.sum(rows**2, axis=1, keepdims=True)))


def _bends(x: Floats) -> Floats:
    """Second derivative by x of (ratio - 1) in each cell, 0 beyond both ends, times the root of the cell's width."""
    width = np.diff(x)
    centres = np.concatenate([[x[0] - width[0] / 2], (x[1:] + x[:-1]) / 2, [x[-1] + width[-1] / 2]])
    gap, cell = np.diff(centres), np.arange(len(width))
    weight = np.sqrt(width) * 2 / (gap[:-1] + gap[1:])
    rows = np.zeros((len(width), len(width) + 2))
    rows[cell, cell], rows[cell, cell + 2] = weight / gap[:-1], weight / gap[1:]
    rows[cell, cell + 1] = -rows[cell, cell] - rows[cell, cell + 2]
    return rows[:, 1:-1]


def _touches(curve: Residual, earlier: Residual) -> bool:
    """Whether the curve comes near that of the expiry before, or below: among the knots of both, in the wings."""
    knots = np.unique(np.concatenate([curve.knots, earlier.knots]))
    k, wings = (knots[1:] + knots[:-1]) / 2, grid()
    if len(knots):
        step = np.fmax(STEP * np.sqrt(earlier.base.variance(0.0)), (knots[-1] - knots[0]) / MOST_STEPS)
        k = np.concatenate([k, knots, np.arange(knots[0], knots[-1], step)])
        wings = wings[(wings < knots[0]) | (wings > knots[-1])]
    near = bool(np.any(curve.premium(k) < earlier.premium(k) * (1 + TOUCHING)))
    return near or bool(np.any(curve.variance(wings) < earlier.variance(wings) * (1 + TOUCHING)))
