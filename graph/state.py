"""The state of both graphs: one writer a field, named beside it. Chains and histories stay in the snapshot store.

A field holds a list where it holds many: a bare tuple would come back from a checkpoint as one.
"""

import operator
from typing import Annotated, TypedDict

from domain.debate import Debate
from domain.order import Decision
from domain.run import Allowance, Opening, Outcome, Ranking, Recheck, RunRequest, Selection, Sizing, Vetting
from domain.signal import Candidate, Composite, Reading, Signal


class FundState(TypedDict, total=False):
    request: RunRequest  # the caller
    opening: Opening  # open_cycle
    volatility: Reading  # read_volatility
    flow: Reading  # read_flow
    social: Reading  # read_social
    technicals: Reading  # read_technicals
    fundamentals: Reading  # read_fundamentals
    composites: list[Composite]  # aggregate_signals
    ranking: Ranking  # rank_candidates
    debates: Annotated[list[Debate], operator.add]  # debate, one task a candidate
    allowance: Allowance  # check_risk
    selection: Selection  # select_strategies
    sizing: Sizing  # size_trades
    vetting: Vetting  # check_orders
    staged: list[str]  # stage_orders
    decision: str  # record_cycle: the hash of everything decided


class DebateTask(TypedDict):
    """What one debate gets to see."""

    request: RunRequest
    candidate: Candidate
    composite: Composite
    signals: list[Signal]


class OrderState(TypedDict, total=False):
    order_id: str  # the caller
    hash: str  # the caller
    decision: Decision  # await_approval
    recheck: Recheck  # recheck_risk
    refusals: list[str]  # place_order
    outcome: Outcome  # place_order, record_outcome
