"""A person's answers to staged orders. The first answer wins, by compare-and-set on the row; all others are told."""

from dataclasses import dataclass, replace

from domain.book import Position
from domain.chain import Chain
from domain.clock import Clock
from domain.errors import AlreadyDecided, BadInput, Refused, StaleApproval
from domain.mandate import Mandate
from domain.order import Check, Decision, Odds, StagedOrder, Ticket
from domain.ports import MarketSource
from execution.accounting import Accounting
from execution.vetting import Vetted, vet, with_correlations
from execution.view import MarketView, look
from memory import halts, journal, orders
from memory.database import Database
from memory.orders import OrderRow
from memory.rows import Connection
from quant.surface import Surface
from risk.facts import closed_position
from risk.regime import name_regime
from strategies.closing import closing_odds
from strategies.odds import odds
from strategies.view import View

NO_VIEW = View(0.0, 0.0)


@dataclass(frozen=True)
class Approvals:
    """Answers for the orders of one account, at the account's time."""

    database: Database
    source: MarketSource
    accounting: Accounting
    mandate: Mandate
    clock: Clock

    def approve(self, order_id: str, by: str, expected_hash: str | None = None) -> OrderRow:
        """Approve the order as it stands; ``expected_hash`` is the one the person looked at.

        :raises StaleApproval: the hash is another, or the order has expired.
        :raises AlreadyDecided: somebody answered before.
        """
        return self._decide(order_id, "approve", by, "", expected_hash)

    def reject(self, order_id: str, by: str, why: str) -> OrderRow:
        return self._decide(order_id, "reject", by, why, None)

    def expire_overdue(self, account_id: str) -> tuple[str, ...]:
        """Expire the staged orders whose time is over on the account's clock."""
        now, done = self.clock.now(), []
        with self.database.connection() as connection:
            overdue = orders.overdue(connection, account_id, now)
        for order_id, order_hash in overdue:
            decision = Decision(order_id, order_hash, "expire", "clock", now, "not answered in time")
            with self.database.transaction() as connection:
                if orders.decide(connection, decision):
                    self._journal(connection, orders.order(connection, order_id), "expired", {})
                    done.append(order_id)
        return tuple(done)

    def edit(self, order_id: str, by: str, contracts: int | None, limit_price: float | None) -> StagedOrder:
        """Supersede a staged order by one with another size or limit, which needs its own approval.

        The old one keeps its end of life, and the new one never gets a later one.

        :raises BadInput: the new order is the same, or not an order.
        :raises Refused: a rule says no; the old order stays as it is.
        """
        with self.database.transaction() as connection:
            row = self._staged(orders.locked(connection, order_id))
            ticket = self._edited(row.staged.ticket, contracts, limit_price, self._number(connection, order_id))
            return self._replace(connection, row, ticket, by)

    def stage(self, connection: Connection, order: StagedOrder, supersedes: str | None = None) -> None:
        """Stage one order outside a cycle, journalled, in the caller's transaction."""
        orders.stage(connection, order, self.clock.now(), supersedes)
        row = orders.order(connection, order.ticket.order_id)
        body: dict[str, object] = {"hash": order.hash, "supersedes": supersedes, "reasons": list(order.reasons)}
        self._journal(connection, row, "staged", body)

    def assess(
        self, connection: Connection, ticket: Ticket, views: dict[str, MarketView], reasons: tuple[str, ...], rank: int
    ) -> StagedOrder:
        """A concrete order with its odds and every rule's answer, at the account's time.

        :raises Refused: a rule says no; all reasons are in the message.
        """
        now = self.clock.now()
        if ticket.ticker not in views:
            views[ticket.ticker] = look(self.source, ticket.ticker, now, self.source.rate(now))
        view = views[ticket.ticker]
        chain = view.chain
        if chain is None:
            raise Refused(f"{ticket.ticker}: {view.problem}", "name a symbol with quotes")
        book = self.accounting.book(connection, ticket.account_id, now, views)
        regime = name_regime(self.source.volatility_indices(now), now)
        book = with_correlations(book, ticket.ticker, views)
        vetted = vet(ticket, view, book, regime, self.mandate, now, "stage", by_hand=True)
        refuse(ticket, vetted)
        found = self._odds(ticket, closed_position(ticket, book), chain, view.surface)
        return StagedOrder(
            ticket, ticket.hash, found, vetted.checks, view.chain_id, chain.quote_time, None, rank, reasons,
            view.context.sector, vetted.day_risk,
        )  # fmt: skip

    def _odds(self, ticket: Ticket, closes: Position | None, chain: Chain, surface: Surface | None) -> Odds:
        """:raises Refused: the odds of an opening order cannot be known; a close needs none."""
        if closes is not None:
            return closing_odds(closes, ticket.legs, ticket.cash, surface)
        if surface is None:
            raise Refused(f"{ticket.ticker}: no smile could be fitted to its quotes", "try again later")
        fee = self.mandate.orders.fee_per_contract
        found = odds(ticket.legs, ticket.limit_price, ticket.contracts, chain, surface, NO_VIEW, fee)
        if isinstance(found, str):
            raise Refused(f"{ticket.order_id}: {found}", "name other legs")
        return found

    def _replace(self, connection: Connection, row: OrderRow, ticket: Ticket, by: str) -> StagedOrder:
        """The old order superseded and the new one staged, in one transaction.

        The old one is decided first, so that its own waiting does not refuse the new one.
        """
        now = self.clock.now()
        decision = Decision(row.order_id, row.staged.hash, "supersede", by, now, f"edited into {ticket.order_id}")
        if not orders.decide(connection, decision, superseded_by=ticket.order_id):
            raise AlreadyDecided(f"{row.order_id} was answered meanwhile", "look at it with fund why")
        views: dict[str, MarketView] = {}
        order = self.assess(connection, ticket, views, (f"edited by {by} from {row.order_id}",), row.staged.rank)
        order = replace(order, run_id=row.staged.run_id)
        self._journal(connection, row, "superseded", {"by": by, "superseded_by": ticket.order_id})
        self.stage(connection, order, supersedes=row.order_id)
        return order

    def _edited(self, ticket: Ticket, contracts: int | None, limit_price: float | None, number: int) -> Ticket:
        size = ticket.contracts if contracts is None else contracts
        price = ticket.limit_price if limit_price is None else limit_price
        if (size, price) == (ticket.contracts, ticket.limit_price):
            raise BadInput(f"{ticket.order_id} has that size and limit already", "name another --contracts or --limit")
        if size < 1:
            raise BadInput(f"--contracts {size} is not an order", "name at least 1")
        if ticket.purpose == "close" and size != ticket.contracts:
            raise BadInput("a closing order closes the whole position", "edit its --limit only")
        legs = tuple(replace(leg, contracts=leg.contracts // ticket.contracts * size) for leg in ticket.legs)
        base = ticket.order_id.partition(".")[0]
        return replace(ticket, order_id=f"{base}.{number}", legs=legs, contracts=size, limit_price=price)

    def _number(self, connection: Connection, order_id: str) -> int:
        """The next edition of an order: R0001-2 becomes R0001-2.2, then R0001-2.3."""
        return int(order_id.partition(".")[2] or 1) + 1

    def _staged(self, row: OrderRow) -> OrderRow:
        if row.status != "staged":
            raise AlreadyDecided(decided(row), "fund orders lists what waits")
        return row

    def _decide(self, order_id: str, answer: str, by: str, why: str, expected_hash: str | None) -> OrderRow:
        now = self.clock.now()
        with self.database.transaction() as connection:
            row = orders.order(connection, order_id)
            if expected_hash is not None and expected_hash != row.staged.hash:
                raise StaleApproval(
                    f"{order_id} is not the order with hash {expected_hash[:12]}…: it is {row.staged.hash[:12]}…",
                    "look at it again with fund orders",
                )
            if answer == "approve" and row.status == "staged" and row.staged.ticket.purpose == "open":
                self._not_halted(connection, row)
            decision = Decision(order_id, row.staged.hash, answer, by, now, why)  # type: ignore[arg-type]
            if not orders.decide(connection, decision):
                raise _too_late(orders.order(connection, order_id))
            self._journal(connection, row, answer, {"by": by, "hash": row.staged.hash, "why": why})
            return orders.order(connection, order_id)

    def _not_halted(self, connection: Connection, row: OrderRow) -> None:
        """:raises Refused: the fund or the account is halted; the order stays staged."""
        scopes = ("all", f"account:{row.staged.ticket.account_id}")
        reasons = [f"halted: {halt.reason}" for halt in halts.halts(connection) if halt.scope in scopes]
        if reasons:
            raise Refused(f"{row.order_id} is not approved, {'; '.join(reasons)}", "fund resume, then approve it again")

    def _journal(self, connection: Connection, row: OrderRow, step: str, body: dict[str, object]) -> None:
        journal.append(
            connection, step, body, at=self.clock.now(), account_id=row.staged.ticket.account_id,
            run_id=row.staged.run_id, order_id=row.order_id, strategy_id=row.staged.ticket.strategy,
            key=f"{row.order_id}:{step}",
        )  # fmt: skip


def refuse(ticket: Ticket, vetted: Vetted) -> None:
    """:raises Refused: a rule says no."""
    failed: list[Check] = [check for check in vetted.checks if not check.passed]
    if failed:
        said = "; ".join(f"{check.rule}: {check.reason}" for check in failed)
        raise Refused(f"{ticket.ticker} {ticket.strategy} is refused: {said}", "change the order or wait")


def decided(row: OrderRow) -> str:
    """Who was faster, in a sentence."""
    who = f" by {row.decided_by} at {row.decided_at:%Y-%m-%d %H:%M:%S} UTC" if row.decided_at else ""
    into = f", edited into {row.superseded_by}" if row.superseded_by else ""
    return f"{row.order_id} is {row.status}: it was answered{who}{into}"


def _too_late(row: OrderRow) -> Refused:
    if row.status == "staged":
        moment = row.staged.ticket.expires_at
        return StaleApproval(f"{row.order_id} expired at {moment:%Y-%m-%d %H:%M} UTC", "run a new cycle")
    return AlreadyDecided(decided(row), "fund why tells its story")
