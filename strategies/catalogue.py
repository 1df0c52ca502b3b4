"""The structures the fund knows, one row each. Selector, optimiser and documentation read these rows.

Contracts are signed, positive when long. Within one right the leg that a delta band places comes first; a wing is
placed relative to it, further out of the money.
"""

from dataclasses import dataclass
from typing import Literal

from domain.errors import BadInput
from domain.signal import Direction

Kind = Literal["C", "P", "stock"]
Band = Literal["short", "long", "atm", "wing", "any"]
Slot = Literal["near", "far"]
VolatilityView = Literal["sells", "buys", "either"]


@dataclass(frozen=True)
class LegTemplate:
    """``ratio`` is signed contracts of one structure; for stock, lots of one contract's multiplier of shares.

    ``band``: "short" and "long" are the mandate's delta bands, "atm" is the long band with one strike shared by all
    such legs, "wing" lies further out of the money within the mandate's width, "any" is stock.
    """

    kind: Kind
    ratio: int
    band: Band
    slot: Slot = "near"


@dataclass(frozen=True)
class Structure:
    """``volatility`` says what the structure does with the price of options: "sells" wants them rich."""

    name: str
    title: str
    direction: Direction
    volatility: VolatilityView
    legs: tuple[LegTemplate, ...]
    when: str

    @property
    def sells_options(self) -> bool:
        """Whether any option in it is short."""
        return any(leg.kind != "stock" and leg.ratio < 0 for leg in self.legs)

    @property
    def spans_expiries(self) -> bool:
        return any(leg.slot == "far" for leg in self.legs)

    def options(self, right: Kind) -> tuple[int, ...]:
        """Positions in ``legs`` of the options of that right."""
        return tuple(i for i, leg in enumerate(self.legs) if leg.kind == right)


STRUCTURES: tuple[Structure, ...] = (
    Structure(
        "bull_put_spread",
        "bull put spread",
        "bullish",
        "sells",
        (LegTemplate("P", -1, "short"), LegTemplate("P", 1, "wing")),
        "moderately bullish and puts are rich: earns if the underlying holds above the short put",
    ),
    Structure(
        "bear_call_spread",
        "bear call spread",
        "bearish",
        "sells",
        (LegTemplate("C", -1, "short"), LegTemplate("C", 1, "wing")),
        "moderately bearish and calls are rich: earns if the underlying stays below the short call",
    ),
    Structure(
        "bull_call_spread",
        "bull call spread",
        "bullish",
        "buys",
        (LegTemplate("C", 1, "long"), LegTemplate("C", -1, "wing")),
        "bullish and options are cheap: a fixed debit for a rise up to the short call",
    ),
    Structure(
        "bear_put_spread",
        "bear put spread",
        "bearish",
        "buys",
        (LegTemplate("P", 1, "long"), LegTemplate("P", -1, "wing")),
        "bearish and options are cheap: a fixed debit for a fall down to the short put",
    ),
    Structure(
        "iron_condor",
        "iron condor",
        "neutral",
        "sells",
        (
            LegTemplate("P", -1, "short"),
            LegTemplate("P", 1, "wing"),
            LegTemplate("C", -1, "short"),
            LegTemplate("C", 1, "wing"),
        ),
        "no direction and options are rich: earns if the underlying stays between the short strikes",
    ),
    Structure(
        "calendar",
        "call calendar",
        "neutral",
        "buys",
        (LegTemplate("C", -1, "atm"), LegTemplate("C", 1, "atm", "far")),
        "no direction and options are cheap: the near option decays faster than the far one",
    ),
    Structure(
        "long_straddle",
        "long straddle",
        "neutral",
        "buys",
        (LegTemplate("C", 1, "atm"), LegTemplate("P", 1, "atm")),
        "no direction and options are cheap: earns from a move either way larger than the premium",
    ),
    Structure(
        "covered_call",
        "covered call",
        "bullish",
        "sells",
        (LegTemplate("stock", 1, "any"), LegTemplate("C", -1, "short")),
        "mildly bullish and calls are rich in a calm market: stock bought and a call sold as one order",
    ),
    Structure(
        "cash_secured_put",
        "cash-secured put",
        "bullish",
        "sells",
        (LegTemplate("P", -1, "short"),),
        "willing to own the stock lower and puts are rich in a calm market",
    ),
)
NAMES: tuple[str, ...] = tuple(row.name for row in STRUCTURES)


def structure(name: str) -> Structure:
    """The row of that name.

    :raises BadInput: there is none.
    """
    for row in STRUCTURES:
        if row.name == name:
            return row
    raise BadInput(f"{name!r} is not a structure", f"use one of {', '.join(NAMES)}")
