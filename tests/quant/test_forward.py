"""The forward by put-call parity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.black import price
from quant.forward import NEAREST_PAIRS, implied_forward
from tests.quant.made import RATE, SPOT, STRIKES, steady


def mids(forward, years=0.25):
    return [price(side, forward, STRIKES, years, 0.25, np.exp(-RATE * years)) for side in (True, False)]


@steady
@given(st.floats(92.0, 108.0))
def test_european_quotes_give_their_own_forward_whatever_the_dividends(forward):
    found, pairs = implied_forward(STRIKES, *mids(forward), SPOT, 0.25, RATE)
    assert found == pytest.approx(forward, abs=1e-9)
    assert pairs == NEAREST_PAIRS


def test_two_bad_mids_near_the_money_do_not_move_it():
    calls, puts = mids(101.0)
    calls[12], puts[13] = 40.0, 0.01
    assert implied_forward(STRIKES, calls, puts, SPOT, 0.25, RATE)[0] == pytest.approx(101.0, abs=1e-9)


def test_early_exercise_in_the_wings_does_not_count():
    calls, puts = mids(101.0)
    puts[STRIKES > 115] += 3.0
    assert implied_forward(STRIKES, calls, puts, SPOT, 0.25, RATE)[0] == pytest.approx(101.0, abs=1e-9)


def test_without_pairs_the_spot_is_carried_at_the_rate():
    calls, puts = mids(101.0)
    calls[::2], puts[1::2] = np.nan, np.nan
    for quotes in [(STRIKES, calls, puts), (np.empty(0), np.empty(0), np.empty(0))]:
        assert implied_forward(*quotes, SPOT, 0.25, RATE) == (pytest.approx(SPOT * np.exp(RATE / 4)), 0)


def test_a_forward_beyond_belief_is_not_believed():
    calls, puts = mids(150.0)
    assert implied_forward(STRIKES, calls, puts, SPOT, 0.25, RATE) == (pytest.approx(SPOT * np.exp(RATE / 4)), 0)


@pytest.mark.parametrize("spot", [np.nan, 0.0, -5.0, np.inf])
def test_without_a_spot_there_is_none(spot):
    forward, pairs = implied_forward(STRIKES, *mids(100.0), spot, 0.25, RATE)
    assert np.isnan(forward) and pairs == 0
