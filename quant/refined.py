"""All smiles of a surface with their residual layers: through the quotes, without arbitrage; and how well that went.

Never judge a quote by a curve that has followed it: mispriced options are looked for with ``quant.mispriced``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant.black import price
from quant.normal import Floats
from quant.quality import sides
from quant.residual import Residual
from quant.residual_fit import Quoted, fit_residual
from quant.smile import Smile, log_moneyness
from quant.smile_fit import WELL_KNOWN, fit_smiles
from quant.svi import FURTHEST, NONE_LEFT, Svi

Flags = NDArray[np.bool_]
FOLLOWED = WELL_KNOWN + 1  # standard deviations within which quotes are followed
FLAT = 1e-6  # slope of the wings where nothing else is known
EVERY = 5  # of so many quotes, one is held out
_FINE = 2001


@dataclass(frozen=True, eq=False)
class RefinedSmile:
    """One expiry; ``curve`` holds total variances by log(strike / forward)."""

    expiry: date
    years: float
    forward: float
    curve: Residual

    def vol(self, strike: ArrayLike) -> Floats:
        """Vol (decimal a year) at any strike; that of the fitted smile beyond the quotes."""
        return self.vol_at(log_moneyness(strike, self.forward))

    def vol_at(self, moneyness: ArrayLike) -> Floats:
        """Vol at log(strike / forward)."""
        return np.asarray(np.sqrt(self.curve.variance(moneyness) / self.years))


def refine(smiles: Sequence[Smile]) -> tuple[RefinedSmile, ...]:
    """One for every smile, ascending by expiry. A smile without a fit borrows the shape of the nearest that has one."""
    found: list[RefinedSmile] = []
    for smile in smiles:
        earlier = found[-1].curve if found else None
        curve = fit_residual(_base(smile, smiles), _quoted(smile), earlier)
        found.append(RefinedSmile(smile.expiry, smile.years, smile.forward, curve))
    return tuple(found)


def inside_bid_ask(smiles: Sequence[Smile], refined: Sequence[RefinedSmile]) -> float:
    """Share of quotes within three standard deviations whose refined vol lies between bid and ask; NaN of none."""
    return _share(smiles, refined, [np.ones(len(smile.strikes), dtype=bool) for smile in smiles])


def held_out_inside(smiles: Sequence[Smile]) -> float:
    """The same of every fifth quote, met by a fit and a layer that did not know these."""
    held = [np.arange(len(smile.strikes)) % EVERY == EVERY // 2 for smile in smiles]
    thinned = tuple(_without(smile, out) for smile, out in zip(smiles, held, strict=True))
    return _share(smiles, refine(fit_smiles(thinned)), held)


def arbitrage_left(refined: Sequence[RefinedSmile]) -> float:
    """The most negative probability among strikes of a fine grid, or the largest fall of total variance with time as a
    share of it, as a positive number. Judged from vols and Black's formula alone, not from what made them."""
    butterflies = [-_least_probability(one) for one in refined]
    calendars = [_largest_fall(near.curve, far.curve) for near, far in pairwise(refined)]
    return max(0.0, *butterflies, *calendars) if refined else 0.0


def _base(smile: Smile, smiles: Sequence[Smile]) -> Svi:
    """Its own fit, or that of the nearest expiry, stretched to this one's deviation; flat where it cannot be."""
    if smile.svi is not None:
        return smile.svi
    unit, fitted = smile.deviation, [other for other in smiles if other.svi is not None]
    flat = Svi(unit**2 - FLAT * unit, FLAT, 0.0, 0.0, unit)
    if not fitted:
        return flat
    nearest = min(fitted, key=lambda other: abs(np.log(other.years / smile.years)))
    assert nearest.svi is not None
    one, by = nearest.svi, unit / nearest.deviation
    stretched = Svi(one.a * by**2, one.b * by, one.rho, one.m * by, one.sigma * by)
    return stretched if stretched.butterfly() <= NONE_LEFT else flat


def _quoted(smile: Smile) -> Quoted:
    k = np.log(smile.strikes / smile.forward)
    near = np.abs(k) <= FOLLOWED * smile.deviation
    low, high = sides(smile)
    mid, bid, ask = ((vols**2 * smile.years)[near] for vols in (smile.vols, low, high))
    return Quoted(k[near], mid, bid, ask)


def _without(smile: Smile, out: Flags) -> Smile:
    low, high = sides(smile)
    kept = replace(smile, strikes=smile.strikes[~out], vols=smile.vols[~out], svi=None)
    return replace(kept, bid_vols=low[~out], ask_vols=high[~out])


def _share(smiles: Sequence[Smile], refined: Sequence[RefinedSmile], asked: Sequence[Flags]) -> float:
    inside, counted = 0, 0
    for smile, fine, ask in zip(smiles, refined, asked, strict=True):
        k = np.log(smile.strikes / smile.forward)
        near = ask & (np.abs(k) <= WELL_KNOWN * smile.deviation)
        low, high = sides(smile)
        vol = fine.vol_at(k)
        inside += int(np.sum(near & (vol >= low - NONE_LEFT) & (vol <= high + NONE_LEFT)))
        counted += int(near.sum())
    return inside / counted if counted else float("nan")


def _least_probability(one: RefinedSmile) -> float:
    unit = float(np.sqrt(one.curve.variance(0.0)))
    k = np.unique(np.clip(np.linspace(-8, 8, _FINE) * unit, -FURTHEST, FURTHEST))
    u, vol = np.exp(k), np.sqrt(one.curve.variance(k))
    put, call = (price(side, 1.0, u, 1.0, vol, 1.0) for side in (False, True))
    slopes = [np.diff(side) / np.diff(u) for side in (put, call)]
    rise = np.where(k[1:-1] < 0, np.diff(slopes[0]), np.diff(slopes[1]))
    return float(min(rise.min(), slopes[0].min(), -slopes[1].max()))


def _largest_fall(near: Residual, far: Residual) -> float:
    unit = float(np.sqrt(far.variance(0.0)))
    k = np.unique(np.clip(np.linspace(-8, 8, _FINE) * unit, -FURTHEST, FURTHEST))
    before = near.variance(k)
    return float(np.max((before - far.variance(k)) / before))
