"""Indicators on paths whose shape is known."""

import numpy as np
import pytest

from quant.indicators import atr, bollinger, correlation, macd, rsi, trend_strength

RISING = 100 * 1.01 ** np.arange(90.0)
DAYS = np.arange("2025-01-01", "2025-10-28", dtype="datetime64[D]")


def test_a_straight_rise_is_overbought_above_its_mean_and_all_trend():
    line, signal, histogram = macd(RISING)
    upper, middle, lower = bollinger(RISING)
    assert rsi(RISING)[-1] == pytest.approx(100.0) and rsi(RISING[::-1])[-1] == pytest.approx(0.0)
    assert line[-1] > 0 and histogram[-1] == pytest.approx(line[-1] - signal[-1])
    assert lower[-1] < middle[-1] < upper[-1] and middle[-1] == pytest.approx(RISING[-20:].mean())
    assert trend_strength(RISING) == pytest.approx(1.0) and trend_strength(RISING[::-1]) == pytest.approx(-1.0)


def test_the_average_range_of_equal_bars_is_their_range():
    close = np.full(60, 50.0)
    assert atr(close + 1.0, close - 1.0, close)[-1] == pytest.approx(2.0)


def test_warming_up_is_nan_and_integers_are_welcome():
    assert np.isnan(rsi(RISING)[:14]).all() and len(rsi(RISING)) == 90
    assert np.isnan(rsi(RISING[:10])).all()
    assert np.isfinite(rsi(np.arange(1, 40))[-1])


def test_noise_and_stillness_are_no_trend_and_short_histories_have_none():
    noise = 100 * np.exp(np.random.default_rng(3).normal(0, 0.01, 60))
    assert abs(trend_strength(noise)) < 0.2
    assert trend_strength(np.full(60, 7.0)) == 0.0
    assert np.isnan(trend_strength(RISING[:59])) and np.isnan(trend_strength(np.append(RISING, np.nan)))


def prices(seed):
    return 100 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.01, len(DAYS))))


def test_a_series_moves_with_itself_and_against_its_inverse():
    a = prices(1)
    assert correlation(DAYS, a, DAYS, a) == pytest.approx(1.0)
    assert correlation(DAYS, a, DAYS, 1 / a) == pytest.approx(-1.0)
    assert abs(correlation(DAYS, a, DAYS, prices(2))) < 0.3


def test_only_common_days_count():
    a, b = prices(1), prices(2)
    half = DAYS[::2]
    assert correlation(DAYS, a, half, b[::2]) == pytest.approx(correlation(half, a[::2], half, b[::2]))


def test_too_few_common_days_or_no_movement_is_unknown():
    a = prices(1)
    assert correlation(DAYS[:61], a[:61], DAYS, a) == pytest.approx(1.0)
    assert correlation(DAYS[:60], a[:60], DAYS, a) is None
    assert correlation(DAYS, a, DAYS + 1000, a) is None
    assert correlation(DAYS, a, DAYS, np.full(len(DAYS), 5.0)) is None
