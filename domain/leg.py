"""A signed holding of one instrument, the atom of structures, orders and positions."""

import math
from collections.abc import Sequence
from datetime import date

from pydantic.dataclasses import dataclass

from domain.option import Right, parse_occ


@dataclass(frozen=True)
class Leg:
    """``contracts`` is signed, positive when long; for stock it counts shares and ``multiplier`` is 1.

    ``symbol`` is the OCC symbol, or the ticker for stock; ``right``, ``strike`` and ``expiry`` are then None.
    """

    symbol: str
    contracts: int
    right: Right | None = None
    strike: float | None = None
    expiry: date | None = None
    multiplier: int = 100
    cash_settled: bool = False

    @property
    def is_option(self) -> bool:
        return self.right is not None

    @property
    def root(self) -> str:
        """The trading class of an option (SPXW); the ticker for stock."""
        return parse_occ(self.symbol).root if self.is_option else self.symbol

    @property
    def units(self) -> int:
        """Signed units of underlying the leg stands for."""
        return self.contracts * self.multiplier

    def times(self, n: int) -> "Leg":
        """The same leg ``n`` times; ``times(-1)`` is its closing twin."""
        return Leg(
            self.symbol, self.contracts * n, self.right, self.strike, self.expiry, self.multiplier, self.cash_settled
        )

    def intrinsic(self, spot: float) -> float:
        """Value per unit of underlying if exercised at ``spot``; the spot itself for stock."""
        if self.right is None or self.strike is None:
            return spot
        return max(spot - self.strike, 0.0) if self.right == "C" else max(self.strike - spot, 0.0)


def price_unit(legs: Sequence[Leg], contracts: int = 1) -> int:
    """Units of underlying one structure's price is multiplied by to give cash: an option's multiplier, or, where there
    is only stock, the shares of one structure. ``legs`` are those of ``contracts`` structures.

    >>> price_unit([stock_leg("XYZ", -300)], 3)
    100
    """
    options = [leg.multiplier for leg in legs if leg.is_option]
    return max(options) if options else math.gcd(*(leg.units for leg in legs)) // contracts or 1


def option_leg(occ_symbol: str, contracts: int, multiplier: int = 100, cash_settled: bool = False) -> Leg:
    """A leg from its OCC symbol."""
    option = parse_occ(occ_symbol)
    return Leg(option.occ_symbol, contracts, option.right, option.strike, option.expiry, multiplier, cash_settled)


def stock_leg(ticker: str, shares: int) -> Leg:
    return Leg(ticker, shares, multiplier=1)
