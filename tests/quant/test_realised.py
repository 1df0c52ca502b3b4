"""Realised volatility of paths whose volatility is known."""

import numpy as np
import pytest

from quant.realised import close_to_close, parkinson, yang_zhang

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
