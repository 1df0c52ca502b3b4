"""The drawn graphs are those of the architecture, and one edge leads to an order."""

from langgraph.checkpoint.memory import InMemorySaver

from graph.fund import ANALYSTS, build_fund
from graph.order import build_order

ANALYST_NAMES = {"read_volatility", "read_flow", "read_social", "read_technicals", "read_fundamentals"}


def edges(graph: object) -> set[tuple[str, str]]:
    return {(edge.source, edge.target) for edge in graph.get_graph().edges}  # type: ignore[attr-defined]


def test_the_only_edge_into_place_order_comes_from_the_recheck() -> None:
    assert [pair for pair in edges(build_order(InMemorySaver())) if pair[1] == "place_order"] == [
        ("recheck_risk", "place_order")
    ]


def test_the_only_edge_into_the_recheck_comes_from_the_approval() -> None:
    assert [pair for pair in edges(build_order(InMemorySaver())) if pair[1] == "recheck_risk"] == [
        ("await_approval", "recheck_risk")
    ]


def test_every_way_of_an_order_ends_in_its_outcome() -> None:
    assert edges(build_order(InMemorySaver())) == {
        ("__start__", "await_approval"),
        ("await_approval", "recheck_risk"),
        ("await_approval", "record_outcome"),
        ("recheck_risk", "place_order"),
        ("recheck_risk", "record_outcome"),
        ("place_order", "record_outcome"),
        ("record_outcome", "__end__"),
    }


def test_the_cycle_is_that_of_the_architecture() -> None:
    assert {node.__name__ for node in ANALYSTS} == ANALYST_NAMES
    assert edges(build_fund()) == {
        ("__start__", "open_cycle"),
        *(("open_cycle", name) for name in ANALYST_NAMES),
        *((name, "aggregate_signals") for name in ANALYST_NAMES),
        ("aggregate_signals", "rank_candidates"),
        ("rank_candidates", "debate"),
        ("rank_candidates", "check_risk"),
        ("debate", "check_risk"),
        ("check_risk", "select_strategies"),
        ("select_strategies", "size_trades"),
        ("size_trades", "check_orders"),
        ("check_orders", "stage_orders"),
        ("stage_orders", "record_cycle"),
        ("record_cycle", "__end__"),
    }
