"""How many contracts: half-Kelly on the outcome table, then no more than any budget has room for."""

import math
from typing import NamedTuple

import numpy as np
from pydantic.dataclasses import dataclass

from domain.mandate import OrderRules, RegimeLimits, RiskRules, SelectionRules
from domain.order import Proposal
from strategies.room import Room

HALVINGS = 80


@dataclass(frozen=True)
class Sized:
    """``contracts`` 0 means no order; ``reasons`` say what bound the size."""

    contracts: int
    reasons: tuple[str, ...]


class Cap(NamedTuple):
    """At most ``left`` may be taken, ``each`` of it by one contract, both in account currency."""

    name: str
    left: float
    each: float

    @property
    def contracts(self) -> float:
        """How many fit, not rounded; 0 where either amount is unknown."""
        if not (self.left >= 0 and self.each >= 0):
            return 0.0
        return self.left / self.each if self.each > 0 else math.inf


def kelly_contracts(outcomes: tuple[tuple[float, float], ...], nlv: float) -> float:
    """Contracts that maximise the expected logarithm of NLV over (probability, profit) pairs; 0 without an edge.

    Kelly, "A new interpretation of information rate", Bell System Technical Journal 35, 1956: an even bet won with
    probability 0.6 stakes 0.2 of the bankroll.

    >>> round(kelly_contracts(((0.4, -100.0), (0.6, 100.0)), 10_000.0), 6)
    20.0
    """
    table = np.array(outcomes, float).reshape(-1, 2)
    chance, profit = table[:, 0], table[:, 1]
    sound = 0 < nlv < math.inf and np.isfinite(table).all() and (chance >= 0).all() and abs(chance.sum() - 1) < 1e-6
    if not (sound and float(chance @ profit) > 0):
        return 0.0
    if np.min(profit) >= 0:
        return math.inf
    low, high = 0.0, nlv / -float(np.min(profit))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        growing = float(np.sum(chance * profit / np.maximum(1 + middle * profit / nlv, 1e-300))) > 0
        low, high = (middle, high) if growing else (low, middle)
    return low


def size(
    proposal: Proposal,
    nlv: float | None,
    limits: RegimeLimits,
    risk: RiskRules,
    orders: OrderRules,
    selection: SelectionRules,
    room: Room,
    *,
    day_risk: float | None = None,
    margin: float | None = None,
) -> Sized:
    """Whole contracts of a proposal, 0 with the binding reason if not even one fits.

    ``day_risk`` (one-day 95 % loss) and ``margin`` are those of one contract in account currency; where None its worst
    case stands for them. Whatever is not known sizes to 0.
    """
    loss = proposal.odds.max_loss
    if nlv is None or not (0 < nlv < math.inf and 0 < loss < math.inf):
        return Sized(0, (f"NLV of {nlv} or a worst case of {loss:,.2f} a contract is no amount to size by",))
    share = selection.kelly_fraction * limits.size_factor
    kelly = share * kelly_contracts(proposal.outcomes, nlv)
    if not kelly >= 1:
        return Sized(0, (f"Kelly times {share:g} is {kelly:.2f} contracts, less than one",))
    caps = _caps(proposal, nlv, risk, room, loss if day_risk is None else day_risk, loss if margin is None else margin)
    tightest = min(caps, key=lambda cap: cap.contracts)
    fits = min(kelly, tightest.contracts, float(orders.max_contracts))
    contracts = math.floor(fits + 1e-9)
    if contracts < 1:
        return Sized(0, (_no_room(tightest, nlv),))
    bound = f"{orders.max_contracts} contracts an order"
    if fits == kelly:
        bound = f"Kelly times {share:g}"
    elif fits == tightest.contracts:
        bound = f"{tightest.name} ({tightest.left:,.0f} left, {tightest.each:,.0f} a contract)"
    kelly_says = f"Kelly times {share:g} is {kelly:,.1f} contracts on NLV of {nlv:,.0f}"
    return Sized(contracts, (f"{contracts} contracts, bound by {bound}", kelly_says))


def _caps(proposal: Proposal, nlv: float, risk: RiskRules, room: Room, day_risk: float, margin: float) -> list[Cap]:
    loss = proposal.odds.max_loss
    caps = [
        Cap("position limit", room.position.left(proposal.ticker), loss),
        Cap("sector limit", room.sector_left(proposal.ticker), loss),
        Cap("strategy limit", room.strategy.left(proposal.strategy), loss),
        Cap("free margin", room.margin, margin),
        Cap("one-day risk budget", room.var, day_risk),
    ]
    if any(leg.is_option and leg.contracts < 0 for leg in proposal.legs):
        caps.append(Cap("short line limit", risk.short_line * nlv, loss))
    return caps


def _no_room(cap: Cap, nlv: float) -> str:
    if not (math.isfinite(cap.left) and math.isfinite(cap.each)):
        return f"{cap.name}: what is left or what one contract takes is not known"
    return f"{cap.name}: one contract takes {cap.each / nlv:.1%} of NLV, room is {max(cap.left, 0.0) / nlv:.1%}"
