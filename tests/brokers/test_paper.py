"""The paper venue on its own: what it fills, what it refuses, and how options end there."""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from brokers.base import NoAnswer, OrderState, VenueOrder
from brokers.paper import PaperBroker
from domain.chain import Chain
from domain.clock import FixedClock
from domain.errors import UnknownId
from domain.leg import Leg, option_leg, stock_leg
from domain.order import Fill

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
EXPIRY = datetime(2026, 3, 20, 20, tzinfo=UTC)
P95, P90, C100, C105 = (
    f"XYZ260320{right}{strike:05d}000" for right, strike in [("P", 95), ("P", 90), ("C", 100), ("C", 105)]
)
DEPOSIT, FEE = 1_000_000.0, 0.65
QUOTES = {P95: (2.0, 2.2), P90: (1.0, 1.1), C100: (4.0, 4.2), C105: (2.0, 2.1)}


@dataclass
class Board:
    """Quotes a test writes by hand. ``closes``: the spot at each expiry, where it is known."""

    quotes: dict[str, tuple[float, float]] = field(default_factory=lambda: dict(QUOTES))
    closes: dict[datetime, float] = field(default_factory=dict)
    spot_now: float = 100.0
    silent: bool = False

    def chain(self, ticker: str, at: datetime) -> Chain | None:
        if self.silent:
            return None
        legs = sorted((option_leg(symbol, 1) for symbol in self.quotes), key=lambda leg: (leg.strike, leg.right))
        n = len(legs)
        bid, ask = np.array([self.quotes[leg.symbol] for leg in legs], float).reshape(n, 2).T
        return Chain(
            ticker, self.spot_now, at, at.date(), "intraday", "a test",
            np.array([leg.expiry for leg in legs], "datetime64[D]"), np.array([leg.strike for leg in legs], float),
            np.array([leg.right == "C" for leg in legs]), bid, ask,
            np.zeros(n), np.zeros(n), np.zeros(n), np.full(n, np.nan), np.array([ticker] * n),
        )  # fmt: skip

    def spot(self, ticker: str, at: datetime, now: datetime) -> float | None:
        return self.closes.get(at)


@dataclass
class Venue:
    """The broker of one account, asked from outside any event loop."""

    url: str
    board: Board = field(default_factory=Board)
    clock: FixedClock = field(default_factory=lambda: FixedClock(NOW))
    account: str = "a1"

    @property
    def broker(self) -> PaperBroker:
        return PaperBroker(self.url, self.account, DEPOSIT, FEE, self.board, self.clock)

    def send(self, limit: float, *legs: Leg, contracts: int = 1, client_id: str = "o1", **more: Any) -> OrderState:
        ends = more.get("expires_at", NOW + timedelta(hours=2))
        return asyncio.run(self.broker.submit(VenueOrder(client_id, "XYZ", legs, contracts, limit, ends)))

    def state(self, client_id: str = "o1") -> OrderState | None:
        return asyncio.run(self.broker.order(client_id))

    def cancel(self, client_id: str = "o1") -> OrderState:
        return asyncio.run(self.broker.cancel(client_id))

    @property
    def fills(self) -> tuple[Fill, ...]:
        return asyncio.run(self.broker.executions())

    @property
    def holdings(self) -> dict[str, int]:
        return {leg.symbol: leg.contracts for leg in asyncio.run(self.broker.positions())}

    @property
    def cash(self) -> float:
        return asyncio.run(self.broker.cash())


@pytest.fixture
def venue(database_url: str) -> Venue:
    return Venue(database_url)


def spread(n: int = 1) -> tuple[Leg, Leg]:
    """A bull put spread: 0.90 is received at the quotes."""
    return option_leg(P95, -n), option_leg(P90, n)


# what fills


def test_each_leg_trades_at_the_quote_on_its_side(venue: Venue) -> None:
    assert venue.send(0.90, *spread(3), contracts=3) == OrderState("o1", "filled", 3, "")
    assert [(fill.leg.symbol, fill.leg.contracts, fill.price, fill.fee) for fill in venue.fills] == [
        (P95, -3, 2.0, pytest.approx(1.95)),
        (P90, 3, 1.1, pytest.approx(1.95)),
    ]
    assert venue.holdings == {P95: -3, P90: 3}
    assert venue.cash == pytest.approx(DEPOSIT + 3 * 90 - 6 * FEE)


