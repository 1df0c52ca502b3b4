"""The refined smile goes through what quotes say, and never gives anything away for nothing."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.black import price
from quant.residual import RefinedSmile, arbitrage_left, inside_bid_ask, refine
from quant.smile import Smile
from quant.surface import fit_surface
from quant.svi import Svi
from tests.quant.recorded import needs_spy, spy_chain

DAY, LATER = date(2026, 9, 18), date(2026, 12, 18)
STRIKES = np.arange(80.0, 121.0, 1.0)
ROUNDING = 1e-9


def smile_of(vols: np.ndarray, half: float = 0.001, years: float = 0.25, day: date = DAY) -> Smile:
    """Quotes ``half`` a vol either side, over a flat fit at 20 %."""
    flat = Svi(0.04 * years - 1e-4 * 0.2, 1e-4, 0.0, 0.0, 0.2)
    return Smile(day, years, 100.0, 1.0, STRIKES, vols, vols - half, vols + half, flat)


def test_quotes_that_the_fit_meets_leave_it_as_it_is() -> None:
    (fine,) = refine((smile_of(np.full(41, 0.20)),))
    assert fine.vol(STRIKES) == pytest.approx(0.20, abs=2e-4)
    assert arbitrage_left((fine,)) < ROUNDING


def test_a_bump_that_five_parameters_cannot_draw_is_drawn() -> None:
    bump = 0.20 + 0.006 * np.exp(-((STRIKES - 95.0) ** 2) / 18)
    smile = smile_of(bump)
    (fine,) = refine((smile,))
    assert inside_bid_ask((smile,), (fine,)) > 0.95
    assert fine.vol(95.0) == pytest.approx(0.206, abs=1e-3)
    assert arbitrage_left((fine,)) < ROUNDING


def test_quotes_that_give_a_butterfly_away_are_not_followed() -> None:
    vols = np.full(41, 0.20)
    vols[20] += 0.03
    smile = smile_of(vols, half=0.0005)
    (fine,) = refine((smile,))
    assert arbitrage_left((fine,)) < ROUNDING
    assert float(fine.vol(100.0)) < 0.225
    assert fine.vol([90.0, 110.0]) == pytest.approx(0.20, abs=3e-3)


def test_an_expiry_is_never_worth_less_than_the_one_before_it() -> None:
    near, far = smile_of(np.full(41, 0.30), years=0.25), smile_of(np.full(41, 0.18), years=0.3, day=LATER)
    fine = refine((near, far))
    assert np.all(fine[1].calls >= fine[0].calls)
    assert arbitrage_left(fine) < ROUNDING


def test_beyond_the_quotes_the_wings_are_those_of_the_fit() -> None:
    smile = smile_of(0.20 + 0.004 * np.sin(STRIKES / 4))
    (fine,) = refine((smile,))
    assert fine.vol([72.0, 136.0]) == pytest.approx(smile.vol([72.0, 136.0]), abs=4e-3)


def test_values_are_those_of_black_at_the_vol_it_tells() -> None:
    (fine,) = refine((smile_of(0.20 + 0.002 * np.cos(STRIKES)),))
    vols = fine.vol(STRIKES)
    worth = price(True, 1.0, STRIKES / 100, 0.25, vols, 1.0)
    assert worth == pytest.approx(np.interp(STRIKES / 100, fine.moneyness, fine.calls), abs=1e-9)


def test_a_smile_of_one_strike_is_its_fit() -> None:
    quotes = smile_of(np.full(41, 0.2))
    lone = replace(quotes, strikes=np.array([100.0]), vols=np.array([0.5]), bid_vols=None, ask_vols=None)
    (fine,) = refine((lone,))
    assert float(fine.vol(100.0)) == pytest.approx(0.20, abs=2e-4)
    assert refine(()) == () and arbitrage_left(()) == 0.0


@settings(max_examples=12, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.05, 0.6), min_size=41, max_size=41), st.floats(1e-5, 0.05))
def test_no_quotes_make_it_give_anything_away(vols: list[float], half: float) -> None:
    fine = refine((smile_of(np.array(vols), half), smile_of(np.array(vols[::-1]), half, 0.5, LATER)))
    assert arbitrage_left(fine) < 1e-8
    for one in fine:
        check(one)


def check(one: RefinedSmile) -> None:
    """Judged anew between the points of its grid: convex, falling by no more than the strike rises."""
    x = np.linspace(0.5, 2.0, 4001)
    calls = np.interp(x, one.moneyness, one.calls)
    slopes = np.diff(calls) / np.diff(x)
    assert np.all(np.diff(slopes) > -1e-8) and slopes.min() > -1 - 1e-9 and slopes.max() < 1e-9


@needs_spy
def test_a_recorded_session_is_met_by_nine_in_ten_and_nothing_is_left() -> None:
    surface = fit_surface(spy_chain("2026-08-06"), 0.0385)
    chosen = [i for i, one in enumerate(surface.slices) if 7 <= 365 * one.years <= 180]
    share = inside_bid_ask([surface.slices[i] for i in chosen], [surface.refined[i] for i in chosen])
    assert share >= 0.90
    assert arbitrage_left(surface.refined) < ROUNDING
    for one in surface.refined:
        check(one)
