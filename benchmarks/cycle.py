"""The cycle over 12, 60 and 240 synthetic underlyings: time, database rows and bytes, and LangGraph's share."""

import statistics
import tempfile
from contextlib import ExitStack
from pathlib import Path

from langgraph.runtime import Runtime

from apps.commands.run import begin
from apps.cycle import Cycles, Nowhere
from apps.opening import OPENING
from apps.parser import build
from apps.wiring import Fund, open_fund
from benchmarks.timing import row, seconds
from execution.view import Views
from graph import cycle, nodes
from graph.desk import Desk, Silent
from graph.fund import ANALYSTS, build_fund
from graph.state import FundState
from memory import runs

SIZES = (12, 60, 240)
ROUNDS = 5
TABLES = ("fund.snapshots", "fund.journal", "fund.orders", "langgraph.checkpoints", "langgraph.checkpoint_blobs",
          "langgraph.checkpoint_writes")  # fmt: skip


def main() -> None:
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fund-bench-")))
        home.chmod(0o711)
        fund = stack.enter_context(open_fund(environment={"FUND_HOME": str(home)}))
        base = None
        for size in SIZES:
            time, rows, size_kb = one_cycle(fund, size)
            base = base or time / size
            ratio = f"{time / size / base:.2f} x per underlying"
            row(f"cycle over {size} underlyings", f"{time:.2f} s", ratio)
            row("  database", f"{rows} rows", f"{size_kb:,.0f} kB")
        share_of_langgraph(fund)
        print()


def one_cycle(fund: Fund, size: int) -> tuple[float, int, float]:
    """Seconds of one cycle in a fresh account, and what it left in the database."""
    cycles = Cycles(fund)
    run_id = begin(fund, cycles, build().parse_args(["run", "--underlyings", str(size)]))
    before = weight(fund)
    time = seconds(lambda: cycles.carry_on(run_id))
    after = weight(fund)
    return time, after[0] - before[0], (after[1] - before[1]) / 1024


def weight(fund: Fund) -> tuple[int, int]:
    """(rows, bytes of content) of the tables a cycle writes."""
    counts = " UNION ALL ".join(
        f"SELECT count(*) AS n, coalesce(sum(pg_column_size(t.*)), 0) AS b FROM {table} t" for table in TABLES
    )
    with fund.database.connection() as connection:
        found = connection.execute(f"SELECT sum(n)::bigint AS n, sum(b)::bigint AS b FROM ({counts}) x").fetchone()  # type: ignore[call-overload]
    assert found is not None
    return int(found["n"]), int(found["b"])


def share_of_langgraph(fund: Fund) -> None:
    """The same decision from the same snapshots: plain calls, LangGraph in memory, LangGraph with checkpoints."""
    with fund.database.connection() as connection:
        stored = runs.run(connection, runs.latest(connection, 10)[-1]["run_id"])
    opening = OPENING.validate_python(fund.snapshots.json(stored["opening_id"]))
    numbers = iter(range(10_000))

    def desk() -> Desk:
        return Desk(
            fund.mandate, fund.snapshots, Views(fund.snapshots), Nowhere(), Silent(), Nowhere(),
            lambda request: opening, lambda run_id, result, decision: None, lambda request, debates: None,
        )  # fmt: skip

    def plain() -> None:
        straight({"request": opening.request}, Runtime(context=desk()))

    def in_memory() -> None:
        build_fund().invoke({"request": opening.request}, context=desk())

    saver = Cycles(fund).saver

    def durable() -> None:
        config = {"configurable": {"thread_id": f"bench-{next(numbers)}"}}
        build_fund(saver).invoke({"request": opening.request}, config, context=desk(), durability="sync")  # type: ignore[arg-type]

    taken: dict[str, list[float]] = {"plain calls": [], "LangGraph in memory": [], "LangGraph, durable": []}
    for _ in range(ROUNDS):
        for name, work in zip(taken, (plain, in_memory, durable), strict=True):
            taken[name].append(seconds(work))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, median in medians.items():
        row(f"decide again, {name}", f"{median:.2f} s", f"{median / medians['plain calls']:.2f} x plain calls")
    share = 1 - medians["plain calls"] / medians["LangGraph, durable"]
    row("share of LangGraph and checkpoints in the cycle", f"{share:.0%}")


def straight(state: FundState, runtime: "Runtime[Desk]") -> None:
    """The nodes called one after the other."""
    state.update(nodes.open_cycle(state, runtime))
    for analyst in ANALYSTS:
        state.update(analyst(state, runtime))
    for node in (nodes.aggregate_signals, nodes.rank_candidates):
        state.update(node(state, runtime))
    state["debates"] = [nodes.debate(task, runtime)["debates"][0] for task in cycle.debate_tasks(state)]
    for node in (nodes.check_risk, nodes.select_strategies, nodes.size_trades, nodes.check_orders, nodes.stage_orders):
        state.update(node(state, runtime))
    nodes.record_cycle(state, runtime)


if __name__ == "__main__":
    main()
