"""The real cycle, killed before and after every node in a real child process, and resumed."""

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from apps.cycle import Cycles
from graph.fund import ANALYSTS, NODES, build_fund
from memory import orders, runs
from tests.crash import children
from tests.desk import fund_on

CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.crash.children"])
EVENTS = [f"{when} {node.__name__}" for node in NODES for when in ("entering", "leaving")]
ORDER = [node.__name__ for node in NODES]
TOGETHER = {node.__name__ for node in ANALYSTS}
KILLED = -9


def in_child(work: Any, *args: Any) -> int | None:
    process = CONTEXT.Process(target=work, args=args)
    process.start()
    process.join(120)
    return process.exitcode


def summary(url: str, home: Path, run_id: str = "R0001") -> dict[str, Any]:
    """What a run came to: the decision, and everything about its orders that must not differ."""
    with fund_on(url, home) as fund, fund.database.connection() as connection:
        row = runs.run(connection, run_id)
        staged = orders.of_run(connection, run_id)
        steps = [entry.key for entry in fund.journal.story(run_id=run_id)]
        threads = Cycles(fund).threads.graph
        waiting = [
            len(threads.get_state({"configurable": {"thread_id": order.order_id}}).interrupts) for order in staged
        ]
        broken = fund.journal.verify(row["account_id"])
    return {
        "status": row["status"],
        "decision": row["decision"],
        "orders": [(order.order_id, order.staged.hash, order.status) for order in staged],
        "waiting": waiting,
        "journal": sorted(str(key) for key in steps),
        "broken": broken,
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, module_database: str) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("calm")
    assert in_child(children.run_cycle, module_database, home, home / "log", "") == 0
    calm = summary(module_database, home)
    assert calm["status"] == "finished"
    assert calm["orders"], "the watchlist must stage at least one order for this test to mean anything"
    assert calm["waiting"] == [1] * len(calm["orders"])
    return calm


@pytest.mark.crash
@pytest.mark.parametrize("event", [*EVENTS, "entering open_thread"])
def test_a_cycle_killed_at_any_node_ends_as_if_it_had_not_been(
    event: str, database_url: str, tmp_path: Path, undisturbed: dict[str, Any]
) -> None:
    log = tmp_path / "log"
    assert in_child(children.run_cycle, database_url, tmp_path, log, event) == KILLED
    before = log.read_text().splitlines()
    committed = committed_nodes(database_url, tmp_path)
    log.unlink()

    assert in_child(children.resume_cycle, database_url, tmp_path, log, "R0001") == 0

    told = log.read_text().splitlines() if log.exists() else []
    after = {line.split()[1] for line in told if line.startswith("entering")}
    assert not after & committed, f"ran again although committed: {after & committed}"
    assert any(line.startswith(event) for line in before)
    assert summary(database_url, tmp_path) == undisturbed


def committed_nodes(url: str, home: Path) -> set[str]:
    """The nodes whose writes the checkpointer has: those of earlier steps, and finished siblings of the last one."""
    with fund_on(url, home) as fund:
        graph = build_fund(Cycles(fund).saver)
        state = graph.get_state({"configurable": {"thread_id": "run-R0001"}})
    open_now = {task.name for task in state.tasks if task.result is None}
    if not state.tasks:
        return set()
    first = min(ORDER.index(name) for name in open_now if name in ORDER) if open_now - {"__start__"} else 0
    done = {name for name in ORDER[:first] if name not in open_now}
    return (done | {task.name for task in state.tasks if task.result is not None}) - {"debate", "__start__"}
