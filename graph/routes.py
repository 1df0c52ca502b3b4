"""Where a graph goes next. Return types are literal, so that the drawn graph keeps the edges."""

from typing import Literal

from langgraph.types import Send

from graph.cycle import debate_tasks
from graph.state import FundState, OrderState


def each_candidate(state: FundState) -> list[Send] | Literal["check_risk"]:
    """One debate a candidate; without candidates straight on."""
    return [Send("debate", task) for task in debate_tasks(state)] or "check_risk"


def if_approved(state: OrderState) -> Literal["recheck_risk", "record_outcome"]:
    return "recheck_risk" if state["decision"].answer == "approve" else "record_outcome"


def if_allowed(state: OrderState) -> Literal["place_order", "record_outcome"]:
    return "place_order" if state["recheck"].passed else "record_outcome"
