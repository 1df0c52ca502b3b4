"""What the fund believes about the underlying, in the two numbers that move a distribution of outcomes."""

import math
from dataclasses import replace

from pydantic.dataclasses import dataclass

LOWEST_RATIO, HIGHEST_RATIO = 0.7, 1.3


@dataclass(frozen=True)
class View:
    """``direction_sd``: expected move in standard deviations of the outcome at the horizon, positive upwards.

    ``vol_edge`` in [-1, 1] is the judge's view of the price of options, positive when rich. ``vol_ratio`` is the
    volatility expected over the volatility implied; 1 takes the market's word.
    """

    direction_sd: float
    vol_edge: float
    vol_ratio: float = 1.0

    def expecting(self, realised: float | None, implied: float | None, shrink: float) -> "View":
        """The same view with the volatility forecast from realised and implied volatility (annual decimals)."""
        return replace(self, vol_ratio=forecast_ratio(realised, implied, shrink))


def forecast_ratio(realised: float | None, implied: float | None, shrink: float) -> float:
    """Volatility forecast over implied: implied moved by ``shrink`` of the way to realised, kept in [0.7, 1.3].

    Without a positive realised and implied volatility the forecast is the implied one.

    >>> forecast_ratio(0.15, 0.20, 0.5), forecast_ratio(None, 0.20, 0.5), forecast_ratio(0.60, 0.20, 0.5)
    (0.875, 1.0, 1.3)
    """
    if realised is None or implied is None or not (0 < realised < math.inf and 0 < implied < math.inf):
        return 1.0
    return min(max(1.0 + shrink * (realised / implied - 1.0), LOWEST_RATIO), HIGHEST_RATIO)
