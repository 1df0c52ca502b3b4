"""A discrete distribution as running sums, so that probabilities, option values and tails are read at any level at
once instead of being added up outcome by outcome."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant.normal import Floats

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Tails:
    """``spots`` ascending; of the first i ``below[i]`` is the probability, ``moment[i]`` its sum weighted by spot."""

    spots: Floats
    below: Floats
    moment: Floats

    @classmethod
    def of(cls, spots: Floats, weights: Floats) -> "Tails":
        """:raises ValueError: not finite, not ascending, or weights that are no probabilities."""
        if not (np.isfinite(spots).all() and (np.diff(spots) >= 0).all()):
            raise ValueError("outcomes must be finite and ascend")
        if not ((weights >= 0).all() and abs(float(weights.sum()) - 1) < 1e-9):
            raise ValueError("weights must be probabilities that sum to 1")
        return cls(
            spots, np.concatenate([[0.0], np.cumsum(weights)]), np.concatenate([[0.0], np.cumsum(weights * spots)])
        )

    def probability_below(self, level: ArrayLike) -> Floats:
        """P(spot < level)."""
        return self.below[np.searchsorted(self.spots, level, "left")]

    def probability_above(self, level: ArrayLike) -> Floats:
        """P(spot > level)."""
        return np.asarray(self.below[-1] - self.below[np.searchsorted(self.spots, level, "right")])

    def put(self, strike: ArrayLike) -> Floats:
        """Mean of max(strike - spot, 0), undiscounted."""
        place = np.searchsorted(self.spots, strike, "left")
        return np.asarray(np.asarray(strike) * self.below[place] - self.moment[place])

    def call(self, strike: ArrayLike) -> Floats:
        """Mean of max(spot - strike, 0), undiscounted."""
        place = np.searchsorted(self.spots, strike, "right")
        above = self.below[-1] - self.below[place]
        return np.asarray(self.moment[-1] - self.moment[place] - np.asarray(strike) * above)

    def low_quantile(self, tail: float) -> float:
        """The highest outcome with at most ``tail`` of probability below it."""
        return float(self.spots[np.flatnonzero(self.below[:-1] <= tail)[-1]])

    def high_quantile(self, tail: float) -> float:
        """The lowest outcome with at most ``tail`` of probability above it."""
        return float(self.spots[np.flatnonzero(self.below[-1] - self.below[1:] <= tail)[0]])

    def strangle_quantile(self, put: Floats, call: Floats, tail: float) -> Floats:
        """The least x >= 0 with at most ``tail`` of probability below ``put`` - x and above ``call`` + x together.

        ``put`` <= ``call`` elementwise. It is 0 or the distance of an outcome from the strike on its side; on either
        side the distances that satisfy it are a run from the farthest one on, whose end is found by halving.
        """

        def fits(away: Floats) -> Flags:
            return np.asarray(self.probability_below(put - away) + self.probability_above(call + away) <= tail)

        def from_put(place: Places) -> Floats:
            return np.asarray(put - self.spots[place])

        def from_call(place: Places) -> Floats:
            return np.asarray(self.spots[len(self.spots) - 1 - place] - call)

        nearest = np.full(put.shape, np.inf)
        for side in (from_put, from_call):
            last = side(_last(fits, side, put.shape, len(self.spots)))
            nearest = np.where(fits(last), np.minimum(nearest, last), nearest)
        return np.where(fits(np.zeros(put.shape)), 0.0, nearest)


def _last(
    fits: Callable[[Floats], Flags], side: Callable[[Places], Floats], shape: tuple[int, ...], count: int
) -> Places:
    """The last of ``count`` places whose distance fits, where those that fit run from 0 on; 0 where none does."""
    low, high = np.zeros(shape, np.intp), np.full(shape, count, np.intp)
    while (high - low > 1).any():
        middle = (low + high) // 2
        good, done = fits(side(middle)), high - low <= 1
        low, high = np.where(good & ~done, middle, low), np.where(good | done, high, middle)
    return low
