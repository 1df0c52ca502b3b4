"""One order's way through approval to the executor, one thread each. This file is the diagram.

The only edge into ``place_order`` comes from ``recheck_risk``; nothing here transmits.
"""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import interrupt
from pydantic import TypeAdapter

from domain.order import Decision
from domain.run import Outcome
from graph.desk import OrderContext
from graph.routes import if_allowed, if_approved
from graph.state import OrderState
from graph.step import Update

_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)
_OUTCOMES: dict[str, Outcome] = {"reject": "rejected", "expire": "expired", "supersede": "superseded"}

Graph = CompiledStateGraph[OrderState, OrderContext, OrderState, OrderState]


def await_approval(state: OrderState) -> Update:
    answer = interrupt({"order_id": state["order_id"], "hash": state["hash"]})
    return {"decision": _DECISION.validate_python(answer)}


def recheck_risk(state: OrderState, runtime: Runtime[OrderContext]) -> Update:
    runtime.context.desk.witness.entering("recheck_risk", state["order_id"])
    recheck = runtime.context.desk.recheck(state["order_id"])
    runtime.context.desk.witness.leaving("recheck_risk", state["order_id"])
    return {"recheck": recheck}


def place_order(state: OrderState, runtime: Runtime[OrderContext]) -> Update:
    runtime.context.desk.witness.entering("place_order", state["order_id"])
    refusals = runtime.context.desk.hand_over(state["order_id"], state["recheck"])
    runtime.context.desk.witness.leaving("place_order", state["order_id"])
    return {"outcome": "refused" if refusals else "placed", "refusals": list(refusals)}


def record_outcome(state: OrderState, runtime: Runtime[OrderContext]) -> Update:
    runtime.context.desk.witness.entering("record_outcome", state["order_id"])
    refusals = tuple(state.get("refusals", ())) or (state["recheck"].reasons if "recheck" in state else ())
    outcome = state.get("outcome") or _OUTCOMES.get(state["decision"].answer, "refused")
    runtime.context.desk.conclude(state["order_id"], outcome, refusals)
    runtime.context.desk.witness.leaving("record_outcome", state["order_id"])
    return {"outcome": outcome}


def build_order(saver: "BaseCheckpointSaver[Any]") -> Graph:
    graph = StateGraph(OrderState, context_schema=OrderContext)
    graph.add_node("await_approval", await_approval)
    graph.add_node("recheck_risk", recheck_risk)
    graph.add_node("place_order", place_order)
    graph.add_node("record_outcome", record_outcome)

    graph.add_edge(START, "await_approval")
    graph.add_conditional_edges("await_approval", if_approved)
    graph.add_conditional_edges("recheck_risk", if_allowed)
    graph.add_edge("place_order", "record_outcome")
    graph.add_edge("record_outcome", END)
    return graph.compile(checkpointer=saver, name="order")
