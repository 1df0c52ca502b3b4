"""Expected moves and what an announcement adds."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.moves import EventMove, event_move, expected_move
from quant.smile import Smile
from tests.quant.made import steady

TODAY = date(2026, 8, 20)


def smile(days: int, total: float) -> Smile:
    years = days / 365
    vol = (total / years) ** 0.5
    strikes = np.array([80.0, 100.0, 120.0])
    return Smile(TODAY + timedelta(days=days), years, 100.0, 1.0, strikes, np.full(3, vol))


def announced(usual: float, news: float, days: tuple[int, ...], at: int) -> list[Smile]:
    return [smile(d, usual**2 * d / 365 + (news**2 if d > at else 0.0)) for d in days]


@steady
@given(st.floats(0.1, 1.0), st.floats(0.01, 0.3), st.integers(2, 20))
def test_the_announcement_comes_out_as_it_was_put_in(usual: float, news: float, at: int) -> None:
    for expiries in ((1, 22, 50, 80), (22, 50, 80)):
        move = event_move(announced(usual, news, expiries, at), TODAY + timedelta(days=at))
        assert isinstance(move, EventMove)
        assert move.deviation == pytest.approx(news, rel=1e-6) and move.base_vol == pytest.approx(usual, rel=1e-6)
        assert move.mean == pytest.approx(news * 0.797885, rel=1e-5)
        assert (move.before is None) == (expiries[0] != 1)


def test_an_expiry_on_the_day_itself_says_nothing() -> None:
    day = TODAY + timedelta(days=10)
    with_it = event_move(announced(0.3, 0.05, (3, 10, 17, 31), 10), day)
    assert with_it == event_move(announced(0.3, 0.05, (3, 17, 31), 10), day)


@pytest.mark.parametrize(
    ("slices", "says"),
    [
        ([], "0 expiries after"),
        (announced(0.3, 0.05, (3, 17), 10), "1 expiries after"),
        (announced(0.3, 0.0, (3, 17, 31), 10), "no dearer"),
        ([smile(3, 0.001), smile(17, 0.02), smile(31, 0.015)], "falls"),
    ],
)
def test_what_cannot_be_told_is_said_so(slices: list[Smile], says: str) -> None:
    move = event_move(slices, TODAY + timedelta(days=10))
    assert isinstance(move, str) and says in move


def test_two_outcomes_of_three_lie_within_the_expected_move() -> None:
    move = expected_move(smile(30, 0.2**2 * 30 / 365))
    draws = 100 * np.exp(0.2 * np.sqrt(30 / 365) * np.random.default_rng(1).standard_normal(200_000))
    inside = np.mean((draws > move.low) & (draws < move.high))
    assert inside == pytest.approx(0.683, abs=0.004)
    assert move.straddle == pytest.approx(np.abs(draws - 100).mean(), rel=0.01)
