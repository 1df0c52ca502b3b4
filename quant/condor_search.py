"""The best condors of one expiry, whatever their number: none is left out unlooked at, and none is kept but the best.

Up to ``COMPILED`` pairs numpy measures them in chunks; from there a kernel goes through them one by one.
"""

from dataclasses import dataclass

import numpy as np

from quant.condors import Grid, measure_condors
from quant.normal import Floats
from quant.reward import Measures
from quant.tails import Places

COMPILED = 250_000  # pairs of sides of one expiry from which importing numba (0.4 s) is soon won back
CHUNK = 100_000
EV_OVER_CVAR, EV_OVER_SD, RETURN_ON_RISK, EXPECTED_VALUE, PROBABILITY_OF_PROFIT = range(5)  # objectives
BUILT, AFFORDABLE, WITHIN_DELTA, POSITIVE = range(4)  # places in ``Found.tally``


@dataclass(frozen=True, eq=False)
class Terms:
    """What condors are traded on, per unit of underlying. ``asked`` of a condor is that of its sides together: the net
    price, positive for a credit, before it is rounded down to ``tick``; ``cost`` are the fees.

    Kept are those whose worst case before fees is positive and at most ``most_loss``, and whose delta (of one unit
    of each side) lies within the bounds, both included.
    """

    put_asked: Floats
    call_asked: Floats
    put_delta: Floats
    call_delta: Floats
    tick: float
    cost: float
    most_loss: float
    delta: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Found:
    """Sides, limit prices, worst cases and measures of the best, best first; ``tally`` counts how far all came: built,
    affordable, within the bounds of delta, with a positive expected value."""

    put: Places
    call: Places
    limit: Floats
    worst: Floats
    measures: Measures
    tally: Places


def best_condors(grid: Grid, terms: Terms, objective: int, most: int) -> Found:
    """At most ``most`` condors with the highest objective, short put below short call; equals in order of the sides."""
    pairs = len(grid.puts) * len(grid.calls)
    search = _compiled if pairs > COMPILED else _chunked
    put, call, tally = search(grid, terms, objective, most)
    limit, worst = _prices(grid, terms, put, call)
    return Found(put, call, limit, worst, measure_condors(grid, put, call, limit - terms.cost), tally)


def value(objective: int, measures: Measures, worst: Floats) -> Floats:
    """The objective of measures and worst cases; -inf where its divisor is not positive."""
    risks = {EV_OVER_CVAR: measures.cvar, EV_OVER_SD: measures.deviation, RETURN_ON_RISK: worst}
    if objective == EXPECTED_VALUE:
        return measures.expected
    if objective == PROBABILITY_OF_PROFIT:
        return measures.probability
    risk = risks[objective]
    return np.where(risk > 0, measures.expected / np.where(risk > 0, risk, 1.0), -np.inf)


def _prices(grid: Grid, terms: Terms, put: Places, call: Places) -> tuple[Floats, Floats]:
    """Limit prices on the tick and worst cases."""
    asked = terms.put_asked[put] + terms.call_asked[call]
    limit = np.floor(asked / terms.tick + 1e-9) * terms.tick
    return limit, np.maximum(grid.puts.width[put], grid.calls.width[call]) - limit


def _chunked(grid: Grid, terms: Terms, objective: int, most: int) -> tuple[Places, Places, Places]:
    tally = np.zeros(4, np.intp)
    put: Places = np.zeros(0, np.intp)
    call: Places = np.zeros(0, np.intp)
    kept: Floats = np.zeros(0)
    step = max(CHUNK // max(len(grid.calls), 1), 1)
    for start in range(0, len(grid.puts), step):
        sides = np.arange(start, min(start + step, len(grid.puts)))
        i, j, values, counts = _measured(grid, terms, objective, sides)
        tally += counts
        kept = np.concatenate([kept, values])
        first = np.argsort(-kept, kind="stable")[:most]
        put, call, kept = np.concatenate([put, i])[first], np.concatenate([call, j])[first], kept[first]
    return put, call, tally


def _measured(grid: Grid, terms: Terms, objective: int, sides: Places) -> tuple[Places, Places, Floats, Places]:
    """The condors of these put sides that pass every bound, their objective, and how many came how far."""
    i, j = np.nonzero(grid.puts.strike[sides][:, None] < grid.calls.strike[None, :])
    i = sides[i]
    counts = [len(i)]
    limit, worst = _prices(grid, terms, i, j)
    delta = terms.put_delta[i] + terms.call_delta[j]
    keep = np.ones(len(i), bool)
    for bound in (
        (worst > 0) & (worst <= terms.most_loss),
        (delta >= terms.delta[0]) & (delta <= terms.delta[1]),
        limit - terms.cost > grid.discount * (grid.puts.mean[i] + grid.calls.mean[j]),
    ):
        keep &= bound
        counts.append(int(keep.sum()))
    i, j = i[keep], j[keep]
    values = value(objective, measure_condors(grid, i, j, limit[keep] - terms.cost), worst[keep])
    finite = values > -np.inf
    return i[finite], j[finite], values[finite], np.array(counts, np.intp)


def _compiled(grid: Grid, terms: Terms, objective: int, most: int) -> tuple[Places, Places, Places]:
    from quant.kernels import condors as kernel

    put, call, kept = np.zeros(most, np.intp), np.zeros(most, np.intp), np.full(most, -np.inf)
    tally = np.zeros(4, np.intp)
    sides = (
        kernel.side_of(grid.puts, terms.put_asked, terms.put_delta),
        kernel.side_of(grid.calls, terms.call_asked, terms.call_delta),
    )
    kernel.best(kernel.curve_of(grid), *sides, kernel.bounds_of(terms), objective, put, call, kept, tally)
    found = kept > -np.inf
    return put[found], call[found], tally
