"""Every way to build a structure from the options of one or two expiries, as arrays of chain rows."""

from collections.abc import Callable
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain, Floats
from domain.mandate import LiquidityRules, SelectionRules
from quant.black import greeks
from quant.surface import Smile, Surface
from strategies.pricing import Flags, liquidity
from strategies.template import SAME, LegTemplate, Structure

Rows = NDArray[np.intp]  # of the chain; STOCK stands for stock
Thin = Callable[[Rows, tuple[LegTemplate, ...], int], Rows]
STOCK = -1
DAYS_A_YEAR = 365.0
APART_DAYS = 7.0  # the least between the expiries of a calendar
MOST = 100_000  # candidates of one structure and expiry (or pair of expiries) that are put together


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


@dataclass(frozen=True, eq=False)
class Built:
    """Candidates as chain rows, shape (candidates, legs of the catalogue row) in the catalogue's order of legs.

    ``skipped`` counts the combinations of groups that were never put together, at most; 0 says that these are all.
    """

    rows: Rows
    skipped: int = 0


def combinations(
    row: Structure, near: Shelf, far: Shelf | None, spot: float, selection: SelectionRules, thin: Thin, most: int = MOST
) -> Built:
    """All candidates, or where there are more than ``most`` those of the sides that ``thin`` keeps.

    ``thin`` shortens a group of legs to a number; a group on its own that is too long keeps every n-th candidate.
    """
    sides = groups(row, near, far, spot, selection)
    found = prod(len(side) for side in sides)
    sides = _shortened(sides, row, thin, most)
    kept = prod(len(side) for side in sides)
    built = np.full((len(sides[0]), len(row.legs)), STOCK, dtype=np.intp)
    built[:, row.groups[0]] = sides[0]
    strike = _strikes(near, far)
    for k in range(1, len(sides)):
        built = _joined(built, sides[k], row, k, strike)
    return Built(built, found - kept)


def groups(row: Structure, near: Shelf, far: Shelf | None, spot: float, selection: SelectionRules) -> list[Rows]:
    """For each of the row's groups all choices of its legs, one column a leg of the group."""
    builder = _Builder(near, near if far is None else far, _strikes(near, far), selection, selection.max_width * spot)
    return [builder.group(row, group) for group in row.groups]


def _shortened(sides: list[Rows], row: Structure, thin: Thin, most: int) -> list[Rows]:
    """Sides whose product is at most ``most``: the shortest stay whole as far as they can."""
    kept, left = list(sides), most
    for place, k in enumerate(sorted(range(len(sides)), key=lambda k: len(sides[k]))):
        share = max(int(left ** (1 / (len(sides) - place)) + 1e-9), 1)
        if len(sides[k]) > share:
            legs = tuple(row.legs[i] for i in row.groups[k])
            kept[k] = thin(sides[k], legs, share) if len(sides) > 1 else sides[k][:: -(-len(sides[k]) // share)]
        left //= max(len(kept[k]), 1)
    return kept


def _strikes(near: Shelf, far: Shelf | None) -> Floats:
    """Strikes of the shelves' options by chain row, NaN elsewhere."""
    used = [near] if far is None else [near, far]
    strike = np.full(max(int(shelf.rows[-1]) for shelf in used) + 1, np.nan)
    for shelf in used:
        strike[shelf.rows] = shelf.strike
    return strike


@dataclass(frozen=True, eq=False)
class _Builder:
    near: Shelf
    far: Shelf
    strike: Floats
    selection: SelectionRules
    width: float  # price units

    def group(self, row: Structure, group: tuple[int, ...]) -> Rows:
        """The options of legs that name each other, one column a leg."""
        anchor = row.legs[group[0]]
        bounds = self.selection.short_delta if anchor.place == "otm" else self.selection.long_delta
        shelf = self.far if anchor.slot == "far" else self.near
        built = shelf.rows[shelf.pick(anchor.kind, bounds)][:, None]
        for i in group[1:]:
            leg = row.legs[i]
            of = [self.strike[built[:, group.index(k)]] for k in (leg.to, leg.pair) if k is not None]
            built = self._with(built, leg, *of)
        return built

    def _with(self, built: Rows, leg: LegTemplate, reference: Floats, other: Floats | None = None) -> Rows:
        shelf = self.far if leg.slot == "far" else self.near
        rows = shelf.rows[shelf.pick(leg.kind)]
        away = self.strike[rows][None, :] - reference[:, None]
        across = None if other is None else (other - reference)[:, None]
        i, j = np.nonzero(_stands(leg, away, across) & (np.abs(away) <= self.width))
        return np.column_stack([built[i], rows[j]])


def _stands(leg: LegTemplate, away: Floats, across: Floats | None) -> Flags:
    """``LegTemplate.holds`` for many strikes: ``away`` from that of ``to``; ``across``, the pair's strike from it."""
    if leg.place == "same":
        return np.abs(away) < SAME
    if across is None:
        return (away if (leg.kind == "C") == (leg.place == "out") else -away) >= SAME
    if leg.place == "mirror":
        return np.abs(away + across) < SAME
    return (away * across < 0) & (np.abs(away) - np.abs(across) >= SAME)


def _joined(found: Rows, part: Rows, row: Structure, k: int, strike: Floats) -> Rows:
    """Candidates with group ``k`` added, no put anchor at or above a call anchor."""
    own = row.groups[k][0]
    i, j = (x.ravel() for x in np.indices((len(found), len(part))))
    for group in row.groups[:k]:
        other = row.legs[group[0]]
        if other.kind != row.legs[own].kind:
            gap = strike[part[j, 0]] - strike[found[i, group[0]]]
            keep = (gap if other.kind == "P" else -gap) >= SAME
            i, j = i[keep], j[keep]
    joined = found[i]
    joined[:, row.groups[k]] = part[j]
    return joined
