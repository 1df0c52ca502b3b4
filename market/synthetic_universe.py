"""Who trades on the synthetic market: twelve invented names of a table, then as many more as a benchmark asks for."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from itertools import islice

import numpy as np

from domain.chain import TickClass
from domain.errors import BadInput
from market.synthetic_random import Dice

INDEX = "ZMKT"  # the volatility indices are those of its options
BROAD = "broad index"
MOST = 240


@dataclass(frozen=True)
class Underlying:
    """One row of ``synthetic_universe.toml``, which explains the columns."""

    ticker: str
    name: str
    sector: str
    price: float
    market: float
    sector_beta: float
    idio: float
    skew: float
    wings: float
    premium: float
    event: float
    liquidity: float
    attention: float
    dividend: float
    tick: TickClass
    weeklies: bool

    @property
    def is_fund(self) -> bool:
        return self.sector == BROAD


@lru_cache(maxsize=1)
def _table() -> tuple[Underlying, ...]:
    text = resources.files("market").joinpath("synthetic_universe.toml").read_text(encoding="utf-8")
    return tuple(Underlying(**row) for row in tomllib.loads(text)["underlying"])


def _further(row: int) -> Underlying:
    """The ``row``-th invented name after the table's: a single stock of one of its sectors, the same for every seed."""
    sectors = sorted({known.sector for known in _table()} - {BROAD})
    ticker = "ZQ" + chr(ord("A") + row // 26) + chr(ord("A") + row % 26)
    u = Dice(0).fixed("universe", ticker, np.arange(12)).tolist()
    liquidity = 0.12 + 0.7 * u[0] ** 1.5
    return Underlying(
        ticker=ticker,
        name=f"{ticker} Company (synthetic)",
        sector=sectors[row % len(sectors)],
        price=round(20 * 20 ** u[1], 2),
        market=round(0.6 + 0.9 * u[2], 2),
        sector_beta=round(0.7 + 0.8 * u[3], 2),
        idio=round(0.14 + 0.22 * u[4], 3),
        skew=round(-0.10 - 0.25 * u[5], 3),
        wings=round(0.70 + 0.15 * u[6], 3),
        premium=round(1.05 + 0.04 * u[7], 3),
        event=round(0.03 + 0.05 * u[8], 3),
        liquidity=round(liquidity, 3),
        attention=round(1 + 6 * u[9] ** 2, 1),
        dividend=round(max(0.0, 0.05 * (u[10] - 0.5)), 4),
        tick="penny" if liquidity > 0.5 else "standard",
        weeklies=liquidity > 0.35,
    )


def _everyone() -> Iterator[Underlying]:
    yield from _table()
    yield from (_further(row) for row in range(26 * 26))


def universe(size: int) -> tuple[Underlying, ...]:
    """The first ``size`` underlyings; a larger universe begins with the smaller one.

    :raises BadInput: fewer than 1 or more than 240 asked for.
    """
    if not 1 <= size <= MOST:
        raise BadInput(f"a synthetic universe of {size} underlyings", f"ask for 1 to {MOST}")
    return tuple(islice(_everyone(), size))
