"""``quant.condors`` compiled: every condor of an expiry measured, or only the best few kept, without any array of them.

The scalar functions follow ``measure_condors`` line by line; the tests hold both to a sum over the outcomes.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from quant.condor_search import (
    AFFORDABLE,
    BUILT,
    EV_OVER_CVAR,
    EV_OVER_SD,
    POSITIVE,
    PROBABILITY_OF_PROFIT,
    RETURN_ON_RISK,
    WITHIN_DELTA,
    Terms,
)
from quant.condors import Grid, Wings
from quant.kernels import compiled, part
from quant.normal import Floats
from quant.reward import TAIL

Places = NDArray[np.intp]
BUCKETS = 2048


class Curve(NamedTuple):
    """A ``Grid`` without its sides; ``per_tail`` is one over the share of the tail, ``quantile`` and ``excess`` flat,
    ``calls`` to a row.

    ``first[b]`` counts the spots below the left edge of bucket b, of ``scale`` buckets a unit from ``origin`` on: where
    to look for a level begins there.
    """

    spots: Floats
    below: Floats
    moment: Floats
    per_tail: float
    discount: float
    quantile: Floats
    excess: Floats
    calls: int
    low: float
    high: float
    first: Places
    origin: float
    scale: float


class Side(NamedTuple):
    """``Wings``, and where there are any their prices and deltas (``Terms``)."""

    strike: Floats
    width: Floats
    mean: Floats
    square: Floats
    beyond: Floats
    short: Places
    asked: Floats
    delta: Floats


class Bounds(NamedTuple):
    tick: float
    cost: float
    most_loss: float
    least_delta: float
    most_delta: float


def curve_of(grid: Grid) -> Curve:
    tails, flat = grid.tails, (grid.quantile.ravel(), grid.excess.ravel())
    low, high = _reach(grid)
    first = np.searchsorted(tails.spots, np.linspace(low, high, BUCKETS + 1)).astype(np.intp)
    return Curve(
        tails.spots, tails.below, tails.moment, 1.0 / TAIL, grid.discount, *flat, len(grid.calls.shorts),
        grid.low, grid.high, first, low, BUCKETS / (high - low),
    )  # fmt: skip


def _reach(grid: Grid) -> tuple[float, float]:
    """The levels that break-evens and tails lie between: the outermost long strikes."""
    low = float((grid.puts.strike - grid.puts.width).min(initial=grid.tails.spots[-1]))
    high = float((grid.calls.strike + grid.calls.width).max(initial=low + 1.0))
    return low, high


def side_of(wings: Wings, asked: Floats, delta: Floats) -> Side:
    short = wings.short.astype(np.intp)
    return Side(wings.strike, wings.width, wings.mean, wings.square, wings.beyond, short, asked, delta)


def bounds_of(terms: Terms) -> Bounds:
    return Bounds(terms.tick, terms.cost, float(terms.most_loss), *(float(x) for x in terms.delta))


@part
def rank(spots: Floats, first: Places, origin: float, scale: float, level: float, also_equal: bool) -> int:
    """How many of the ascending ``spots`` are below ``level``, or at it where ``also_equal``."""
    bucket = min(max((level - origin) * scale, 0.0), len(first) - 1.0)
    k, n = first[int(bucket)], len(spots)
    while k > 0 and not (spots[k - 1] < level or (also_equal and spots[k - 1] == level)):
        k -= 1
    while k < n and (spots[k] < level or (also_equal and spots[k] == level)):
        k += 1
    return int(k)


@part
def tail_mean(
    spots: Floats, below: Floats, moment: Floats, per_tail: float, first: Places, origin: float, scale: float,
    put: float, put_width: float, put_beyond: float, call: float, call_width: float, call_beyond: float,
    quantile: float, excess: float, low: float, high: float,
) -> float:  # fmt: skip
    """``quant.condors._tail_mean`` of one condor. Scalars, since a tuple of arrays costs ten times the arithmetic."""
    narrow, wide = min(put_width, call_width), max(put_width, call_width)
    if quantile < narrow:
        return quantile + max(excess - put_beyond - call_beyond, 0.0) * per_tail
    if put_width > call_width:
        x = min(max(put - low, narrow), wide)
        k = rank(spots, first, origin, scale, put - x, False)
        beyond = (put - x) * below[k] - moment[k] - put_beyond
    else:
        x = min(max(high - call, narrow), wide)
        k, n = rank(spots, first, origin, scale, call + x, True), len(spots)
        beyond = moment[n] - moment[k] - (call + x) * (below[n] - below[k]) - call_beyond
    return x + max(beyond, 0.0) * per_tail if x < wide else x


@part
def profitable(
    spots: Floats, below: Floats, first: Places, origin: float, scale: float,
    received: float, put: float, put_width: float, call: float, call_width: float,
) -> float:  # fmt: skip
    """Probability of any profit of one condor."""
    if not received > 0.0:
        return 0.0
    lost = 0.0
    if received <= put_width:
        lost += 1.0 - (below[len(spots)] - below[rank(spots, first, origin, scale, put - received, True)])
    if received <= call_width:
        lost += 1.0 - below[rank(spots, first, origin, scale, call + received, False)]
    return 1.0 - lost


@compiled
def measure(
    curve: Curve, puts: Side, calls: Side, put: Places, call: Places, credit: Floats,
    expected: Floats, deviation: Floats, probability: Floats, cvar: Floats,
) -> None:  # fmt: skip
    """Fills the last four, one entry a condor."""
    spots, below, moment, per_tail, discount, quantile, excess, columns, low, high, first, origin, scale = curve
    put_strike, put_width, put_mean, put_square, put_beyond, put_short, _, _ = puts
    call_strike, call_width, call_mean, call_square, call_beyond, call_short, _, _ = calls
    growth = 1.0 / discount
    for n in range(len(put)):
        i, j = put[n], call[n]
        received = credit[n] * growth
        loss = put_mean[i] + call_mean[j]
        pair = put_short[i] * columns + call_short[j]
        worst = tail_mean(
            spots, below, moment, per_tail, first, origin, scale, put_strike[i], put_width[i], put_beyond[i],
            call_strike[j], call_width[j], call_beyond[j], quantile[pair], excess[pair], low, high,
        )  # fmt: skip
        expected[n] = discount * (received - loss)
        deviation[n] = discount * math.sqrt(max(put_square[i] + call_square[j] - loss * loss, 0.0))
        probability[n] = profitable(
            spots, below, first, origin, scale, received, put_strike[i], put_width[i], call_strike[j], call_width[j]
        )
        cvar[n] = discount * (worst - received)


@compiled
def keep(found: float, i: int, j: int, kept: Floats, kept_put: Places, kept_call: Places) -> None:
    """Puts one condor where it belongs among the best, descending; behind its equals."""
    place = len(kept)
    while place > 0 and kept[place - 1] < found:
        place -= 1
    if place < len(kept):
        for k in range(len(kept) - 1, place, -1):
            kept[k], kept_put[k], kept_call[k] = kept[k - 1], kept_put[k - 1], kept_call[k - 1]
        kept[place], kept_put[place], kept_call[place] = found, i, j


@compiled
def best(
    curve: Curve, puts: Side, calls: Side, bounds: Bounds, objective: int,
    kept_put: Places, kept_call: Places, kept: Floats, tally: Places,
) -> None:  # fmt: skip
    """Fills the last four: sides and objectives of the best condors, best first, and how many came how far.

    The short put lies below the short call. ``kept`` comes filled with -inf; of equals the first found stays first.
    The objectives are those of ``quant.condor_search.value``. One long loop: in pieces it takes several times as long.
    """
    spots, below, moment, per_tail, discount, quantile, excess, columns, low, high, first, origin, scale = curve
    put_strike, put_width, put_mean, put_square, put_beyond, put_short, put_asked, put_delta = puts
    call_strike, call_width, call_mean, call_square, call_beyond, call_short, call_asked, call_delta = calls
    tick, cost, most_loss, least_delta, most_delta = bounds
    growth = 1.0 / discount
    built, affordable, within, positive = 0, 0, 0, 0
    for i in range(len(put_strike)):
        for j in range(len(call_strike)):
            if not put_strike[i] < call_strike[j]:
                continue
            built += 1
            limit = math.floor((put_asked[i] + call_asked[j]) / tick + 1e-9) * tick
            worst = max(put_width[i], call_width[j]) - limit
            if not (0.0 < worst <= most_loss):
                continue
            affordable += 1
            if not (least_delta <= put_delta[i] + call_delta[j] <= most_delta):
                continue
            within += 1
            received, loss = (limit - cost) * growth, put_mean[i] + call_mean[j]
            if not received > loss:
                continue
            positive += 1
            gain, risk = discount * (received - loss), 1.0
            if objective == RETURN_ON_RISK:
                risk = worst
            elif objective == EV_OVER_SD:
                risk = discount * math.sqrt(max(put_square[i] + call_square[j] - loss * loss, 0.0))
            elif objective == PROBABILITY_OF_PROFIT:
                gain = profitable(
                    spots, below, first, origin, scale, received, put_strike[i], put_width[i], call_strike[j],
                    call_width[j],
                )  # fmt: skip
            elif objective == EV_OVER_CVAR:
                pair = put_short[i] * columns + call_short[j]
                lost = tail_mean(
                    spots, below, moment, per_tail, first, origin, scale, put_strike[i], put_width[i], put_beyond[i],
                    call_strike[j], call_width[j], call_beyond[j], quantile[pair], excess[pair], low, high,
                )  # fmt: skip
                risk = discount * (lost - received)
            found = gain / risk if risk > 0.0 else -math.inf
            if found > kept[len(kept) - 1]:
                keep(found, i, j, kept, kept_put, kept_call)
    tally[BUILT], tally[AFFORDABLE], tally[WITHIN_DELTA], tally[POSITIVE] = built, affordable, within, positive
