"""Repaired slices: no butterfly and no calendar spread is free, and the quotes are left alone where they can be."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quant.svi import FURTHEST, NONE_LEFT, Svi, calendar_gaps, crossing
from quant.svi_fit import Quotes, fit_slices, padded, raw, scaled
from quant.svi_repair import repair
from quant.svi_walls import Surface, System, durrleman
from tests.quant.fitted import quoted, recorded, repaired
from tests.quant.recorded import needs_spy, spy_chain

HARMLESS = Svi(0.004, 0.05, -0.4, 0.02, 0.12)
VOGT = Svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)
FINE = np.linspace(-FURTHEST, FURTHEST, 20_001)


def none_left(slices: tuple[Svi, ...]) -> bool:
    butterflies = [max(one.butterfly(), one.butterfly(FINE)) for one in slices]
    crossings = [max(crossing(a, b), crossing(a, b, FINE)) for a, b in pairwise(slices)]
    return max([*butterflies, *crossings]) <= NONE_LEFT


def off(slices: tuple[Svi, ...], smiles: list[Svi]) -> list[float]:
    """Worst distance in relative total variance, within three deviations."""
    ks = [np.sqrt(float(s.variance(0.0))) * np.linspace(-3, 3, 61) for s in smiles]
    return [float(np.abs(a.variance(k) / b.variance(k) - 1).max()) for a, b, k in zip(slices, smiles, ks, strict=True)]


def test_slices_without_arbitrage_are_left_as_they_are() -> None:
    smiles = (HARMLESS, Svi(0.008, 0.08, -0.4, 0.02, 0.18))
    quotes = quoted(list(smiles))
    theta = scaled(smiles, quotes.unit)
    assert repair(theta, quotes) is theta


def test_a_butterfly_is_taken_out_of_the_textbook_slice_and_the_quotes_are_nearly_met() -> None:
    found = repaired(quoted([VOGT]))
    assert VOGT.butterfly() > 0.03
    assert none_left(found)
    assert off(found, [VOGT])[0] < 0.03


def test_slices_that_cross_among_the_quotes_are_drawn_apart() -> None:
    near = Svi(0.010, 0.05, -0.4, 0.0, 0.1)
    far = Svi(0.014, 0.02, -0.1, 0.0, 0.1)
    assert crossing(near, far) > 0.05
    assert none_left(repaired(quoted([near, far])))


def test_a_wing_nobody_quotes_yields_to_one_that_is_quoted() -> None:
    near, far = Svi(0.004, 0.06, -0.2, 0.0, 0.1), Svi(0.012, 0.05, -0.3, 0.0, 0.12)
    unit_near, unit_far = (float(np.sqrt(s.variance(0.0))) for s in (near, far))
    quotes = quoted([near, far], [unit_near * np.linspace(-3, 1.0, 21), unit_far * np.linspace(-8, 8, 61)])
    assert crossing(near, far) > 0
    found = repaired(quotes)
    assert none_left(found)
    assert np.abs(found[1].variance(quotes.k[1]) / quotes.w[1] - 1).max() < 0.01


def test_slices_far_from_a_crossing_do_not_move() -> None:
    smiles = [
        Svi(0.010, 0.05, -0.4, 0.0, 0.1), Svi(0.014, 0.02, -0.1, 0.0, 0.1),
        Svi(0.05, 0.10, -0.4, 0.02, 0.25), Svi(0.10, 0.13, -0.4, 0.03, 0.35),
    ]  # fmt: skip
    found = repaired(quoted(smiles))
    assert none_left(found)
    assert off(found, smiles)[3] < 2e-3


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 7), st.integers(0, 2**32 - 1))
def test_whatever_is_quoted_no_arbitrage_is_left(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, units = [], []
    for years in np.cumsum(rng.uniform(0.003, 0.4, count)):
        vol, quotes = rng.uniform(0.1, 0.8), rng.integers(5, 40)
        unit = vol * np.sqrt(years)
        x = np.sort(rng.uniform(-4, 4, quotes))
        bent = 1 + rng.uniform(-0.5, 0.3) * x + rng.uniform(0, 0.3) * x * x
        w = np.maximum(unit**2 * bent * np.exp(rng.uniform(0, 0.3) * rng.standard_normal(quotes)), 1e-6)
        rows.append((x * unit, w, np.full(quotes, 100.0 / unit**2)))
        units.append(unit)
    found = repaired(padded(rows, np.array(units)))
    assert all(np.isfinite([one.a, one.b, one.rho, one.m, one.sigma]).all() for one in found)
    assert none_left(found)


def test_total_variances_that_fall_with_time_come_back_rising() -> None:
    smiles = [Svi(level, 0.05, -0.4, 0.0, 0.1) for level in (0.08, 0.04, 0.02, 0.01)]
    assert none_left(repaired(quoted(smiles)))


def test_nothing_comes_of_nothing() -> None:
    quotes = padded([], np.empty(0))
    assert repair(fit_slices(quotes), quotes).shape == (5, 0)


def test_slopes_of_the_whole_surface_are_those_of_its_cost() -> None:
    quotes = quoted([VOGT, Svi(0.014, 0.02, -0.1, 0.0, 0.1)])
    theta, surface = fit_slices(quotes), Surface.of(quotes)
    points, _ = surface.look(theta)

    def at(moved: np.ndarray) -> System:
        return surface.system(moved, points, 2.0, 0.01)

    along = np.random.default_rng(1).standard_normal(theta.shape) * 1e-6
    rise = (at(theta + along).cost - at(theta - along).cost) / 2
    assert rise == pytest.approx(2 * float(np.sum(at(theta).gradient.T * along)), rel=1e-4)


def test_durrleman_in_deviations_is_durrleman() -> None:
    unit = np.array([0.2])
    x = np.linspace(-4, 4, 41)[None, :]
    g, _ = durrleman(scaled((HARMLESS,), unit), x, unit)
    assert g[0] == pytest.approx(HARMLESS.durrleman(x[0] * unit[0]), rel=1e-9)


@pytest.mark.parametrize("steepness", [0.5, 0.8, 1.0])
def test_a_smile_too_steep_to_be_free_of_arbitrage_is_still_met_to_a_few_hundredths(steepness: float) -> None:
    """Vols that fall in a straight line leave nothing for high strikes; most quotes are met all the same."""
    years, rows = np.array([0.1, 0.16, 0.4]), []
    units = 0.25 * np.sqrt(years)
    for t, unit in zip(years, units, strict=True):
        k = np.linspace(-min(3 * unit, 0.3), min(3 * unit, 0.12), 25)
        rows.append((k, (0.25 - steepness * np.expm1(k)) ** 2 * t, np.full(25, 100.0 / unit**2)))
    quotes = padded(rows, units)
    assert not none_left(raw(fit_slices(quotes), units))
    found = repaired(quotes)
    assert none_left(found)
    for one, k, w in zip(found, quotes.k, quotes.w, strict=True):
        assert np.median(np.abs(np.sqrt(one.variance(k) / w) - 1)) < 0.03


def test_quotes_that_the_shape_cannot_meet_do_not_draw_the_others_off() -> None:
    """Two of 31 quotes are absurd; the crossing is repaired as if they were not there."""
    smiles = [Svi(0.010, 0.05, -0.4, 0.0, 0.1), Svi(0.0135, 0.045, -0.4, 0.0, 0.1), Svi(0.0135, 0.05, -0.2, 0.0, 0.1)]
    plain = quoted(smiles)
    w = plain.w.copy()
    w[0, [9, 21]] *= 1.15
    found = repaired(Quotes(plain.k, w, plain.weight, plain.unit))
    assert none_left(found)
    assert np.median(np.abs(found[0].variance(plain.k[0]) / plain.w[0] - 1)) < 0.01


@needs_spy
def test_recorded_slices_are_free_of_arbitrage_at_the_price_of_hundredths_of_a_vol_point() -> None:
    quotes = recorded(spy_chain("2026-07-30"))
    before, after = raw(fit_slices(quotes), quotes.unit), repaired(quotes)
    assert max(calendar_gaps(before)) > 0.05 and max(one.butterfly() for one in before) > 0.01
    assert none_left(after)

    def errors(smiles: tuple[Svi, ...]) -> np.ndarray:
        """Root mean square misses of the vol, as shares of it."""
        misses = [(s.variance(k[w > 0]) / w[w > 0] - 1) / 2 for s, k, w in zip(smiles, quotes.k, quotes.w, strict=True)]
        return np.array([np.sqrt(np.mean(miss**2)) for miss in misses])

    assert np.median(errors(after)) < np.median(errors(before)) + 0.001
    assert np.percentile(errors(after), 95) < np.percentile(errors(before), 95) + 0.004
