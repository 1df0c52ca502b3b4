"""Condors by the hundred thousand: mean, deviation, probability of profit and CVaR of each, exactly.

Where a short put lies at or below a short call, at any outcome at most one side loses. So the moments of a condor are
sums of its sides' own, its break-evens are two levels, and its worst outcomes are those beyond a common distance from
the two short strikes: nothing has to be added up outcome by outcome. Everything is per unit of underlying; profit is
``credit`` minus the discounted losses of the sides, which a naked side (``width`` = the strike of a put) fits as well.
"""

from dataclasses import dataclass

import numpy as np

from quant.normal import Floats
from quant.reward import TAIL, Measures
from quant.tails import Places, Tails


@dataclass(frozen=True, eq=False)
class Wings:
    """One side of condors, one entry a spread: short at ``strike``, long ``width`` further out of the money.

    ``mean`` and ``square`` are the first two moments of its loss, ``beyond`` the mean loss past the long strike, all
    undiscounted. ``short`` numbers the distinct short strikes ``shorts``.
    """

    strike: Floats
    width: Floats
    mean: Floats
    square: Floats
    beyond: Floats
    shorts: Floats
    short: Places

    def __len__(self) -> int:
        return len(self.strike)


def put_wings(spots: Floats, weights: Floats, short: Floats, long: Floats) -> Wings:
    """Bull put spreads (``long`` below ``short``)."""
    tails = Tails.of(spots, weights)
    loss = np.minimum(np.maximum(short[:, None] - spots, 0.0), (short - long)[:, None])
    return _wings(short, short - long, loss, weights, tails.put(long))


def call_wings(spots: Floats, weights: Floats, short: Floats, long: Floats) -> Wings:
    """Bear call spreads (``long`` above ``short``)."""
    tails = Tails.of(spots, weights)
    loss = np.minimum(np.maximum(spots - short[:, None], 0.0), (long - short)[:, None])
    return _wings(short, long - short, loss, weights, tails.call(long))


def _wings(short: Floats, width: Floats, loss: Floats, weights: Floats, beyond: Floats) -> Wings:
    shorts, place = np.unique(short, return_inverse=True)
    return Wings(short, width, loss @ weights, loss**2 @ weights, beyond, shorts, place)


@dataclass(frozen=True, eq=False)
class Grid:
    """What all condors of one expiry share: the outcomes, and the 5 % tail of each pair of short strikes.

    ``quantile[i, j]`` is the distance from the short strikes ``puts.shorts[i]`` and ``calls.shorts[j]`` with 5 % beyond
    it, ``excess`` the mean of what lies further; ``low`` and ``high`` are the levels with 5 % beyond on one side alone,
    ``put_excess`` and ``call_excess`` the means beyond them.
    """

    tails: Tails
    discount: float
    puts: Wings
    calls: Wings
    quantile: Floats
    excess: Floats
    low: float
    high: float
    put_excess: float
    call_excess: float

    @classmethod
    def of(cls, spots: Floats, weights: Floats, discount: float, puts: Wings, calls: Wings) -> "Grid":
        """Pairs whose put stands above the call have NaN."""
        tails = Tails.of(spots, weights)
        put, call = (x.ravel() for x in np.meshgrid(puts.shorts, calls.shorts, indexing="ij"))
        shape, right = (len(puts.shorts), len(calls.shorts)), put <= call
        quantile, excess = np.full(put.shape, np.nan), np.full(put.shape, np.nan)
        quantile[right] = tails.strangle_quantile(put[right], call[right], TAIL)
        away = quantile[right]
        excess[right] = tails.put(put[right] - away) + tails.call(call[right] + away)
        low, high = tails.low_quantile(TAIL), tails.high_quantile(TAIL)
        ends = (low, high, float(tails.put(low)), float(tails.call(high)))
        return cls(tails, discount, puts, calls, quantile.reshape(shape), excess.reshape(shape), *ends)


def measure_condors(grid: Grid, put: Places, call: Places, credit: Floats) -> Measures:
    """Condors of the sides ``put`` and ``call`` (places in the grid's wings), ``credit`` after fees, in numpy."""
    puts, calls, tails = grid.puts, grid.calls, grid.tails
    received = credit / grid.discount
    loss = puts.mean[put] + calls.mean[call]
    variance = puts.square[put] + calls.square[call] - loss**2
    short_put, short_call = puts.strike[put], calls.strike[call]
    lost = np.where(received <= puts.width[put], 1.0 - tails.probability_above(short_put - received), 0.0)
    lost += np.where(received <= calls.width[call], 1.0 - tails.probability_below(short_call + received), 0.0)
    return Measures(
        grid.discount * (received - loss),
        grid.discount * np.sqrt(np.maximum(variance, 0.0)),
        np.where(received > 0, 1.0 - lost, 0.0),
        grid.discount * (_tail_mean(grid, put, call) - received),
    )


def _tail_mean(grid: Grid, put: Places, call: Places) -> Floats:
    """Mean loss over the worst 5 %, before the credit and undiscounted.

    It is x + E[max(loss - x, 0)] / 5 % at the loss x with 5 % beyond. While both sides still lose at the pair's common
    distance, x is that distance; beyond the narrower side's width only the wider one is left.
    """
    puts, calls, tails = grid.puts, grid.calls, grid.tails
    put_width, call_width = puts.width[put], calls.width[call]
    pair = (puts.short[put], calls.short[call])
    narrow, wide = np.minimum(put_width, call_width), np.maximum(put_width, call_width)
    common = grid.quantile[pair]
    both = common < narrow
    put_left = put_width > call_width
    strike = np.where(put_left, puts.strike[put], calls.strike[call])
    alone = np.where(put_left, strike - grid.low, grid.high - strike)
    x = np.where(both, common, np.clip(alone, narrow, wide))
    level = np.where(put_left, strike - x, strike + x)
    one_side = np.where(put_left, tails.put(level) - puts.beyond[put], tails.call(level) - calls.beyond[call])
    beyond = np.where(both, grid.excess[pair] - puts.beyond[put] - calls.beyond[call], one_side)
    return np.asarray(x + np.where(x < wide, np.maximum(beyond, 0.0), 0.0) / TAIL)
