"""Profit by structure sums to the portfolio's: nothing leaks, whatever is filled in whatever parts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.profit import Booked, Profit, by_strategy, whole

EXECUTION = st.builds(
    Booked,
    position_id=st.sampled_from(("A", "B", "C")),
    strategy=st.just(""),
    symbol=st.sampled_from(("X", "Y")),
    units=st.integers(-9, 9).filter(bool).map(lambda n: 100 * n),
    price=st.integers(0, 5000).map(lambda cents: cents / 100),
    fee=st.integers(0, 500).map(lambda cents: cents / 100),
)
STRUCTURE = {"A": "calendar", "B": "calendar", "C": "iron_condor"}


def bought(units: int, price: float, fee: float = 0.0) -> Booked:
    return Booked("A", "calendar", "X", units, price, fee)


@settings(max_examples=150, deadline=None)
@given(st.lists(EXECUTION, max_size=24), st.dictionaries(st.sampled_from(("X", "Y")), st.integers(0, 5000)))
def test_realised_and_unrealised_are_all_cash_moved_plus_all_that_is_held(
    drawn: list[Booked], cents: dict[str, int]
) -> None:
    booked = [Booked(o.position_id, STRUCTURE[o.position_id], o.symbol, o.units, o.price, o.fee) for o in drawn]
    held = dict[tuple[str, str], int]()
    for one in booked:
        held[one.position_id, one.symbol] = held.get((one.position_id, one.symbol), 0) + one.units
    marks = {
        name: sum(units * cents.get(symbol, 0) / 100 for (owner, symbol), units in held.items() if owner == name)
        for name in {owner for (owner, _), units in held.items() if units}
    }
    cash = -sum(one.units * one.price + one.fee for one in booked)
    profits = by_strategy(booked, marks)
    assert whole(profits).total == pytest.approx(cash + sum(marks.values()), abs=1e-6)
    assert sum(part.total or 0.0 for part in profits) == pytest.approx(whole(profits).total, abs=1e-6)


def test_a_part_sold_realises_its_share_at_the_average_price() -> None:
    trades = [bought(200, 10.0), bought(200, 14.0), bought(-100, 15.0, fee=1.0)]
    (profit,) = by_strategy(trades, {"A": 300 * 13.0})
    assert profit == Profit("calendar", 1, 1, realised=300.0 - 1.0, unrealised=300.0, fees=1.0)


def test_an_execution_through_zero_realises_the_old_side_and_opens_the_other() -> None:
    (profit,) = by_strategy([bought(-100, 5.0), bought(300, 4.0)], {"A": 200 * 4.5})
    assert (profit.realised, profit.unrealised) == (100.0, 100.0)


def test_a_closed_position_is_all_realised() -> None:
    (profit,) = by_strategy([bought(-100, 5.0, 0.65), bought(100, 4.0, 0.65)], {})
    assert (profit.still_open, profit.realised, profit.unrealised) == (0, pytest.approx(98.7), 0.0)


def test_a_mark_that_is_not_known_leaves_the_total_unknown_and_keeps_what_is_realised() -> None:
    (profit,) = by_strategy([bought(200, 5.0), bought(-100, 6.0)], {"A": None})
    assert (profit.realised, profit.unrealised, profit.total) == (100.0, None, None)
    assert whole([profit]).total is None
