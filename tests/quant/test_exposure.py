"""Gamma, vanna and charm exposure: signs, units, and what is left out."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.black import greeks
from quant.exposure import DealerSigns, exposure, open_lines
from quant.gamma_profile import GammaProfile
from quant.surface import fit_surface
from tests.quant.made import APRIL, JUNE, RATE, SPOT, made_chain

A_DAY, A_POINT = 1 / 365, 0.01


def lines_of(chain, *signs):
    return open_lines(chain, fit_surface(chain, RATE), DealerSigns(*signs))


def found(chain, *signs):
    return exposure(lines_of(chain, *signs))


def only(chain, rows, contracts=100.0):
    return replace(chain, open_interest=np.where(rows, contracts, 0.0))


def one_call(contracts=30.0):
    chain = made_chain((APRIL,), half_spread=0.0)
    return only(chain, chain.call & (chain.strike == 105.0), contracts)


def delta(lines, *, vol=0.0, day=0.0, spot=1.0):
    """Dollars of delta of the open lines, with the vols shifted, a part of a day later, or at another spot."""
    s, left = lines.spot * spot, lines.years - day * A_DAY
    share = left / lines.years
    g = greeks(
        lines.call, s, s * lines.growth**share, lines.strike, left, lines.vol + vol, lines.discount**share
    )  # fmt: skip
    return float((g.delta * lines.units).sum())


def test_one_line_is_gamma_times_contracts_times_multiplier_times_a_per_cent():
    chain = one_call(30.0)
    smile = fit_surface(chain, RATE).slices[0]
    g = greeks(True, SPOT, smile.forward, 105.0, smile.years, smile.vol(105.0), smile.discount)
    answer = found(chain)
    assert answer.gex_total == pytest.approx(float(g.gamma) * 30 * 100 * SPOT * SPOT * 0.01)
    assert answer.vex_total == pytest.approx(float(g.vanna) * 30 * 100 * SPOT * 0.01)
    assert answer.cex_total == pytest.approx(float(g.charm) * 30 * 100 * SPOT / 365)
    assert answer.strikes.tolist() == [105.0] and answer.gex.sum() == pytest.approx(answer.gex_total)


def test_exposures_are_what_delta_does_when_the_market_moves_a_little():
    chain = made_chain()
    lines = lines_of(only(chain, chain.call | (chain.strike < 95.0), 50.0))
    answer, h = exposure(lines), 1e-5
    by_vol = (delta(lines, vol=h) - delta(lines, vol=-h)) / (2 * h) * A_POINT * SPOT
    by_day = (delta(lines, day=h) - delta(lines, day=-h)) / (2 * h) * SPOT
    by_spot = (delta(lines, spot=1 + h) - delta(lines, spot=1 - h)) / (2 * h) * 0.01 * SPOT
    assert answer.vex_total == pytest.approx(by_vol, rel=1e-6)
    assert answer.cex_total == pytest.approx(by_day, rel=1e-6)
    assert answer.gex_total == pytest.approx(by_spot, rel=1e-6)


def test_the_charm_of_a_day_is_the_revaluation_a_day_later_and_near_the_slope():
    lines = lines_of(one_call())
    answer = exposure(lines)
    assert answer.decay == pytest.approx((delta(lines, day=1.0) - delta(lines)) * SPOT, rel=1e-9)
    assert answer.decay == pytest.approx(answer.cex_total, rel=0.03)


def test_what_expires_within_the_day_is_exercised_or_gone():
    tomorrow = made_chain((date(2026, 3, 3), JUNE), half_spread=0.0)
    rows = tomorrow.call & (tomorrow.strike == 95.0) & (tomorrow.expiry == np.datetime64("2026-03-03"))
    lines = lines_of(only(tomorrow, rows))
    lines = replace(lines, years=lines.years * 0.5)
    assert (delta(lines) + exposure(lines).decay / SPOT) == pytest.approx(100 * 100)


def test_calls_count_plus_and_puts_minus_and_equal_lines_cancel():
    chain = made_chain((APRIL,))
    calls, puts = found(only(chain, chain.call)).gex_total, found(only(chain, ~chain.call)).gex_total
    assert calls > 0 > puts
    assert abs(found(chain).gex_total) < 1e-9 * calls


def test_whose_options_they_are_is_configured():
    chain = made_chain((APRIL,))
    puts = only(chain, ~chain.call & (chain.strike == 90.0))
    usual = found(puts)
    for sign in (1.0, -0.5, 0.25):
        other = found(puts, 1.0, sign)
        for name in ("gex_total", "vex_total", "cex_total", "decay"):
            assert getattr(other, name) == pytest.approx(-sign * getattr(usual, name))


def test_zero_gamma_lies_between_puts_below_and_calls_above_and_there_it_is_zero():
    chain = made_chain((APRIL,))
    rows = (chain.call & (chain.strike == 110.0)) | (~chain.call & (chain.strike == 90.0))
    lines = lines_of(only(chain, rows))
    answer = exposure(lines)
    spots, values = answer.profile
    assert 90 < answer.zero_gamma < 110
    assert abs(lines.profile().at(np.array([answer.zero_gamma]))[0]) < 1e-4 * np.abs(values).max()
    assert np.interp(SPOT, spots, values) == pytest.approx(answer.gex_total, abs=0.01 * np.abs(values).max())
    assert found(only(chain, chain.call)).zero_gamma is None


def test_the_nearest_of_several_zeros_is_told():
    chain = made_chain((APRIL,), vol=lambda k, t: np.full(np.shape(k), 0.08))
    rows = (chain.call & np.isin(chain.strike, (85.0, 105.0))) | (~chain.call & np.isin(chain.strike, (95.0, 115.0)))
    lines = lines_of(only(chain, rows))
    fine = SPOT * np.linspace(0.8, 1.2, 4001)
    values = lines.profile().at(fine)
    zeros = fine[np.flatnonzero(np.diff(np.sign(values)))]
    assert len(zeros) >= 3
    assert exposure(lines).zero_gamma == pytest.approx(zeros[np.argmin(np.abs(zeros - SPOT))], abs=0.02)


def test_expired_rows_and_unknown_open_interest_are_left_out():
    chain = made_chain((date(2026, 2, 27), APRIL))
    expired = chain.expiry < np.datetime64(APRIL)
    over = found(only(chain, expired))
    assert over.gex_total is None and "open interest" in over.problem
    assert found(only(chain, chain.call)).gex_total == found(only(chain, ~expired & chain.call)).gex_total
    unknown = found(replace(chain, open_interest=np.full(len(chain), np.nan)))
    assert (unknown.gex_total, unknown.vex_total, unknown.cex_total, unknown.zero_gamma) == (None,) * 4
    assert "open interest" in unknown.problem and len(unknown.gex) == 0
    ended = found(chain.rows(expired))
    assert ended.gex_total is None and "expired" in ended.problem


def test_without_a_smile_the_rows_own_vols_serve():
    chain = made_chain((APRIL,), strikes=[100.0])
    assert fit_surface(chain, RATE).slices == ()
    assert found(only(chain, chain.call)).gex_total > 0


odd = st.sampled_from([float("nan"), float("inf"), -5.0, 0.0, 3.0, 1e300])


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.data())
def test_bad_columns_never_raise_and_totals_are_numbers_or_unknown(data):
    chain = made_chain((APRIL,), strikes=[95.0, 100.0, 105.0, 110.0])
    changes = {}
    for name in ("bid", "ask", "open_interest", "strike"):
        column = getattr(chain, name).copy()
        for row in data.draw(st.sets(st.integers(0, len(chain) - 1), max_size=3)):
            column[row] = data.draw(odd)
        changes[name] = column
    answer = found(replace(chain, spot=data.draw(st.sampled_from([SPOT, 0.0, float("nan")])), **changes))
    for total in (answer.gex_total, answer.vex_total, answer.cex_total):
        assert (total is None) == bool(answer.problem)


def book(count=400, seed=3):
    random = np.random.default_rng(seed)
    years = random.choice([0.001, 0.02, 0.2, 1.0, 2.5], count)
    strike, vol = 100 * np.exp(random.normal(0, 0.3, count)), random.uniform(0.03, 1.5, count)
    return strike, years, vol, np.exp(0.02 * years), np.exp(-0.04 * years), random.normal(0, 1e4, count)


def test_the_profile_is_gamma_at_every_spot():
    strike, years, vol, growth, discount, units = book()
    spots = np.array([70.0, 99.0, 100.0, 140.0])
    for spot, value in zip(spots, GammaProfile.of(*book()).at(spots), strict=True):
        g = greeks(True, spot, spot * growth, strike, years, vol, discount)
        assert value == pytest.approx(float((g.gamma * units).sum()) * spot * spot / 100, rel=1e-12)


@pytest.mark.parametrize("count", [1, 7, 8, 9, 60])
def test_the_compiled_profile_is_the_numpy_one(count):
    profile = GammaProfile.of(*book())
    spots = np.sort(100 * np.exp(np.random.default_rng(count).uniform(-0.5, 0.5, count)))
    plain = profile.at(spots)
    assert profile.at(spots, compiled=True) == pytest.approx(plain, abs=1e-12 * np.abs(profile.weight).max() * 150)
    assert len(profile.at(spots[:0], compiled=True)) == 0
