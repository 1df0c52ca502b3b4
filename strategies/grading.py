"""Candidates by the thousand, each with its executable price, its odds and its objective."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from domain.chain import Chain, Floats
from domain.mandate import LiquidityRules, OrderRules, SelectionRules
from domain.tick import STOCK_HALF_SPREAD
from quant.surface import Surface
from strategies.candidates import STOCK, Rows, Shelf
from strategies.outcome import Horizon, horizon_of, measure, option_values, stock_values
from strategies.pricing import half_spread, net_tick
from strategies.template import LegTemplate
from strategies.view import View

SIDE = 40  # spreads kept on each side of a condor
MOST = 4000  # candidates of one structure and expiry whose whole distribution is looked at


@dataclass(frozen=True, eq=False)
class Graded:
    """One entry a candidate that survived, amounts for one contract; ``objective`` is expected value over CVaR."""

    rows: Rows
    expected: Floats
    cvar: Floats
    probability: Floats

    @property
    def objective(self) -> Floats:
        return self.expected / self.cvar


@dataclass(frozen=True, eq=False)
class Tally:
    """How far the candidates of a structure came: built, affordable, with a positive expected value."""

    built: int = 0
    affordable: int = 0
    positive: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.built + other.built, self.affordable + other.affordable, self.positive + other.positive)


@dataclass(frozen=True, eq=False)
class Bench:
    """Values at one horizon of every option on one or two shelves, by chain row; the last entry is stock."""

    end: Horizon
    place: Rows
    values: Floats
    mean: Floats

    @classmethod
    def of(cls, chain: Chain, view: View, near: Shelf, far: Shelf | None) -> "Bench":
        end = horizon_of(near.smile, view)
        used = [near] if far is None else [near, far]
        values = [option_values(end, shelf.smile, shelf.call, shelf.strike) for shelf in used]
        table = np.vstack([*values, stock_values(end, chain.spot)])
        place = np.full(len(chain) + 1, STOCK, dtype=np.intp)
        rows = np.concatenate([shelf.rows for shelf in used])
        place[rows] = np.arange(len(rows))
        return cls(end, place, table, table @ end.weights)


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

    def thin(self, bench: Bench, rows: Rows, legs: tuple[LegTemplate, ...]) -> Rows:
        """The spreads of one side with the best expected value over worst case, at most ``SIDE``."""
        limit = self._limits(rows, legs)
        worst = self._worst(rows, legs, limit)
        expected = self._expected(bench, rows, legs, limit)
        good = np.flatnonzero(worst > 0)
        order = np.argsort(-(expected[good] / worst[good]), kind="stable")[:SIDE]
        return rows[np.sort(good[order])]

    def grade(self, bench: Bench, rows: Rows, legs: tuple[LegTemplate, ...]) -> tuple[Graded, Tally]:
        """Candidates with a bounded, affordable worst case and a positive expected value after fees."""
        limit = self._limits(rows, legs)
        worst = self._worst(rows, legs, limit)
        expected = self._expected(bench, rows, legs, limit)
        affordable = (worst > 0) & (worst <= self.most_loss)
        keep = np.flatnonzero(affordable & (expected > 0))
        tally = Tally(len(rows), int(affordable.sum()), len(keep))
        keep = keep[np.argsort(-(expected[keep] / worst[keep]), kind="stable")[:MOST]]
        kept, cost = rows[keep], self._costs(bench, rows[keep], legs)
        value = limit[keep][:, None] + sum(
            leg.ratio * bench.values[bench.place[kept[:, k]]] for k, leg in enumerate(legs)
        )
        found = measure(self.chain.multiplier * value - cost[:, None], bench.end.weights)
        risky = found.cvar > 0
        numbers = (found.expected[risky], found.cvar[risky], found.probability[risky])
        return Graded(kept[risky], *numbers), tally

    def _limits(self, rows: Rows, legs: tuple[LegTemplate, ...]) -> Floats:
        """``strategies.pricing.executable`` for many candidates."""
        ratio = np.array([leg.ratio for leg in legs], float)
        asked = -(self.mid[rows] @ ratio) - self.orders.concede * (self.half[rows] @ np.abs(ratio))
        tick = net_tick(self.chain, asked, len(legs))
        return np.asarray(np.floor(asked / tick + 1e-9) * tick)

    def _worst(self, rows: Rows, legs: tuple[LegTemplate, ...], limit: Floats) -> Floats:
        """``domain.payoff.worst_loss`` of one contract for many candidates; not positive where nothing can be lost."""
        strikes = self.strike[rows]
        spots = [np.zeros(len(rows)), *(strikes[:, k] for k, leg in enumerate(legs) if leg.kind != "stock")]
        least = np.min([_intrinsic(legs, strikes, spot) for spot in spots], axis=0)
        return np.asarray(-(limit + least) * self.chain.multiplier)

    def _expected(self, bench: Bench, rows: Rows, legs: tuple[LegTemplate, ...], limit: Floats) -> Floats:
        ratio = np.array([leg.ratio for leg in legs], float)
        mean = bench.mean[bench.place[rows]] @ ratio
        return np.asarray(self.chain.multiplier * (limit + mean) - self._costs(bench, rows, legs))

    def _costs(self, bench: Bench, rows: Rows, legs: tuple[LegTemplate, ...]) -> Floats:
        """Opening fees, and for a leg that outlives the horizon its closing fee and half-spread."""
        opening = self.orders.fee_per_contract * sum(abs(leg.ratio) for leg in legs if leg.kind != "stock")
        cost = np.full(len(rows), opening)
        for k, leg in enumerate(legs):
            if leg.slot == "far":
                cost += abs(leg.ratio) * (self.orders.fee_per_contract + self.chain.multiplier * self.half[rows[:, k]])
        return cost


def _intrinsic(legs: tuple[LegTemplate, ...], strikes: Floats, spot: Floats) -> Floats:
    """Value of one unit of each candidate if exercised at its own ``spot``; strikes of shape (candidates, legs)."""
    total = np.zeros(len(spot))
    for k, leg in enumerate(legs):
        away = spot - strikes[:, k]
        total += leg.ratio * np.maximum(-away if leg.kind == "P" else away, 0.0)
    return total
