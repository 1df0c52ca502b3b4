"""The forces behind the synthetic prices: the market, sectors and names; each with its own stochastic volatility.

A factor's log volatility is the sum of a slow and a fast mean-reverting state. Part of each day's news about volatility
comes with the open, the rest with the factor's own returns as the session unfolds (the leverage effect), so that what
is seen at one step needs nothing that happens after it.
"""

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from domain.market import Days
from market.synthetic_calendar import STEPS
from market.synthetic_random import Dice

YEAR = 252.0  # sessions
HALF_LIVES = (60.0, 8.0)  # of the slow and the fast volatility state, in sessions
SPREADS = (0.20, 0.16)  # their stationary standard deviations (log volatility)
WIDEST_STATE = 1.2
TURBULENCE = 0.28  # log standard deviation of a day's own multiplier: fat tails within calm and wild times alike
OVERNIGHT = 0.22  # share of a full day's variance that comes with the open


@dataclass(frozen=True)
class Force:
    """``sigma`` annual at the states' centre; ``leverage`` in [0, 1]; jumps a year, in daily standard deviations.

    ``unrest`` scales the spread of its volatility.
    """

    sigma: float
    leverage: float
    jumps: float
    jump_mean: float
    jump_spread: float = 2.5
    unrest: float = 1.0

    @property
    def spreads(self) -> tuple[float, ...]:
        return tuple(self.unrest * spread for spread in SPREADS)

    @property
    def news(self) -> Floats:
        """Standard deviations of a day's news in the two states."""
        keep = np.array([persistence(h) for h in HALF_LIVES])
        return np.asarray(np.array(self.spreads) * np.sqrt(1 - keep**2))

    @property
    def jump_variance(self) -> float:
        """Of a day's noise, beside 1 for its steps."""
        return self.jumps / YEAR * (self.jump_mean**2 + self.jump_spread**2)


MARKET = Force(0.116, 0.70, 3.0, -1.5)
SECTOR = Force(0.11, 0.30, 2.0, 0.0, unrest=0.7)


def idiosyncratic(sigma: float) -> Force:
    return Force(sigma, 0.25, 4.0, 0.0, 3.0, unrest=0.6)


def _step_weights() -> Floats:
    """Standard deviation of each step of a day as a share of the day's: the open, then a U over the session."""
    u = np.linspace(-1, 1, STEPS)
    shape = 1 + 1.5 * u**2
    return np.sqrt(np.concatenate(([OVERNIGHT], (1 - OVERNIGHT) * shape / shape.sum())))


WEIGHTS = _step_weights()


def persistence(half_life: float) -> float:
    return float(0.5 ** (1 / half_life))


def noise(dice: Dice, subject: str, force: Force, days: Days, last: NDArray[np.int64]) -> Floats:
    """Standardised returns, days down and steps across (step 0 is the open); 0 after a day's last step."""
    column, steps = days[:, None], np.arange(STEPS + 1)
    turbulence = np.exp(TURBULENCE * dice.normal("turbulence", subject, days) - TURBULENCE**2)
    shaped = WEIGHTS * turbulence[:, None] * dice.normal("step", subject, column, steps)
    jumps = dice.uniform("jump", subject, days) < force.jumps / YEAR
    size = force.jump_mean + force.jump_spread * dice.normal("jump size", subject, days)
    when = (dice.uniform("jump time", subject, days) * (last + 1)).astype(np.int64)
    shaped[np.arange(len(days)), when] += np.where(jumps, size, 0.0)
    return np.asarray(np.where(steps <= last[:, None], shaped, 0.0))


def recursion(keep: float, shocks: Floats, start: float = 0.0) -> Floats:
    """x[d] = keep * x[d-1] + shocks[d]."""

    def step(before: float, shock: float) -> float:
        return keep * before + shock

    return np.array(list(accumulate(shocks.tolist(), step, initial=start))[1:])


def wander(dice: Dice, stream: str, subject: str, days: Days, half_life: float) -> Floats:
    """A mean-reverting path with standard deviation 1 that moves once a day, at the open."""
    keep = persistence(half_life)
    start = float(2 * dice.fixed(stream, subject)[0] - 1)
    return recursion(keep, np.sqrt(1 - keep**2) * dice.normal(stream, subject, days), start)


@dataclass(frozen=True, eq=False)
class FactorPath:
    """``sigma`` is each session's daily standard deviation; ``opens`` and ``closes`` the two states, (2, days)."""

    force: Force
    sigma: Floats
    opens: Floats
    closes: Floats

    def states(self, day: int, so_far: float) -> Floats:
        """The two states within a session, ``so_far`` being the sum of the factor's noise since the open (included)."""
        return self.opens[:, day] - self.force.news * self.force.leverage * so_far


def factor_path(
    dice: Dice, subject: str, force: Force, days: Days, daily: Floats, lift: Floats | None = None
) -> FactorPath:
    """The volatility of a factor over all days, given each day's total noise.

    ``lift`` adds to the log volatility (what option prices know about it).
    """
    at_open, at_close = [], []
    for i, (half_life, scale) in enumerate(zip(HALF_LIVES, force.news.tolist(), strict=True)):
        surprise = scale * np.sqrt(1 - force.leverage**2) * dice.normal("volatility", subject, days, i)
        returned = scale * force.leverage * daily
        close = recursion(persistence(half_life), surprise - returned)
        at_close.append(close)
        at_open.append(close + returned)
    opens = np.array(at_open)
    level = np.clip(opens.sum(axis=0), -WIDEST_STATE, WIDEST_STATE) + (0.0 if lift is None else lift)
    return FactorPath(force, force.sigma / np.sqrt(YEAR) * np.exp(level), opens, np.array(at_close))
