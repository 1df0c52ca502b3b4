"""The bounds of ``quant/arbitrage.py``, each over a whole grid of quotes. Edges are prices per unit before fees."""

from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Style
from quant.arbitrage_costs import Costs
from quant.normal import Floats
from quant.quote_grid import QuoteGrid, Rows, Side

SPEAKS_OF_THE_SPOT = 3  # strikes of one expiry that break parity the same way
THOUSANDTHS = 1000


class Broken(NamedTuple):
    """A bound that the quotes break: its smallest structure, and what is left of it per unit of underlying."""

    name: str
    legs: tuple[tuple[int, int], ...]
    edge: float
    shares: int = 0
    dividend: float = 0.0


def verticals(grid: QuoteGrid, costs: Costs, style: Style) -> list[Broken]:
    owed = costs.owed(grid.years, at_once=style == "american")[:, None] * grid.strike
    calls, puts = grid.calls, grid.puts
    return [
        *_spreads("bull_call_spread_for_a_credit", calls, calls.bid, calls.ask, later=False),
        *_spreads("bear_call_spread_above_its_width", calls, calls.bid + owed, calls.ask + owed, later=True),
        *_spreads("bear_put_spread_for_a_credit", puts, puts.bid, puts.ask, later=True),
        *_spreads("bull_put_spread_above_its_width", puts, puts.bid - owed, puts.ask - owed, later=False),
    ]


def calendars(grid: QuoteGrid) -> list[Broken]:
    """American options of one strike, the nearer sold."""
    return [
        one
        for name, side in grid.sides
        for one in _spreads(
            f"{name}_calendar_for_a_credit",
            Side(side.bid.T, side.ask.T, side.row.T),
            side.bid.T,
            side.ask.T,
            later=True,
        )
    ]


def boxes(grid: QuoteGrid, costs: Costs, style: Style) -> list[Broken]:
    """A synthetic future bought at one strike (``paid``) and sold at another (``got``), which leaves their difference
    at expiry."""
    calls, puts = grid.calls, grid.puts
    paid, got = calls.ask - puts.bid, calls.bid - puts.ask
    due = costs.borrowed(grid.years)[:, None] * grid.strike
    found = _boxes(grid, "long_box", got + due, paid + due, later=False)
    if style == "european":
        owed = costs.owed(grid.years, at_once=False)[:, None] * grid.strike
        found += _boxes(grid, "short_box", got + owed, paid + owed, later=True)
    return found


def parity(grid: QuoteGrid, costs: Costs, style: Style, spot: float, multiplier: int) -> tuple[list[Broken], list[str]]:
    """Call, put and shares; and a sentence for each way in which the spot or the dividend is what is wrong."""
    calls, puts, years = grid.calls, grid.puts, grid.years
    dividends = costs.dividends(spot, years)
    bought, sold = spot + costs.stock_half_spread, spot - costs.stock_half_spread
    owed = costs.owed(years, at_once=style == "american")[:, None] * grid.strike
    conversion = calls.bid - puts.ask - bought + costs.borrowed(years)[:, None] * grid.strike
    reversal = puts.bid - calls.ask + sold - dividends[:, None] - owed
    found: list[Broken] = []
    withheld: list[str] = []
    fees = 2 * costs.fee / multiplier
    for name, edge, sign in (("conversion", conversion, 1), ("reversal", reversal, -1)):
        broken = edge > fees
        if broken.sum(axis=1).max(initial=0) >= SPEAKS_OF_THE_SPOT:
            strikes, expiries = int(broken.sum()), int(broken.any(axis=1).sum())
            withheld.append(
                f"parity with the shares: {strikes} strikes of {expiries} expiries offer a {name}, which speaks of the "
                f"spot, the dividend or the rate"
            )
            continue
        for e, k in np.argwhere(broken):
            legs = ((int(calls.row[e, k]), -sign), (int(puts.row[e, k]), sign))
            found.append(Broken(name, legs, float(edge[e, k]), sign, float(dividends[e])))
    return found, withheld


