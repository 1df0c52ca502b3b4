"""An order that closes what is not held would open it the other way round."""

from typing import Any

import pytest

from domain.leg import option_leg
from domain.order import Ticket
from tests.risk.builders import (
    CALL_100,
    answer,
    book,
    facts,
    order,
    position,
    put_spread,
    refused,
    short_put_spread,
    ticket,
)

HELD = position(position_id="p7", ticker="XYZ", strategy="bull_put_spread", legs=put_spread(2), contracts=2)


def close(n: int = 2, **changes: Any) -> Ticket:
    """Buys back ``n`` spreads for 0.60."""
    values: dict[str, Any] = {
        "purpose": "close", "closes": "p7", "strategy": "bull_put_spread", "contracts": n, "legs": put_spread(-n),
        "limit_price": -0.6,
    }  # fmt: skip
    return ticket(**values | changes)


def test_what_is_held_may_be_closed_whole_or_in_part() -> None:
    for n in (1, 2):
        assert refused(facts(order(close(n)), book(positions=(HELD,)))) == []


@pytest.mark.parametrize(
    ("why", "of"),
    [
        ("the position is gone", close(closes="p8")),
        ("no position is named", close(closes=None)),
        ("less is held by now", close(3)),
        ("another option is held", close(legs=(option_leg(CALL_100, -2),))),
    ],
)
def test_a_close_is_refused_when(why: str, of: Ticket) -> None:
    check = answer(facts(order(of, stage="send", person="eva"), book(positions=(HELD,))), "position_held")
    assert not check.passed, why
    assert "does not hold what the order closes" in check.reason


def test_an_empty_book_refuses_a_close_for_this_reason_alone() -> None:
    assert refused(facts(order(close(), stage="send", person="eva"), book())) == ["position_held"]


def test_an_opening_order_is_not_concerned() -> None:
    assert answer(facts(order(short_put_spread())), "position_held").passed
