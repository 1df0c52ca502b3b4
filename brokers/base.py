"""The only door out: one small protocol in our words. No vendor type crosses it.

Rules for every adapter: idempotent on our client id; "partial" is a normal answer; a timeout raises ``NoAnswer`` and is
never taken for a rejection; ``order`` answers None only when the venue is certain that it never saw the id.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from domain.errors import Unavailable
from domain.leg import Leg
from domain.order import Fill

VenueStatus = Literal["working", "partial", "filled", "cancelled", "rejected"]
ENDED: tuple[VenueStatus, ...] = ("filled", "cancelled", "rejected")


class NoAnswer(Unavailable):
    """The venue did not answer in time. What became of the request is unknown."""


@dataclass(frozen=True)
class VenueOrder:
    """``legs`` are those of the whole order; ``limit_price`` is net per unit for one structure, credit positive."""

    client_id: str
    ticker: str
    legs: tuple[Leg, ...]
    contracts: int
    limit_price: float
    expires_at: datetime


@dataclass(frozen=True)
class OrderState:
    """``filled`` counts structures."""

    client_id: str
    status: VenueStatus
    filled: int
    reason: str = ""


class Broker(Protocol):
    """One account at one venue."""

    async def submit(self, order: VenueOrder) -> OrderState:
        """Send, or tell what became of an order with this client id that was sent before."""
        ...

    async def cancel(self, client_id: str) -> OrderState:
        """Ask for a cancel and tell the state after it; an order that has ended keeps its end.

        :raises UnknownId: the venue has never seen it.
        """
        ...

    async def order(self, client_id: str) -> OrderState | None: ...

    async def executions(self) -> tuple[Fill, ...]:
        """All executions of the account, settlements included, oldest first."""
        ...

    async def positions(self) -> tuple[Leg, ...]:
        """Net holdings by instrument; a failed query raises, it is never "flat"."""
        ...

    async def cash(self) -> float: ...
