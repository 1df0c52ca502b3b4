"""Realised volatility of paths whose volatility is known."""

import numpy as np
import pytest

from quant.realised import ESTIMATORS, Bars, close_to_close, parkinson, rolling, yang_zhang

YEARS, STEPS = 8, 390


@pytest.fixture(scope="module")
def bars():
    """Eight years of days of 390 steps each at 24 % a year, one fifth of a day's variance overnight."""
    random, days = np.random.default_rng(11), 252 * YEARS
    daily = 0.24 / np.sqrt(252)
    overnight = random.normal(0, daily * np.sqrt(0.2), days)
    inside = np.cumsum(random.normal(0, daily * np.sqrt(0.8 / STEPS), (days, STEPS)), axis=1)
    opens = np.cumsum(overnight + np.concatenate([[0], inside[:-1, -1]]))
    path = opens[:, None] + np.column_stack([np.zeros(days), inside])
    return tuple(100 * np.exp(x) for x in (path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1]))


def test_each_estimator_finds_the_vol_it_can_see(bars):
    open_, high, low, close = bars
    n = len(close) - 1
    assert close_to_close(close, n) == pytest.approx(0.24, rel=0.04)
    assert yang_zhang(open_, high, low, close, n) == pytest.approx(0.24, rel=0.04)
    assert parkinson(high, low, n) == pytest.approx(0.24 * np.sqrt(0.8), rel=0.05)


def test_days_that_run_straight_up_or_down_without_gaps_weigh_by_the_published_k():
    n, size = 20, 0.01
    close = 100 * np.exp(size * (np.arange(n + 1) % 2))
    open_ = np.append(close[0], close[:-1])
    bars = open_, np.maximum(open_, close), np.minimum(open_, close), close
    k = 0.34 / (1.34 + 21 / 19)
    assert yang_zhang(*bars, n) == pytest.approx(np.sqrt(252 * k * size**2 * 20 / 19))


def test_only_the_last_n_days_count(bars):
    open_, high, low, close = bars
    with_a_crash = np.concatenate([[1000.0], close[-21:]])
    assert close_to_close(with_a_crash, 20) == close_to_close(close, 20)
    assert yang_zhang(*(x[-21:] for x in bars), 20) == yang_zhang(open_, high, low, close, 20)


def test_prices_that_never_move_have_no_vol():
    flat = np.full(30, 50.0)
    assert close_to_close(flat, 20) == parkinson(flat, flat, 20) == yang_zhang(flat, flat, flat, flat, 20) == 0.0


def test_too_few_bars_or_no_prices_are_unknown(bars):
    open_, high, low, close = bars
    assert np.isfinite(close_to_close(close[:21], 20)) and np.isnan(close_to_close(close[:20], 20))
    assert np.isfinite(parkinson(high[:20], low[:20], 20)) and np.isnan(parkinson(high[:19], low[:19], 20))
    assert np.isfinite(yang_zhang(*(x[:21] for x in bars), 20)) and np.isnan(yang_zhang(*(x[:20] for x in bars), 20))
    for bad in (np.nan, 0.0, -1.0):
        broken = close.copy()
        broken[-5] = bad
        assert np.isnan(close_to_close(broken, 20)) and np.isnan(yang_zhang(open_, high, low, broken, 20))
        assert np.isnan(parkinson(high, np.where(broken == close, low, bad), 20))
    assert np.isnan(close_to_close(close, 1)) and np.isnan(yang_zhang(*bars, 1)) and np.isnan(parkinson(high, low, 0))


def test_every_estimator_finds_the_vol_of_days_without_gaps_and_some_shrug_off_a_drift():
    random, days = np.random.default_rng(5), 252 * 4
    for drift, right in ((0.0, ESTIMATORS), (2.0, ("rogers_satchell", "yang_zhang", "close_to_close"))):
        steps = random.normal(drift / 252 / STEPS, 0.24 / np.sqrt(252 * STEPS), (days, STEPS))
        path = np.concatenate([np.zeros((days, 1)), np.cumsum(steps, axis=1)], axis=1)
        path += np.concatenate([[0.0], np.cumsum(path[:-1, -1])])[:, None]
        made = Bars(*(100 * np.exp(x) for x in (path[:, 0], path.max(axis=1), path.min(axis=1), path[:, -1])))
        for name in right:
            # seen every 1/390 of a day, a range is some 6 % too narrow
            assert rolling(name, made, days - 1)[-1] == pytest.approx(0.24, rel=0.08), (name, drift)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_series_ends_in_the_value_of_each_day_and_a_bad_bar_is_unknown_while_it_is_in_the_window(bars, name):
    year = Bars(*(column[:300] for column in bars))
    series = rolling(name, year, 20)
    assert np.isnan(series[:19]).all() and np.isfinite(series[20:]).all() and len(series) == 300
    for at in (20, 137, 299):
        assert series[at] == rolling(name, Bars(*(column[: at + 1] for column in year)), 20)[-1]
    close = year.close.copy()
    close[100] = np.nan
    gappy = rolling(name, year._replace(close=close, low=np.where(np.isnan(close), 0.0, year.low)), 20)
    assert np.isnan(gappy[100:120]).all()
    assert np.array_equal(gappy[:100], series[:100], equal_nan=True) and np.isfinite(gappy[121:]).all()


def test_no_bars_are_no_volatility():
    for name in ESTIMATORS:
        assert np.isnan(rolling(name, Bars(*np.full((4, 1), 5.0)), 10)).all()
        assert not len(rolling(name, Bars(*np.empty((4, 0))), 10))
