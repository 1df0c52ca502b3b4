"""Points that do not belong to the curve their neighbours draw."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from quant.normal import Floats

_NEIGHBOURS, _FEWEST = 6, 6
_SHARE = 0.10


def stray(x: Floats, y: Floats) -> NDArray[np.bool_]:
    """Marks points of a curve (``x`` strictly ascending, ``y`` positive) that their neighbours contradict.

    The lines through all pairs of a point's six neighbours predict it (as in the Theil-Sen estimator). It strays when
    it lies outside the middle half of these predictions by more than a tenth of their median: neither a bad neighbour
    nor a kink or a noisy stretch condemns it. Under six points nothing can be said.
    """
    n = len(x)
    if n < _FEWEST:
        return np.zeros(n, dtype=bool)
    low, middle, high = _predicted(x, y)
    return np.asarray(np.maximum(low - y, y - high) > _SHARE * np.abs(middle))


def _predicted(x: Floats, y: Floats) -> Floats:
    """Lower quartile, median and upper quartile of the lines' values at each point."""
    n, count = len(x), min(_NEIGHBOURS, len(x) - 1)
    first = np.clip(np.arange(n) - count // 2, 0, n - 1 - count)
    window = first[:, None] + np.arange(count)
    window += window >= np.arange(n)[:, None]
    a, b = np.array(list(combinations(range(count), 2))).T
    xa, xb, ya, yb = x[window][:, a], x[window][:, b], y[window][:, a], y[window][:, b]
    lines = ya + (yb - ya) / (xb - xa) * (x[:, None] - xa)
    return np.asarray(np.quantile(lines, [0.25, 0.5, 0.75], axis=1))