def butterflies(grid: QuoteGrid, costs: Costs, multiplier: int) -> list[Broken]:
    """Wings bought against a body sold, where its bid lies above the lower convex hull of the asks.

    The two points of the hull around the body are the wings that leave most: of all chords over it theirs is lowest.
    """
    fees = 2 * costs.fee / multiplier  # a unit of the body: its own contract and the wings' together
    found = []
    for name, side in grid.sides:
        for e in range(len(grid.expiry)):
            at = np.flatnonzero(side.row[e] >= 0)
            if len(at) < 3:
                continue
            strike, bid, ask = grid.strike[at], side.bid[e, at], side.ask[e, at]
            hull = _lower_hull(strike, ask)
            above = np.flatnonzero(bid - fees > np.interp(strike, strike[hull], ask[hull]))
            for body in above:
                right = int(np.searchsorted(hull, body))
                rows = side.row[e, at[[hull[right - 1], body, hull[right]]]]
                wings = (int(hull[right - 1]), int(body), int(hull[right]))
                found.append(_butterfly(f"{name}_butterfly", rows, strike[list(wings)], ask, bid, wings))
    return found


def _butterfly(name: str, rows: Rows, strikes: Floats, ask: Floats, bid: Floats, at: tuple[int, int, int]) -> Broken:
    low, body, high = (round(float(strike) * THOUSANDTHS) for strike in strikes)
    unit = gcd(high - body, body - low)
    left, right = (high - body) // unit, (body - low) // unit
    edge = (left + right) * float(bid[at[1]]) - left * float(ask[at[0]]) - right * float(ask[at[2]])
    contracts = (left, -(left + right), right)
    return Broken(name, tuple((int(row), count) for row, count in zip(rows, contracts, strict=True)), edge)


def _lower_hull(x: Floats, y: Floats) -> NDArray[np.intp]:
    """Places of the lower convex hull's corners, ascending (Andrew's monotone chain)."""
    hull: list[int] = []
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    for place, (here, value) in enumerate(points):
        while len(hull) > 1:
            (x0, y0), (x1, y1) = points[hull[-2]], points[hull[-1]]
            if (y1 - y0) * (here - x0) < (value - y0) * (x1 - x0):
                break
            hull.pop()
        hull.append(place)
    return np.array(hull, dtype=np.intp)


def _spreads(name: str, side: Side, got: Floats, paid: Floats, *, later: bool) -> list[Broken]:
    """One of each row's options sold, and the cheapest of those later (earlier) along the second axis bought."""
    edge, partner = _best_partner(got, paid, later)
    return [
        Broken(name, ((int(side.row[i, partner[i, j]]), 1), (int(side.row[i, j]), -1)), float(edge[i, j]))
        for i, j in np.argwhere(edge > 0)
    ]


def _boxes(grid: QuoteGrid, name: str, got: Floats, paid: Floats, *, later: bool) -> list[Broken]:
    edge, partner = _best_partner(got, paid, later)
    calls, puts = grid.calls.row, grid.puts.row
    return [
        Broken(
            name,
            (
                (int(calls[i, partner[i, j]]), 1), (int(calls[i, j]), -1),
                (int(puts[i, partner[i, j]]), -1), (int(puts[i, j]), 1),
            ),
            float(edge[i, j]),
        )
        for i, j in np.argwhere(edge > 0)
    ]  # fmt: skip


def _best_partner(got: Floats, paid: Floats, later: bool) -> tuple[Floats, Rows]:
    """For every place, ``got`` there less the least ``paid`` strictly later (earlier) in its row, and where that is.

    -inf and 0 where there is none.
    """
    if later:
        edge, partner = _best_partner(got[:, ::-1], paid[:, ::-1], later=False)
        return edge[:, ::-1], paid.shape[1] - 1 - partner[:, ::-1]
    cost = np.where(np.isnan(paid), np.inf, paid)
    least = np.minimum.accumulate(cost, axis=1)
    places = np.broadcast_to(np.arange(cost.shape[1]), cost.shape)
    new = np.concatenate([np.ones((len(cost), 1), bool), cost[:, 1:] < least[:, :-1]], axis=1)
    where = np.maximum.accumulate(np.where(new, places, 0), axis=1)
    edge, partner = np.full(got.shape, -np.inf), np.zeros(got.shape, dtype=np.intp)
    known = ~np.isnan(got[:, 1:]) & np.isfinite(least[:, :-1])
    edge[:, 1:] = np.where(known, np.where(known, got[:, 1:], 0.0) - np.where(known, least[:, :-1], 0.0), -np.inf)
    partner[:, 1:] = where[:, :-1]
    return edge, partner
