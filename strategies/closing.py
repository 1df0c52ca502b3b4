"""The order that ends a position."""

from dataclasses import replace

from domain.book import Position
from domain.chain import Chain
from domain.leg import Leg
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
