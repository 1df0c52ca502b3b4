"""One law for all expiries: it gives back the surface that was quoted, and never an arbitrage, whatever was quoted."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.ssvi import Ssvi, _Problem, fit_ssvi
from quant.svi import Svi, crossing, grid
from quant.svi_fit import Quotes, padded
from tests.quant.made import steady

YEARS = np.array([7, 30, 90, 180, 365]) / 365
TRUTH = Ssvi(-0.65, 0.9, 0.45, tuple(YEARS.tolist()), tuple((0.04 * YEARS).tolist()))
AWAY = np.linspace(-3.0, 2.0, 25)  # standard deviations


def quoted(surface: Ssvi = TRUTH, years: np.ndarray = YEARS, noise: float = 0.0, away: np.ndarray = AWAY) -> Quotes:
    rng, units = np.random.default_rng(4), np.sqrt(surface.theta(years))
    rows = []
    for t, h in zip(years, units, strict=True):
        w = surface.at(t).variance(away * h) * (1 + noise * rng.standard_normal(len(away)))
        rows.append((away * h, w, 1 / w))
    return padded(rows, units)


def free_of_arbitrage(surface: Ssvi) -> bool:
    """By looking, not by theorem: densities on a grid, and total variances of neighbours, between expiries too."""
    last = surface.years[-1]
    slices = [surface.at(t) for t in (surface.years[0] / 50, *np.linspace(surface.years[0], last, 12), 3 * last)]
    return all(s.butterfly() <= 1e-9 for s in slices) and all(crossing(a, b) <= 1e-9 for a, b in pairwise(slices))


def test_quotes_that_are_a_surface_give_it_back():
    found = fit_ssvi(quoted(), YEARS)
    assert [found.rho, found.eta, found.gamma] == pytest.approx([-0.65, 0.9, 0.45], rel=1e-5)
    assert found.thetas == pytest.approx(TRUTH.thetas, rel=1e-6) and found.years == TRUTH.years


def test_noise_of_one_percent_moves_no_total_variance_by_more():
    found = fit_ssvi(quoted(noise=0.01), YEARS)
    for t in YEARS:
        k = AWAY * np.sqrt(0.04 * t)
        assert found.at(t).variance(k) == pytest.approx(TRUTH.at(t).variance(k), rel=0.01)


def test_the_derivatives_of_the_residuals_are_theirs():
    quotes = quoted(noise=0.05)
    problem = _Problem(quotes, np.arange(len(YEARS)), quotes.weight > 0)
    for start in problem.starts():
        p = np.clip(start + 0.1, problem.low, problem.high)
        _, jacobian = problem.residuals(p)
        for column, e in zip(jacobian.T, 1e-6 * np.eye(len(p)), strict=True):
            slope = (problem.residuals(p + e)[0] - problem.residuals(p - e)[0]) / 2e-6
            assert column == pytest.approx(slope, abs=1e-6 * np.abs(column).max())


@settings(steady, max_examples=25)
@given(
    st.lists(st.floats(0.05, 1.5), min_size=2, max_size=5),
    st.floats(-0.9, 0.9),
    st.floats(0.0, 4.0),
    st.integers(0, 2**32 - 1),
)
def test_whatever_is_quoted_what_is_fitted_has_no_arbitrage_by_theorem_and_by_looking(vols, skew, bend, seed):
    """Total variances that fall with time and smiles steeper than any density allows among them."""
    years, rng, rows = YEARS[: len(vols)], np.random.default_rng(seed), []
    for t, vol in zip(years, vols, strict=True):
        k = np.sort(rng.uniform(-1, 1, 12)) * 3 * vol * np.sqrt(t)
        w = vol**2 * t * np.maximum(1 + skew * k / vol + bend * (k / vol) ** 2 / t, 0.05) * rng.uniform(0.9, 1.1, 12)
        rows.append((k, w, 1 / w))
    found = fit_ssvi(padded(rows, np.array(vols) * np.sqrt(years)), years)
    assert found.butterfly_room() >= 0 and found.calendar_free()
    assert free_of_arbitrage(found)


def test_the_theorems_see_what_looking_sees():
    steep = Ssvi(-0.9, 4.0, 0.8, (0.1, 1.0), (0.001, 0.04))
    assert steep.butterfly_room() < 0 and steep.at(0.1).butterfly() > 0
    falling = Ssvi(-0.5, 0.5, 0.5, (0.1, 1.0), (0.04, 0.03))
    assert not falling.calendar_free() and crossing(falling.at(0.1), falling.at(1.0)) > 0
    assert TRUTH.butterfly_room() > 0 and TRUTH.calendar_free() and free_of_arbitrage(TRUTH)


def test_a_smile_bent_more_than_theorem_4_2_allows_is_fitted_by_the_most_that_it_does():
    far = Ssvi(-0.3, 3.0, 0.6, TRUTH.years, TRUTH.thetas)
    assert far.butterfly_room() < 0
    found = fit_ssvi(quoted(far), YEARS)
    assert 0 <= found.butterfly_room() < 0.01 and free_of_arbitrage(found)


def test_a_thin_expiry_gets_its_level_from_one_quote_and_its_shape_from_the_others():
    found = fit_ssvi(quoted(), YEARS)
    thin = Ssvi(-0.65, 0.9, 0.45, (0.25,), (0.0144,))  # where the others would have 0.01
    shape = Ssvi(*(thin.rho, thin.eta, thin.gamma), found.years, found.thetas).slice(0.0144)
    one = found.through([-0.1], [float(shape.variance(-0.1))], [1.0])
    assert float(one.variance(0.0)) == pytest.approx(0.0144, rel=1e-4)
    assert one.variance(grid()) == pytest.approx(shape.variance(grid()), rel=1e-3)


def test_a_thin_expiry_without_a_usable_quote_has_no_slice():
    assert TRUTH.through([0.0, np.nan, 0.1], [np.nan, 0.04, -1.0], [1.0, 1.0, 1.0]) is None


def test_an_expiry_among_others_is_judged_by_them():
    """One expiry quoted two points of vol above the rest of the surface: left out, the surface misses it by that."""
    quotes = quoted(noise=0.002)
    weight = quotes.weight.copy()
    weight[2] = 0.0
    found = fit_ssvi(
        Quotes(quotes.k, quotes.w * np.where(np.arange(5) == 2, 1.21, 1.0)[:, None], weight, quotes.unit), YEARS
    )
    vol = np.sqrt(found.at(YEARS[2]).variance(0.0) / YEARS[2])
    assert len(found.years) == 4 and float(vol) == pytest.approx(0.2, abs=0.002)


def test_bad_quotes_and_bad_expiries_are_left_out_and_the_rest_fitted_as_if_they_had_not_been_there():
    good = quoted(noise=0.01)
    k, w, weight = (np.pad(x, ((0, 2), (0, 2)), constant_values=np.nan) for x in (good.k, good.w, good.weight))
    w[5, :3], k[5, :3], weight[5, :3] = 0.01, 0.0, 1.0
    years = np.array([*YEARS, np.nan, 2.0])
    assert fit_ssvi(Quotes(k, w, weight, np.array([*good.unit, 0.1, 0.1])), years) == fit_ssvi(good, YEARS)


def test_variances_whose_squares_overflow_give_no_surface_and_no_exception():
    k, w = np.linspace(-0.2, 0.2, 6), np.array([0.04, 1e200, 0.04, 1e300, 1e-300, 0.04])
    for weight in (1.0, 1e-300, 1e300):
        found = fit_ssvi(padded([(k * 1e200, w, np.full(6, weight))], np.array([0.2])), [0.1])
        assert found is None or np.isfinite(found.thetas).all()


@pytest.mark.parametrize("years", [[np.nan], [0.0], [-1.0], [np.inf]])
def test_no_expiry_ahead_is_no_surface(years):
    quotes = quoted(years=YEARS[:1])
    assert fit_ssvi(quotes, years) is None


def test_three_quotes_are_too_few_and_four_are_enough():
    for count, enough in ((3, False), (4, True)):
        assert (fit_ssvi(quoted(years=YEARS[1:2], away=AWAY[4 : 4 + count]), YEARS[1:2]) is not None) is enough
    assert fit_ssvi(padded([], np.zeros(0)), []) is None


def test_a_slice_of_the_surface_is_a_raw_svi_of_the_same_variance():
    k, theta = np.linspace(-0.5, 0.5, 11), 0.02
    z = TRUTH.phi(theta) * k
    w = theta / 2 * (1 + TRUTH.rho * z + np.sqrt((z + TRUTH.rho) ** 2 + 1 - TRUTH.rho**2))
    assert isinstance(TRUTH.slice(theta), Svi) and TRUTH.slice(theta).variance(k) == pytest.approx(w)
