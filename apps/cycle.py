"""Running the graphs: opening a cycle, resuming one, carrying order threads, replaying."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.store.base import PutOp
from langgraph.store.postgres import PostgresStore

from apps.opening import OPENING, Opener
from apps.version import code_version
from apps.wiring import Fund
from config.mandate_file import mandate_from_document
from domain.book import Account
from domain.debate import Debate
from domain.mandate import Mandate
from domain.order import StagedOrder
from domain.ports import Json
from domain.run import RunRequest
from execution.view import Views
from graph.desk import Desk, OrderDesk, Silent
from graph.fund import build_fund
from graph.order import build_order
from graph.state import FundState
from graph.threads import OrderThreads
from memory import journal, orders, runs
from memory.checkpoints import saver, store

TURN = 60.0  # seconds to wait for another cycle of the account


def turn_of(account_id: str) -> str:
    """The lock that a running cycle of an account holds."""
    return f"cycle:{account_id}"


@dataclass
class Cycles:
    """The graphs, on one fund's database."""

    fund: Fund

    @cached_property
    def saver(self) -> Any:
        return saver(self.fund.database)

    @cached_property
    def store(self) -> PostgresStore:
        return store(self.fund.database)

    @cached_property
    def threads(self) -> OrderThreads:
        return OrderThreads(build_order(self.saver), self.fund.database, self._order_desk)

    def _order_desk(self, account_id: str) -> OrderDesk:
        return self.fund.desk_of(self.fund.account(account_id)).clerk

    def start(self, account: Account, tickers: Sequence[str], as_of: datetime) -> str:
        """Record a new run; its id."""
        policy = self.fund.mandate.cycle.policy
        with self.fund.database.connection() as connection:
            request = {"tickers": list(tickers), "policy": policy}
            return runs.start(connection, account.account_id, as_of, account.source, request, code_version())

    def carry_on(self, run_id: str) -> Json:
        """Run a cycle from where it stands to its end; the result document. Cycles of one account take turns, so that
        the second one sees what the first one staged."""
        with self.fund.database.connection() as connection:
            row = runs.run(connection, run_id)
        with self.fund.database.lock(turn_of(row["account_id"]), TURN):
            with self.fund.database.connection() as connection:
                row = runs.run(connection, run_id)
            if row["status"] == "running":
                self._invoke(run_id, row)
            with self.fund.database.connection() as connection:
                result: Json = runs.run(connection, run_id)["result"]
        return result

    def _invoke(self, run_id: str, row: dict[str, Any]) -> None:
        account = self.fund.account(row["account_id"])
        request = RunRequest(
            run_id, account.account_id, account.source.partition(":")[0], row["as_of"],
            tuple(row["request"]["tickers"]), row["request"]["policy"],
        )  # fmt: skip
        graph = build_fund(self.saver)
        config: RunnableConfig = {"configurable": {"thread_id": f"run-{run_id}"}}
        started = bool(graph.get_state(config).values)
        given: FundState | None = None if started else {"request": request}
        desk = self._desk(account, self._mandate_of(row))
        graph.invoke(given, config, context=desk, durability="sync")

    def _mandate_of(self, row: dict[str, Any]) -> Mandate:
        """The mandate a run began under; an interrupted run ends under it too."""
        if row["opening_id"] is None:
            return self.fund.mandate
        opening = OPENING.validate_python(self.fund.snapshots.json(row["opening_id"]))
        return mandate_from_document(self.fund.snapshots.json(opening.mandate_id))

    def _desk(self, account: Account, mandate: Mandate) -> Desk:
        fund = self.fund
        opener = Opener(fund.desk_of(account))
        return Desk(
            mandate=mandate,
            snapshots=fund.snapshots,
            views=opener.views,
            journal=fund.journal,
            witness=fund.witness,
            staging=Stager(self, account),
            opener=opener.open,
            recorder=self._record,
            remember=self._remember,
        )

    def _remember(self, request: RunRequest, debates: Sequence[Debate]) -> None:
        """Keep each debate in LangGraph's store under its ticker; the same run keeps it once."""
        self.store.batch(
            [
                PutOp(("debates", debate.ticker), request.run_id, _memory(request, debate), index=False)
                for debate in debates
            ]
        )

    def _record(self, run_id: str, result: Json, decision: str) -> None:
        with self.fund.database.connection() as connection:
            runs.finish(connection, run_id, result, decision)


def replay(fund: Fund, row: dict[str, Any]) -> tuple[Json, Json, str, str]:
    """Decide a finished run again from its opening and snapshots alone; no checkpoint is read, nothing is written."""
    opening = OPENING.validate_python(fund.snapshots.json(row["opening_id"]))
    mandate = mandate_from_document(fund.snapshots.json(opening.mandate_id))
    kept: dict[str, Any] = {}
    desk = Desk(
        mandate=mandate,
        snapshots=fund.snapshots,
        views=Views(fund.snapshots),
        journal=Nowhere(),
        witness=Silent(),
        staging=Nowhere(),
        opener=lambda request: opening,
        recorder=lambda run_id, result, decision: kept.update(result=result, decision=decision),
        remember=lambda request, debates: None,
    )
    build_fund().invoke({"request": opening.request}, context=desk)
    return row["result"], kept["result"], row["decision"], kept["decision"]


def _memory(request: RunRequest, debate: Debate) -> Json:
    """A debate as later cycles may recall it: what was known when, and not yet how it turned out."""
    return {
        "as_of": request.as_of.isoformat(), "resolved_at": None, "account_id": request.account_id,
        "verdict": debate.verdict, "confidence": debate.confidence, "volatility_edge": debate.volatility_edge,
        "decided_by": debate.decided_by, "says": [speech.says for speech in debate.speeches],
    }  # fmt: skip


class Nowhere:
    """A journal and a staging that keep nothing: replays."""

    def write(self, step: str, body: Json, **about: Any) -> None:
        pass

    def stage(self, staged: Sequence[StagedOrder]) -> None:
        pass


@dataclass(frozen=True)
class Stager:
    """Stages a cycle's orders: rows in one transaction, then one thread each. Both may run again and change nothing."""

    cycles: Cycles
    account: Account

    def stage(self, staged: Sequence[StagedOrder]) -> None:
        fund = self.cycles.fund
        now = fund.account(self.account.account_id).clock
        with fund.database.transaction() as connection:
            for order in staged:
                orders.stage(connection, order, now)
                ticket = order.ticket
                journal.append(
                    connection, "staged", {"hash": order.hash, "reasons": list(order.reasons)}, at=now,
                    account_id=ticket.account_id, run_id=order.run_id, order_id=ticket.order_id,
                    strategy_id=ticket.strategy, key=f"{ticket.order_id}:staged",
                )  # fmt: skip
        for order in staged:
            fund.witness.entering("open_thread", order.ticket.order_id)
            self.cycles.threads.carry(order.ticket.order_id)
