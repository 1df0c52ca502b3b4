"""Compiled SVI slices: the smile that was quoted, numpy's own answer or a better one, and never an exception."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant import svi_fit, svi_sweep
from quant.kernels.svi import NO_UNIT, SETTLED, TOO_FEW, UNSETTLED
from quant.svi import Svi
from quant.svi_fit import Quotes, padded
from tests.quant.made import steady

SMILES = st.builds(
    Svi, st.floats(0.001, 0.02), st.floats(0.02, 0.1), st.floats(-0.8, 0.3), st.floats(-0.05, 0.05),
    st.floats(0.05, 0.3),
)  # fmt: skip
STRIKES = np.linspace(-0.6, 0.5, 40)
VOGT = Svi(-0.0410, 0.1331, 0.3060, 0.3586, 0.4153)


def quoted(smiles: Sequence[Svi], k: np.ndarray = STRIKES, noise: float = 0.0) -> Quotes:
    """Equal weights, and a relative error of ``noise`` in each quote."""
    rng = np.random.default_rng(8)
    rows = [(k, s.variance(k) * (1 + noise * rng.standard_normal(len(k))), np.full(len(k), 1e3)) for s in smiles]
    return padded(rows, np.array([np.sqrt(float(s.variance(0.0))) for s in smiles]))


def misfits(slices: Sequence[Svi], quotes: Quotes) -> np.ndarray:
    off = [(s.variance(k) - w) * q for s, k, w, q in zip(slices, quotes.k, quotes.w, quotes.weight, strict=True)]
    return np.sqrt(np.mean(np.square(off), axis=1))


@steady
@given(SMILES)
def test_quotes_that_are_an_svi_give_it_back(smile):
    fits = svi_sweep.fit_slices(quoted([smile]))
    assert np.sqrt(fits.slice(0).variance(STRIKES)) == pytest.approx(np.sqrt(smile.variance(STRIKES)), abs=1e-5)


def test_a_well_placed_bend_gives_back_its_five_parameters():
    truth = Svi(0.01, 0.05, -0.4, 0.02, 0.1)
    found = svi_sweep.fit_slices(quoted([truth]))
    assert found.status[0] == SETTLED and found.misfit[0] < 1e-6
    assert [float(column[0]) for column in found[:5]] == pytest.approx([0.01, 0.05, -0.4, 0.02, 0.1], rel=1e-4)


@steady
@given(st.lists(SMILES, min_size=1, max_size=4), st.floats(0.001, 0.05))
def test_noisy_quotes_are_met_as_closely_as_by_the_numpy_fit_or_closer(smiles, noise):
    quotes = quoted(smiles, noise=noise)
    fits = svi_sweep.fit_slices(quotes)
    numpy = misfits(svi_fit.raw(svi_fit.fit_slices(quotes), quotes.unit), quotes)
    ours = misfits([fits.slice(n) for n in range(len(smiles))], quotes)
    assert fits.misfit == pytest.approx(ours, rel=1e-9)
    assert np.all(ours <= numpy * 1.0005)


def test_where_the_numpy_fit_settles_both_are_one_smile():
    smiles = [Svi(0.01, 0.05, -0.4, 0.02, 0.1), Svi(0.02, 0.06, -0.3, 0.01, 0.15)]
    quotes = quoted(smiles, noise=0.01)
    fits = svi_sweep.fit_slices(quotes)
    for n, other in enumerate(svi_fit.raw(svi_fit.fit_slices(quotes), quotes.unit)):
        assert fits.slice(n).variance(STRIKES) == pytest.approx(other.variance(STRIKES), rel=1e-4)


@steady
@given(st.lists(st.floats(-0.9, 3.0), min_size=5, max_size=40), st.integers(0, 2**32 - 1))
def test_no_quotes_lead_out_of_the_bounds_of_an_svi(bends, seed):
    k = np.sort(np.random.default_rng(seed).uniform(-0.8, 0.8, len(bends)))
    w = 0.04 * (1 + np.array(bends))
    fits = svi_sweep.fit_slices(padded([(k, w, np.ones(len(k)))], np.array([0.2])))
    if fits.status[0] == TOO_FEW:
        return
    smile = fits.slice(0)
    assert smile.b > 0 and abs(smile.rho) < 1 and smile.sigma > 0
    assert smile.b * (1 + abs(smile.rho)) <= 2
    assert smile.a + smile.b * smile.sigma * np.sqrt(1 - smile.rho**2) > 0


def test_quotes_that_fall_below_nothing_leave_the_floor_under_the_smile():
    """A parabola through 0: without the floor its least squares would be negative in the middle."""
    k = np.linspace(-0.4, 0.4, 21)
    fits = svi_sweep.fit_slices(padded([(k, np.maximum(k**2 - 0.01, 1e-8), np.ones(21))], np.array([0.1])))
    smile = fits.slice(0)
    assert smile.a + smile.b * smile.sigma * np.sqrt(1 - smile.rho**2) == pytest.approx(1e-4 * 0.1**2, rel=1e-3)
    assert fits.status[0] == SETTLED


def test_the_butterfly_check_finds_vogts_arbitrage_and_none_in_a_plain_smile():
    k = np.linspace(-1.2, 1.2, 60)
    plain = Svi(0.01, 0.05, -0.4, 0.02, 0.1)
    fits = svi_sweep.fit_slices(quoted([VOGT, plain], k))
    assert fits.butterfly[0] == pytest.approx(VOGT.butterfly(), rel=1e-3) and fits.butterfly[0] > 0.01
    assert fits.butterfly[1] == 0.0
    assert fits.butterfly == pytest.approx([fits.slice(n).butterfly() for n in range(2)], abs=1e-12)


def test_a_wing_at_lees_bound_is_as_steep_as_a_wing_may_be():
    k = np.linspace(-1.5, 1.5, 40)
    fits = svi_sweep.fit_slices(padded([(k, 0.04 + 3.0 * np.abs(k), np.ones(40))], np.array([0.2])))
    assert 1.99 < fits.b[0] * (1 + abs(fits.rho[0])) <= 2


def test_bad_quotes_are_left_out_and_the_rest_fitted_as_if_they_had_not_been_there():
    good = quoted([Svi(0.01, 0.05, -0.4, 0.02, 0.1)], noise=0.01)
    bad = np.array([[np.nan, 0.04, 1.0], [0.1, np.nan, 1.0], [0.1, -0.04, 1.0], [0.1, 0.04, np.nan], [np.inf, 0.1, 1.0],
                    [0.1, np.inf, 1.0], [0.1, 0.04, 0.0], [0.1, 0.04, -1.0], [0.1, 0.04, np.inf]]).T  # fmt: skip
    k, w, q = (
        np.concatenate([row, more[None]], axis=1) for row, more in zip((good.k, good.w, good.weight), bad, strict=True)
    )
    with_bad, without = svi_sweep.fit_slices(Quotes(k, w, q, good.unit)), svi_sweep.fit_slices(good)
    assert [column[0] for column in with_bad] == [column[0] for column in without]


@pytest.mark.parametrize(
    ("k", "unit", "status"),
    [
        ([0.0], 0.2, TOO_FEW),
        ([-0.1, 0.0, 0.1], 0.2, TOO_FEW),
        ([-0.1, -0.1, 0.0, 0.0, 0.1, 0.1, 0.2, 0.2], 0.2, TOO_FEW),
        ([-0.2, -0.1, 0.0, 0.1, 0.2], np.nan, NO_UNIT),
        ([-0.2, -0.1, 0.0, 0.1, 0.2], 0.0, NO_UNIT),
        ([-0.2, -0.1, 0.0, 0.1, 0.2], -0.2, NO_UNIT),
        ([-0.2, -0.1, 0.0, 0.1, 0.2], 1e-200, TOO_FEW),
        ([], 0.2, TOO_FEW),
    ],
)
def test_too_little_to_fit_is_a_status_and_no_number(k, unit, status):
    row = (np.array(k), np.full(len(k), 0.04), np.ones(len(k)))
    fits = svi_sweep.fit_slices(padded([row], np.array([unit])))
    assert fits.status[0] == status
    assert fits.slice(0) is None and np.isnan([column[0] for column in fits[:7]]).all()


def test_variances_whose_squares_overflow_are_a_status_and_no_number():
    row = (np.linspace(-0.2, 0.2, 6), np.array([0.04, 1e200, 0.04, 1e200, 0.04, 1e200]), np.ones(6))
    fits = svi_sweep.fit_slices(padded([row], np.array([0.2])))
    assert fits.status[0] == UNSETTLED and fits.slice(0) is None


def test_duplicate_strikes_count_as_two_readings_of_one_variance():
    smile = Svi(0.01, 0.05, -0.4, 0.02, 0.1)
    single, double = quoted([smile], noise=0.01), quoted([smile], noise=0.01)
    twice = Quotes(*(np.repeat(row, 2, axis=1) for row in (double.k, double.w, double.weight)), double.unit)
    once, both = svi_sweep.fit_slices(single), svi_sweep.fit_slices(twice)
    assert both.slice(0).variance(STRIKES) == pytest.approx(once.slice(0).variance(STRIKES), rel=1e-6)


def test_five_strikes_are_met_and_no_slices_give_none():
    k = np.array([-0.3, -0.1, 0.0, 0.1, 0.2])
    fits = svi_sweep.fit_slices(quoted([Svi(0.01, 0.05, -0.4, 0.02, 0.1)], k))
    assert fits.misfit[0] < 0.05  # of a standard error
    assert len(svi_sweep.fit_slices(padded([], np.zeros(0))).status) == 0


def test_a_slice_is_fitted_alike_alone_and_among_others():
    smiles = [Svi(0.01, 0.05, -0.4, 0.0, 0.1), VOGT, Svi(0.02, 0.06, -0.3, 0.01, 0.15)]
    together = svi_sweep.fit_slices(quoted(smiles))
    for n, smile in enumerate(smiles):
        alone = svi_sweep.fit_slices(quoted([smile]))
        assert [column[0] for column in alone] == [column[n] for column in together]
