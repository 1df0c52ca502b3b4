"""Orders and their hand-over: the rows that decide what an order is; threads only follow them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter

from domain.clock import aware
from domain.errors import UnknownId
from domain.order import Decision, OrderStatus, StagedOrder
from memory.rows import Connection, Row, document, one, rows

STAGED: TypeAdapter[StagedOrder] = TypeAdapter(StagedOrder)
ALL_STATUSES: tuple[OrderStatus, ...] = (
    "staged", "approved", "rejected", "expired", "superseded", "refused", "queued", "submitting", "working", "partial",
    "filled", "cancelled", "failed",
)  # fmt: skip
_AFTER: dict[str, OrderStatus] = {
    "approve": "approved", "reject": "rejected", "expire": "expired", "supersede": "superseded"
}  # fmt: skip


@dataclass(frozen=True)
class OrderRow:
    """An order as the database has it. ``staged`` is what was staged, ``status`` what became of it."""

    staged: StagedOrder
    status: OrderStatus
    staged_at: datetime
    decision: str | None
    decision_hash: str | None
    decided_by: str | None
    decided_at: datetime | None
    why: str | None
    superseded_by: str | None
    outcome: str | None
    client_id: str | None = None
    submitted_at: datetime | None = None
    cancel_asked: bool = False

    @property
    def order_id(self) -> str:
        return self.staged.ticket.order_id


def _order(row: Row) -> OrderRow:
    return OrderRow(
        STAGED.validate_python(row["document"]), row["status"], aware(row["staged_at"]), row["decision"],
        row["decision_hash"], row["decided_by"], row["decided_at"] and aware(row["decided_at"]), row["why"],
        row["superseded_by"], row["outcome"], row.get("client_id"), row.get("submitted_at"),
        bool(row.get("cancel_asked")),
    )  # fmt: skip


def stage(connection: Connection, order: StagedOrder, at: datetime, supersedes: str | None = None) -> bool:
    """Stage once; False when the id was there already."""
    ticket = order.ticket
    inserted = rows(
        connection, "insert_order", order_id=ticket.order_id, account_id=ticket.account_id, run_id=order.run_id,
        rank=order.rank, ticker=ticket.ticker, strategy=ticket.strategy, purpose=ticket.purpose, closes=ticket.closes,
        hash=order.hash, contracts=ticket.contracts, limit_price=ticket.limit_price, max_loss=order.odds.max_loss,
        document=document(STAGED, order), staged_at=aware(at), expires_at=aware(ticket.expires_at),
        supersedes=supersedes,
    )  # fmt: skip
    return bool(inserted)


def order(connection: Connection, order_id: str) -> OrderRow:
    """:raises UnknownId: there is no such order."""
    row = one(connection, "order", order_id=order_id)
    if row is None:
        raise UnknownId(f"there is no order {order_id!r}", "fund orders lists them")
    return _order(row)


def locked(connection: Connection, order_id: str) -> OrderRow:
    """The order, its row locked until the transaction ends."""
    if one(connection, "lock_order", order_id=order_id) is None:
        raise UnknownId(f"there is no order {order_id!r}", "fund orders lists them")
    return order(connection, order_id)


def orders(
    connection: Connection, account_id: str | None, statuses: Sequence[OrderStatus] = ALL_STATUSES, limit: int = 200
) -> tuple[OrderRow, ...]:
    found = rows(connection, "orders", account_id=account_id, statuses=list(statuses), limit=limit)
    return tuple(_order(row) for row in found)


def of_run(connection: Connection, run_id: str) -> tuple[OrderRow, ...]:
    return tuple(_order(row) for row in rows(connection, "orders_of_run", run_id=run_id))


def decide(connection: Connection, decision: Decision, superseded_by: str | None = None) -> bool:
    """Write the first answer to a staged order; False when somebody was faster, the hash is another, or it is late."""
    return bool(
        rows(
            connection,
            "decide",
            order_id=decision.order_id,
            hash=decision.hash,
            decision=decision.answer,
            status=_AFTER[decision.answer],
            by=decision.by,
            at=aware(decision.at),
            why=decision.why,
            superseded_by=superseded_by,
        )
    )


def move(
    connection: Connection,
    order_id: str,
    status: OrderStatus,
    *,
    previous: Sequence[OrderStatus],
    outcome: str | None = None,
) -> bool:
    """Move an order on, only from one of the ``previous`` states; False when it was not in one."""
    values = {"order_id": order_id, "status": status, "from": list(previous), "outcome": outcome}
    return bool(rows(connection, "move_order", **values))


def hand_over(connection: Connection, row: OrderRow) -> None:
    """Give an approved order to the executor; the second time changes nothing."""
    staged = row.staged
    rows(
        connection, "hand_over", order_id=row.order_id, hash=staged.hash, client_id=row.order_id,
        approved_by=row.decided_by, max_loss=staged.odds.max_loss, margin=staged.margin,
        day_risk=staged.day_risk,
    )  # fmt: skip


def mark_submitting(connection: Connection, row: OrderRow, at: datetime) -> None:
    """Reserve the order's worst case and note when it was sent, in the caller's transaction."""
    staged = row.staged
    rows(
        connection, "mark_submitting", order_id=row.order_id, at=aware(at), max_loss=staged.odds.max_loss,
        margin=staged.margin, day_risk=staged.day_risk,
    )  # fmt: skip


def next_number(connection: Connection) -> int:
    """The number of the next order that comes from a person, not from a cycle."""
    found = one(connection, "next_proposal")
    return int(found["number"]) if found else 0


def overdue(connection: Connection, account_id: str, at: datetime) -> tuple[tuple[str, str], ...]:
    """(order id, hash) of staged orders whose time is over."""
    return tuple((r["order_id"], r["hash"]) for r in rows(connection, "overdue", account_id=account_id, at=aware(at)))


def unsettled_threads(connection: Connection) -> tuple[str, ...]:
    """Ids of orders whose row may be ahead of their thread."""
    return tuple(row["order_id"] for row in rows(connection, "unsettled_threads"))


def thread_waits(connection: Connection, order_id: str) -> None:
    rows(connection, "thread_waits", order_id=order_id)


def conclude(connection: Connection, order_id: str) -> None:
    rows(connection, "conclude", order_id=order_id)


def in_hand(connection: Connection, account_id: str) -> tuple[str, ...]:
    """Ids of the orders the executor of an account must deal with, oldest first."""
    return tuple(row["order_id"] for row in rows(connection, "in_hand", account_id=account_id))
