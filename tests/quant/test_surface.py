"""Fitting a surface to quotes whose truth is known, and to quotes that are broken in every way."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chain import COLUMNS
from quant.black import BAD_INPUT, CROSSED, EXPIRED, NO_ASK, NO_BID, NO_PRICE, OK
from quant.surface import fit_surface, iv30, row_years, skew, term
from tests.quant.made import APRIL, JUNE, QUOTED, RATE, SPOT, STRIKES, forward_at, made_chain, smirk, steady

TODAY, LAST_WEEK = date(2026, 3, 2), date(2026, 2, 27)


def changed(chain, **columns):
    """The chain with cells replaced: ``bid=(mask, value)``."""
    new = {name: getattr(chain, name).copy() for name in columns}
    for name, (rows, value) in columns.items():
        new[name][rows] = value
    return replace(chain, **new)


def put_row(chain, strike, expiry=APRIL):
    return np.flatnonzero((chain.strike == strike) & ~chain.call & (chain.expiry == np.datetime64(expiry)))[0]


def test_the_vols_the_quotes_were_made_with_come_back():
    chain = made_chain(half_spread=0.0)
    surface = fit_surface(chain, RATE)
    years = row_years(chain)
    truth = smirk(np.log(chain.strike / forward_at(years)), years)
    solved = surface.status == OK
    assert solved.mean() > 0.9
    assert np.abs(surface.vols - truth)[solved].max() < 1e-6
    assert [round(s.forward / float(forward_at(s.years)), 9) for s in surface.slices] == [1.0, 1.0]
    assert surface.problems == ()


def test_a_smile_is_made_of_the_out_of_the_money_side():
    surface = fit_surface(made_chain(), RATE)
    smile = surface.slice_for(APRIL)
    assert np.all(np.diff(smile.strikes) > 0)
    inside = smile.strikes[1:-1]
    assert smile.vol(inside) == pytest.approx(smirk(np.log(inside / smile.forward), smile.years), abs=2e-3)
    assert surface.slice_for(TODAY) is None


def test_between_slices_total_variance_runs_straight_and_outside_the_vol_is_flat():
    surface = fit_surface(made_chain(half_spread=0.0), RATE)
    near, far = surface.slices
    middle = (near.years + far.years) / 2
    total = (near.atm**2 * near.years + far.atm**2 * far.years) / 2
    assert surface.at_days(middle * 365) == pytest.approx(np.sqrt(total / middle))
    assert surface.at_days(1) == pytest.approx(near.atm)
    assert surface.at_days(3000) == pytest.approx(far.atm)
    assert float(surface.vol(far.forward * 1.1, far.years)) == pytest.approx(float(far.vol(far.forward * 1.1)))
    assert float(surface.vol(near.forward * 0.9, near.years)) == pytest.approx(float(near.vol(near.forward * 0.9)))
    assert surface.vol(np.full((2, 1), 100.0), np.array([0.1, 0.2, 9.0])).shape == (2, 3)


def test_the_readings_of_a_surface():
    surface = fit_surface(made_chain(), RATE)
    assert iv30(surface) == pytest.approx(surface.slices[0].atm)
    assert skew(surface) > 0.01
    assert [day for day, _, _ in term(surface)] == [APRIL, JUNE]
    assert term(surface)[0][1] == pytest.approx(46.04, abs=0.01)


def test_an_empty_chain_has_a_surface_without_readings():
    surface = fit_surface(made_chain().rows(np.zeros(100, dtype=bool)), RATE)
    assert surface.slices == () and len(surface.vols) == 0
    assert iv30(surface) is None and skew(surface) is None and term(surface) == ()
    assert np.isnan(surface.vol(100.0, 0.1))


def test_crossed_one_sided_zero_and_nan_quotes_say_so_and_the_rest_is_fitted():
    chain = made_chain()
    at = [put_row(chain, strike) for strike in (80.0, 85.0, 90.0, 95.0)]
    broken = changed(chain, bid=(at[:3], [9.0, 0.0, np.nan]), ask=(at, [8.0, 1.0, np.nan, 0.0]))
    surface = fit_surface(broken, RATE)
    assert surface.status[at].tolist() == [CROSSED, NO_BID, NO_PRICE, NO_ASK]
    assert not {80.0, 85.0, 90.0, 95.0} & set(surface.slice_for(APRIL).strikes)
    assert surface.slice_for(APRIL).atm == pytest.approx(fit_surface(chain, RATE).slice_for(APRIL).atm, abs=1e-3)


def test_a_stray_mid_does_not_bend_the_smile():
    chain = made_chain()
    row = put_row(chain, 90.0)
    bad = changed(chain, bid=(row, chain.bid[row] * 2.5), ask=(row, chain.ask[row] * 2.5))
    clean, fitted = (fit_surface(x, RATE).slice_for(APRIL) for x in (chain, bad))
    assert 90.0 in clean.strikes and 90.0 not in fitted.strikes
    assert float(fitted.vol(90.0)) == pytest.approx(float(clean.vol(90.0)), abs=0.003)


def test_a_premium_of_a_tick_and_a_quote_wider_than_its_mid_make_no_smile():
    chain = made_chain(tick_class="standard")
    cheap, wide, bearable = (put_row(chain, strike) for strike in (80.0, 87.5, 95.0))
    mid = chain.last[[wide, bearable]]
    bid, ask = mid * [0.49, 0.51], mid * [1.51, 1.49]
    quoted = changed(chain, bid=([cheap, wide, bearable], [0.05, *bid]), ask=([cheap, wide, bearable], [0.05, *ask]))
    surface = fit_surface(quoted, RATE)
    assert set(surface.status[[cheap, wide, bearable]]) == {OK}
    assert {80.0, 87.5, 95.0} & set(surface.slice_for(APRIL).strikes) == {95.0}


def test_duplicate_rows_count_once():
    chain = made_chain()
    twice = chain.rows(np.repeat(np.arange(len(chain)), 2))
    one, two = (fit_surface(x, RATE).slice_for(APRIL) for x in (chain, twice))
    assert np.array_equal(one.strikes, two.strikes) and np.array_equal(one.vols, two.vols)


def test_expiries_that_are_over_or_too_thin_are_named_and_left_out():
    chain = made_chain((LAST_WEEK, APRIL, JUNE))
    thin = chain.rows((chain.expiry != np.datetime64(JUNE)) | (chain.strike == 100.0))
    surface = fit_surface(thin, RATE)
    assert [s.expiry for s in surface.slices] == [APRIL]
    assert surface.problems == ("2026-02-27: expired", "2026-06-18: 1 usable strikes, 3 needed")
    assert set(surface.status[thin.expiry == np.datetime64(LAST_WEEK)]) == {EXPIRED}


def test_options_of_the_day_live_until_the_close_and_not_after():
    strikes = np.arange(98.0, 102.1, 0.25)
    chain = made_chain((TODAY,), strikes, lambda m, t: 0.3 + 0 * m)
    assert fit_surface(chain, RATE).slice_for(TODAY).years == pytest.approx(2 / 24 / 365)
    late = made_chain((TODAY,), strikes, quote_time=QUOTED.replace(hour=21, minute=15))
    assert fit_surface(late, RATE).slices == ()


def test_of_two_roots_on_one_expiry_the_better_quoted_makes_the_smile():
    spx = made_chain((APRIL,), STRIKES[::4], lambda m, t: 0.5 + 0 * m, root="SPX")
    spxw = made_chain((APRIL,), STRIKES, lambda m, t: 0.2 + 0 * m, root="SPXW")
    both = replace(spx, **{name: np.append(getattr(spx, name), getattr(spxw, name)) for name in COLUMNS})
    surface = fit_surface(both, RATE)
    assert surface.slices[0].atm == pytest.approx(0.2, abs=1e-3)
    assert surface.slices[0].years == pytest.approx(row_years(spxw)[0])


def test_of_two_roots_on_one_expiry_the_one_still_alive_makes_the_smile():
    settled = made_chain((TODAY,), np.arange(98.0, 102.1, 0.125), root="SPX")
    alive = made_chain((TODAY,), np.arange(98.0, 102.1, 0.25), lambda m, t: 0.3 + 0 * m, root="SPXW")
    settled = replace(settled, bid=alive.bid.max() + 0 * settled.bid, ask=alive.ask.max() + 0 * settled.ask)
    both = replace(settled, **{name: np.append(getattr(settled, name), getattr(alive, name)) for name in COLUMNS})
    surface = fit_surface(both, RATE)
    assert surface.slice_for(TODAY).years == pytest.approx(2 / 24 / 365)
    assert set(surface.status[both.root == "SPX"]) == {EXPIRED}


@pytest.mark.parametrize("rate", [None, np.nan])
def test_an_unknown_rate_counts_as_nought_and_is_said(rate):
    surface = fit_surface(made_chain(), rate)
    assert surface.rate == 0.0 and surface.problems == ("no interest rate: 0 assumed",)
    assert len(surface.slices) == 2


@pytest.mark.parametrize("spot", [np.nan, 0.0, -1.0, np.inf])
def test_without_a_spot_nothing_is_fitted(spot):
    surface = fit_surface(made_chain(spot=spot), RATE)
    assert surface.slices == () and set(surface.status) <= {BAD_INPUT, NO_PRICE}
    assert "is no price" in surface.problems[0]


def test_a_spot_that_the_options_contradict_is_said():
    assert fit_surface(made_chain((APRIL,), spot=SPOT * 1.005), RATE).problems == ()
    (problem,) = fit_surface(made_chain((date(2026, 3, 20),), spot=SPOT * 1.02), RATE).problems
    assert problem.startswith("the spot is 102, but the options of 2026-03-20 put it at 99.9")


any_quote = st.one_of(st.floats(-1e300, 1e300), st.sampled_from([np.nan, np.inf]), st.floats(0, 30), st.just(0.0))


@steady
@given(st.data())
def test_no_quote_breaks_the_fit(data):
    chain = made_chain((TODAY, APRIL), np.arange(90.0, 111.0, 4.0))
    rows = data.draw(st.lists(st.integers(0, len(chain) - 1), min_size=1, max_size=12))
    bids, asks = (np.array(data.draw(st.lists(any_quote, min_size=len(rows), max_size=len(rows)))) for _ in "ba")
    surface = fit_surface(changed(chain, bid=(rows, bids), ask=(rows, asks), strike=(rows[:2], bids[:2])), RATE)
    assert np.array_equal(np.isfinite(surface.vols), surface.status == OK)
    assert all(np.all(smile.vols > 0) and len(smile.vols) >= 3 for smile in surface.slices)
    value = iv30(surface)
    assert value is None or value > 0


def test_two_expiries_that_end_at_one_moment_are_read_without_dividing_by_nothing():
    near, far = fit_surface(made_chain(), RATE).slices
    twice = replace(fit_surface(made_chain(), RATE), slices=(near, replace(near, expiry=far.expiry), far))
    assert float(twice.vol(near.forward, near.years)) == pytest.approx(near.atm)
    assert np.isfinite(twice.vol([90.0, 100.0], [near.years * 1.01, far.years * 0.9])).all()


@pytest.mark.parametrize("style", ["american", "european"])
@pytest.mark.parametrize("spot", [0.0, float("nan")])
def test_a_chain_whose_spot_is_no_price_has_no_vols_and_says_so(style, spot):
    surface = fit_surface(replace(made_chain(style=style), spot=spot), None)
    assert surface.slices == ()
    assert not (surface.status == OK).any()
    assert f"the spot {spot} is no price: no vol can be had" in surface.problems