LIMITS: list[tuple[str, tuple[Leg, ...], float, float]] = [
    ("a credit", spread(), 0.90, 0.91),
    ("a debit", (option_leg(P95, 1), option_leg(P90, -1)), -1.20, -1.19),
    ("one option bought", (option_leg(C100, 1),), -4.20, -4.19),
    ("one option sold", (option_leg(C100, -1),), 4.00, 4.01),
    ("shares bought", (stock_leg("XYZ", 100),), -100.01, -100.00),
    ("a covered call", (stock_leg("XYZ", 100), option_leg(C105, -1)), -98.01, -98.00),
]


@pytest.mark.parametrize(("what", "legs", "just", "beyond"), LIMITS, ids=[row[0] for row in LIMITS])
def test_an_order_fills_at_its_limit_and_not_a_cent_beyond(
    venue: Venue, what: str, legs: tuple[Leg, ...], just: float, beyond: float
) -> None:
    assert venue.send(beyond, *legs, client_id="beyond").status == "working"
    assert venue.send(just, *legs, client_id="just").status == "filled"
    assert {fill.order_id for fill in venue.fills} == {"just"}


def test_a_better_market_than_the_limit_is_the_customer_s(venue: Venue) -> None:
    venue.send(0.10, *spread())
    assert venue.cash == pytest.approx(DEPOSIT + 90 - 2 * FEE)


BAD_QUOTES: list[tuple[str, Callable[[Board], Any]]] = [
    ("no chain", lambda board: setattr(board, "silent", True)),
    ("a leg that is not listed", lambda board: board.quotes.pop(P90)),
    ("no bid", lambda board: board.quotes.update({P90: (0.0, 1.1)})),
    ("no offer", lambda board: board.quotes.update({P90: (1.0, 0.0)})),
    ("a crossed quote", lambda board: board.quotes.update({P90: (1.2, 1.1)})),
    ("a quote that is no number", lambda board: board.quotes.update({P90: (1.0, math.nan)})),
    ("an infinite offer", lambda board: board.quotes.update({P90: (1.0, math.inf)})),
]


@pytest.mark.parametrize("spoil", [row[1] for row in BAD_QUOTES], ids=[row[0] for row in BAD_QUOTES])
def test_an_unsound_quote_of_any_leg_fills_nothing(venue: Venue, spoil: Callable[[Board], Any]) -> None:
    spoil(venue.board)
    assert venue.send(-50.0, *spread()).status == "working"
    assert (venue.fills, venue.holdings, venue.cash) == ((), {}, DEPOSIT)


@pytest.mark.parametrize(("before", "status"), [(timedelta(seconds=1), "filled"), (timedelta(0), "working")])
def test_an_option_that_is_over_trades_no_more(venue: Venue, before: timedelta, status: str) -> None:
    venue.clock.moment = EXPIRY - before
    assert venue.send(0.0, *spread(), expires_at=EXPIRY + timedelta(hours=1)).status == status


# an order's life


def test_an_order_is_taken_once_whatever_is_sent_under_its_name_again(venue: Venue) -> None:
    first = venue.send(0.90, *spread())
    for again in (spread(), spread(5)):
        assert venue.send(0.80, *again) == first
    assert len(venue.fills) == 2
    assert venue.holdings == {P95: -1, P90: 1}


def test_a_resting_order_fills_when_the_market_comes_to_it(venue: Venue) -> None:
    venue.send(1.00, *spread())
    assert venue.state() == OrderState("o1", "working", 0, "")
    venue.board.quotes[P95] = (2.1, 2.3)
    venue.clock.moment += timedelta(minutes=1)
    assert venue.state() == OrderState("o1", "filled", 1, "")
    assert {fill.at for fill in venue.fills} == {venue.clock.moment}


