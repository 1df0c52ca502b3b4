"""What a broker's rules tie up in a margin account: FINRA Rule 4210(f)(2) and Regulation T (12 CFR 220.12).

The fund's own orders reserve their whole worst case (``domain.payoff.tied_up``); this is what a broker would ask for.
"""

from collections.abc import Sequence
from dataclasses import replace

from domain.leg import Leg
from domain.payoff import lasting, worst_loss

STOCK = 0.50  # of the value of shares, bought or sold short
NAKED, LEAST = 0.20, 0.10  # of the spot less what is out of the money; at least of the spot (puts: of the strike)


def margin(legs: Sequence[Leg], premiums: Sequence[float], spot: float) -> float:
    """Equity to put up, what selling brings in counted towards it; positive, account currency.

    ``premiums`` are prices per unit of underlying, one a leg. Options sold against longer-living ones of the same right
    need their worst case; those sold against shares nothing beyond the shares' half; of naked puts and naked calls only
    the dearer side. Where more is sold than bought, the options nearest the money are taken as the naked ones.

    >>> from domain.leg import option_leg
    >>> margin([option_leg("XYZ260821C00100000", -1)], [5.0], 95.0), margin(
    ...     [option_leg("XYZ260821P00100000", -1), option_leg("XYZ260821P00095000", 1)], [3.2, 2.0], 102.0)
    (1400.0, 380.0)
    """
    shares = sum(leg.units for leg in legs if not leg.is_option)
    paired, need, received = list[Leg](), {"C": 0.0, "P": 0.0}, 0.0
    for right, lots in (("C", shares), ("P", -shares)):
        bought, single = _split([leg for leg in legs if leg.right == right], lasting(legs))
        paired += bought
        stock = max(lots, 0)
        for leg in single:
            bare = max(-leg.units - stock, 0)
            stock = max(stock + leg.units, 0)
            need[right] += bare * _naked(leg, spot)
            received += (-leg.units - bare) * _price(leg, legs, premiums)
    cash = -sum(leg.units * _price(leg, legs, premiums) for leg in paired)
    return STOCK * abs(shares) * spot + max(need.values()) + worst_loss(paired, cash) - received


def _split(options: list[Leg], living: Sequence[Leg]) -> tuple[list[Leg], list[Leg]]:
    """Options of one right: those bought with the sold ones they cover, and the sold ones nothing bought covers."""
    cover = sum(leg.contracts for leg in options if leg.contracts > 0 and leg in living)
    single: list[Leg] = []
    paired = [leg for leg in options if leg.contracts > 0]
    sold = sorted((leg for leg in options if leg.contracts < 0), key=lambda leg: leg.strike or 0.0)
    for leg in sold if options and options[0].right == "P" else sold[::-1]:
        inside = min(cover, -leg.contracts)
        cover -= inside
        paired += [replace(leg, contracts=-inside)] if inside else []
        single += [replace(leg, contracts=leg.contracts + inside)] if inside < -leg.contracts else []
    return paired, single[::-1]


def _naked(leg: Leg, spot: float) -> float:
    """What one unit of a naked option needs beyond its premium."""
    strike = leg.strike or 0.0
    out = max(strike - spot if leg.right == "C" else spot - strike, 0.0)
    return max(NAKED * spot - out, LEAST * (spot if leg.right == "C" else strike))


def _price(leg: Leg, legs: Sequence[Leg], premiums: Sequence[float]) -> float:
    return next(premium for other, premium in zip(legs, premiums, strict=True) if other.symbol == leg.symbol)
