"""The five analysts, and how one of them reads a whole watchlist."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from agents import flow, fundamentals, social, technicals, volatility
from agents.analyst import Analyst, Findings
from domain.chain import Chain
from domain.errors import FundError
from domain.mandate import FlowRules
from domain.market import Context
from domain.signal import Abstention, Reading, Role, Signal
from quant.exposure import DealerSigns
from quant.surface import Surface

ANALYSTS: dict[Role, Analyst] = {
    "volatility": volatility.read,
    "flow": flow.read,
    "social": social.read,
    "technicals": technicals.read,
    "fundamentals": fundamentals.read,
}


def analysts(rules: FlowRules) -> dict[Role, Analyst]:
    """The five, the flow analyst with the mandate's word on what dealers hold."""
    return ANALYSTS | {"flow": partial(flow.read, signs=DealerSigns(rules.dealer_calls, rules.dealer_puts))}


@dataclass(frozen=True, eq=False)
class Evidence:
    """What an analyst may see of one ticker. ``surface`` is fitted to ``chain``; both None where there is none."""

    ticker: str
    chain: Chain | None
    surface: Surface | None
    context: Context
    as_of: datetime


def read_watchlist(role: Role, inputs: Iterable[Evidence], analyst: Analyst | None = None) -> Reading:
    """One analyst over a watchlist; a ticker whose numbers fail it is an abstention, never the end of the run.

    ``inputs`` may be a generator, so that one chain is in memory at a time. One after the other: the work is numpy on
    small arrays, which threads only slow down.
    """
    read = analyst or ANALYSTS[role]
    signals: list[Signal] = []
    abstentions: list[Abstention] = []
    for evidence in inputs:
        found = _read_one(role, read, evidence)
        if isinstance(found, Abstention):
            abstentions.append(found)
        else:
            signals.extend(found)
    return Reading(role, tuple(signals), tuple(abstentions))


def _read_one(role: Role, read: Analyst, evidence: Evidence) -> Findings:
    try:
        found = read(evidence.ticker, evidence.chain, evidence.surface, evidence.context, evidence.as_of)
    except (FundError, ArithmeticError, ValueError) as failure:
        reason = " ".join(str(failure).split())[:200]
        return Abstention(role, evidence.ticker, f"could not be computed: {reason or type(failure).__name__}")
    return found or Abstention(role, evidence.ticker, "nothing to say")
