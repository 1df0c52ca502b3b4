"""Where a value stands in its own last year."""

import numpy as np

from quant.normal import Floats

WINDOW = 252
MIN_HISTORY = 200


def rank(series: Floats, current: float) -> float | None:
    """100 * (current - low) / (high - low) over the last 252 daily values (oldest first) and the current one.

    0 is a new low, 100 a new high. None below 200 finite values in that window, for a series that never moved, and
    for a current value that is not a number.

    >>> rank(np.linspace(10.0, 30.0, 252), 15.0)
    25.0
    """
    values = _window(series, current)
    if values is None:
        return None
    low, high = min(float(values.min()), current), max(float(values.max()), current)
    return 100.0 * ((current - low) / (high - low)) if high > low else None


def percentile(series: Floats, current: float) -> float | None:
    """The percentage of the last 252 daily values that lie strictly below the current one. None as for ``rank``.

    >>> percentile(np.arange(200.0), 50.0)
    25.0
    """
    values = _window(series, current)
    return None if values is None else float(100.0 * np.mean(values < current))


def _window(series: Floats, current: float) -> Floats | None:
    values = np.asarray(series, dtype=np.float64)[-WINDOW:]
    values = values[np.isfinite(values)]
    return values if len(values) >= MIN_HISTORY and np.isfinite(current) else None
