"""What covers a short option, and which orders only reduce risk."""

import math
from datetime import date
from typing import Any

import pytest

from domain.book import Book, Halt, Position
from domain.leg import Leg, option_leg, stock_leg
from domain.order import Ticket
from risk.facts import naked_reasons, reduces_risk, remainder
from risk.gate import check_order
from tests.risk.builders import (
    CALL_100,
    NOW,
    PUT_95,
    PUT_100,
    book,
    facts,
    order,
    position,
    promise,
    put_spread,
    refused,
    shares,
    ticket,
)


def short_call(n: int = 1) -> Ticket:
    return ticket(legs=(option_leg(CALL_100, -n),), contracts=n, limit_price=3.0)


def short_put(n: int = 1) -> Ticket:
    return ticket(legs=(option_leg(PUT_100, -n),), contracts=n, limit_price=2.0, strategy="cash_secured_put")


def sold_calls(n: int = 1, **changes: Any) -> Position:
    return position(ticker="XYZ", position_id="calls", legs=(option_leg(CALL_100, -n),), **changes)


# cover


def test_held_stock_covers_a_call_share_by_share() -> None:
    assert naked_reasons(short_call(), book(positions=(shares(100),))) == ()
    assert naked_reasons(short_call(), book(positions=(shares(99),))) != ()
    assert naked_reasons(short_call(2), book(positions=(shares(199),))) != ()


def test_stock_of_another_underlying_covers_nothing() -> None:
    assert naked_reasons(short_call(), book(positions=(shares(100, ticker="ABC"),))) != ()


def test_stock_covers_only_once() -> None:
    account = book(positions=(shares(100), sold_calls()))
    assert naked_reasons(short_call(), account) == ("100 calls sold against 0 covered",)
    assert naked_reasons(short_call(), book(positions=(shares(200), sold_calls()))) == ()


def test_calls_covered_in_their_own_structure_leave_the_stock_free() -> None:
    spread = position(ticker="XYZ", legs=(option_leg(CALL_100, -1), option_leg("XYZ260918C00105000", 1)))
    assert naked_reasons(short_call(), book(positions=(shares(100), spread))) == ()


def test_a_long_call_of_another_position_covers_nothing() -> None:
    held = position(ticker="XYZ", legs=(option_leg("XYZ261218C00090000", 1),))
    assert naked_reasons(short_call(), book(positions=(held,))) != ()


def test_a_long_call_that_ends_earlier_covers_nothing() -> None:
    legs = (option_leg("XYZ261218C00100000", -1), option_leg(CALL_100, 1))
    assert naked_reasons(ticket(legs=legs), book()) != ()


def test_no_order_relies_on_stock_while_another_is_under_way() -> None:
    busy = book(positions=(shares(100),), promises=(promise(ticker="XYZ"),))
    assert naked_reasons(short_call(), busy) != ()
    own = book(positions=(shares(100),), promises=(promise(ticker="XYZ", order_id="o1"),))
    assert naked_reasons(short_call(), own) == ()


def test_stock_sold_short_covers_nothing() -> None:
    assert naked_reasons(short_call(), book(positions=(shares(-100),))) != ()


@pytest.mark.parametrize(("cash", "covered"), [(9_800.0, True), (9_799.0, False), (None, False), (math.nan, False)])
def test_a_put_needs_its_strike_in_cash_premium_included(cash: float | None, covered: bool) -> None:
    assert (naked_reasons(short_put(), book(cash=cash)) == ()) is covered


def test_cash_that_covers_other_puts_or_orders_is_not_free() -> None:
    other = position(legs=(option_leg("ABC260918P00050000", -1),))
    assert naked_reasons(short_put(), book(cash=14_800.0, positions=(other,))) == ()
    assert naked_reasons(short_put(), book(cash=14_799.0, positions=(other,))) != ()
    assert naked_reasons(short_put(), book(cash=10_179.0, promises=(promise(max_loss=380.0),))) != ()


def test_a_position_without_a_worst_case_leaves_no_cash_free() -> None:
    naked = position(legs=(option_leg("ABC260918C00050000", -1),))
    assert naked_reasons(short_put(), book(positions=(naked,))) == ("puts sold need 10,000 of cash, 0 is free",)


# closing


def held_spread(n: int = 2) -> Position:
    return position(position_id="p7", ticker="XYZ", strategy="bull_put_spread", legs=put_spread(n), contracts=n)


def close(n: int = 2, legs: tuple[Leg, ...] | None = None, **changes: Any) -> Ticket:
    values: dict[str, Any] = {
        "purpose": "close",
        "closes": "p7",
        "legs": put_spread(-n) if legs is None else legs,
        "contracts": n,
        "limit_price": -2.0,
        "strategy": "bull_put_spread",
    }
    return ticket(**values | changes)


def holding(*more: Position, **changes: Any) -> Book:
    return book(positions=(held_spread(), *more), **changes)


def test_closing_all_or_part_of_a_position_reduces_risk() -> None:
    assert reduces_risk(close(2), holding())
    assert reduces_risk(close(1), holding())


