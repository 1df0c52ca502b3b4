"""What a cycle carries from node to node: typed, frozen, and small. Chains and histories go by snapshot id."""

from datetime import date, datetime
from typing import Literal

from pydantic.dataclasses import dataclass

from domain.book import Account, Book
from domain.chain import Cadence
from domain.mandate import Policy
from domain.order import Check, Proposal, StagedOrder, Veto
from domain.regime import Regime
from domain.signal import Candidate


@dataclass(frozen=True)
class RunRequest:
    """What was asked. ``as_of`` is the account's time at the start."""

    run_id: str
    account_id: str
    source: str
    as_of: datetime
    tickers: tuple[str, ...]
    policy: Policy


@dataclass(frozen=True)
class SnapshotRef:
    """Where the data of one ticker is. ``chain_id`` None: there is no usable chain, ``problem`` says why."""

    ticker: str
    chain_id: str | None
    context_id: str
    quote_time: datetime | None
    session: date | None
    cadence: Cadence | None
    problem: str = ""


@dataclass(frozen=True)
class Opening:
    """Everything a cycle knows when it starts; with the snapshots it names, a replay needs nothing else.

    ``rate`` is the continuously compounded risk-free rate (decimal), None unknown. ``mandate_id`` names the stored
    mandate the run was decided under.
    """

    request: RunRequest
    account: Account
    book: Book
    regime: Regime
    rate: float | None
    mandate_id: str
    snapshots: tuple[SnapshotRef, ...]
    code_version: str

    def ref(self, ticker: str) -> SnapshotRef:
        return next(ref for ref in self.snapshots if ref.ticker == ticker)


@dataclass(frozen=True)
class Ranking:
    candidates: tuple[Candidate, ...]
    vetoes: tuple[Veto, ...]


@dataclass(frozen=True)
class Allowance:
    """What the portfolio allows now: its checks, and the structures of the regime."""

    checks: tuple[Check, ...]
    structures: tuple[str, ...]

    @property
    def refusals(self) -> tuple[str, ...]:
        return tuple(check.reason for check in self.checks if not check.passed)


@dataclass(frozen=True)
class Selection:
    proposals: tuple[Proposal, ...]
    vetoes: tuple[Veto, ...]


@dataclass(frozen=True)
class SizedProposal:
    proposal: Proposal
    contracts: int
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Sizing:
    sized: tuple[SizedProposal, ...]
    vetoes: tuple[Veto, ...]


@dataclass(frozen=True)
class Vetting:
    """The concrete orders that passed every rule, all checks (those of refused orders too), and the refusals."""

    orders: tuple[StagedOrder, ...]
    checks: tuple[Check, ...]
    vetoes: tuple[Veto, ...]


@dataclass(frozen=True)
class Recheck:
    """The second look at an approved order, on fresh quotes and a fresh book."""

    order_id: str
    at: datetime
    passed: bool
    checks: tuple[Check, ...]
    reasons: tuple[str, ...]


Outcome = Literal["placed", "rejected", "expired", "superseded", "refused"]
