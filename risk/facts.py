"""Everything a rule may see, in one frozen value gathered by the caller: no I/O, no clock."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from domain.book import Book, Position, Promise
from domain.chain import Cadence
from domain.leg import Leg, stock_leg
from domain.mandate import OrderRules, RegimeLimits, RiskRules
from domain.order import Ticket
from domain.payoff import lasting, naked_shorts, worst_loss
from domain.regime import Regime

Stage = Literal["stage", "send"]


@dataclass(frozen=True)
class OrderFacts:
    """One concrete order and what is known about it.

    ``max_loss``, ``margin`` and ``day_risk`` are of the whole order, positive, in account currency. ``quote_time``,
    ``session`` and ``cadence`` are those of the chain that priced it. ``tick`` is the increment of its net price.
    ``liquidity`` holds the reasons why a leg cannot be traded well, none if it can; ``structure`` says why the legs are
    not the structure the order names, nothing if they are. ``earnings_in`` counts calendar
    days to the next announcement; with ``earnings_known`` it may be None: none is ahead, or none will be (an index).

    ``stage`` is "stage" when the order is about to wait for an approval and "send" in every later check; only in the
    former does ``needs_person`` count. ``person`` approved it by hand; None for an automatic approval or none yet.
    """

    ticket: Ticket
    sector: str
    max_loss: float | None
    margin: float | None
    day_risk: float | None
    quote_time: datetime | None
    session: date | None
    cadence: Cadence | None
    tick: float | None
    stage: Stage
    needs_person: bool = False
    person: str | None = None
    liquidity: tuple[str, ...] = ()
    structure: str = ""
    earnings_known: bool = False
    earnings_in: int | None = None

    @property
    def worst(self) -> float:
        """The stated maximum loss, raised to the payoff's worst case where that is larger; NaN if it is unknown.

        Held stock that covers a call costs nothing more (whether there is any is for ``naked_reasons`` to say).
        """
        stated = total(self.max_loss)
        cover = stock_leg(self.ticket.ticker, uncovered_calls(self.ticket.legs))
        return stated if math.isnan(stated) else max(stated, worst_loss((*self.ticket.legs, cover), self.ticket.cash))

    @property
    def sells_options(self) -> bool:
        return any(leg.is_option and leg.contracts < 0 for leg in self.ticket.legs)

    @property
    def by_person(self) -> bool:
        """A person decided it, or will before it can be sent."""
        return bool(self.person and self.person.strip()) or (self.stage == "stage" and self.needs_person)


@dataclass(frozen=True)
class Facts:
    """The portfolio, the regime, the person's limits, and at most one order. ``now`` is the account's time."""

    book: Book
    regime: Regime
    limits: RiskRules
    orders: OrderRules
    now: datetime
    order: OrderFacts | None = None

    @property
    def row(self) -> RegimeLimits | None:
        """The limits of the regime, None if it is unknown."""
        return None if self.regime.name is None else self.limits.regimes.get(self.regime.name)

    @property
    def the_order(self) -> OrderFacts:
        """:raises ValueError: the facts hold no order."""
        if self.order is None:
            raise ValueError("this rule judges an order, and the facts hold none")
        return self.order

    @property
    def promises(self) -> tuple[Promise, ...]:
        """The promises of all other orders."""
        own = self.order.ticket.order_id if self.order else None
        return tuple(promise for promise in self.book.promises if promise.order_id != own)

    @property
    def holdings(self) -> tuple[Position | Promise, ...]:
        """What holds budget: positions, and the promises of all other orders."""
        return self.book.positions + self.promises

    @property
    def scope(self) -> str:
        return self.order.ticket.order_id if self.order else "portfolio"


def total(*amounts: float | None) -> float:
    """The sum of amounts that cannot be negative; NaN if one is unknown, infinite or below 0."""
    if not all(amount is not None and 0 <= amount < math.inf for amount in amounts):
        return math.nan
    return math.fsum(amount for amount in amounts if amount is not None)


def closed_position(ticket: Ticket, book: Book) -> Position | None:
    """The position an order with purpose "close" names, None if the book has it not."""
    if ticket.purpose != "close" or ticket.closes is None:
        return None
    return next((p for p in book.positions if p.position_id == ticket.closes and p.ticker == ticket.ticker), None)


def remainder(position: Position, ticket: Ticket) -> tuple[Leg, ...] | None:
    """The position's legs once the order is filled; None if it does anything but reduce them."""
    held = _netted(position.legs)
    orders = _netted(ticket.legs)
    if not orders or any(not _reduces(held.get(symbol), leg) for symbol, leg in orders.items()):
        return None
    left = _netted((*position.legs, *ticket.legs))
    return tuple(leg for leg in left.values() if leg.contracts)


