"""Prices go in steps, and rounding never crosses the price it starts from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.tick import on_tick, round_to_tick, tick_class, tick_size

ticks = st.sampled_from([0.01, 0.05, 0.10])
prices = st.floats(-500, 500)


@given(prices, ticks)
def test_rounding_stays_on_its_side_and_within_a_step(price: float, tick: float) -> None:
    down, up = round_to_tick(price, tick, "down"), round_to_tick(price, tick, "up")
    assert down <= price + 1e-9 <= price + tick and price - 1e-9 <= up
    assert up - down <= tick + 1e-9
    assert on_tick(down, tick) and on_tick(up, tick) and on_tick(round_to_tick(price, tick), tick)


@given(st.integers(-10_000, 10_000), ticks)
def test_a_price_on_the_tick_stays_where_it_is(steps: int, tick: float) -> None:
    price = round(steps * tick, 10)
    assert {round_to_tick(price, tick, way) for way in ("down", "up", "nearest")} == {price}


@pytest.mark.parametrize(
    ("ticker", "price", "legs", "tick"),
    [
        ("SPY", 12.0, 1, 0.01),
        ("AAPL", 2.99, 1, 0.01),
        ("AAPL", 3.00, 1, 0.05),
        ("AAPL", -3.50, 2, 0.01),
        ("XYZ", 2.99, 1, 0.05),
        ("XYZ", 3.00, 1, 0.10),
        ("XYZ", 3.00, 2, 0.05),
        ("XYZ", -3.50, 1, 0.10),
    ],
)
def test_the_increment_of(ticker: str, price: float, legs: int, tick: float) -> None:
    assert tick_size(tick_class(ticker), price, legs) == tick


def test_half_a_tick_is_not_on_it() -> None:
    assert not on_tick(1.025, 0.05)
    assert on_tick(0.30000000000000004, 0.05)
    assert on_tick(0.0, 0.05)
