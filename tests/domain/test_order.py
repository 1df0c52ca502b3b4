"""An order's hash covers everything a person approves, and the same order has the same hash everywhere."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.leg import option_leg, stock_leg
from domain.order import Odds, Ticket

NOW = datetime(2026, 3, 10, 15, tzinfo=UTC)
P100, P95 = "XYZ260320P00100000", "XYZ260320P00095000"


def ticket(**changes: Any) -> Ticket:
    values: dict[str, Any] = {
        "order_id": "R0001-1",
        "account_id": "a1",
        "ticker": "XYZ",
        "strategy": "bull_put_spread",
        "purpose": "open",
        "legs": (option_leg(P100, -2), option_leg(P95, 2)),
        "contracts": 2,
        "limit_price": 1.2,
        "expires_at": NOW,
    }
    return Ticket(**values | changes)


CHANGES: dict[str, Any] = {
    "order_id": "R0001-2",
    "account_id": "a2",
    "ticker": "ABC",
    "strategy": "iron_condor",
    "purpose": "close",
    "closes": "P1",
    "legs": (option_leg(P100, -2), option_leg(P95, 3)),
    "contracts": 1,
    "limit_price": 1.21,
    "expires_at": NOW + timedelta(microseconds=1),
}


def test_every_field_of_a_ticket_is_tried() -> None:
    assert set(CHANGES) == set(Ticket.__dataclass_fields__)


@pytest.mark.parametrize("field", CHANGES)
def test_an_order_that_differs_in_anything_has_another_hash(field: str) -> None:
    assert ticket(**{field: CHANGES[field]}).hash != ticket().hash


def test_legs_in_another_order_or_of_another_size_are_another_order() -> None:
    legs = ticket().legs
    assert ticket(legs=legs[::-1]).hash != ticket().hash
    assert ticket(legs=(replace(legs[0], multiplier=10), legs[1])).hash != ticket().hash
    assert ticket(legs=(option_leg("XYZ260327P00100000", -2), legs[1])).hash != ticket().hash


def test_the_same_order_has_the_same_hash_after_storage_and_in_any_time_zone() -> None:
    adapter = TypeAdapter(Ticket)
    stored = adapter.validate_json(adapter.dump_json(ticket()))
    elsewhere = ticket(expires_at=NOW.astimezone(timezone(timedelta(hours=-4))))
    assert stored == ticket()
    assert stored.hash == elsewhere.hash == ticket().hash


@pytest.mark.parametrize("limit", [float("nan"), float("inf"), float("-inf")])
def test_a_limit_that_is_no_number_is_no_order(limit: float) -> None:
    with pytest.raises(ValidationError):
        ticket(limit_price=limit)
    with pytest.raises(ValidationError):
        replace(ticket(), limit_price=limit)


@pytest.mark.parametrize("contracts", [0, -1])
def test_an_order_has_at_least_one_contract(contracts: int) -> None:
    with pytest.raises(ValidationError):
        ticket(contracts=contracts)


def test_cash_is_positive_for_a_credit_and_counts_the_whole_order() -> None:
    assert ticket().cash == pytest.approx(240)
    assert ticket(limit_price=-0.5).cash == pytest.approx(-100)
    covered = ticket(legs=(stock_leg("XYZ", 200), option_leg(P100, -2)), limit_price=-98.0)
    assert covered.cash == pytest.approx(-19_600)


def test_the_odds_of_several_are_those_of_one_times_their_number() -> None:
    one = Odds(380.0, 120.0, (98.8,), 0.7, 12.0, 200.0, 5.0, -0.1, 1.0, -2.0)
    three = one.times(3)
    assert (three.max_loss, three.max_profit, three.expected_value, three.cvar) == (1140.0, 360.0, 36.0, 600.0)
    assert (three.delta, three.gamma, three.theta, three.vega) == pytest.approx((15.0, -0.3, 3.0, -6.0))
    assert (three.probability_of_profit, three.breakevens) == (0.7, (98.8,))
    assert replace(one, max_profit=None).times(3).max_profit is None


def test_a_leg_s_closing_twin_undoes_it() -> None:
    leg = option_leg(P100, -3)
    assert leg.times(-1).contracts == 3
    assert leg.times(-1).times(-1) == leg
    assert (leg.units, leg.expiry, leg.intrinsic(97.5)) == (-300, date(2026, 3, 20), 2.5)
    assert (stock_leg("XYZ", -50).units, stock_leg("XYZ", 1).intrinsic(97.5)) == (-50, 97.5)