def test_a_resting_order_expires_and_never_fills_after_it(venue: Venue) -> None:
    venue.send(1.00, *spread(), expires_at=NOW + timedelta(hours=2))
    venue.clock.moment = NOW + timedelta(hours=2, seconds=1)
    venue.board.quotes[P95] = (9.0, 9.1)
    assert venue.state() == OrderState("o1", "cancelled", 0, "time to live is over")
    assert venue.fills == ()


def test_a_cancelled_order_never_fills(venue: Venue) -> None:
    venue.send(1.00, *spread())
    assert venue.cancel().status == "cancelled"
    venue.board.quotes[P95] = (9.0, 9.1)
    assert venue.state() == OrderState("o1", "cancelled", 0, "cancelled on request")
    assert venue.send(1.00, *spread()).status == "cancelled", "sent again it stays cancelled"
    assert venue.fills == ()


def test_a_cancel_that_comes_too_late_keeps_the_fill(venue: Venue) -> None:
    venue.send(0.90, *spread())
    assert venue.cancel() == OrderState("o1", "filled", 1, "")
    assert venue.holdings == {P95: -1, P90: 1}


def test_the_venue_says_that_it_has_never_seen_an_order(venue: Venue) -> None:
    assert venue.state("never") is None
    with pytest.raises(UnknownId, match="no order 'never'"):
        venue.cancel("never")


MALFORMED: list[tuple[str, tuple[Leg, ...], int, float]] = [
    ("no legs", (), 1, 1.0),
    ("no contracts", spread(), 0, 1.0),
    ("fewer than none", spread(), -1, 1.0),
    ("legs that are no multiple", (option_leg(P95, -3), option_leg(P90, 2)), 2, 0.1),
    ("a leg of nothing", (option_leg(P95, -1), option_leg(P90, 0)), 1, 0.1),
    ("a limit that is no number", spread(), 1, math.nan),
]


@pytest.mark.parametrize(("what", "legs", "contracts", "limit"), MALFORMED, ids=[row[0] for row in MALFORMED])
def test_a_malformed_order_is_rejected_for_good(
    venue: Venue, what: str, legs: tuple[Leg, ...], contracts: int, limit: float
) -> None:
    answer = venue.send(limit, *legs, contracts=contracts)
    assert answer.status == "rejected"
    assert answer.reason
    assert venue.send(0.5, *spread()).status == "rejected", "its name is used up"
    assert venue.fills == ()


def test_accounts_do_not_see_each_other(venue: Venue) -> None:
    other = Venue(venue.url, venue.board, venue.clock, account="a2")
    venue.send(0.90, *spread())
    assert (other.state(), other.fills, other.holdings, other.cash) == (None, (), {}, DEPOSIT)
    other.send(0.90, *spread(2), contracts=2, client_id="o2")
    assert venue.holdings == {P95: -1, P90: 1}


def test_a_venue_that_cannot_be_reached_gives_no_answer(venue: Venue) -> None:
    venue.url = "postgresql://fund@127.0.0.1:1/none?connect_timeout=2"
    with pytest.raises(NoAnswer):
        venue.state()


# the end of an option


def settled(venue: Venue, close: float, *legs: Leg) -> tuple[dict[str, int], float, list[tuple[str, str, int, float]]]:
    """Trade, let the expiry pass at a close: the holdings, the cash the expiry moved, and its executions."""
    venue.send(-1e6, *legs, client_id=f"{venue.account}-settled")
    traded, cash = len(venue.fills), venue.cash
    venue.board.closes[EXPIRY] = close
    venue.clock.moment = EXPIRY + timedelta(days=3)
    ends = venue.fills[traded:]
    assert {fill.at for fill in ends} <= {EXPIRY}
    assert all(fill.order_id is None and fill.fee == 0 for fill in ends)
    said = [(fill.kind, fill.leg.symbol, fill.leg.contracts, fill.price) for fill in ends]
    return venue.holdings, venue.cash - cash, said


def test_out_of_the_money_an_option_is_worth_nothing(venue: Venue) -> None:
    holdings, cash, said = settled(venue, 100.0, option_leg(P95, -2))
    assert (holdings, cash) == ({}, 0.0)
    assert said == [("expiry", P95, 2, 0.0)]