@pytest.mark.parametrize(
    ("why", "of"),
    [
        ("it opens", close(purpose="open")),
        ("it names no position", close(closes=None)),
        ("it names one that is not held", close(closes="p9")),
        ("it is in another underlying", close(ticker="ABC")),
        ("it closes more than there is", close(3)),
        ("it adds to the position", close(legs=put_spread(1))),
        ("it brings in another option", close(legs=(*put_spread(-1), option_leg(CALL_100, 1)))),
        ("it sells the long wing and keeps the short one", close(legs=(option_leg(PUT_95, -2),), limit_price=0.5)),
        ("it pays more than the position can lose", close(limit_price=-5.01)),
        ("it does nothing", close(legs=(option_leg(PUT_95, 0),), limit_price=0.0)),
        ("its multiplier differs", close(legs=(option_leg(PUT_100, 1, multiplier=10),))),
        ("it has no legs", close(legs=())),
    ],
)
def test_an_order_does_not_only_reduce_risk_when(why: str, of: Ticket) -> None:
    assert not reduces_risk(of, holding()), why


def test_paying_all_that_can_be_lost_still_closes() -> None:
    assert reduces_risk(close(limit_price=-5.0), holding())


def test_what_is_left_after_a_partial_close() -> None:
    assert remainder(held_spread(), close(1)) == put_spread(1)
    assert remainder(held_spread(), close(2)) == ()


def test_legs_split_over_two_lines_are_added_up() -> None:
    half = (*put_spread(-1), *put_spread(-1))
    assert reduces_risk(close(legs=half), holding())
    assert not reduces_risk(close(legs=(*half, *put_spread(-1))), holding())


EVERYTHING_WRONG: dict[str, Any] = {
    "nlv": None, "previous_nlv": None, "margin_used": None, "cash": None, "problems": ("no quote",),
    "halts": (Halt("all", "daily loss", NOW, "eva"),),
}  # fmt: skip


def test_a_halted_fund_in_an_unknown_state_can_still_be_closed_by_a_person() -> None:
    account = holding(**EVERYTHING_WRONG)
    unknown = order(close(), max_loss=None, margin=None, day_risk=None, sector="", stage="send", person="eva")
    assert refused(facts(unknown, account, regime=None)) == []


def test_a_close_may_be_staged_for_a_person_under_a_halt_but_not_sent_by_an_automatism() -> None:
    account = holding(**EVERYTHING_WRONG)
    assert refused(facts(order(close(), needs_person=True), account)) == []
    assert refused(facts(order(close(), needs_person=True, stage="send"), account)) == ["halted"]


def test_selling_the_long_wing_is_judged_like_an_opening_order() -> None:
    wing = close(legs=(option_leg(PUT_95, -2),), limit_price=0.5)
    names = [check.rule for check in check_order(facts(order(wing, person="eva"), holding()))]
    assert "position_size" in names
    halted = holding(halts=(Halt("all", "daily loss", NOW, "eva"),))
    assert "halted" in refused(facts(order(wing, person="eva"), halted))


def test_no_second_close_while_one_is_under_way() -> None:
    under_way = promise(order_id="o0", ticker="XYZ", strategy="bull_put_spread", max_loss=0.0)
    assert refused(facts(order(close()), holding(promises=(under_way,)))) == ["duplicate_close"]


def test_closing_a_naked_put_is_always_possible() -> None:
    naked = position(position_id="p7", ticker="XYZ", legs=(option_leg(PUT_100, -2),))
    half = close(legs=(option_leg(PUT_100, 1),), contracts=1, limit_price=-3.0)
    assert refused(facts(order(half), book(cash=10.0, positions=(naked,)))) == []


def test_buying_back_one_naked_call_is_possible_while_another_is_naked() -> None:
    naked = position(position_id="p7", ticker="XYZ", legs=(option_leg(CALL_100, -1),))
    back = close(legs=(option_leg(CALL_100, 1),), contracts=1, limit_price=-3.0)
    assert refused(facts(order(back), book(positions=(naked, sold_calls())))) == []


# stock that calls rely on


def sell_stock(n: int) -> Ticket:
    return close(legs=(stock_leg("XYZ", -n),), closes="stock", strategy="stock", contracts=n, limit_price=100.0)


def test_stock_that_covers_another_position_s_call_is_not_sold() -> None:
    assert naked_reasons(sell_stock(100), book(positions=(shares(100),))) == ()
    account = book(positions=(shares(100), sold_calls()))
    assert naked_reasons(sell_stock(1), account) == ("gives up stock that 1 calls sold or an order under way rely on",)
    assert naked_reasons(sell_stock(100), book(positions=(shares(200), sold_calls()))) == ()
    assert naked_reasons(sell_stock(101), book(positions=(shares(200), sold_calls()))) != ()


def test_stock_is_not_sold_while_an_order_under_way_may_rely_on_it() -> None:
    assert naked_reasons(sell_stock(100), book(positions=(shares(100),), promises=(promise(ticker="XYZ"),))) != ()


def test_the_stock_of_a_covered_call_is_not_sold_from_under_it() -> None:
    covered = position(
        position_id="p7", ticker="XYZ", strategy="covered_call", legs=(stock_leg("XYZ", 100), option_leg(CALL_100, -1))
    )
    stock_only = close(legs=(stock_leg("XYZ", -100),), contracts=1, limit_price=100.0)
    both = close(legs=(stock_leg("XYZ", -100), option_leg(CALL_100, 1)), contracts=1, limit_price=97.0)
    account = book(positions=(covered,))
    assert not reduces_risk(stock_only, account)
    assert "naked_short" in refused(facts(order(stock_only), account))
    assert reduces_risk(both, account)
    assert refused(facts(order(both), account)) == []


def test_expiries_of_the_builders_are_what_the_tests_say() -> None:
    assert option_leg(CALL_100, 1).expiry == date(2026, 9, 18)
