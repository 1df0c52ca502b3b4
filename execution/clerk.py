"""What an order's thread asks for between approval and hand-over. Every answer rests on the rows, not on the thread."""

from dataclasses import dataclass
from datetime import datetime

from domain.clock import Clock
from domain.mandate import Mandate
from domain.order import OrderStatus
from domain.ports import MarketSource, Witness
from domain.run import Outcome, Recheck
from execution.accounting import Accounting
from execution.vetting import vet, with_correlations
from execution.view import MarketView, look
from memory import journal, orders
from memory.database import Database
from memory.orders import OrderRow
from memory.rows import Connection
from risk.facts import Stage
from risk.regime import name_regime

_STATUS: dict[Outcome, OrderStatus] = {
    "rejected": "rejected", "expired": "expired", "superseded": "superseded", "refused": "refused"
}  # fmt: skip


@dataclass(frozen=True)
class Clerk:
    """The OrderDesk of the graph and the executor's last check, for one account."""

    database: Database
    source: MarketSource
    accounting: Accounting
    mandate: Mandate
    clock: Clock
    witness: Witness

    def recheck(self, order_id: str) -> Recheck:
        """An order that was handed over before (its thread is late) is past the question; nothing follows from it."""
        with self.database.transaction() as connection:
            row = orders.order(connection, order_id)
            if row.client_id is not None:
                return Recheck(order_id, self.clock.now(), True, (), ())
            return self.look_again(connection, row, ("approved",), "send")

    def look_again(
        self, connection: Connection, row: OrderRow, statuses: tuple[OrderStatus, ...], stage: Stage
    ) -> Recheck:
        """The order against fresh quotes, a fresh book and the same rules, in the caller's transaction."""
        now = self.clock.now()
        reasons = binding(row, statuses, now)
        if reasons:
            return Recheck(row.order_id, now, False, (), reasons)
        ticket = row.staged.ticket
        views: dict[str, MarketView] = {}
        views[ticket.ticker] = look(self.source, ticket.ticker, now, self.source.rate(now))
        book = self.accounting.book(connection, ticket.account_id, now, views, row.order_id)
        regime = name_regime(self.source.volatility_indices(now), now)
        book = with_correlations(book, ticket.ticker, views)
        vetted = vet(ticket, views[ticket.ticker], book, regime, self.mandate, now, stage, row.decided_by)
        return Recheck(row.order_id, now, not vetted.refusals, vetted.checks, vetted.refusals)

    def weather(self, at: datetime) -> tuple[float | None, str | None]:
        """The VIX (vol points) and the regime at a fill."""
        indices = self.source.volatility_indices(at)
        vix = next((index.last() for index in indices if index.name == "VIX"), None)
        return vix, name_regime(indices, at).name

    def hand_over(self, order_id: str, recheck: Recheck) -> tuple[str, ...]:
        with self.database.transaction() as connection:
            row = orders.locked(connection, order_id)
            if row.status != "approved":
                return ()
            reasons = binding(row, ("approved",), self.clock.now())
            if reasons or not recheck.passed:
                return reasons or recheck.reasons
            orders.hand_over(connection, row)
            orders.move(connection, order_id, "queued", previous=("approved",))
            self._journal(connection, row, "place_order", {"hash": row.staged.hash, "by": row.decided_by})
            return ()

    def conclude(self, order_id: str, outcome: Outcome, reasons: tuple[str, ...]) -> None:
        with self.database.transaction() as connection:
            row = orders.locked(connection, order_id)
            if outcome in _STATUS:
                text = row.outcome or "; ".join(reasons) or row.why or outcome
                orders.move(
                    connection, order_id, _STATUS[outcome], previous=("approved", _STATUS[outcome]), outcome=text
                )
            orders.conclude(connection, order_id)
            self._journal(connection, row, "record_outcome", {"outcome": outcome, "reasons": list(reasons)})

    def _journal(self, connection: Connection, row: OrderRow, step: str, body: dict[str, object]) -> None:
        ticket = row.staged.ticket
        journal.append(
            connection, step, body, at=self.clock.now(), account_id=ticket.account_id, run_id=row.staged.run_id,
            order_id=row.order_id, strategy_id=ticket.strategy, key=f"{row.order_id}:{step}",
        )  # fmt: skip


def binding(row: OrderRow, statuses: tuple[OrderStatus, ...], now: datetime) -> tuple[str, ...]:
    """Why the approval on the row does not bind to the order as it stands now; empty when it does."""
    ticket, reasons = row.staged.ticket, []
    if row.status not in statuses:
        reasons.append(f"{row.order_id} is {row.status}, not {' or '.join(statuses)}")
    if not ticket.hash == row.staged.hash == row.decision_hash:
        reasons.append(f"{row.order_id} is not the order that was approved: its hash differs")
    if row.decision != "approve" or not row.decided_by:
        reasons.append(f"{row.order_id} has no approval")
    if row.cancel_asked:
        reasons.append(f"a cancel of {row.order_id} was asked for")
    if not now <= ticket.expires_at:
        reasons.append(f"{row.order_id} expired at {ticket.expires_at:%Y-%m-%d %H:%M} UTC")
    return tuple(reasons)