def reduces_risk(ticket: Ticket, book: Book) -> bool:
    """Whether an order closes all or part of one position and nothing else.

    Every leg must be against a leg of the position and no larger, and the worst case from here on, the order's own cash
    included, must not grow: selling only the long wing of a spread reduces legs, not risk.
    """
    position = closed_position(ticket, book)
    left = remainder(position, ticket) if position else None
    if position is None or left is None:
        return False
    return worst_loss(left, ticket.cash) <= worst_loss(position.legs, 0.0)


def naked_reasons(ticket: Ticket, book: Book) -> tuple[str, ...]:
    """Why the account would hold an uncovered short option in this underlying once the order is filled; empty if not.

    Long options cover only within their own structure, and only if they live as long. Stock held in the same account
    and underlying covers calls as far as no other position relies on it; while another order in the underlying is
    under way, nothing may newly rely on it and none of it may be given up. Puts without a long put need free cash: what
    is left of the account's when every position and every promise costs its worst, unknown counting as none.
    """
    position = closed_position(ticket, book)
    left = remainder(position, ticket) if position else None
    legs = ticket.legs if left is None else left
    others = [p for p in book.positions if left is None or p is not position]
    same = [p.legs for p in others if p.ticker == ticket.ticker]
    promised = [promise for promise in book.promises if promise.order_id != ticket.order_id]
    busy = any(promise.ticker == ticket.ticker for promise in promised)
    spare = max(sum(_shares(group) for group in same), 0) - sum(uncovered_calls(group) for group in same)
    if position and left is not None and _shares(left) < _shares(position.legs):
        short = uncovered_calls(left) - _shares(left) - spare
        if busy or short > 0:
            return (f"gives up stock that {max(short, 0)} calls sold or an order under way rely on",)
    if reduces_risk(ticket, book):
        return ()
    reserved = total(*(worst_loss(p.legs, 0.0) for p in others), *(promise.max_loss for promise in promised))
    free = math.nan if book.cash is None else book.cash - reserved
    usable = 0 if busy else max(spare, 0)
    covered = (*legs, stock_leg(ticket.ticker, usable))
    return naked_shorts(covered, free + ticket.cash if math.isfinite(free) else 0.0)


def _netted(legs: tuple[Leg, ...]) -> dict[str, Leg]:
    """One leg a symbol, contracts added up."""
    net: dict[str, Leg] = {}
    for leg in legs:
        before = net[leg.symbol].contracts if leg.symbol in net else 0
        net[leg.symbol] = Leg(
            leg.symbol, before + leg.contracts, leg.right, leg.strike, leg.expiry, leg.multiplier, leg.cash_settled
        )
    return net


def _reduces(held: Leg | None, order: Leg) -> bool:
    if held is None or held.multiplier != order.multiplier:
        return False
    return order.contracts * held.contracts < 0 and abs(order.contracts) <= abs(held.contracts)


def _shares(legs: tuple[Leg, ...]) -> int:
    return sum(leg.units for leg in legs if not leg.is_option)


def uncovered_calls(legs: tuple[Leg, ...]) -> int:
    """Units of underlying that the calls sold would deliver beyond what longer-living calls of the group bring in."""
    calls = [leg for leg in lasting(legs) if leg.right == "C"]
    return max(-sum(leg.units for leg in calls), 0)
