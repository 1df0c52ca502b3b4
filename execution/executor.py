"""The executor: the only holder of a broker, one an account, under the account's lock.

It takes approved orders from the ledger, checks halts and rules a last time, journals ``submitting`` with the client
id, sends, and follows. After a crash it asks the venue what became of every id in flight before it does anything else.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from brokers.base import ENDED, Broker, NoAnswer, OrderState, VenueOrder
from domain.clock import Clock
from domain.errors import Unavailable, UnknownId
from domain.order import Fill, OrderStatus
from domain.ports import Witness
from execution.clerk import Clerk
from execution.reconcile import differences
from memory import halts, journal, orders, positions
from memory.database import Database
from memory.orders import OrderRow
from memory.rows import Connection

PATIENCE = timedelta(minutes=5)  # an order that did not fill by then is cancelled
STEP = 30.0  # seconds between two looks at a working order
IN_FLIGHT: tuple[OrderStatus, ...] = ("submitting", "working", "partial")
_STATUS: dict[str, OrderStatus] = {
    "working": "working", "partial": "partial", "filled": "filled", "cancelled": "cancelled", "rejected": "failed"
}  # fmt: skip


@dataclass(frozen=True)
class Executor:
    """Works the orders of one account. The caller holds the account's lock for as long as it lives."""

    account_id: str
    database: Database
    broker: Broker
    clock: Clock
    clerk: Clerk
    witness: Witness
    holds: Callable[[], bool] = lambda: True  # whether the account's lock is still ours

    async def recover(self) -> None:
        """Ask the venue about every id in flight, book what happened meanwhile, compare the books."""
        for order_id in self._in_hand():
            row = self._row(order_id)
            if row.status in IN_FLIGHT:
                state = await self.broker.order(order_id)
                if state is not None:
                    await self._apply(row, state)
        await self.reconcile()

    async def work(self, *, follow: bool = True) -> None:
        """Deal with everything in hand until each order has ended; ``follow`` False leaves working orders working."""
        await self.recover()
        await self.cancel_asked()
        for order_id in self._in_hand():
            await self.work_one(order_id, follow=follow)
        await self.reconcile()

    async def work_one(self, order_id: str, *, follow: bool = True) -> None:
        row = self._row(order_id)
        if await self._is_unsent(row):
            checked = self._reserve(order_id)
            if checked is None:
                return
            self.witness.entering("submit", order_id)
            state = await self.broker.submit(_venue_order(checked))
            self.witness.leaving("submit", order_id)
        else:
            found = await self.broker.order(order_id)
            if found is None:
                raise NoAnswer(f"the venue does not know {order_id}, which was working there", "run fund doctor")
            state = found
        await self._apply(row, state)
        if follow and state.status not in ENDED:
            await self._follow(row)

    async def _is_unsent(self, row: OrderRow) -> bool:
        """Whether the venue has certainly never seen the order; "submitting" alone does not tell."""
        return row.status == "queued" or (row.status == "submitting" and await self.broker.order(row.order_id) is None)

    async def cancel_asked(self) -> tuple[str, ...]:
        """Cancel what was asked to be cancelled; the ids that ended. The others are asked again the next time."""
        done = []
        for order_id in self._in_hand():
            row = self._row(order_id)
            if not row.cancel_asked:
                continue
            if await self._is_unsent(row):
                self._end_unsent(row, "cancelled by a halt before it was sent")
                done.append(order_id)
                continue
            state = await self.broker.cancel(order_id)
            await self._apply(row, state)
            if state.status in ENDED:
                done.append(order_id)
        return tuple(done)

    async def reconcile(self) -> tuple[str, ...]:
        """The differences between the venue's truth and the ledger; any of them halts the account.

        The venue may act between one question and the next, so a difference counts only when a second look finds it.
        """
        if not await self._differences():
            return ()
        found = await self._differences()
        if found:
            with self.database.transaction() as connection:
                reason = "reconciliation: " + "; ".join(found)
                now = self.clock.now()
                halts.set_halt(connection, f"account:{self.account_id}", reason, now, "reconciliation")
                body = {"differences": list(found)}
                journal.append(connection, "reconciliation_halt", body, at=now, account_id=self.account_id)
        return found

    async def _differences(self) -> tuple[str, ...]:
        await self._book_the_rest()
        held, cash = await self.broker.positions(), await self.broker.cash()
        with self.database.connection() as connection:
            return differences(connection, self.account_id, held, cash)

    def _reserve(self, order_id: str) -> OrderRow | None:
        """The last check, the reservation and ``submitting`` in one transaction. The order that passed, None if not.

        The halt rows are locked for share first: once a halt has returned, nothing new gets past this point.
        """
        with self.database.transaction() as connection:
            if not self.holds():
                raise Unavailable(f"the lock of account {self.account_id} was lost", "try again; nothing was sent")
            halts.halts_for_share(connection, self.account_id)
            row = orders.locked(connection, order_id)
            recheck = self.clerk.look_again(connection, row, ("queued", "submitting"), "send")
            if not recheck.passed:
                outcome = "; ".join(recheck.reasons)
                orders.move(connection, order_id, "refused", previous=("queued", "submitting"), outcome=outcome)
                self._journal(connection, row, "refused_before_sending", {"reasons": list(recheck.reasons)})
                return None
            orders.move(connection, order_id, "submitting", previous=("queued", "submitting"))
            orders.mark_submitting(connection, row, recheck.at)
            self._journal(connection, row, "submitting", {"client_id": order_id, "hash": row.staged.hash})
        self.witness.leaving("journal_submitting", order_id)
        return row

    async def _follow(self, row: OrderRow) -> None:
        give_up = min(self.clock.now() + PATIENCE, row.staged.ticket.expires_at)
        while True:
            await self.clock.wait(STEP)
            late = self.clock.now() >= give_up
            if late or self._row(row.order_id).cancel_asked:
                state: OrderState | None = await self.broker.cancel(row.order_id)
            else:
                state = await self.broker.order(row.order_id)
            if state is None:
                raise NoAnswer(f"the venue lost {row.order_id}", "run fund doctor")
            await self._apply(row, state)
            if state.status in ENDED:
                return

    async def _apply(self, row: OrderRow, state: OrderState) -> None:
        """Book the order's executions and write what the venue says of it, in one transaction: seen from outside it is
        either promised or held."""
        news = [fill for fill in await self._news() if fill.order_id == row.order_id]
        with self.database.transaction() as connection:
            orders.locked(connection, row.order_id)
            for fill in news:
                self._book(connection, fill)
            self.witness.entering("apply", row.order_id)
            self._move(connection, row, state)

    async def _book_the_rest(self) -> None:
        """Book every execution the ledger does not know yet, settlements included."""
        for fill in await self._news():
            with self.database.transaction() as connection:
                self._book(connection, fill)

    async def _news(self) -> list[Fill]:
        executions = await self.broker.executions()
        with self.database.connection() as connection:
            known = positions.known_executions(connection, self.account_id)
        return [fill for fill in executions if fill.exec_id not in known]

    def _move(self, connection: Connection, row: OrderRow, state: OrderState) -> None:
        status = _STATUS[state.status]
        outcome = state.reason or (status if state.status in ENDED else None)
        if orders.move(connection, row.order_id, status, previous=IN_FLIGHT, outcome=outcome):
            self._journal(connection, row, status, {"filled": state.filled, "reason": state.reason})

    def _end_unsent(self, row: OrderRow, reason: str) -> None:
        with self.database.transaction() as connection:
            if orders.move(connection, row.order_id, "cancelled", previous=("queued", "submitting"), outcome=reason):
                self._journal(connection, row, "cancelled", {"filled": 0, "reason": reason})

    def _book(self, connection: Connection, fill: Fill) -> None:
        """A trade of ours goes into its position; an option's end into every position that holds it, the stock it
        delivers with it. What is nobody's is left for the reconciliation to find."""
        self.witness.entering("book_fill", fill.exec_id)
        if fill.kind == "trade":
            self._book_trade(connection, fill)
        elif fill.leg.is_option:
            self._book_settlement(connection, fill)

    def _book_trade(self, connection: Connection, fill: Fill) -> None:
        try:
            row = orders.order(connection, fill.order_id or "")
        except UnknownId:
            return
        vix, regime = self.clerk.weather(fill.at)
        if positions.book_trade(connection, fill, row.staged, vix, regime):
            self._journal(connection, row, "fill", _told(fill), key=f"fill:{fill.exec_id}")

    def _book_settlement(self, connection: Connection, fill: Fill) -> None:
        physical = fill.kind in ("assignment", "exercise")
        for position_id in positions.book_settlement(connection, fill, physical):
            journal.append(
                connection, fill.kind, {**_told(fill), "position_id": position_id}, at=fill.at,
                account_id=self.account_id, key=f"fill:{fill.exec_id}:{position_id}",
            )  # fmt: skip

    def _journal(
        self, connection: Connection, row: OrderRow, step: str, body: dict[str, object], key: str | None = None
    ) -> None:
        journal.append(
            connection, step, body, at=self.clock.now(), account_id=self.account_id, run_id=row.staged.run_id,
            order_id=row.order_id, strategy_id=row.staged.ticket.strategy, key=key or f"{row.order_id}:{step}",
        )  # fmt: skip

    def _row(self, order_id: str) -> OrderRow:
        with self.database.connection() as connection:
            return orders.order(connection, order_id)

    def _in_hand(self) -> Sequence[str]:
        with self.database.connection() as connection:
            return orders.in_hand(connection, self.account_id)


def _venue_order(row: OrderRow) -> VenueOrder:
    ticket = row.staged.ticket
    return VenueOrder(row.order_id, ticket.ticker, ticket.legs, ticket.contracts, ticket.limit_price, ticket.expires_at)


def _told(fill: Fill) -> dict[str, object]:
    return {
        "exec_id": fill.exec_id, "symbol": fill.leg.symbol, "contracts": fill.leg.contracts, "price": fill.price,
        "fee": fill.fee, "at": fill.at.isoformat(), "kind": fill.kind,
    }  # fmt: skip
