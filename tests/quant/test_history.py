"""Rank and percentile of a value within its year."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quant.history import MIN_HISTORY, WINDOW, percentile, percentiles, rank, ranks
from tests.quant.made import steady

YEAR = np.linspace(10.0, 30.0, WINDOW)


@pytest.mark.parametrize(("value", "where"), [(10, 0), (20, 50), (30, 100), (9, 0), (31, 100)])
def test_rank_runs_from_the_low_to_the_high_and_stops_there(value, where):
    assert rank(YEAR, value) == pytest.approx(where)


@pytest.mark.parametrize(("value", "where"), [(10, 0), (9, 0), (31, 100), (20, 50)])
def test_percentile_counts_the_days_strictly_below(value, where):
    assert percentile(YEAR, value) == pytest.approx(where)


def test_two_hundred_observations_are_enough_and_one_less_is_not():
    assert rank(YEAR[:MIN_HISTORY], 20.0) is not None and percentile(YEAR[:MIN_HISTORY], 20.0) is not None
    assert rank(YEAR[: MIN_HISTORY - 1], 20.0) is None and percentile(YEAR[: MIN_HISTORY - 1], 20.0) is None


def test_gaps_do_not_count_and_older_years_do_not_either():
    gappy = YEAR.copy()
    gappy[: WINDOW - MIN_HISTORY] = np.nan
    assert rank(gappy, 20.0) is not None
    gappy[-1] = np.nan
    assert rank(gappy, 20.0) is None
    assert rank(np.concatenate([[1000.0, 0.0], YEAR]), 20.0) == rank(YEAR, 20.0)


def test_an_unknown_value_or_a_series_that_never_moved_has_no_rank():
    assert rank(YEAR, np.nan) is None and percentile(YEAR, np.inf) is None
    assert rank(np.full(WINDOW, 5.0), 5.0) is None
    assert percentile(np.full(WINDOW, 5.0), 5.0) == 0.0


@steady
@given(st.integers(0, 2**32 - 1), st.floats(0.1, 300))
def test_both_stay_within_nought_and_a_hundred_and_rise_with_the_value(seed, value):
    values = np.random.default_rng(seed).uniform(1, 200, MIN_HISTORY)
    for measure in (rank, percentile):
        assert 0 <= measure(values, value) <= measure(values, value * 1.1) <= 100


def test_a_series_of_standings_says_each_day_what_was_said_then():
    values = np.random.default_rng(3).lognormal(-1.5, 0.3, 420)
    values[[50, 300]] = np.nan
    for series, single in ((ranks, rank), (percentiles, percentile)):
        standing = series(values)
        assert np.isnan(standing[:MIN_HISTORY]).all() and np.isnan(standing[300])
        for day in (MIN_HISTORY + 1, 252, 301, 419):
            assert standing[day] == pytest.approx(single(values[:day], values[day]), abs=0)


def test_a_shorter_history_is_enough_where_one_says_so():
    assert percentile(YEAR[:60], 30.0, fewest=60) == 100.0 and percentile(YEAR[:59], 30.0, fewest=60) is None
    assert rank(np.array([]), 1.0, fewest=0) is None
