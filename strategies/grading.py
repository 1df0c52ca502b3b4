"""Candidates by the hundred thousand, each with its executable price, its odds and its objective; the best are kept."""

from dataclasses import dataclass, fields
from functools import cached_property, partial

import numpy as np

from domain.chain import Chain, Floats
from domain.mandate import LiquidityRules, OrderRules, SelectionRules
from domain.tick import STOCK_HALF_SPREAD
from quant.condor_search import value
from quant.reward import ROUNDING, Measures, measure_rows
from quant.surface import Surface
from strategies.candidates import Rows, Shelf, combinations
from strategies.objectives import Objective, objective
from strategies.outcome import Horizon, horizon_of, option_values, stock_values
from strategies.pricing import half_spread, net_tick
from strategies.template import LegTemplate, Structure
from strategies.view import View


@dataclass(frozen=True, eq=False)
class Graded:
    """The best candidates, best first, amounts for one contract in account currency; ``worst`` is before fees."""

    rows: Rows
    objective: Floats
    worst: Floats
    measures: Measures


@dataclass(frozen=True, eq=False)
class Tally:
    """How far the candidates came: built, with an affordable worst case, a delta within the bounds, a positive expected
    value. ``skipped`` were never put together."""

    built: int = 0
    affordable: int = 0
    within_delta: int = 0
    positive: int = 0
    skipped: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))


@dataclass(frozen=True, eq=False)
class Bench:
    """Values at one horizon of every option on one or two shelves, and their deltas; the last entry is stock.

    ``place`` leads from a row of the chain to its entry, the last (``candidates.STOCK``) to that of stock.
    """

    end: Horizon
    place: Rows
    values: Floats
    mean: Floats
    delta: Floats

    @classmethod
    def of(cls, chain: Chain, view: View, near: Shelf, far: Shelf | None) -> "Bench":
        end = horizon_of(near.smile, view)
        used = [near] if far is None else [near, far]
        values = [option_values(end, shelf.smile, shelf.call, shelf.strike) for shelf in used]
        table = np.vstack([*values, stock_values(end, chain.spot)])
        delta = np.concatenate([*(np.where(shelf.call, shelf.delta, -shelf.delta) for shelf in used), [1.0]])
        rows = np.concatenate([shelf.rows for shelf in used])
        place = np.full(len(chain) + 1, len(rows), dtype=np.intp)
        place[rows] = np.arange(len(rows))
        return cls(end, place, table, table @ end.weights, delta)


