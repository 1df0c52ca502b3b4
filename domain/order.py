"""Orders: the exact thing a person approves, and what becomes of it."""

import hashlib
import json
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field, FiniteFloat
from pydantic.dataclasses import dataclass

from domain.leg import Leg, price_unit
from domain.payoff import tied_up

OrderStatus = Literal[
    "staged",  # waits for a person
    "approved",  # decided, not yet handed over
    "rejected",
    "expired",
    "superseded",  # edited into another order
    "refused",  # approved, then stopped by a rule
    "queued",  # handed over to the executor
    "submitting",  # journalled, perhaps sent
    "working",
    "partial",
    "filled",
    "cancelled",
    "failed",  # the venue refused it
]
OPEN_STATUSES: tuple[OrderStatus, ...] = ("approved", "queued", "submitting", "working", "partial")
LIVE_STATUSES: tuple[OrderStatus, ...] = ("staged", *OPEN_STATUSES)
Purpose = Literal["open", "close"]


@dataclass(frozen=True)
class Ticket:
    """The exact order. ``limit_price`` is net per unit of underlying for one structure, positive for a credit.

    ``legs`` are those of the whole order (already multiplied by ``contracts``). ``expires_at`` is the order's time to
    live: neither an approval nor a fill happens after it.
    """

    order_id: str
    account_id: str
    ticker: str
    strategy: str
    purpose: Purpose
    legs: tuple[Leg, ...]
    contracts: Annotated[int, Field(ge=1)]
    limit_price: FiniteFloat
    expires_at: datetime
    closes: str | None = None  # the position an order with purpose "close" reduces

    @property
    def hash(self) -> str:
        """SHA-256 over everything above; an approval binds to it."""
        text = json.dumps(
            [
                self.order_id, self.account_id, self.ticker, self.strategy, self.purpose, self.closes, self.contracts,
                round(self.limit_price, 6), self.expires_at.astimezone().timestamp(),
                [[leg.symbol, leg.contracts, leg.multiplier] for leg in self.legs],
            ]
        )  # fmt: skip
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def multiplier(self) -> int:
        """Units of underlying one structure stands for: prices times this are cash."""
        return price_unit(self.legs, self.contracts)

    @property
    def cash(self) -> float:
        """Cash received (positive) or paid when filled at the limit, before fees."""
        return self.limit_price * self.contracts * self.multiplier


@dataclass(frozen=True)
class Check:
    """One rule's answer about one scope ("portfolio", "SPY", an order id). ``value`` None: it could not be known."""

    rule: str
    scope: str
    value: float | None
    limit: float | None
    passed: bool
    reason: str


@dataclass(frozen=True)
class Odds:
    """What a structure may earn, per order, in account currency. Greeks are of the whole order: delta in units of
    underlying, gamma per 1.00 of price, theta per calendar day, vega per vol point."""

    max_loss: float
    max_profit: float | None
    breakevens: tuple[float, ...]
    probability_of_profit: float
    expected_value: float
    cvar: float
    delta: float
    gamma: float
    theta: float
    vega: float
    notes: tuple[str, ...] = ()

    def times(self, n: int) -> "Odds":
        """The odds of ``n`` such orders."""
        return Odds(
            self.max_loss * n, None if self.max_profit is None else self.max_profit * n, self.breakevens,
            self.probability_of_profit, self.expected_value * n, self.cvar * n, self.delta * n, self.gamma * n,
            self.theta * n, self.vega * n, self.notes,
        )  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """One structure's legs for one contract, chosen by the optimiser, not yet sized. ``legs`` are those of one.

    ``edge_outcomes`` are sorted (probability, profit per contract) pairs of the outcome distribution, for Kelly.
    """

    ticker: str
    rank: int
    strategy: str
    legs: tuple[Leg, ...]
    limit_price: float
    odds: Odds  # of one contract
    chain_id: str
    quote_time: datetime
    outcomes: tuple[tuple[float, float], ...]
    reasons: tuple[str, ...]
    rejected: tuple[str, ...] = ()  # "bull_put_spread: no strike with open interest of 100 within 30–45 days"


@dataclass(frozen=True)
class StagedOrder:
    """A ticket with all that a person needs to decide."""

    ticket: Ticket
    hash: str
    odds: Odds
    checks: tuple[Check, ...]
    chain_id: str
    quote_time: datetime
    run_id: str | None
    rank: int
    reasons: tuple[str, ...]
    sector: str = ""
    day_risk: float | None = None  # one-day 95 % loss of the order, account currency; None unknown
    needs_person: bool = True

    @property
    def margin(self) -> float:
        """What an approval reserves, account currency: the worst case, and at least half of what bought stock costs."""
        if self.ticket.purpose == "close":
            return self.odds.max_loss
        return max(self.odds.max_loss, tied_up(self.ticket.legs, self.ticket.cash))


@dataclass(frozen=True)
class Veto:
    """Why a ticker got no order. ``stage`` is the node that said no."""

    ticker: str
    stage: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Decision:
    """A person's answer to a staged order, bound to its hash."""

    order_id: str
    hash: str
    answer: Literal["approve", "reject", "expire", "supersede"]
    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True)
class Fill:
    """One execution of one leg, booked once by ``exec_id``. ``price`` per unit of underlying, ``fee`` positive,
    ``contracts`` signed. ``kind`` "expiry", "assignment", "exercise" are the venue's, without an order."""

    exec_id: str
    account_id: str
    order_id: str | None
    leg: Leg
    price: float
    fee: float
    at: datetime
    kind: Literal["trade", "expiry", "assignment", "exercise"] = "trade"
