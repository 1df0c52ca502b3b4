"""What is left in each budget, in account currency, as orders of one cycle are sized in rank order."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import replace

from pydantic.dataclasses import dataclass

from domain.book import Book, Position, Promise
from domain.mandate import RegimeLimits, RiskRules
from domain.order import Proposal

NO_SECTOR = ("", "unknown")


@dataclass(frozen=True)
class Budget:
    """One limit shared out by name: worst-case losses ``used`` against the ``limit`` each name has."""

    limit: float
    used: dict[str, float]

    def left(self, name: str) -> float:
        return self.limit - self.used.get(name, 0.0)

    def after(self, name: str, amount: float) -> "Budget":
        return Budget(self.limit, self.used | {name: self.used.get(name, 0.0) + amount})


@dataclass(frozen=True)
class Room:
    """``margin`` and one-day ``var`` are what is left of the account's; NaN is unknown, which sizes to nothing.

    ``position`` is shared out by ticker, ``sector`` by sector, ``strategy`` by structure; ``sectors`` maps ticker to
    sector.
    """

    margin: float
    var: float
    position: Budget
    sector: Budget
    strategy: Budget
    sectors: dict[str, str]

    def sector_of(self, ticker: str) -> str:
        return self.sectors.get(ticker, "").lower()

    def sector_left(self, ticker: str) -> float:
        """What has no sector counts in every sector; a ticker without one has no room."""
        sector = self.sector_of(ticker)
        if sector in NO_SECTOR:
            return math.nan
        return self.sector.left(sector) - sum(self.sector.used.get(name, 0.0) for name in NO_SECTOR)

    def most_loss(self, ticker: str) -> float:
        """The largest worst case one more contract in the ticker may have; NaN if a budget is unknown."""
        left = (self.margin, self.position.left(ticker), self.sector_left(ticker))
        return math.nan if any(math.isnan(x) for x in left) else min(left)

    def after(
        self, proposal: Proposal, contracts: int, *, day_risk: float | None = None, margin: float | None = None
    ) -> "Room":
        """The room once ``contracts`` of a proposal are taken. ``day_risk`` and ``margin`` are those of one contract,
        its worst case where None."""
        loss = contracts * proposal.odds.max_loss
        return replace(
            self,
            margin=self.margin - (loss if margin is None else contracts * margin),
            var=self.var - (loss if day_risk is None else contracts * day_risk),
            position=self.position.after(proposal.ticker, loss),
            sector=self.sector.after(self.sector_of(proposal.ticker), loss),
            strategy=self.strategy.after(proposal.strategy, loss),
        )


def room_of(book: Book, limits: RegimeLimits, risk: RiskRules, sectors: Mapping[str, str]) -> Room:
    """The room a book leaves under a regime's limits; positions and promises hold budget at their worst case."""
    nlv = math.nan if book.nlv is None else book.nlv
    held: tuple[Position | Promise, ...] = (*book.positions, *book.promises)
    margin = _total([book.margin_used, *(promise.margin for promise in book.promises)])
    return Room(
        margin=nlv * (1 - risk.free_margin) - margin,
        var=nlv * limits.var_budget - _total(holding.day_risk for holding in held),
        position=Budget(nlv * limits.position, _used((x.ticker, x.max_loss) for x in held)),
        sector=Budget(nlv * limits.sector, _used((x.sector.lower(), x.max_loss) for x in held)),
        strategy=Budget(nlv * limits.strategy, _used((x.strategy, x.max_loss) for x in held)),
        sectors=dict(sectors),
    )


def _total(amounts: Iterable[float | None]) -> float:
    """The sum; NaN if one is unknown."""
    return math.fsum(math.nan if amount is None else amount for amount in amounts)


def _used(amounts: Iterable[tuple[str, float]]) -> dict[str, float]:
    used: dict[str, float] = {}
    for name, amount in amounts:
        used[name] = used.get(name, 0.0) + amount
    return used
