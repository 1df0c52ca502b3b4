"""Executable quotes of one option root laid out by expiry and strike."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from quant.normal import Floats
from quant.surface_rows import adjusted_rows, row_years

Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Side:
    """Arrays are (expiries, strikes); ``row`` is the place in the chain. NaN and -1 where nothing can be traded."""

    bid: Floats
    ask: Floats
    row: Rows


@dataclass(frozen=True, eq=False)
class QuoteGrid:
    """``years`` and ``expiry`` ascend along the first axis, ``strike`` along the second."""

    root: str
    expiry: NDArray[np.datetime64]
    years: Floats
    strike: Floats
    calls: Side
    puts: Side

    @property
    def sides(self) -> tuple[tuple[str, Side], ...]:
        return ("call", self.calls), ("put", self.puts)


@dataclass(frozen=True, eq=False)
class Usable:
    """The rows that can be traded on both sides, and how many of the others there are of each kind."""

    mask: NDArray[np.bool_]
    over: int
    adjusted: int
    unquoted: int
    ambiguous: int


def usable_rows(chain: Chain) -> Usable:
    """Alive, of a class that is not adjusted, quoted on both sides and not crossed, and the only row of its
    contract."""
    alive = (row_years(chain) > 0) & np.isfinite(chain.strike) & (chain.strike > 0)
    adjusted = alive & adjusted_rows(chain)
    quoted = alive & ~adjusted & chain.two_sided
    rows = np.flatnonzero(quoted)
    keys = np.stack([
        np.unique(chain.root[rows], return_inverse=True)[1].astype(np.float64),
        chain.expiry[rows].astype("datetime64[D]").astype(np.float64), chain.strike[rows], chain.call[rows],
    ])  # fmt: skip
    _, place, count = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
    single = count[place.ravel()] == 1
    mask = np.zeros(len(chain), dtype=bool)
    mask[rows[single]] = True
    unquoted = alive & ~adjusted & ~quoted
    return Usable(mask, int((~alive).sum()), int(adjusted.sum()), int(unquoted.sum()), int((~single).sum()))


def grids(chain: Chain, usable: NDArray[np.bool_]) -> Iterator[QuoteGrid]:
    """One a root: contracts of different roots settle or deliver differently."""
    years = row_years(chain)
    for root in np.unique(chain.root[usable]):
        rows = np.flatnonzero(usable & (chain.root == root))
        expiries, first, e = np.unique(chain.expiry[rows], return_index=True, return_inverse=True)
        strikes, k = np.unique(chain.strike[rows], return_inverse=True)
        shape = (len(expiries), len(strikes))

        def side(call: bool, rows: Rows = rows, e: Rows = e, k: Rows = k, shape: tuple[int, int] = shape) -> Side:
            which = chain.call[rows] == call
            at, found = (e[which], k[which]), rows[which]
            bid, ask, place = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, -1, dtype=np.intp)
            bid[at], ask[at], place[at] = chain.bid[found], chain.ask[found], found
            return Side(bid, ask, place)

        yield QuoteGrid(str(root), expiries, years[rows[first]], strikes, side(True), side(False))