@dataclass(frozen=True, eq=False)
class Grader:
    """Grades candidates of one chain under one view. ``most_loss`` is the worst case one contract may have."""

    chain: Chain
    surface: Surface
    view: View
    selection: SelectionRules
    liquidity: LiquidityRules
    orders: OrderRules
    most_loss: float

    @cached_property
    def mid(self) -> Floats:
        return np.append(self.chain.mid, self.chain.spot)

    @cached_property
    def half(self) -> Floats:
        return np.append(half_spread(self.chain), STOCK_HALF_SPREAD)

    @cached_property
    def strike(self) -> Floats:
        return np.append(self.chain.strike, 0.0)

    @cached_property
    def objective(self) -> Objective:
        return objective(self.selection.objective)

    def search(self, row: Structure, near: Shelf, far: Shelf | None) -> tuple[Graded, Tally]:
        """The best ``selection.alternatives`` of one structure that ends with ``near``."""
        bench = Bench.of(self.chain, self.view, near, far)
        built = combinations(row, near, far, self.chain.spot, self.selection, partial(self.thin, bench))
        graded, tally = self.grade(bench, built.rows, row.legs)
        return graded, tally + Tally(skipped=built.skipped)

    def thin(self, bench: Bench, rows: Rows, legs: tuple[LegTemplate, ...], most: int) -> Rows:
        """The ``most`` sides with the best expected value over worst case (of at least a tick), each taken alone."""
        limit = self._limits(rows, legs)
        risk = np.maximum(self._worst(rows, legs, limit), net_tick(self.chain, limit, len(legs)))
        score = self._expected(bench, rows, legs, limit) / risk
        return rows[np.sort(np.argsort(-score, kind="stable")[:most])]

    def grade(self, bench: Bench, rows: Rows, legs: tuple[LegTemplate, ...]) -> tuple[Graded, Tally]:
        """Candidates with a bounded, affordable worst case and a positive expected value after fees."""
        limit = self._limits(rows, legs)
        worst = self._worst(rows, legs, limit)
        ratio = np.array([leg.ratio for leg in legs], float)
        delta = bench.delta[bench.place[rows]] @ ratio
        low, high = self.selection.net_delta
        keep, counts = np.ones(len(rows), bool), [len(rows)]
        for bound in (
            (worst > 0) & (worst <= self.most_loss + ROUNDING) & np.isfinite(worst),
            (delta >= low) & (delta <= high),
            self._expected(bench, rows, legs, limit) > 0,
        ):
            keep &= bound
            counts.append(int(keep.sum()))
        kept = rows[keep]
        cash = self.chain.multiplier * limit[keep] - self._costs(kept, legs)
        found = measure_rows(bench.values, bench.place[kept], ratio * self.chain.multiplier, cash, bench.end.weights)
        return self.best(kept, worst[keep], found), Tally(*counts)

    def best(self, rows: Rows, worst: Floats, found: Measures) -> Graded:
        """Those with the highest objective, equals in the order they come."""
        values = value(self.objective.code, found, worst)
        first = np.argsort(-values, kind="stable")[: self.selection.alternatives]
        first = first[values[first] > -np.inf]
        measures = Measures(found.expected[first], found.deviation[first], found.probability[first], found.cvar[first])
        return Graded(rows[first], values[first], worst[first], measures)

    def asked(self, rows: Rows, legs: tuple[LegTemplate, ...]) -> Floats:
        """Net prices before they are rounded: mid less the conceded share of the half-spreads."""
        ratio = np.array([leg.ratio for leg in legs], float)
        return np.asarray(-(self.mid[rows] @ ratio) - self.orders.concede * (self.half[rows] @ np.abs(ratio)))

    def _limits(self, rows: Rows, legs: tuple[LegTemplate, ...]) -> Floats:
        """``strategies.pricing.executable`` for many candidates."""
        asked = self.asked(rows, legs)
        tick = net_tick(self.chain, asked, len(legs))
        return np.asarray(np.floor(asked / tick + 1e-9) * tick)

    def _worst(self, rows: Rows, legs: tuple[LegTemplate, ...], limit: Floats) -> Floats:
        """``domain.payoff.worst_loss`` of one contract for many candidates; not positive where nothing can be lost."""
        if sum(leg.ratio for leg in legs if leg.kind != "P") < 0:
            return np.full(len(rows), np.inf)
        strikes = self.strike[rows]
        spots = [np.zeros(len(rows)), *(strikes[:, k] for k, leg in enumerate(legs) if leg.kind != "stock")]
        least = np.min([_intrinsic(legs, strikes, spot) for spot in spots], axis=0)
        return np.asarray(-(limit + least) * self.chain.multiplier)

    def _expected(self, bench: Bench, rows: Rows, legs: tuple[LegTemplate, ...], limit: Floats) -> Floats:
        ratio = np.array([leg.ratio for leg in legs], float)
        mean = bench.mean[bench.place[rows]] @ ratio
        return np.asarray(self.chain.multiplier * (limit + mean) - self._costs(rows, legs))

    def _costs(self, rows: Rows, legs: tuple[LegTemplate, ...]) -> Floats:
        """Opening fees, and for a leg that outlives the horizon its closing fee and half-spread."""
        cost = np.full(len(rows), self.fees(legs))
        for k, leg in enumerate(legs):
            if leg.slot == "far":
                cost += abs(leg.ratio) * (self.orders.fee_per_contract + self.chain.multiplier * self.half[rows[:, k]])
        return cost

    def fees(self, legs: tuple[LegTemplate, ...]) -> float:
        """Of opening one contract."""
        return self.orders.fee_per_contract * sum(abs(leg.ratio) for leg in legs if leg.kind != "stock")


def _intrinsic(legs: tuple[LegTemplate, ...], strikes: Floats, spot: Floats) -> Floats:
    """Value of one unit of each candidate if exercised at its own ``spot``; strikes of shape (candidates, legs)."""
    total = np.zeros(len(spot))
    for k, leg in enumerate(legs):
        away = spot - strikes[:, k]
        total += leg.ratio * np.maximum(-away if leg.kind == "P" else away, 0.0)
    return total
