"""Small worlds for the rules: one healthy book, one order, and what a test changes about them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from config.mandate_file import load_mandate
from domain.book import Book, Position, Promise
from domain.leg import Leg, option_leg, stock_leg
from domain.mandate import Mandate
from domain.order import Check, Ticket
from domain.regime import Regime, RegimeName
from risk.facts import Facts, OrderFacts
from risk.gate import check_order, refusals

NOW = datetime(2026, 8, 20, 15, 0, tzinfo=UTC)  # a Thursday, 11:00 in New York
NLV = 1_000_000.0
MANDATE: Mandate = load_mandate(None, {})

CALL_100, CALL_105, PUT_100, PUT_95 = (
    "XYZ260918C00100000", "XYZ260918C00105000", "XYZ260918P00100000", "XYZ260918P00095000",
)  # fmt: skip


def straddle(n: int = 1) -> tuple[Leg, ...]:
    return (option_leg(CALL_100, n), option_leg(PUT_100, n))


def put_spread(n: int = 1) -> tuple[Leg, ...]:
    return (option_leg(PUT_100, -n), option_leg(PUT_95, n))


def ticket(**changes: Any) -> Ticket:
    """A long straddle in XYZ, one contract, 6.00 paid."""
    values: dict[str, Any] = {
        "order_id": "o1",
        "account_id": "a1",
        "ticker": "XYZ",
        "strategy": "long_straddle",
        "purpose": "open",
        "legs": straddle(),
        "contracts": 1,
        "limit_price": -6.0,
        "expires_at": NOW + timedelta(hours=2),
    }
    return Ticket(**values | changes)


def short_put_spread(n: int = 1, **changes: Any) -> Ticket:
    """Sold for 1.20: 380 at risk a contract."""
    values = {"strategy": "bull_put_spread", "legs": put_spread(n), "contracts": n, "limit_price": 1.2}
    return ticket(**values | changes)


def order(of: Ticket | None = None, **changes: Any) -> OrderFacts:
    values: dict[str, Any] = {
        "ticket": of or ticket(),
        "sector": "technology",
        "max_loss": 600.0,
        "margin": 600.0,
        "day_risk": 100.0,
        "quote_time": NOW - timedelta(minutes=5),
        "session": NOW.date(),
        "cadence": "intraday",
        "tick": 0.05,
        "stage": "stage",
        "needs_person": False,
        "earnings_known": True,
        "earnings_in": None,
    }
    return OrderFacts(**values | changes)


def book(**changes: Any) -> Book:
    values: dict[str, Any] = {
        "account_id": "a1",
        "as_of": NOW,
        "nlv": NLV,
        "cash": NLV,
        "previous_nlv": NLV,
        "margin_used": 0.0,
    }
    return Book(**values | changes)


def facts(
    of: OrderFacts | None = None, account: Book | None = None, regime: RegimeName | None = "neutral", **changes: Any
) -> Facts:
    reason = "VIX closed at 17.00" if regime else "the regime is unknown: there is no VIX series"
    named = Regime(regime, NOW, reason)
    world = Facts(account or book(), named, MANDATE.risk, MANDATE.orders, NOW, of or order())
    return replace(world, **changes)


def position(**changes: Any) -> Position:
    """A bull put spread in another underlying, uncorrelated, in another sector."""
    values: dict[str, Any] = {
        "position_id": "p1",
        "ticker": "ABC",
        "sector": "energy",
        "strategy": "iron_condor",
        "contracts": 1,
        "legs": (option_leg("ABC260918P00100000", -1), option_leg("ABC260918P00095000", 1)),
        "opened_at": NOW - timedelta(days=3),
        "cost": 120.0,
        "max_loss": 380.0,
        "max_profit": 120.0,
        "day_risk": 50.0,
        "margin": 500.0,
    }
    return Position(**values | changes)


def shares(n: int, **changes: Any) -> Position:
    values: dict[str, Any] = {
        "position_id": "stock",
        "ticker": "XYZ",
        "strategy": "stock",
        "legs": (stock_leg("XYZ", n),),
        "max_loss": 100.0 * n,
    }
    return position(**values | changes)


def promise(**changes: Any) -> Promise:
    values: dict[str, Any] = {
        "order_id": "o0",
        "ticker": "ABC",
        "sector": "energy",
        "strategy": "iron_condor",
        "max_loss": 380.0,
        "margin": 500.0,
        "day_risk": 50.0,
        "cash": 120.0,
    }
    return Promise(**values | changes)


UNCORRELATED = {"ABC|XYZ": 0.1, "DEF|XYZ": 0.1}


def refused(world: Facts) -> list[str]:
    """The names of the rules that refuse the order."""
    return [check.rule for check in refusals(check_order(world))]


def answer(world: Facts, rule: str) -> Check:
    return next(check for check in check_order(world) if check.rule == rule)


def expiry() -> date:
    return date(2026, 9, 18)
