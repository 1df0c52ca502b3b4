"""What quotes say beyond five parameters: a density over the fitted one, without arbitrage by construction.

Each expiry's risk-neutral density is that of its fitted smile (Breeden and Litzenberger, J. Business 51, 1978) times a
factor, piecewise linear between the quoted strikes, never below 0 and 1 beyond them. Option values are linear in the
factor, so the factor nearest to the quotes, by their errors and smooth, is a non-negative least-squares problem: a
density that is nowhere negative is free of butterflies. Undiscounted call values over the forward, at equal strike over
forward, are then raised to those of the expiry before: the larger of two convex functions is convex, so calendars are
free too, and nothing else is lost. Fengler, "Arbitrage-free smoothing of the implied volatility surface" (Quantitative
Finance 9, 2009) orders expiries the same way.

Wings are those of the fitted smile. Between the points of one grid, common to all expiries, values are linear in the
strike, which keeps both properties everywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from quant.black import implied_vol, price
from quant.normal import Floats
from quant.quality import sides
from quant.smile import Smile
from quant.smile_fit import WELL_KNOWN

POINTS, CROWDING, REACH = 1601, 5.5, 1.6  # of the grid in log-moneyness, dense around 0
STIFFNESS = 0.2  # what a bend of the factor costs against a quote one half-spread off
EXACT = 1e4  # weight of the mass and of the mean
LEAST_ERROR = 0.3  # of the median half-spread: no quote is better known


@dataclass(frozen=True, eq=False)
class RefinedSmile:
    """Undiscounted call values over the forward at ``moneyness`` = strike over forward, convex and decreasing."""

    expiry: date
    years: float
    forward: float
    moneyness: Floats
    calls: Floats

    def vol(self, strike: ArrayLike) -> Floats:
        """Vol at any strike within the grid; NaN beyond it and where a value is all intrinsic."""
        x = np.asarray(strike, dtype=np.float64) / self.forward
        call = np.interp(x, self.moneyness, self.calls, left=np.nan, right=np.nan)
        out = x >= 1
        value = np.where(out, call, call - 1 + x)
        found, _ = implied_vol(out, value, 1.0, x, self.years, 1.0)
        return found

    def density(self) -> Floats:
        """Probabilities at the inner points of the grid: changes of slope, none of them negative."""
        return np.asarray(np.diff(np.diff(self.calls) / np.diff(self.moneyness)))


def refine(smiles: Sequence[Smile]) -> tuple[RefinedSmile, ...]:
    """One for every smile, ascending by expiry, joined ones included."""
    k = REACH * np.sinh(np.linspace(-CROWDING, CROWDING, POINTS)) / np.sinh(CROWDING)
    moneyness = np.exp(k)
    found: list[RefinedSmile] = []
    for smile in smiles:
        calls = _calls(smile, moneyness)
        if found:
            calls = np.maximum(calls, found[-1].calls)
        found.append(RefinedSmile(smile.expiry, smile.years, smile.forward, moneyness, calls))
    return tuple(found)


def _calls(smile: Smile, x: Floats) -> Floats:
    base = _density(smile, x)
    knots, value, error = _quotes(smile)
    if len(knots) < 3:
        return _valued(base, x)
    hats = np.array([np.interp(x, knots, row) for row in np.eye(len(knots))])
    tilted = hats * base
    out = knots[:, None] >= 1
    pays = np.where(out, np.maximum(x - knots[:, None], 0.0), np.maximum(knots[:, None] - x, 0.0))
    weight = 1 / error
    bend = STIFFNESS * _bends(knots, smile.deviation)
    rows = np.vstack([weight[:, None] * (pays @ tilted.T), bend, EXACT * tilted.sum(axis=1), EXACT * (tilted @ x)])
    target = np.concatenate([weight * value, np.zeros(len(bend)), [EXACT * base.sum(), EXACT]])
    factor = _least_squares(rows, target)
    return _valued(factor @ tilted, x)


def _least_squares(rows: Floats, target: Floats) -> Floats:
    from scipy.optimize import nnls

    return np.asarray(nnls(rows, target)[0])


def _density(smile: Smile, x: Floats) -> Floats:
    """Probability at each point of the grid under the fitted smile, mass 1 and mean 1, nowhere negative."""
    calls = price(True, 1.0, x, smile.years, smile.vol_at(np.log(x)), 1.0)
    calls[0], calls[-1] = 1 - x[0], 0.0
    slopes = np.concatenate([[-1.0], np.diff(calls) / np.diff(x), [0.0]])
    mass = np.maximum(np.diff(slopes), 0.0)
    return _balanced(mass / mass.sum(), x)


def _balanced(mass: Floats, x: Floats) -> Floats:
    """The mass with a mean of 1: a little is moved between the halves."""
    above = x > 1
    up, down = float(mass[above] @ x[above]), float(mass[~above] @ x[~above])
    high, low = float(mass[above].sum()), float(mass[~above].sum())
    if not (high > 0 and low > 0):
        return mass
    a, b = np.linalg.solve(np.array([[high, low], [up, down]]), np.ones(2))
    return np.where(above, a * mass, b * mass) if a > 0 and b > 0 else mass


def _valued(mass: Floats, x: Floats) -> Floats:
    """Call values at the points of the grid, of a mass that is made to sum to 1 with a mean of 1."""
    mass = _balanced(np.maximum(mass, 0.0) / np.maximum(mass, 0.0).sum(), x)
    above = np.cumsum(mass[::-1])[::-1]
    worth = np.cumsum((mass * x)[::-1])[::-1]
    return np.asarray(np.maximum(worth - x * above, 0.0))


def _quotes(smile: Smile) -> tuple[Floats, Floats, Floats]:
    """Strikes over forward within reach of the quotes, undiscounted out-of-the-money values and half-spreads."""
    near = np.abs(np.log(smile.strikes / smile.forward)) <= (WELL_KNOWN + 1) * smile.deviation
    x, vol = smile.strikes[near] / smile.forward, smile.vols[near]
    value = price(x >= 1, 1.0, x, smile.years, vol, 1.0)
    if smile.bid_vols is None or smile.ask_vols is None:
        return x, value, np.full(len(x), 1e-4)
    low, high = smile.bid_vols[near], np.nan_to_num(smile.ask_vols[near], nan=5.0)
    half = (price(x >= 1, 1.0, x, smile.years, high, 1.0) - price(x >= 1, 1.0, x, smile.years, low, 1.0)) / 2
    return x, value, np.maximum(half, LEAST_ERROR * max(float(np.median(half)) if len(half) else 0.0, 1e-7))


def _bends(knots: Floats, deviation: float) -> Floats:
    """Rows that are the factor's second differences, per standard deviation, and its distance from 1 at both ends."""
    step = np.diff(np.log(knots)) / deviation
    rows = np.zeros((len(knots) - 2, len(knots)))
    for i in range(len(rows)):
        rows[i, i : i + 3] = 1 / step[i], -1 / step[i] - 1 / step[i + 1], 1 / step[i + 1]
    return rows


def inside_bid_ask(smiles: Sequence[Smile], refined: Sequence[RefinedSmile]) -> float:
    """Share of quotes within three standard deviations whose refined vol lies between bid and ask."""
    inside, counted = 0, 0
    for smile, fine in zip(smiles, refined, strict=True):
        near = np.abs(np.log(smile.strikes / smile.forward)) <= WELL_KNOWN * smile.deviation
        low, high = sides(smile)
        vol = fine.vol(smile.strikes)
        inside += int(np.sum(near & (vol >= low - 1e-9) & (vol <= high + 1e-9)))
        counted += int(near.sum())
    return inside / counted if counted else float("nan")


def arbitrage_left(refined: Sequence[RefinedSmile]) -> float:
    """The most negative probability of any expiry, or fall of a call value with time, as a positive number."""
    butterflies = [-float(one.density().min()) for one in refined]
    calendars = [float(np.max(near.calls - far.calls)) for near, far in pairwise(refined)]
    return max(0.0, *butterflies, *calendars) if refined else 0.0
