"""LangGraph's checkpoints come back as what they were, and only our own types do."""

import logging
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypedDict

import psycopg
import pytest
from langgraph.graph import END, START, StateGraph
from langgraph.types import Command, interrupt

from domain.leg import option_leg
from domain.order import Check, Ticket
from memory.checkpoints import checkpoint_types, has_checkpoint, saver
from memory.database import Database
from memory.migrate import migrate

TICKET = Ticket(
    "R1-1", "A", "SPY", "bull_put_spread", "open",
    (option_leg("SPY260821P00600000", -2), option_leg("SPY260821P00595000", 2)), 2, 0.85,
    datetime(2026, 8, 20, 20, tzinfo=UTC),
)  # fmt: skip


class State(TypedDict, total=False):
    ticket: Ticket
    checks: tuple[Check, ...]
    answer: str


def ask(state: State) -> State:
    return {"answer": interrupt({"hash": state["ticket"].hash})}


def graph(database: Database) -> Any:
    builder = StateGraph(State)
    builder.add_node("ask", ask)
    builder.add_edge(START, "ask")
    builder.add_edge("ask", END)
    return builder.compile(checkpointer=saver(database))


def test_a_thread_paused_by_one_process_is_resumed_by_another(database_url: str) -> None:
    config = {"configurable": {"thread_id": "R1-1"}}
    check = Check("position", "R1-1", float("nan"), 0.05, False, "unknown")
    with Database(database_url) as database:
        assert not has_checkpoint(database, "R1-1")
        graph(database).invoke({"ticket": TICKET, "checks": (check,)}, config, durability="sync")
    with Database(database_url) as database:
        assert has_checkpoint(database, "R1-1") and not has_checkpoint(database, "R1-2")
        waiting = graph(database).get_state(config)
        assert waiting.next == ("ask",) and waiting.values["ticket"] == TICKET
        done = graph(database).invoke(Command(resume="approve"), config, durability="sync")
    assert done["answer"] == "approve"
    assert done["ticket"] == TICKET and type(done["ticket"].legs) is tuple and done["ticket"].hash == TICKET.hash


@dataclass(frozen=True)
class Stranger:
    x: int


def test_a_type_that_is_not_ours_comes_back_as_bare_data(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    serializer = saver(database).serde
    with caplog.at_level(logging.CRITICAL, "langgraph"):
        assert serializer.loads_typed(serializer.dumps_typed(Stranger(1))) == {"x": 1}
    trusting = saver(database, [Stranger]).serde
    assert trusting.loads_typed(trusting.dumps_typed(Stranger(1))) == Stranger(1)


def test_big_things_are_not_among_the_types_of_a_checkpoint() -> None:
    names = {kind.__name__ for kind in checkpoint_types()}
    assert {"Ticket", "StagedOrder", "Signal", "Book", "Regime", "Mandate"} <= names
    assert not names & {"Chain", "Context", "PriceHistory", "Series"}


def test_the_tables_lie_in_a_schema_of_their_own(database: Database) -> None:
    with database.connection() as connection:
        rows = connection.execute("SELECT schemaname FROM pg_tables WHERE tablename LIKE 'checkpoint%'").fetchall()
    assert {row["schemaname"] for row in rows} == {"langgraph"}


def test_processes_that_set_up_at_once_do_not_collide(server_url: str) -> None:
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS bare WITH (FORCE)")
        admin.execute("CREATE DATABASE bare")
    failures: list[BaseException] = []

    def run() -> None:
        try:
            with Database(server_url.replace("/fund?", "/bare?")) as database:
                migrate(database)
                saver(database)
        except psycopg.Error as error:
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
