"""The book: what is owned, what is promised, and what it is worth."""

from datetime import date, datetime
from typing import Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from domain.leg import Leg

AccountKind = Literal["synthetic", "rehearsal", "paper", "live"]
Health = Literal["green", "yellow", "red", "unknown"]


@dataclass(frozen=True)
class Account:
    """``clock`` is the account's own time (aware)."""

    account_id: str
    kind: AccountKind
    source: str
    seed: int
    clock: datetime
    currency: str = "USD"


@dataclass(frozen=True)
class Position:
    """A structure that is held. ``cost`` is the cash that opening it moved, positive when received, fees included.

    ``mark`` is the cash that closing it now at mid would move; None when a leg has no quote. ``max_loss`` is the worst
    case of the whole position, a positive amount. ``vol`` is the annual volatility used for its one-day risk.
    """

    position_id: str
    ticker: str
    sector: str
    strategy: str
    contracts: int
    legs: tuple[Leg, ...]
    opened_at: datetime
    cost: float
    max_loss: float
    max_profit: float | None
    mark: float | None = None
    unrealised_pnl: float | None = None
    day_risk: float | None = None  # loss in account currency at the 95 % one-day shock, None unknown
    margin: float = 0.0
    health: Health = "unknown"
    order_id: str | None = None


@dataclass(frozen=True)
class Promise:
    """The worst case of an approved, submitting or working order, reserved in the book.

    ``margin`` and ``day_risk`` as in Position. A promise that closes a position counts as no risk.
    """

    order_id: str
    ticker: str
    sector: str
    strategy: str
    max_loss: float
    margin: float
    day_risk: float | None
    cash: float


@dataclass(frozen=True)
class Halt:
    """``scope``: "all", or "agent:NAME"."""

    scope: str
    reason: str
    since: datetime
    by: str


@dataclass(frozen=True)
class Book:
    """Everything a rule may know about the account, gathered before the rules are asked. None means unknown.

    ``nlv`` marks positions at mid; ``previous_nlv`` is that of the previous session's close. ``staged`` are the tickers
    with a live staged order. ``correlations`` maps "A|B" (sorted) to the correlation of daily returns.
    """

    account_id: str
    as_of: datetime
    nlv: float | None
    cash: float | None
    previous_nlv: float | None
    margin_used: float | None
    positions: tuple[Position, ...] = ()
    promises: tuple[Promise, ...] = ()
    staged: tuple[str, ...] = ()
    halts: tuple[Halt, ...] = ()
    reconciled: bool = True
    correlations: dict[str, float] = Field(default_factory=dict)
    orders_last_minute: int = 0
    previous_session: date | None = None
    problems: tuple[str, ...] = ()  # "PAPER1: no quote for SPY260821C00500000"

    @property
    def tickers(self) -> frozenset[str]:
        """Every underlying that is held or promised."""
        return frozenset(p.ticker for p in self.positions) | frozenset(p.ticker for p in self.promises)
