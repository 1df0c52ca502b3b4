"""The refined smile goes through what quotes say, and never gives anything away for nothing."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.black import price
from quant.refined import RefinedSmile, arbitrage_left, held_out_inside, inside_bid_ask, refine
from quant.residual_fit import Quoted, fit_residual
from quant.smile import Smile
from quant.surface import fit_surface
from quant.svi import Svi, durrleman
from tests.quant.recorded import needs_spy, spy_chain

DAY, LATER = date(2026, 9, 18), date(2026, 12, 18)
STRIKES = np.arange(80.0, 121.0, 1.0)
ROUNDING = 1e-9


def flat(vol: float, years: float) -> Svi:
    return Svi(vol**2 * years - 1e-4 * 0.2, 1e-4, 0.0, 0.0, 0.2)


def smile_of(vols: np.ndarray, half: float = 0.001, years: float = 0.25, day: date = DAY, fit: float = 0.2) -> Smile:
    """Quotes ``half`` a vol either side, over a flat fit."""
    low = np.maximum(vols - half, 0.0)
    return Smile(day, years, 100.0, 1.0, STRIKES, vols, low, vols + half, flat(fit, years))


def refined(*smiles: Smile) -> tuple[RefinedSmile, ...]:
    """And judged from their vols alone: convex values, slopes within bounds, variances that rise with time."""
    found = refine(smiles)
    assert arbitrage_left(found) < ROUNDING
    for one in found:
        judge(one)
    return found


def judge(one: RefinedSmile) -> None:
    strikes = np.geomspace(30.0, 300.0, 3001) / 100 * one.forward
    vols = one.vol(strikes)
    assert np.isfinite(vols).all()
    calls = price(True, one.forward, strikes, one.years, vols, 1.0)
    slopes = np.diff(calls) / np.diff(strikes)
    assert np.diff(slopes).min() > -1e-9 and slopes.min() > -1 - 1e-9 and slopes.max() < 1e-9


def test_quotes_that_the_fit_meets_leave_it_as_it_is() -> None:
    (fine,) = refined(smile_of(np.full(41, 0.20)))
    assert fine.vol(STRIKES) == pytest.approx(0.20, abs=2e-4)


def test_a_bump_that_five_parameters_cannot_draw_is_drawn() -> None:
    smile = smile_of(0.20 + 0.006 * np.exp(-((STRIKES - 95.0) ** 2) / 18))
    (fine,) = refined(smile)
    assert inside_bid_ask((smile,), (fine,)) == 1.0
    assert float(fine.vol(95.0)) == pytest.approx(0.206, abs=2e-4)


def test_a_quote_that_gives_a_butterfly_away_bends_the_curve_only_near_it() -> None:
    vols = np.full(41, 0.20)
    vols[20] += 0.03
    (fine,) = refined(smile_of(vols, half=0.0005))
    assert 0.20 < float(fine.vol(100.0)) < 0.225
    assert fine.vol([85.0, 90.0, 110.0, 115.0]) == pytest.approx(0.20, abs=1e-3)


def test_an_expiry_is_never_worth_less_than_the_one_before_it() -> None:
    near, far = smile_of(np.full(41, 0.30), fit=0.30), smile_of(np.full(41, 0.18), years=0.3, day=LATER, fit=0.18)
    first, second = refined(near, far)
    k = np.linspace(-1.2, 1.2, 997)
    assert np.all(second.curve.variance(k) >= first.curve.variance(k))
    assert second.curve.variance(k) == pytest.approx(first.curve.variance(k))  # 0.3^2 / 4 > 0.18^2 * 0.3 everywhere


def test_an_expiry_far_from_the_one_before_it_needs_no_floor() -> None:
    _, far = refined(smile_of(np.full(41, 0.20)), smile_of(np.full(41, 0.20), years=0.5, day=LATER))
    assert far.curve.floor is None


def test_beyond_the_knots_the_wings_are_those_of_the_fit() -> None:
    smile = smile_of(0.20 + 0.002 * np.sin(STRIKES / 4))
    (fine,) = refined(smile)
    beyond = np.exp([fine.curve.knots[0] - 0.01, fine.curve.knots[-1] + 0.01, -2.0, 2.0]) * 100
    assert fine.vol(beyond) == pytest.approx(smile.vol(beyond), rel=1e-12)
    ends = np.exp(fine.curve.knots[[0, -1]]) * 100
    assert fine.vol(ends * [1 + 1e-9, 1 - 1e-9]) == pytest.approx(smile.vol(ends), rel=1e-6)


def test_probability_and_forward_are_kept() -> None:
    (fine,) = refined(smile_of(0.20 + 0.002 * np.cos(STRIKES)))
    k = np.linspace(-1.5, 1.5, 300_001)
    u, density = np.exp(k), fine.curve.density(k)
    assert density.min() >= 0
    assert np.trapezoid(density, u) == pytest.approx(1.0, abs=1e-4)  # trapezes over the jumps
    assert np.trapezoid(density * u, u) == pytest.approx(1.0, abs=1e-4)  # trapezes over the jumps


def test_its_density_is_the_curvature_of_its_own_variance() -> None:
    (fine,) = refined(smile_of(0.20 + 0.003 * np.exp(-((STRIKES - 95.0) ** 2) / 18)))
    knots, h = fine.curve.knots, 1e-4
    k = (knots[5:-5] + knots[6:-4]) / 2
    low, here, high = (fine.curve.variance(k + step) for step in (-h, 0.0, h))
    g = durrleman(k, here, (high - low) / (2 * h), (high - 2 * here + low) / h**2)
    d2 = -k / np.sqrt(here) - np.sqrt(here) / 2
    density = g * np.exp(-(d2**2) / 2) / np.sqrt(2 * np.pi * here) / np.exp(k)
    assert density == pytest.approx(fine.curve.density(k), rel=1e-3)


def test_five_quotes_are_followed_on_the_shape_of_the_expiry_beside_them() -> None:
    smile = smile_of(np.full(41, 0.2), years=0.5, day=LATER)
    five = [5, 12, 20, 28, 35]
    vols = 0.22 - 0.1 * np.log(STRIKES[five] / 100)
    thin = Smile(DAY, 0.25, 100.0, 1.0, STRIKES[five], vols, vols - 0.003, vols + 0.003)
    fine = refined(thin, smile)
    assert inside_bid_ask((thin,), fine[:1]) == 1.0


def test_one_quote_alone_leaves_the_fit_and_says_so() -> None:
    lone = replace(
        smile_of(np.full(41, 0.2)), strikes=np.array([100.0]), vols=np.array([0.5]), bid_vols=None, ask_vols=None
    )
    (fine,) = refined(lone)
    assert float(fine.vol(100.0)) == pytest.approx(float(lone.vol(100.0)), rel=1e-12)
    assert fine.curve.notes == ("fewer than two quotes to follow",)
    assert refine(()) == () and arbitrage_left(()) == 0.0


def test_quotes_that_say_nothing_are_counted_and_left_out() -> None:
    k, w = np.log(STRIKES / 100), np.full(41, 0.01)
    mid, bid, ask = w.copy(), w * 0.98, w * 1.02
    mid[3], bid[8], ask[9], ask[20] = np.nan, np.nan, np.inf, 0.005  # the last is crossed
    found = fit_residual(flat(0.2, 0.25), Quoted(k, mid, bid, ask))
    assert found.notes == ("2 quotes without use",)
    assert found.variance(k) == pytest.approx(0.01, rel=1e-2)
    silent = fit_residual(flat(0.2, 0.25), Quoted(np.full(4, np.nan), *(np.full(4, np.nan) for _ in range(3))))
    assert silent.notes == ("4 quotes without use", "fewer than two quotes to follow")


def test_a_strike_quoted_twice_counts_once() -> None:
    k, w = np.log(STRIKES / 100), np.full(41, 0.0105)
    once = fit_residual(flat(0.2, 0.25), Quoted(k, w, 0.98 * w, 1.02 * w))
    k, w = np.repeat(k, 2), np.repeat(w, 2)
    twice = fit_residual(flat(0.2, 0.25), Quoted(k, w, 0.98 * w, 1.02 * w))
    assert twice.ratios == pytest.approx(once.ratios) and twice.notes == ("41 quotes without use",)


def test_a_fit_with_a_butterfly_of_its_own_is_flattened_first() -> None:
    vogt = Svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
    k = np.linspace(-0.5, 0.5, 21)
    w = vogt.variance(k)
    found = fit_residual(vogt, Quoted(k, w, 0.99 * w, 1.01 * w))
    assert found.notes[0].startswith("the fit below has a butterfly")
    judge(RefinedSmile(DAY, 1.0, 100.0, found))


@pytest.mark.parametrize("nothing", [Svi(0.0, 0.0, 0.0, 0.0, 1.0), Svi(np.nan, np.nan, np.nan, np.nan, np.nan)])
def test_on_a_fit_that_is_none_nothing_is_built(nothing: Svi) -> None:
    k, w = np.log(STRIKES / 100), np.full(41, 0.01)
    found = fit_residual(nothing, Quoted(k, w, 0.98 * w, 1.02 * w))
    assert not len(found.knots) and "nothing below to build on" in found.notes
    after = fit_residual(flat(0.2, 0.25), Quoted(k, w, 0.98 * w, 1.02 * w), found)
    assert after.variance(k) == pytest.approx(0.01, rel=1e-3)


def test_noise_within_the_spread_is_smoothed_and_held_out_quotes_are_met() -> None:
    noise = np.random.default_rng(3).normal(size=41)
    bump = 0.20 + 0.006 * np.exp(-((STRIKES - 95.0) ** 2) / 18)
    smile = smile_of(bump + 0.0004 * noise, half=0.001)
    (fine,) = refined(smile)
    assert np.std(fine.vol(STRIKES) - bump) < 0.0004
    assert inside_bid_ask((smile,), (fine,)) > 0.95
    assert held_out_inside((smile,)) > 0.7


@settings(max_examples=15, deadline=None, derandomize=True)
@given(st.lists(st.floats(0.05, 0.6), min_size=41, max_size=41), st.floats(0, 0.05))
def test_no_quotes_make_it_give_anything_away(vols: list[float], half: float) -> None:
    refined(smile_of(np.array(vols), half), smile_of(np.array(vols[::-1]), half, 0.3, LATER))


@needs_spy
def test_a_recorded_session_is_met_by_nine_in_ten_and_nothing_is_left() -> None:
    surface = fit_surface(spy_chain("2026-08-06"), 0.0385)
    chosen = [i for i, one in enumerate(surface.slices) if 7 <= 365 * one.years <= 180]
    fine = surface.refined
    assert inside_bid_ask([surface.slices[i] for i in chosen], [fine[i] for i in chosen]) >= 0.90
    assert held_out_inside([surface.slices[i] for i in chosen[::3]]) >= 0.85
    assert arbitrage_left(fine) < ROUNDING
    for one in fine[::4]:
        judge(one)
