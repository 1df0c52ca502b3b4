"""One smile: read between its strikes, beyond them, and by delta."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.normal import norm_cdf
from quant.outliers import stray
from quant.smile import Smile
from tests.quant.made import steady

DAY = date(2026, 6, 19)


def smile(strikes=(90.0, 100.0, 110.0), vols=(0.30, 0.20, 0.18)):
    return Smile(DAY, 0.25, 100.0, 0.99, np.array(strikes), np.array(vols))


def test_quotes_are_met_and_the_wings_are_flat():
    assert smile().vol([90, 100, 110]).tolist() == pytest.approx([0.30, 0.20, 0.18])
    assert smile().vol([0.0, 50, 200, np.inf]).tolist() == pytest.approx([0.30, 0.30, 0.18, 0.18])
    assert smile().atm == pytest.approx(0.20)


def test_between_quotes_total_variance_is_linear_in_log_moneyness():
    middle = np.sqrt(90.0 * 100.0)
    assert float(smile().vol(middle)) == pytest.approx(np.sqrt((0.30**2 + 0.20**2) / 2))


@steady
@given(st.floats(0.02, 0.9), st.booleans(), st.floats(0.1, 1.0))
def test_a_delta_vol_is_the_vol_where_the_option_has_that_delta(delta, call, vol):
    found = Smile(DAY, 0.25, 100.0, 0.99, np.array([80.0, 100.0, 120.0]), vol * np.array([1.3, 1.0, 0.95]))
    by_strike = np.exp(np.linspace(-3, 3, 20001)) * 100.0
    deviations = found.vol(by_strike) * 0.5
    d1 = np.log(100.0 / by_strike) / deviations + deviations / 2
    deltas = norm_cdf(d1 if call else -d1)
    nearest = by_strike[np.argmin(np.abs(deltas - delta))]
    assert found.delta_vol(delta, call) == pytest.approx(float(found.vol(nearest)), abs=2e-3 * vol)


def test_puts_dearer_than_calls_show_at_equal_delta():
    assert smile().delta_vol(0.25, call=False) > smile().delta_vol(0.5, call=True) > smile().delta_vol(0.25, call=True)


@pytest.mark.parametrize("delta", [0.0, 1.0, -0.25, np.nan])
def test_a_delta_outside_nought_and_one_is_refused(delta):
    with pytest.raises(ValueError, match="delta"):
        smile().delta_vol(delta, call=True)


def test_one_stray_point_is_marked_and_no_other():
    x = np.linspace(-0.3, 0.3, 25)
    for bad in range(25):
        for factor in (0.6, 1.5):
            y = 0.2 - 0.3 * x + 0.8 * x**2
            y[bad] *= factor
            assert np.flatnonzero(stray(x, y)).tolist() == [bad]


def test_a_clean_smile_or_a_handful_of_points_has_no_strays():
    x = np.linspace(-0.3, 0.3, 25)
    assert not stray(x, 0.2 + np.abs(x)).any()
    assert not stray(x[:5], np.array([0.2, 0.2, 0.9, 0.2, 0.2])).any()
    assert len(stray(np.empty(0), np.empty(0))) == 0
