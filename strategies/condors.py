"""The search for the best condor of an expiry among all of its put spreads and all of its call spreads."""

import numpy as np

from domain.tick import tick_size
from quant.condor_search import Terms, best_condors
from quant.condors import Grid, call_wings, put_wings
from quant.reward import ROUNDING, Measures
from strategies.candidates import Rows, Shelf, groups
from strategies.grading import Bench, Graded, Grader, Tally
from strategies.template import LegTemplate, Structure

SHORT_AND_WING = ((("otm", -1), ("out", 1)),) * 2


def is_condor(row: Structure) -> bool:
    """A put spread and a call spread sold out of the money, of one expiry, and nothing else."""
    sides = tuple(tuple((row.legs[i].place, row.legs[i].ratio) for i in group) for group in row.groups)
    rights = tuple(row.legs[group[0]].kind for group in row.groups)
    return sides == SHORT_AND_WING and rights == ("P", "C") and len(row.legs) == 4 and not row.spans_expiries


def search_condors(grader: Grader, row: Structure, near: Shelf) -> tuple[Graded, Tally]:
    """``Grader.search`` for a condor: none is left out, whatever the number."""
    bench = Bench.of(grader.chain, grader.view, near, None)
    puts, calls = groups(row, near, None, grader.chain.spot, grader.selection)
    most = grader.selection.alternatives
    legs = tuple(tuple(row.legs[i] for i in group) for group in row.groups)
    end, strike, unit = bench.end, grader.strike, grader.chain.multiplier
    grid = Grid.of(
        end.spots, end.weights, end.smile.discount,
        put_wings(end.spots, end.weights, strike[puts[:, 0]], strike[puts[:, 1]]),
        call_wings(end.spots, end.weights, strike[calls[:, 0]], strike[calls[:, 1]]),
    )  # fmt: skip
    found = best_condors(grid, _terms(grader, bench, (puts, calls), legs), grader.objective.code, most)
    rows = np.empty((len(found.put), 4), np.intp)
    rows[:, row.groups[0]], rows[:, row.groups[1]] = puts[found.put], calls[found.call]
    numbers = found.measures
    measures = Measures(unit * numbers.expected, unit * numbers.deviation, numbers.probability, unit * numbers.cvar)
    built, affordable, within_delta, positive = (int(x) for x in found.tally)
    return grader.best(rows, unit * found.worst, measures), Tally(built, affordable, within_delta, positive)


def _terms(grader: Grader, bench: Bench, sides: tuple[Rows, Rows], legs: tuple[tuple[LegTemplate, ...], ...]) -> Terms:
    unit, every = grader.chain.multiplier, legs[0] + legs[1]
    ratios = [np.array([leg.ratio for leg in part], float) for part in legs]
    put_delta, call_delta = (bench.delta[bench.place[x]] @ ratio for x, ratio in zip(sides, ratios, strict=True))
    return Terms(
        put_asked=grader.asked(sides[0], legs[0]),
        call_asked=grader.asked(sides[1], legs[1]),
        put_delta=put_delta,
        call_delta=call_delta,
        tick=tick_size(grader.chain.tick_class, 0.0, len(every)),
        cost=grader.fees(every) / unit,
        most_loss=(grader.most_loss + ROUNDING) / unit,
        delta=grader.selection.net_delta,
    )
