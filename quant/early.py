"""Which solution prices early exercise for an expiry, and tables of it that serve every strike and vol.

Without dividends the boundary of ``quant.boundary`` is exact; dividends, and rates at which there are two boundaries,
take the dates of ``quant.exercise``. A table is built when it is first asked for and kept, so that a search for
volatilities builds it once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from quant import boundary
from quant.carry import Carry
from quant.chebyshev import Chebyshev, between
from quant.exercise import STEPS, exercise_table
from quant.normal import Floats

Flags = NDArray[np.bool_]
_BAND = float(np.log(8.0))  # vols further apart than this do not share a table
_ALL_THERE_IS = 20.0  # total deviation at which an option is worth its maximum
_NO_VOL = 1e-9
_MARGIN = 1.08  # for Greeks by differences


class Table(Protocol):
    """``on`` is the table for another forward and spot; rate, yield and dividends over the forward must be the same."""

    @property
    def carry(self) -> Carry: ...
    @property
    def years(self) -> float: ...
    @property
    def log_vols(self) -> Chebyshev: ...

    def premium(self, call: Flags, strike: Floats, vol: Floats, european: Floats) -> Floats: ...
    def on(self, carry: Carry) -> "Table": ...


@dataclass(frozen=True, eq=False)
class BoundaryTable:
    """Boundaries of puts and calls, (right, time node, vol), for any strike and any vol in the range."""

    years: float
    carry: Carry
    log_vols: Chebyshev
    solved: Floats

    def premium(self, call: Flags, strike: Floats, vol: Floats, european: Floats) -> Floats:
        """As ``ExerciseTable.premium``."""
        carry, rules = self.carry, boundary.CHAIN
        puts, unit = _as_puts(carry, call, strike, self.years, vol)
        with np.errstate(all="ignore"):
            shares = self.log_vols.shares(np.log(vol))
            at = np.einsum("ijk,ik->ji", self.solved[call.astype(np.intp)], shares)
            waiting = np.where(never_early(carry, call), 0.0, boundary.income(puts, at, rules) * unit)
            now = np.where(call, 1.0, -1.0) * (carry.spot - strike) - european
        return np.asarray(np.maximum(np.maximum(waiting, now), 0.0))

    def on(self, carry: Carry) -> "BoundaryTable":
        return replace(self, carry=carry)


class Range(NamedTuple):
    """Of vols and strikes."""

    vols: tuple[float, float]
    strikes: tuple[float, float] = (0.0, float("inf"))

    def holds(self, other: "Range") -> bool:
        pairs = zip(self, other, strict=True)
        return all(mine[0] <= theirs[0] and theirs[1] <= mine[1] for mine, theirs in pairs)


@dataclass
class Premiums:
    """Premiums under one carry; ``tables`` keeps one an expiry and band of vols, and the range it serves."""

    carry: Carry
    tables: dict[tuple[float, int], tuple[Range, Table]] = field(default_factory=dict)

    def premium(self, call: Flags, strike: Floats, years: Floats, vol: Floats, european: Floats) -> Floats:
        """American minus ``european`` value, one row an option; NaN where ``european`` is, 0 at and after expiry."""
        premium = np.where(np.isfinite(european), 0.0, np.nan)
        alive = np.flatnonzero(np.isfinite(european) & (years > 0) & np.isfinite(years))
        if not len(alive):
            return premium
        with np.errstate(all="ignore"):
            vols = np.clip(vol[alive], _NO_VOL, _ALL_THERE_IS / np.sqrt(years[alive]))
            band = np.floor(np.log(vols) / _BAND)
        keys, group = np.unique(np.stack([years[alive], band]), axis=1, return_inverse=True)
        order = np.argsort(group, kind="stable")
        for at, (until, of) in zip(np.split(order, np.cumsum(np.bincount(group))[:-1]), keys.T, strict=True):
            rows = alive[at]
            table = self._table(float(until), int(of), Range(_ends(vols[at]), _ends(strike[rows])))
            premium[rows] = table.premium(call[rows], strike[rows], vols[at], european[rows])
        return premium

    def _table(self, years: float, band: int, asked: Range) -> Table:
        """The one kept, if it reaches; a question beyond it gets one for the whole band and all strikes."""
        known = self.tables.get((years, band))
        if known is None or not known[0].holds(asked):
            if known is not None:
                asked = Range((float(np.exp(_BAND * band)), float(np.exp(_BAND * (band + 1)))))
            asked = Range(*((low / _MARGIN, high * _MARGIN) for low, high in asked))
            known = self.tables[years, band] = asked, table_for(self.carry, years, asked)
        return known[1]


def _ends(column: Floats) -> tuple[float, float]:
    return float(column.min()), float(column.max())


class Asked(NamedTuple):
    """A table for one expiry, vols and strikes of that range, all positive."""

    carry: Carry
    years: float
    serves: Range


def table_for(carry: Carry, years: float, serves: Range, steps: int = STEPS) -> Table:
    return tables_for([Asked(carry, years, serves)], steps)[0]


def tables_for(asked: Sequence[Asked], steps: int = STEPS) -> list[Table]:
    """One for each, boundaries in one solution; ``steps`` as for ``exercise_table``."""
    by_dates = [_takes_dates(one) for one in asked]
    boundaries = iter(_boundary_tables([one for one, dates in zip(asked, by_dates, strict=True) if not dates]))
    return [
        exercise_table(one.carry, one.years, one.serves.vols, steps, one.serves.strikes) if dates else next(boundaries)
        for one, dates in zip(asked, by_dates, strict=True)
    ]


def _takes_dates(asked: Asked) -> bool:
    low, high = sorted((asked.carry.rate, asked.carry.dividend_yield))
    return bool(asked.carry.dividends_until(asked.years)) or low < high <= 0


def _boundary_tables(asked: Sequence[Asked]) -> list[BoundaryTable]:
    if not asked:
        return []
    log_vols = [between(*one.serves.vols) for one in asked]
    solved = []
    for right in (False, True):
        sides = [
            _as_puts(one.carry, np.full(len(at.nodes), right), np.ones(len(at.nodes)), one.years, np.exp(at.nodes))[0]
            for one, at in zip(asked, log_vols, strict=True)
        ]
        puts = boundary.Puts(*(np.concatenate(columns) for columns in zip(*sides, strict=True)))
        solved.append(boundary.solve(puts, boundary.CHAIN))
    ends = np.cumsum([len(at.nodes) for at in log_vols])[:-1]
    each = np.split(np.stack(solved), ends, axis=2)
    return [
        BoundaryTable(one.years, one.carry, at, found) for one, at, found in zip(asked, log_vols, each, strict=True)
    ]


def never_early(carry: Carry, call: Flags) -> Flags:
    """Of options without dividends: what exercise brings in (the strike's interest, the spot's yield) is nothing."""
    rate = np.where(call, carry.dividend_yield, carry.rate)
    other = np.where(call, carry.rate, carry.dividend_yield)
    return np.asarray((rate <= 0) & (other >= rate))


def _as_puts(carry: Carry, call: Flags, strike: Floats, years: float, vol: Floats) -> tuple[boundary.Puts, Floats]:
    spot, time, rate, dividend = (np.full(len(vol), x) for x in (carry.spot, years, carry.rate, carry.dividend_yield))
    return boundary.as_puts(call, spot, strike, time, vol, rate, dividend)


def without_vol(carry: Carry, call: Flags, strike: Floats, years: Floats) -> Floats:
    """What an option is worth if the spot follows its forward: exercise on the best date, or never.

    The best date is now, the expiry, either side of an ex-date, or where the yield overtakes the strike's interest.
    """
    out = np.full(len(strike), np.nan)
    for until in np.unique(years[np.isfinite(years)]):
        rows = np.flatnonzero(years == until)
        edges = np.array([0.0, *(at for at, _ in carry.dividends_until(until)), max(until, 0.0)])
        before, after = carry.forwards_around(edges)
        with np.errstate(all="ignore"):
            turn = np.log(carry.rate * strike[rows, None] / (carry.dividend_yield * after[:-1])) / carry.growth
            turn = np.minimum(edges[:-1] + np.maximum(np.nan_to_num(turn, nan=0.0), 0.0), edges[1:])
            times = np.hstack([np.broadcast_to(np.hstack([edges, edges]), (len(rows), 2 * len(edges))), turn])
            grown = after[:-1] * np.exp(carry.growth * (turn - edges[:-1]))
            spots = np.hstack([np.broadcast_to(np.hstack([before, after]), (len(rows), 2 * len(edges))), grown])
            sign = np.where(call[rows], 1.0, -1.0)[:, None]
            paid = carry.discount(times) * sign * (spots - strike[rows, None])
            out[rows] = np.where(strike[rows] > 0, np.maximum(paid.max(axis=1), 0.0), np.nan)
    return out
