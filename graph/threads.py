"""Carrying order threads along behind their rows. The row decides; the thread only follows, and may be behind.

One process at a time resumes a thread (a lock on the order). A thread that has any checkpoint is never invoked with
input again: that would reopen the interrupt and place a second time.
"""

import contextvars
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from langchain_core.runnables import RunnableConfig
from langgraph.types import Command

from domain.errors import FundError
from domain.order import Decision
from graph.desk import OrderContext, OrderDesk
from graph.order import Graph
from graph.state import OrderState
from memory import orders
from memory.checkpoints import has_checkpoint
from memory.database import Database
from memory.orders import OrderRow

_LOG = logging.getLogger(__name__)
T = TypeVar("T")


@dataclass(frozen=True)
class OrderThreads:
    """``desk_for`` gives the order desk of an account."""

    graph: Graph
    database: Database
    desk_for: Callable[[str], OrderDesk]

    def carry(self, order_id: str, wait: float = 30.0) -> None:
        """Open the order's thread if it is not, and carry it as far as its row has been decided."""
        with self.database.lock(f"order:{order_id}", wait):
            _apart(lambda: self._carry(order_id))

    def sweep(self) -> tuple[str, ...]:
        """Carry every thread that may be behind its row; those another process is carrying are left to it.

        One that cannot be carried now is logged and holds up no other; the next sweep tries it again.
        """
        with self.database.connection() as connection:
            behind = orders.unsettled_threads(connection)
        done = []
        for order_id in behind:
            with self.database.try_lock(f"order:{order_id}") as held:
                if held and self._try(order_id):
                    done.append(order_id)
        return tuple(done)

    def _try(self, order_id: str) -> bool:
        try:
            _apart(lambda: self._carry(order_id))
        except FundError as error:
            _LOG.warning("order %s cannot be carried on now: %s", order_id, error)
            return False
        return True

    def _carry(self, order_id: str) -> None:
        with self.database.connection() as connection:
            row = orders.order(connection, order_id)
        config: RunnableConfig = {"configurable": {"thread_id": order_id}}
        desk = self.desk_for(row.staged.ticket.account_id)
        state = self.graph.get_state(config)
        if not has_checkpoint(self.database, order_id):
            given: OrderState = {"order_id": order_id, "hash": row.staged.hash}
            self._invoke(given, config, desk)
            state = self.graph.get_state(config)
        elif state.next and not state.interrupts:
            self._invoke(None, config, desk)
            state = self.graph.get_state(config)
        if state.interrupts and row.status == "staged":
            with self.database.connection() as connection:
                orders.thread_waits(connection, order_id)
        if state.interrupts and row.decision is not None and row.status != "staged":
            self._invoke(Command(resume={state.interrupts[0].id: _answer(row)}), config, desk)

    def _invoke(self, given: "OrderState | Command[Any] | None", config: RunnableConfig, desk: OrderDesk) -> None:
        self.graph.invoke(given, config, context=OrderContext(desk), durability="sync")


def _answer(row: OrderRow) -> Decision:
    return Decision(
        row.order_id,
        row.decision_hash or "",
        row.decision,  # type: ignore[arg-type]
        row.decided_by or "",
        row.decided_at or row.staged_at,
        row.why or "",
    )


def _apart(work: Callable[[], T]) -> T:
    """Run outside the caller's context, so that a graph opened from within a node is no subgraph of it."""
    return contextvars.Context().run(work)
