"""The cycle: market in, orders staged. This file is the diagram."""

from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from graph import nodes
from graph.desk import Desk
from graph.routes import each_candidate
from graph.state import FundState

ANALYSTS = (
    nodes.read_volatility, nodes.read_flow, nodes.read_social, nodes.read_technicals, nodes.read_fundamentals
)  # fmt: skip
NODES = (
    nodes.open_cycle, *ANALYSTS, nodes.aggregate_signals, nodes.rank_candidates, nodes.debate, nodes.check_risk,
    nodes.select_strategies, nodes.size_trades, nodes.check_orders, nodes.stage_orders, nodes.record_cycle,
)  # fmt: skip

Graph = CompiledStateGraph[FundState, Desk, FundState, FundState]


def build_fund(saver: "BaseCheckpointSaver[Any] | None" = None) -> Graph:
    graph = StateGraph(FundState, context_schema=Desk)
    for node in NODES:
        graph.add_node(node.__name__, node)

    graph.add_edge(START, "open_cycle")
    for analyst in ANALYSTS:
        graph.add_edge("open_cycle", analyst.__name__)
    graph.add_edge([analyst.__name__ for analyst in ANALYSTS], "aggregate_signals")
    graph.add_edge("aggregate_signals", "rank_candidates")
    graph.add_conditional_edges("rank_candidates", each_candidate, ["debate", "check_risk"])
    graph.add_edge("debate", "check_risk")
    graph.add_edge("check_risk", "select_strategies")
    graph.add_edge("select_strategies", "size_trades")
    graph.add_edge("size_trades", "check_orders")
    graph.add_edge("check_orders", "stage_orders")
    graph.add_edge("stage_orders", "record_cycle")
    graph.add_edge("record_cycle", END)
    return graph.compile(checkpointer=saver, name="fund")
