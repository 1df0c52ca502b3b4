"""Fills and positions. A position is the sum of its fills, restated in the transaction that books one."""

import math
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import TypeAdapter

from domain.clock import aware
from domain.errors import UnknownId
from domain.leg import Leg
from domain.order import Fill, StagedOrder
from domain.profit import Booked
from memory.rows import Connection, Row, document, one, rows

_LEG: TypeAdapter[Leg] = TypeAdapter(Leg)
_LEGS: TypeAdapter[tuple[Leg, ...]] = TypeAdapter(tuple[Leg, ...])


@dataclass(frozen=True)
class PositionRow:
    """A position as the database has it, not marked. ``cost`` is the cash its fills moved, positive when received."""

    position_id: str
    account_id: str
    ticker: str
    sector: str
    strategy: str
    contracts: int
    legs: tuple[Leg, ...]
    cost: float
    max_profit: float | None
    opened_at: datetime
    closed_at: datetime | None
    order_id: str | None


def _position(row: Row) -> PositionRow:
    return PositionRow(
        row["position_id"], row["account_id"], row["ticker"], row["sector"], row["strategy"], row["contracts"],
        _LEGS.validate_python(row["legs"]), float(row["cost"]),
        None if row["max_profit"] is None else float(row["max_profit"]), aware(row["opened_at"]),
        row["closed_at"] and aware(row["closed_at"]), row["order_id"],
    )  # fmt: skip


def position(connection: Connection, position_id: str) -> PositionRow:
    """:raises UnknownId: there is no such position."""
    row = one(connection, "position", position_id=position_id)
    if row is None:
        raise UnknownId(f"there is no position {position_id!r}", "fund positions lists them")
    return _position(row)


def open_positions(connection: Connection, account_id: str) -> tuple[PositionRow, ...]:
    return tuple(_position(row) for row in rows(connection, "open_positions", account_id=account_id))


def known_executions(connection: Connection, account_id: str) -> frozenset[str]:
    return frozenset(row["exec_id"] for row in rows(connection, "known_executions", account_id=account_id))


def executions(connection: Connection, account_id: str) -> tuple[Booked, ...]:
    """Everything the account has ever traded or been delivered, in the order of time."""
    return tuple(
        Booked(row["position_id"], row["strategy"], row["symbol"], row["units"], float(row["price"]), float(row["fee"]))
        for row in rows(connection, "executions", account_id=account_id)
    )


def book_trade(
    connection: Connection, fill: Fill, order: StagedOrder, vix: float | None, regime: str | None
) -> str | None:
    """Book one execution of an order once, into the position it opens or closes: that position's id, or None when the
    execution was booked before. ``vix`` in vol points and ``regime`` are those at the fill."""
    ticket = order.ticket
    position_id = ticket.closes or f"P{ticket.order_id}"
    if ticket.closes is None:
        rows(
            connection, "open_position", position_id=position_id, account_id=ticket.account_id, ticker=ticket.ticker,
            sector=order.sector, strategy=ticket.strategy, max_profit=order.odds.max_profit, at=fill.at,
            order_id=ticket.order_id,
        )  # fmt: skip
    booked = _insert(connection, fill, position_id, ticket.strategy, fill.leg, vix, regime)
    if booked:
        restate(connection, position_id, fill.at)
    return position_id if booked else None


def book_settlement(connection: Connection, fill: Fill, underlying_shares: bool) -> tuple[str, ...]:
    """Book what an option's end did to every position that holds it; the ids of those.

    The venue tells the net of the account; each position ends its own leg. ``underlying_shares``: the option was
    exercised or assigned, so each position receives its own stock at the strike.
    """
    touched = []
    for row in rows(connection, "positions_holding", account_id=fill.account_id, symbol=fill.leg.symbol):
        held = next(leg for leg in _LEGS.validate_python(row["legs"]) if leg.symbol == fill.leg.symbol)
        kind = fill.kind
        if underlying_shares:
            kind = "assignment" if held.contracts < 0 else "exercise"
        gone = Fill(fill.exec_id, fill.account_id, None, held.times(-1), fill.price, 0.0, fill.at, kind)
        if not _insert(connection, gone, row["position_id"], row["strategy"], gone.leg, None, None):
            continue
        if underlying_shares:
            shares = held.units if held.right == "C" else -held.units
            stock = Leg(row["ticker"], shares, multiplier=1)
            delivered = Fill(fill.exec_id, fill.account_id, None, stock, held.strike or 0.0, 0.0, fill.at, kind)
            _insert(connection, delivered, row["position_id"], row["strategy"], stock, None, None)
        rows(connection, "forget_max_profit", position_id=row["position_id"])
        restate(connection, row["position_id"], fill.at)
        touched.append(str(row["position_id"]))
    return tuple(touched)


def restate(connection: Connection, position_id: str, at: datetime) -> None:
    """Write what the fills of a position add up to; a position without legs is closed.

    Its ``contracts`` are how many times the legs repeat one structure, a hundred shares counting as one contract.
    """
    totals = rows(connection, "fill_totals", position_id=position_id)
    held = [(_LEG.validate_python(row["leg"]), int(row["contracts"])) for row in totals if row["contracts"]]
    legs = tuple(_resized(leg, n) for leg, n in held)
    rows(
        connection, "restate_position", position_id=position_id, legs=document(_LEGS, legs),
        contracts=math.gcd(*(max(abs(leg.units) // 100, 1) for leg in legs)),
        cost=sum(row["cash"] for row in totals), closed_at=None if legs else aware(at),
    )  # fmt: skip


def fills(connection: Connection, position_id: str | None = None, order_id: str | None = None) -> list[Row]:
    return rows(connection, "fills", position_id=position_id, order_id=order_id)


def _insert(
    connection: Connection, fill: Fill, position_id: str, strategy: str, leg: Leg, vix: float | None, regime: str | None
) -> bool:
    return bool(
        rows(
            connection,
            "insert_fill",
            exec_id=fill.exec_id,
            position_id=position_id,
            account_id=fill.account_id,
            order_id=fill.order_id,
            strategy_id=strategy,
            leg=document(_LEG, leg),
            symbol=leg.symbol,
            contracts=leg.contracts,
            multiplier=leg.multiplier,
            price=fill.price,
            fee=fill.fee,
            kind=fill.kind,
            at=fill.at,
            vix=vix,
            regime=regime,
        )
    )


def held_at(connection: Connection, account_id: str, at: datetime) -> tuple[tuple[str, Leg], ...]:
    """(underlying, net leg) of everything an account held at a past moment."""
    found = rows(connection, "held_at", account_id=account_id, at=aware(at))
    return tuple((row["ticker"], _resized(_LEG.validate_python(row["leg"]), int(row["contracts"]))) for row in found)


def cash_at(connection: Connection, account_id: str, at: datetime) -> float:
    row = one(connection, "cash_at", account_id=account_id, at=aware(at))
    return float(row["cash"]) if row else 0.0


def _resized(leg: Leg, contracts: int) -> Leg:
    return replace(leg, contracts=contracts)
