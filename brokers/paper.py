"""A paper venue that survives our crashes as a real one would: its state is its own (schema ``paper``), and so are its
connection and its transactions.

What it does: a combo fills whole, each leg at the quote it would trade against (buys at the ask, sells at the bid),
when the net of those quotes is at least as good as the limit. A missing, one-sided or crossed quote fills nothing. A
resting order is matched whenever the venue is asked anything; while no process runs, nothing happens to it. Options are
settled at the first question after their expiry: cash-settled ones in cash; physically settled ones that end at least
0.01 in the money are exercised or assigned into stock at the strike. Without a price for the expiry it waits and
settles later.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from pydantic import TypeAdapter

from brokers.base import NoAnswer, OrderState, VenueOrder, VenueStatus
from domain.clock import Clock
from domain.errors import UnknownId
from domain.leg import Leg, price_unit, stock_leg
from domain.order import Fill
from domain.ports import Quotes
from domain.queries import Queries
from domain.session import expiry_moment
from domain.tick import STOCK_HALF_SPREAD

_LEG = TypeAdapter(Leg)
_SQL = Queries((files("brokers") / "sql/paper.sql").read_text("utf-8"))
Row = dict[str, Any]


class PaperBroker:
    """A Broker for one account. ``deposit`` is the cash it was opened with; ``fee`` is per option contract."""

    def __init__(self, url: str, account_id: str, deposit: float, fee: float, quotes: Quotes, clock: Clock) -> None:
        self._url, self._account, self._deposit, self._fee = url, account_id, deposit, fee
        self._quotes, self._clock = quotes, clock

    async def submit(self, order: VenueOrder) -> OrderState:
        with self._turn() as venue:
            reason = _problem(order)
            venue.run(
                "place", client_id=order.client_id, ticker=order.ticker, contracts=order.contracts, fee=self._fee,
                legs=Jsonb([_LEG.dump_python(leg, mode="json") for leg in order.legs]), reason=reason,
                limit_price=order.limit_price, expires_at=order.expires_at, status="rejected" if reason else "working",
            )  # fmt: skip
            self._match(venue)
            return _state(venue.one("order", client_id=order.client_id))

    async def cancel(self, client_id: str) -> OrderState:
        with self._turn() as venue:
            self._match(venue)
            venue.run("end_order", client_id=client_id, status="cancelled", reason="cancelled on request")
            rows = venue.run("order", client_id=client_id)
            if not rows:
                raise UnknownId(f"the venue has no order {client_id!r}", "ask for it before cancelling it")
            return _state(rows[0])

    async def order(self, client_id: str) -> OrderState | None:
        with self._turn() as venue:
            self._match(venue)
            rows = venue.run("order", client_id=client_id)
            return _state(rows[0]) if rows else None

    async def executions(self) -> tuple[Fill, ...]:
        with self._turn() as venue:
            self._settle(venue)
            self._match(venue)
            return tuple(_fill(row) for row in venue.run("executions"))

    async def positions(self) -> tuple[Leg, ...]:
        with self._turn() as venue:
            self._settle(venue)
            held = venue.run("holdings")
            return tuple(replace(_LEG.validate_python(row["leg"]), contracts=row["contracts"]) for row in held)

    async def cash(self) -> float:
        with self._turn() as venue:
            return self._deposit + float(venue.one("cash")["cash"])

    @contextmanager
    def _turn(self) -> Iterator["_Turn"]:
        """One transaction on the venue's own connection, alone on this account.

        :raises NoAnswer: the venue's database does not answer.
        """
        try:
            with psycopg.connect(self._url, row_factory=dict_row, connect_timeout=10) as connection:
                turn = _Turn(connection, self._account, self._clock.now())
                turn.run("lock_account")
                yield turn
        except psycopg.OperationalError as problem:
            raise NoAnswer(f"the paper venue does not answer: {problem}", "run fund doctor") from problem

    def _match(self, venue: "_Turn") -> None:
        for row in venue.run("lock_working"):
            if row["expires_at"] < venue.now:
                venue.run("end_order", client_id=row["client_id"], status="cancelled", reason="time to live is over")
                continue
            legs = [_LEG.validate_python(leg) for leg in row["legs"]]
            prices = self._leg_prices(row["ticker"], legs, venue.now)
            if prices is None:
                continue
            unit = price_unit(legs, row["contracts"]) * row["contracts"]
            net = -sum(leg.units * price for leg, price in zip(legs, prices, strict=True)) / unit
            if net >= float(row["limit_price"]) - 1e-9:
                self._fill(venue, row, legs, prices)

    def _fill(self, venue: "_Turn", row: Row, legs: list[Leg], prices: list[float]) -> None:
        for number, (leg, price) in enumerate(zip(legs, prices, strict=True), start=1):
            fee = float(row["fee"]) * abs(leg.contracts) if leg.is_option else 0.0
            venue.trade(f"{row['client_id']}.{number}", row["client_id"], row["ticker"], leg, price, fee, "trade")
        venue.run("end_order", client_id=row["client_id"], status="filled", reason="")

    def _leg_prices(self, ticker: str, legs: list[Leg], now: datetime) -> list[float] | None:
        """The quote each leg would trade against, None unless every leg has a sound two-sided one."""
        chain = self._quotes.chain(ticker, now)
        if chain is None:
            return None
        prices = []
        for leg in legs:
            if leg.is_option:
                row = chain.row_of(leg)
                if row is None or not chain.two_sided[row] or _end_of(leg) <= now:
                    return None
                prices.append(float(chain.ask[row] if leg.contracts > 0 else chain.bid[row]))
            else:
                prices.append(chain.spot + (STOCK_HALF_SPREAD if leg.contracts > 0 else -STOCK_HALF_SPREAD))
        return prices

    def _settle(self, venue: "_Turn") -> None:
        for row in venue.run("lock_unsettled"):
            leg = replace(_LEG.validate_python(row["leg"]), contracts=row["contracts"])
            end = _end_of(leg)
            if end > venue.now:
                continue
            spot = self._quotes.spot(row["ticker"], end, venue.now)
            if spot is not None:
                self._settle_one(venue.dated(end), row["ticker"], leg, spot)

    def _settle_one(self, venue: "_Turn", ticker: str, leg: Leg, spot: float) -> None:
        """Close the option; deliver stock or cash. A zero net holding is told too: positions inside it may offset."""
        value = leg.intrinsic(spot)
        physical = value >= 0.01 and not leg.cash_settled
        kind = "expiry" if not physical else ("assignment" if leg.contracts < 0 else "exercise")
        name = f"{self._account}.{leg.symbol}"
        gone = leg.times(-1)
        venue.trade(f"{name}.settled", None, ticker, gone, value if leg.cash_settled else 0.0, 0.0, kind)
        venue.run("settle", symbol=leg.symbol)
        shares = leg.units if leg.right == "C" else -leg.units
        if physical and shares:
            venue.trade(f"{name}.stock", None, ticker, stock_leg(ticker, shares), leg.strike or 0.0, 0.0, kind)


class _Turn:
    """The venue's hands during one transaction."""

    def __init__(self, connection: "psycopg.Connection[Row]", account_id: str, now: datetime) -> None:
        self._connection, self._account, self.now = connection, account_id, now

    def dated(self, moment: datetime) -> "_Turn":
        """The same transaction, writing what happened at an earlier moment."""
        return _Turn(self._connection, self._account, moment)

    def run(self, name: str, **values: object) -> list[Row]:
        cursor = self._connection.execute(_SQL[name], {"account_id": self._account, "now": self.now, **values})
        return cursor.fetchall() if cursor.description else []

    def one(self, name: str, **values: object) -> Row:
        return self.run(name, **values)[0]

    def trade(
        self, exec_id: str, client_id: str | None, ticker: str, leg: Leg, price: float, fee: float, kind: str
    ) -> None:
        document = Jsonb(_LEG.dump_python(leg, mode="json"))
        self.run(
            "execute",
            exec_id=exec_id,
            client_id=client_id,
            ticker=ticker,
            leg=document,
            price=price,
            fee=fee,
            kind=kind,
        )
        self.run("hold", symbol=leg.symbol, ticker=ticker, leg=document, contracts=leg.contracts)


def _end_of(leg: Leg) -> datetime:
    """When an option stops trading and is settled; stock has no end."""
    return expiry_moment(leg.expiry, leg.root) if leg.expiry is not None else datetime.max.replace(tzinfo=UTC)


def _problem(order: VenueOrder) -> str:
    """Why the venue refuses an order at once, as venues do; empty when it does not."""
    if not order.legs or order.contracts < 1:
        return "an order needs at least one leg and one contract"
    if any(not leg.contracts or leg.contracts % order.contracts for leg in order.legs):
        return "leg quantities are not multiples of the order's contracts"
    if not math.isfinite(order.limit_price):
        return "the limit price is not a number"
    return ""


def _state(row: Row) -> OrderState:
    status: VenueStatus = row["status"]
    return OrderState(row["client_id"], status, row["contracts"] if status == "filled" else 0, row["reason"])


def _fill(row: Row) -> Fill:
    return Fill(
        row["exec_id"], row["account_id"], row["client_id"], _LEG.validate_python(row["leg"]), float(row["price"]),
        float(row["fee"]), row["at"], row["kind"],
    )  # fmt: skip
