"""The order that ends a position."""

from collections.abc import Sequence
from dataclasses import replace

from domain.book import Position
from domain.chain import Chain
from domain.leg import Leg
from domain.order import Odds
from quant.surface import Surface
from strategies.odds import order_greeks
from strategies.pricing import closing_price


def closing_ticket_parts(position: Position, chain: Chain, concede: float) -> tuple[tuple[Leg, ...], float] | str:
    """Legs of the whole closing order and its limit per unit of underlying for one structure, positive for a credit.

    A reason instead where a leg has no executable quote, or the legs are no whole multiple of the contracts.
    """
    n = position.contracts
    if n < 1 or any(leg.contracts % n for leg in position.legs):
        return f"{position.position_id}: its legs are not {n} times one structure"
    prices = closing_price(chain, [replace(leg, contracts=leg.contracts // n) for leg in position.legs], concede)
    if isinstance(prices, str):
        return prices
    return tuple(leg.times(-1) for leg in position.legs), prices.limit


def closing_odds(position: Position, legs: Sequence[Leg], cash: float, surface: Surface | None) -> Odds:
    """What a close makes of a whole position: filled at its limit, for ``cash`` (positive when received), the result
    since the opening is certain, but for the fees of the close.

    Greeks are those of the closing ``legs``; 0, with a note, where a volatility cannot be known.
    """
    result = position.cost + cash
    greeks = "no smile could be fitted" if surface is None else order_greeks(legs, surface)
    known, notes = ((0.0,) * 4, (f"Greeks are not known: {greeks}",)) if isinstance(greeks, str) else (greeks, ())
    return Odds(max(-result, 0.0), result, (), float(result > 0), result, -result, *known, notes)
