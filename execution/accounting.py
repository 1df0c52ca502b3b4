"""The book: the ledger's positions and promises, marked at the market of a moment."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import takewhile

from domain.book import Book, Health, Position, Promise
from domain.chain import Chain
from domain.freshness import quote_age
from domain.leg import Leg
from domain.market import Context
from domain.payoff import best_gain, tied_up, worst_loss
from domain.ports import MarketSource
from domain.session import expiry_moment, previous_session, session_close, session_of
from execution.view import MarketView, look
from memory import accounts, halts, orders, positions
from memory.positions import PositionRow
from memory.rows import Connection, rows
from risk.day_risk import day_risk

RECONCILIATION = "reconciliation"
PUBLISHED = timedelta(hours=1)  # after a close, by when its prices are known


@dataclass(frozen=True)
class Accounting:
    """Gathers the book from the ledger (memory) and the market (``source``)."""

    source: MarketSource
    quote_minutes: float  # of trading, for which intraday quotes can mark a position

    def book(
        self,
        connection: Connection,
        account_id: str,
        at: datetime,
        views: dict[str, MarketView],
        judged: str | None = None,
    ) -> Book:
        """The account at ``at``, as the order ``judged`` must see it where one is named: without the promises that will
        have to yield to its own. Views that are missing are looked up and added to ``views``."""

        def look_at(ticker: str) -> MarketView:
            if ticker not in views:
                views[ticker] = look(self.source, ticker, at, self.source.rate(at))
            return views[ticker]

        owned = positions.open_positions(connection, account_id)
        marked = [mark(row, look_at(row.ticker), at, self.quote_minutes) for row in owned]
        held = tuple(position for position, _ in marked)
        promised = promises(connection, account_id)
        for promise in promised:
            if self.source.knows(promise.ticker):
                look_at(promise.ticker)
        cash = accounts.cash(connection, account_id)
        marks = [position.mark for position in held]
        nlv = None if any(m is None for m in marks) else cash + sum(m for m in marks if m is not None)
        before, previous, unknown = self.previous_nlv(connection, account_id, at)
        in_force = halts.halts(connection)
        return Book(
            account_id=account_id,
            as_of=at,
            nlv=nlv,
            cash=cash,
            previous_nlv=previous,
            margin_used=sum(position.margin for position in held),
            positions=held,
            promises=tuple(takewhile(lambda p: p.order_id != judged, promised)),
            staged=tuple(r["ticker"] for r in rows(connection, "staged_tickers", account_id=account_id, at=at)),
            halts=tuple(halt for halt in in_force if halt.scope in ("all", f"account:{account_id}")),
            reconciled=not any(h.by == RECONCILIATION and h.scope == f"account:{account_id}" for h in in_force),
            orders_last_minute=_recent(connection, account_id, at),
            previous_session=before,
            problems=tuple(problem for problem in (*(problem for _, problem in marked), unknown) if problem),
        )

    def previous_nlv(self, connection: Connection, account_id: str, at: datetime) -> tuple[date, float | None, str]:
        """The session before the one ``at`` belongs to, the account's value at its close, and why it is not known.

        A value is kept once it is known. An account that did not exist then is measured against its deposit.
        """
        session = previous_session(session_of(at))
        known, value = accounts.marked(connection, account_id, session)
        if known and value is not None:
            return session, value, ""
        value, problem = self._value_at_close(connection, account_id, session)
        if value is not None:
            accounts.mark(connection, account_id, session, value)
        return session, value, problem

    def _value_at_close(self, connection: Connection, account_id: str, session: date) -> tuple[float | None, str]:
        close = session_close(session)
        if close <= accounts.opened_at(connection, account_id):
            return accounts.deposit_of(connection, account_id), ""
        total = positions.cash_at(connection, account_id, close)
        for ticker, leg in positions.held_at(connection, account_id, close):
            moment = session_close(session, ticker)
            chain = self.source.chain(ticker, moment)
            price, problem = leg_price(leg, chain, moment, self.quote_minutes)
            if price is None:
                return None, f"the value at the close of {session} is not known: {problem}"
            total += leg.units * price
        return total, ""


def leg_price(leg: Leg, chain: Chain | None, at: datetime, minutes: float) -> tuple[float | None, str]:
    """The mid of a leg, or the spot of stock; None and the reason where there is no fresh price.

    A bid of nothing counts as worth half the ask. An option that is over has no price until it is settled.
    """
    if leg.expiry is not None and expiry_moment(leg.expiry, leg.root) <= at:
        return None, f"{leg.symbol} is over and waits for the price it is settled at"
    if chain is None:
        return None, f"{leg.symbol} has no quotes"
    age = quote_age(chain.quote_time, chain.session, chain.cadence, at, minutes, chain.ticker)
    if not age.fresh:
        return None, f"{leg.symbol} has no fresh price: {age.says}"
    if not leg.is_option:
        return chain.spot, ""
    row = chain.row_of(leg)
    bid, ask = (float(chain.bid[row]), float(chain.ask[row])) if row is not None else (0.0, 0.0)
    if not (math.isfinite(ask) and 0 <= bid <= ask and ask > 0):
        return None, f"{leg.symbol} has no sound quote"
    return (bid + ask) / 2, ""


def mark(row: PositionRow, view: MarketView, at: datetime, minutes: float) -> tuple[Position, str]:
    """A position at the market's mid, with its worst case and one-day risk (account currency); what is not known about
    it, or wrong with it, in a sentence."""
    chain = view.chain
    found = [leg_price(leg, chain, at, minutes) for leg in row.legs]
    problem = next((f"{row.position_id}: {why}" for _, why in found if why), "")
    value = None
    if not problem:
        value = sum(leg.units * (price or 0.0) for leg, (price, _) in zip(row.legs, found, strict=True))
    worst = worst_loss(row.legs, row.cost)
    gain = row.max_profit if row.max_profit is not None else best_gain(row.legs, row.cost)
    pnl = None if value is None else row.cost + value
    risk = day_risk(row.legs, chain.spot, view.surface, chain.quote_time) if chain is not None else None
    if not worst < math.inf:
        problem = f"{row.position_id}: its loss is unbounded"
    position = Position(
        position_id=row.position_id,
        ticker=row.ticker,
        sector=row.sector,
        strategy=row.strategy,
        contracts=row.contracts,
        legs=row.legs,
        opened_at=row.opened_at,
        cost=row.cost,
        max_loss=worst,
        max_profit=gain,
        mark=value,
        unrealised_pnl=pnl,
        day_risk=risk,
        margin=tied_up(row.legs, row.cost),
        health=health(row, pnl, worst, at),
        order_id=row.order_id,
    )
    return position, problem


def health(row: PositionRow, pnl: float | None, worst: float, at: datetime) -> Health:
    """Red: the loss is unbounded, half of the worst case is lost, or an option dies within 7 days; yellow: a quarter,
    or 21 days."""
    if not worst < math.inf:
        return "red"
    if pnl is None:
        return "unknown"
    ends = [expiry_moment(leg.expiry, leg.root) for leg in row.legs if leg.expiry]
    left = min(ends, default=at + timedelta(365)) - at
    lost = -pnl / worst if worst > 0 else 0.0
    if lost >= 0.5 or left <= timedelta(7):
        return "red"
    return "yellow" if lost >= 0.25 or left <= timedelta(21) else "green"


def promises(connection: Connection, account_id: str) -> tuple[Promise, ...]:
    """The worst case of every approved, queued, submitting and working order; a closing order promises no risk.

    Those further on their way come first, among equals those decided first: an order yields to those before it. So of
    two that are legal alone and not together one goes through, whoever looks when.
    """
    found = []
    for row in rows(connection, "promises", account_id=account_id):
        staged = orders.STAGED.validate_python(row["document"])
        closing = row["purpose"] == "close"
        worst = staged.odds.max_loss if row["max_loss"] is None else float(row["max_loss"])
        margin = staged.margin if row["margin"] is None else float(row["margin"])
        risk = staged.day_risk if row["day_risk"] is None else float(row["day_risk"])
        found.append(
            Promise(
                row["order_id"],
                row["ticker"],
                staged.sector,
                row["strategy"],
                0.0 if closing else worst,
                0.0 if closing else margin,
                0.0 if closing else risk,
                staged.ticket.cash,
            )
        )
    return tuple(found)


def _recent(connection: Connection, account_id: str, at: datetime) -> int:
    since = at - timedelta(minutes=1)
    return int(rows(connection, "recent_orders", account_id=account_id, since=since)[0]["n"])


@dataclass(frozen=True)
class SourceQuotes:
    """The Quotes port over a market source: what the venue and the marks see."""

    source: MarketSource

    def chain(self, ticker: str, at: datetime) -> Chain | None:
        return self.source.chain(ticker, at)

    def spot(self, ticker: str, at: datetime, now: datetime) -> float | None:
        """The underlying at the close ``at``, as known ``now``: the session's own close, else the spot of quotes of
        that session that are no earlier than the close. None until one is published."""
        day, known = session_of(at), min(now, at + PUBLISHED)
        close = _close_on(self.source.context(ticker, known), day)
        if close is not None:
            return close
        chain = self.source.chain(ticker, known)
        return chain.spot if chain is not None and chain.session == day and chain.quote_time >= at else None


def _close_on(context: Context, day: date) -> float | None:
    history = context.history
    if history is None or not len(history) or history.dates[-1].item() != day:
        return None
    return float(history.close[-1])
