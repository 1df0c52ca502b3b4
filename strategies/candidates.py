"""Every way to build a structure from the options of one or two expiries, as arrays of chain rows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain, Floats
from domain.mandate import LiquidityRules, SelectionRules
from quant.black import greeks
from quant.surface import Smile, Surface
from strategies.catalogue import Band, LegTemplate, Structure
from strategies.pricing import Flags, liquidity

Rows = NDArray[np.intp]  # of the chain; STOCK stands for stock
Thin = Callable[[Rows, tuple[LegTemplate, ...]], Rows]
STOCK = -1
DAYS_A_YEAR = 365.0
APART_DAYS = 7.0  # the least between the expiries of a calendar


@dataclass(frozen=True, eq=False)
class Shelf:
    """The options of one expiry and trading class that pass the liquidity rules; ``delta`` is absolute, of the spot."""

    smile: Smile
    rows: Rows
    call: Flags
    strike: Floats
    delta: Floats

    def pick(self, kind: str, bounds: tuple[float, float] = (0.0, np.inf)) -> Rows:
        """Places on the shelf of the options of that right with a delta within the bounds, both included."""
        low, high = bounds
        return np.flatnonzero((self.call == (kind == "C")) & (self.delta >= low) & (self.delta <= high))


def shelves(chain: Chain, surface: Surface, rules: LiquidityRules, selection: SelectionRules) -> tuple[Shelf, ...]:
    """One shelf an expiry within the day bounds (counted from the quotes' time) and trading class, by class and day.

    Classes numbered by the OCC after a corporate action (XYZ1) deliver something else than the stock and are left out.
    """
    liquid = np.logical_and.reduce(list(liquidity(chain, rules).values()))
    found = []
    for root in np.unique(chain.root):
        if root != chain.ticker and str(root)[-1:].isdigit():
            continue
        for smile in surface.slices:
            if not selection.min_days <= smile.years * DAYS_A_YEAR <= selection.max_days:
                continue
            rows = np.flatnonzero(liquid & (chain.root == root) & (chain.expiry == np.datetime64(smile.expiry)))
            if len(rows):
                found.append(_shelf(chain, smile, rows))
    return tuple(found)


def _shelf(chain: Chain, smile: Smile, rows: Rows) -> Shelf:
    call, strike = chain.call[rows], chain.strike[rows]
    own = greeks(call, chain.spot, smile.forward, strike, smile.years, smile.vol(strike), smile.discount)
    return Shelf(smile, rows, call, strike, np.abs(own.delta))


def later_shelves(chain: Chain, near: Shelf, every: tuple[Shelf, ...]) -> tuple[Shelf, ...]:
    """Shelves of the same trading class that end at least a week after ``near``."""
    return tuple(
        shelf
        for shelf in every
        if (shelf.smile.years - near.smile.years) * DAYS_A_YEAR >= APART_DAYS
        and chain.root[shelf.rows[0]] == chain.root[near.rows[0]]
    )


def combinations(
    row: Structure, near: Shelf, far: Shelf | None, spot: float, selection: SelectionRules, thin: Thin
) -> Rows:
    """All candidates, shape (candidates, legs of the catalogue row), as chain rows in the catalogue's order of legs.

    ``thin`` shortens each side of a structure with a spread on both sides, whose product would be too large.
    """
    sides = [places for kind in ("P", "C") if (places := row.options("P" if kind == "P" else "C"))]
    built = [_side([row.legs[i] for i in places], near, far, spot, selection) for places in sides]
    if len(built) == 2:
        if len(sides[0]) > 1:
            built = [thin(x, tuple(row.legs[i] for i in places)) for x, places in zip(built, sides, strict=True)]
        built = _across(built, row, near)
    found = np.full((len(built[0]), len(row.legs)), STOCK, dtype=np.intp)
    for places, part in zip(sides, built, strict=True):
        found[:, places] = part
    return found


def _bounds(band: Band, selection: SelectionRules) -> tuple[float, float]:
    return selection.short_delta if band == "short" else selection.long_delta


def _side(legs: list[LegTemplate], near: Shelf, far: Shelf | None, spot: float, selection: SelectionRules) -> Rows:
    """The options of one right: an anchor placed by its delta, and at most one more placed relative to it."""
    anchor = near.pick(legs[0].kind, _bounds(legs[0].band, selection))
    if len(legs) == 1:
        return near.rows[anchor][:, None]
    shelf = far if legs[1].slot == "far" and far is not None else near
    other = shelf.pick(legs[1].kind)
    outward = (shelf.strike[other][None, :] - near.strike[anchor][:, None]) * (1 if legs[1].kind == "C" else -1)
    fits = (outward > 0) & (outward <= selection.max_width * spot) if legs[1].band == "wing" else outward == 0
    i, j = np.nonzero(fits)
    return np.column_stack([near.rows[anchor[i]], shelf.rows[other[j]]])


def _across(built: list[Rows], row: Structure, near: Shelf) -> list[Rows]:
    """Both sides joined: at one strike if they are at the money, else the put's anchor below the call's."""
    strike = dict(zip(near.rows.tolist(), near.strike.tolist(), strict=True))
    put, call = (np.array([strike[int(x)] for x in side[:, 0]]).reshape(-1) for side in built)
    atm = row.legs[row.options("P")[0]].band == "atm"
    i, j = np.nonzero(put[:, None] == call[None, :] if atm else put[:, None] < call[None, :])
    return [built[0][i], built[1][j]]
