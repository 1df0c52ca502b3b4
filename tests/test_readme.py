"""The README's diagrams are the drawn graphs."""

import re
from pathlib import Path

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph

from graph.fund import build_fund
from graph.order import build_order

README = (Path(__file__).resolve().parent.parent / "README.md").read_text("utf-8")
DIAGRAMS = [re.findall(r"(\w+) (-->|-\.->) (\w+)", body) for body in re.findall(r"```mermaid\n(.*?)```", README, re.S)]


def drawn(graph: "CompiledStateGraph") -> set[tuple[str, str, str]]:  # type: ignore[type-arg]
    names = {"__start__": "START", "__end__": "END"}
    return {
        (names.get(e.source, e.source), "-.->" if e.conditional else "-->", names.get(e.target, e.target))
        for e in graph.get_graph().edges
    }


@pytest.mark.parametrize(
    ("place", "graph"), [(0, build_fund()), (1, build_order(InMemorySaver()))], ids=["fund", "order"]
)
def test_the_readme_draws_the_graph_that_runs(place: int, graph: "CompiledStateGraph") -> None:  # type: ignore[type-arg]
    assert set(DIAGRAMS[place]) == drawn(graph)
    assert len(DIAGRAMS[place]) == len(drawn(graph))
