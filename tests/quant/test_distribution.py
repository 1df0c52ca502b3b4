"""The distribution of outcomes a smile implies, and what it says of a payoff."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.black import price
from quant.distribution import cvar, expected, outcomes, probability
from quant.normal import norm_cdf
from quant.smile import Smile
from tests.quant.made import steady

DAY = date(2026, 6, 19)
STRIKES = np.linspace(70.0, 130.0, 13)


def smile(vols=0.3, years=0.25):
    return Smile(DAY, years, 100.0, 0.99, STRIKES, np.broadcast_to(vols, STRIKES.shape))


SMIRK = 0.25 - 0.4 * np.log(STRIKES / 100.0) + 0.5 * np.log(STRIKES / 100.0) ** 2


def test_a_flat_smile_is_the_lognormal_distribution():
    end, deviation = outcomes(smile()), 0.3 * 0.5
    levels = np.linspace(70, 140, 71)
    found = [probability(end.spots < level, end.weights) for level in levels]
    truth = norm_cdf(np.log(levels / 100) / deviation + deviation / 2)
    assert found == pytest.approx(truth, abs=0.0075)
    assert expected(np.log(end.spots / 100.0) ** 2, end.weights) == pytest.approx(deviation**2, rel=0.01)


def test_options_are_worth_what_the_smile_says():
    found, end = smile(SMIRK), outcomes(smile(SMIRK))
    for strike in np.linspace(75, 125, 21):
        put = expected(np.maximum(strike - end.spots, 0.0), end.weights)
        assert put == pytest.approx(float(price(False, 100.0, strike, 0.25, found.vol(strike), 1.0)), abs=0.03)


@steady
@given(st.lists(st.floats(0.03, 2.0), min_size=13, max_size=13), st.floats(1e-4, 3.0), st.integers(11, 401))
def test_however_ragged_the_smile_weights_are_probabilities_and_their_mean_is_the_forward(vols, years, points):
    end = outcomes(smile(np.array(vols), years), points=points)
    assert len(end.spots) == len(end.weights) == points
    assert np.all(np.diff(end.spots) > 0) and np.all(end.weights >= 0)
    assert end.weights.sum() == pytest.approx(1.0, abs=1e-12)
    assert expected(end.spots, end.weights) == pytest.approx(100.0, rel=1e-9)


def test_a_tenth_of_a_vol_point_of_noise_does_not_lump_the_probabilities():
    strikes = np.arange(70.0, 131.0)
    noise = 0.001 * (-1) ** np.arange(len(strikes))
    clean, noisy = (outcomes(Smile(DAY, 0.1, 100.0, 1.0, strikes, 0.2 + x)).weights for x in (0 * noise, noise))
    assert noisy.max() < 1.25 * clean.max()


@steady
@given(st.floats(-2, 2), st.floats(0.3, 2.0))
def test_a_view_moves_the_mean_by_its_deviations_and_stretches_the_rest(drift, ratio):
    plain, moved = outcomes(smile()), outcomes(smile(), drift_sd=drift, vol_ratio=ratio)
    assert expected(moved.spots, moved.weights) == pytest.approx(100.0 * np.exp(drift * 0.15), rel=1e-9)

    def spread(end):
        logs = np.log(end.spots)
        return np.sqrt(expected((logs - expected(logs, end.weights)) ** 2, end.weights))

    assert spread(moved) == pytest.approx(ratio * spread(plain), rel=1e-6)


def test_cvar_is_the_mean_of_the_worst_outcomes_and_positive_when_they_lose():
    weights = np.full(20, 0.05)
    pnl = np.arange(-10.0, 10.0)
    assert cvar(pnl, weights) == pytest.approx(10.0)
    assert cvar(pnl, weights, level=0.90) == pytest.approx(9.5)
    assert cvar(np.full(20, 3.0), weights) == pytest.approx(-3.0)
    assert cvar(pnl[::-1], weights) == pytest.approx(10.0)


def test_cvar_of_one_long_unit_is_the_lognormal_mean_below_its_quantile():
    end = outcomes(smile())
    mean_below = 100 * float(norm_cdf(-1.6449 - 0.15)) / 0.05
    assert cvar(end.spots - 100.0, end.weights) == pytest.approx(100 - mean_below, abs=0.1)


def test_a_probability_counts_gains_only():
    weights = np.array([0.1, 0.2, 0.3, 0.4])
    assert probability([-1.0, 0.0, 1.0, np.nan], weights) == pytest.approx(0.3)
    assert probability(np.array([True, False, False, True]), weights) == pytest.approx(0.5)
    assert np.isnan(expected([1.0, 2.0, 3.0, np.nan], weights))
