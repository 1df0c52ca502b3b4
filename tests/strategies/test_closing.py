from datetime import UTC, datetime

import numpy as np
import pytest

from domain.book import Position
from domain.leg import option_leg, stock_leg
from strategies.closing import closing_ticket_parts
from strategies.pricing import executable

NOW = datetime(2026, 6, 1, 18, 0, tzinfo=UTC)
SPREAD = (option_leg("XYZ260717P00095000", -1), option_leg("XYZ260717P00090000", 1))


def position(legs, contracts):
    return Position("P1", "XYZ", "Tech", "bull_put_spread", contracts, tuple(legs), NOW, 0.0, 100.0, None)


def test_closing_trades_every_leg_back_at_a_price_for_one_structure(make_chain):
    chain = make_chain()
    legs, limit = closing_ticket_parts(position([leg.times(3) for leg in SPREAD], 3), chain, 1.0)
    assert [leg.contracts for leg in legs] == [3, -3]
    assert limit == executable(chain, [leg.times(-1) for leg in SPREAD], 1.0).limit < 0


def test_a_covered_call_is_closed_with_its_stock(make_chain):
    covered = (stock_leg("XYZ", 200), option_leg("XYZ260717C00105000", -2))
    legs, limit = closing_ticket_parts(position(covered, 2), make_chain(), 1.0)
    assert [leg.contracts for leg in legs] == [-200, 2]
    assert 90 < limit < 100


def test_stock_left_by_an_assignment_is_sold_at_its_bid(make_chain):
    legs, limit = closing_ticket_parts(position([stock_leg("XYZ", 100)], 100), make_chain(), 1.0)
    assert legs == (stock_leg("XYZ", -100),) and limit == pytest.approx(99.99)


def test_a_leg_without_a_bid_cannot_be_sold(make_chain):
    chain = make_chain()
    bid = chain.bid.copy()
    bid[chain.row_of(SPREAD[1])] = 0.0
    assert "two-sided" in closing_ticket_parts(position(SPREAD, 1), make_chain(bid=bid), 1.0)
    assert "two-sided" in closing_ticket_parts(position(SPREAD, 1), make_chain(ask=np.full(len(chain), np.nan)), 1.0)


def test_uneven_legs_are_no_structure(make_chain):
    uneven = (SPREAD[0].times(3), SPREAD[1].times(2))
    assert "not 2 times" in closing_ticket_parts(position(uneven, 2), make_chain(), 1.0)
