"""Where a value stands in its own last year."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from quant.normal import Floats

WINDOW = 252
MIN_HISTORY = 200
LOW, HIGH = 15.0, 85.0  # flags of a rank or a percentile


def rank(series: Floats, current: float, fewest: int = MIN_HISTORY) -> float | None:
    """100 * (current - low) / (high - low) over the last 252 daily values (oldest first) and the current one.

    0 is a new low, 100 a new high. None below ``fewest`` finite values in that window, for a series that never moved,
    and for a current value that is not a number.

    >>> rank(np.linspace(10.0, 30.0, 252), 15.0)
    25.0
    """
    return _known(_ranks(_window(series), np.array([current], dtype=np.float64), fewest))


def percentile(series: Floats, current: float, fewest: int = MIN_HISTORY) -> float | None:
    """The percentage of the last 252 daily values that lie strictly below the current one. None as for ``rank``.

    >>> percentile(np.arange(200.0), 50.0)
    25.0
    """
    return _known(_percentiles(_window(series), np.array([current], dtype=np.float64), fewest))


def z_score_of_log(series: Floats, current: float, fewest: int = MIN_HISTORY) -> float | None:
    """Standard deviations by which log(current) exceeds the mean log of the last 252 positive daily values.

    Volume multiplies rather than adds, so it is judged by its logarithm. None below ``fewest`` values, for a series
    that never moved, and for a current value that is not positive.

    >>> z_score_of_log(np.exp(np.tile([-1.0, 1.0], 100)), np.e**3)
    3.0
    """
    window = np.asarray(series, dtype=np.float64)[-WINDOW:]
    logs = np.log(window[np.isfinite(window) & (window > 0)])
    if len(logs) < max(fewest, 2) or not 0 < current < np.inf or not np.ptp(logs) > 0:
        return None
    return round(float((np.log(current) - logs.mean()) / logs.std()), 9)


def ranks(series: Floats, fewest: int = MIN_HISTORY) -> Floats:
    """The ``rank`` of each value among the 252 before it; NaN where there is none."""
    return _ranks(_befores(series), np.asarray(series, dtype=np.float64), fewest)


def percentiles(series: Floats, fewest: int = MIN_HISTORY) -> Floats:
    """The ``percentile`` of each value among the 252 before it; NaN where there is none."""
    return _percentiles(_befores(series), np.asarray(series, dtype=np.float64), fewest)


def flag(*standings: float | None) -> str | None:
    """ "high" where a rank or percentile lies above 85, "low" where one lies below 15; None otherwise and unknown.

    >>> flag(50.0, 86.0), flag(14.0, 40.0), flag(15.0, 85.0), flag(None)
    ('high', 'low', None, None)
    """
    known = [standing for standing in standings if standing is not None]
    if any(standing > HIGH for standing in known):
        return "high"
    return "low" if any(standing < LOW for standing in known) else None


def _ranks(windows: Floats, current: Floats, fewest: int) -> Floats:
    """``windows`` is (values, 252); unknown entries are NaN."""
    here = current[:, None]
    low = np.minimum(np.where(np.isfinite(windows), windows, np.inf).min(axis=1, initial=np.inf), here[:, 0])
    high = np.maximum(np.where(np.isfinite(windows), windows, -np.inf).max(axis=1, initial=-np.inf), here[:, 0])
    enough = _enough(windows, current, fewest) & (high > low)
    span = np.where(enough, high - low, 1.0)
    return np.where(enough, 100.0 * ((np.where(enough, current, 0.0) - np.where(enough, low, 0.0)) / span), np.nan)


def _percentiles(windows: Floats, current: Floats, fewest: int) -> Floats:
    below = (windows < current[:, None]).sum(axis=1)
    count = np.isfinite(windows).sum(axis=1)
    return np.where(_enough(windows, current, fewest), 100.0 * below / np.maximum(count, 1), np.nan)


def _enough(windows: Floats, current: Floats, fewest: int) -> NDArray[np.bool_]:
    return np.asarray((np.isfinite(windows).sum(axis=1) >= max(fewest, 1)) & np.isfinite(current))


def _window(series: Floats) -> Floats:
    return np.asarray(series, dtype=np.float64)[-WINDOW:][None, :]


def _befores(series: Floats) -> Floats:
    """(values, 252): what came before each value, NaN before the first."""
    padded = np.concatenate([np.full(WINDOW, np.nan), np.asarray(series, dtype=np.float64)])
    return np.asarray(sliding_window_view(padded, WINDOW)[:-1])


def _known(found: Floats) -> float | None:
    return float(found[0]) if np.isfinite(found[0]) else None