def test_a_put_sold_is_assigned_into_stock_at_the_strike(venue: Venue) -> None:
    holdings, cash, said = settled(venue, 92.5, option_leg(P95, -2))
    assert holdings == {"XYZ": 200}
    assert cash == pytest.approx(-19_000)
    assert said == [("assignment", P95, 2, 0.0), ("assignment", "XYZ", 200, 95.0)]


def test_a_call_held_is_exercised_into_stock_at_the_strike(venue: Venue) -> None:
    holdings, cash, said = settled(venue, 103.0, option_leg(C100, 1))
    assert holdings == {"XYZ": 100}
    assert cash == pytest.approx(-10_000)
    assert [kind for kind, *_ in said] == ["exercise", "exercise"]


def test_a_put_held_sells_stock_and_a_call_sold_delivers_it(venue: Venue) -> None:
    holdings, cash, _ = settled(venue, 92.5, option_leg(P95, 1))
    assert (holdings, cash) == ({"XYZ": -100}, pytest.approx(9_500))
    other = Venue(venue.url, account="a2")
    holdings, cash, _ = settled(other, 103.0, option_leg(C100, -1))
    assert (holdings, cash) == ({"XYZ": -100}, pytest.approx(10_000))


def test_a_vertical_with_both_legs_in_the_money_leaves_cash_and_no_stock(venue: Venue) -> None:
    holdings, cash, _ = settled(venue, 80.0, *spread())
    assert (holdings, cash) == ({}, pytest.approx(-500))


def test_a_cash_settled_option_moves_cash_only(venue: Venue) -> None:
    legs = (option_leg(C100, 2, cash_settled=True), option_leg(P95, -1, cash_settled=True))
    holdings, cash, said = settled(venue, 103.25, *legs)
    assert (holdings, cash) == ({}, pytest.approx(650))
    assert sorted(said) == [("expiry", C100, -2, 3.25), ("expiry", P95, 1, 0.0)]


@pytest.mark.parametrize(("close", "delivers"), [(94.99, True), (94.991, False), (95.0, False), (95.01, False)])
def test_one_cent_in_the_money_is_enough(venue: Venue, close: float, delivers: bool) -> None:
    holdings, _, _ = settled(venue, close, option_leg(P95, -1))
    assert holdings == ({"XYZ": 100} if delivers else {})


def test_holdings_that_net_to_nothing_are_settled_all_the_same(venue: Venue) -> None:
    venue.send(-1e6, option_leg(P95, 1), client_id="held")
    holdings, cash, said = settled(venue, 92.5, option_leg(P95, -1))
    assert (holdings, cash) == ({}, 0.0)
    assert said == [("exercise", P95, 0, 0.0)], "whoever holds both sides must hear of it"


def test_settlement_waits_for_a_price_and_then_happens_once_at_the_expiry(venue: Venue) -> None:
    venue.send(-1e6, option_leg(P95, -1))
    venue.clock.moment = EXPIRY + timedelta(days=1)
    assert venue.holdings == {P95: -1}
    venue.board.closes[EXPIRY] = 92.5
    for _ in range(3):
        venue.clock.moment += timedelta(days=1)
        assert venue.holdings == {"XYZ": 100}
    assert len([fill for fill in venue.fills if fill.kind != "trade"]) == 2


def test_before_the_expiry_nothing_is_settled(venue: Venue) -> None:
    venue.send(-1e6, option_leg(P95, -1))
    venue.board.closes[EXPIRY] = 92.5
    venue.clock.moment = EXPIRY - timedelta(seconds=1)
    assert venue.holdings == {P95: -1}


def test_cash_is_the_deposit_and_what_every_execution_moved(venue: Venue) -> None:
    venue.send(0.90, *spread(3), contracts=3)
    venue.send(-98.01, stock_leg("XYZ", 100), option_leg(C105, -1), client_id="o2")
    venue.board.closes[EXPIRY] = 93.0
    venue.clock.moment = EXPIRY
    assert venue.holdings == {"XYZ": 400}
    moved = sum(-fill.leg.units * fill.price - fill.fee for fill in venue.fills)
    assert venue.cash == pytest.approx(DEPOSIT + moved, abs=0.005)
