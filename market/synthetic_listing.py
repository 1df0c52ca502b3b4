"""What the synthetic exchange lists: a strike, once listed, stays until its expiry."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from domain.market import Days
from market.synthetic_calendar import Tick, expiry_cycle, listings
from market.synthetic_paths import World
from market.synthetic_surface import DAYS_A_YEAR, usual_volatility
from market.synthetic_universe import Underlying

# (price below, step near the money, step in the wings); liquid names have the finer half of the steps
STEPS = ((15.0, 0.5, 1.0), (70.0, 1.0, 2.5), (180.0, 2.5, 5.0), (500.0, 5.0, 10.0), (np.inf, 10.0, 20.0))
LIQUID_STEPS = ((25.0, 0.5, 1.0), (110.0, 1.0, 5.0), (240.0, 2.5, 10.0), (np.inf, 5.0, 20.0))
LIQUID = 0.6
WINGS, NEAR = (3.0, 2.3), (1.4, 1.4)  # reach below and above, in standard deviations over the life
REFINED = 63  # days before expiry, when the fine strikes are added


@dataclass(frozen=True, eq=False)
class Grid:
    """The rows of a chain: sorted by expiry, strike, calls before puts. ``step`` is the spacing near the money."""

    expiry: Days
    strike: Floats
    call: NDArray[np.bool_]
    step: Floats

    @property
    def keys(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Integers that name a contract for ever: its expiry, and its strike with its side."""
        return self.expiry.astype(np.int64), np.round(self.strike * 2000).astype(np.int64) + self.call


def listed_grid(world: World, name: Underlying, tick: Tick) -> Grid:
    """What is listed at the tick; the range of strikes only widens with the closes."""
    calendar = listings(name.weeklies, expiry_cycle(world.dice, name))
    today = np.datetime64(tick.session)
    over = calendar.expiry < today if tick.step < world.last[world.index_of(today)] else calendar.expiry <= today
    live = np.flatnonzero((calendar.listed <= today) & ~over)
    parts = [_strikes(world, name, tick, calendar.listed[i], calendar.expiry[i]) for i in live]
    counts = [2 * len(strikes) for strikes, _ in parts]
    return Grid(
        expiry=np.repeat(calendar.expiry[live], counts),
        strike=np.repeat(np.concatenate([strikes for strikes, _ in parts]), 2),
        call=np.tile([True, False], sum(counts) // 2),
        step=np.repeat([step for _, step in parts], counts),
    )


def _strikes(
    world: World, name: Underlying, tick: Tick, listed: np.datetime64, expiry: np.datetime64
) -> tuple[Floats, float]:
    """Coarse steps over the closes since listing and far around; fine ones near the closes of the last weeks."""
    closes, today = world.path(name.ticker).close, world.index_of(np.datetime64(tick.session))

    def span(since: np.datetime64, reach: tuple[float, float]) -> tuple[float, float]:
        seen = closes[max(world.index_of(since) - 1, 0) : max(today, 1)]
        deviation = usual_volatility(name) * np.sqrt(float((expiry - since).astype(int)) / DAYS_A_YEAR)
        return float(seen.min() * np.exp(-reach[0] * deviation)), float(seen.max() * np.exp(reach[1] * deviation))

    at_listing = closes[max(world.index_of(listed) - 1, 0)]
    table = LIQUID_STEPS if name.liquidity >= LIQUID else STEPS
    fine, coarse = next((fine, coarse) for below, fine, coarse in table if at_listing < below)
    wings = _bounds(coarse, *span(listed, WINGS))
    refined = max(listed, expiry - REFINED)
    if refined > world.days[today]:
        return _listed(coarse, wings), coarse
    return _listed(coarse, wings, fine, _bounds(fine, *span(refined, NEAR))), fine


def _bounds(step: float, low: float, high: float) -> tuple[int, int]:
    """The first and the last multiple of the step (0 excluded) that span the range."""
    return max(math.floor(low / step), 1), math.ceil(high / step)


@lru_cache(maxsize=4096)
def _listed(coarse: float, wings: tuple[int, int], fine: float = 0.0, near: tuple[int, int] = (1, 0)) -> Floats:
    """Multiples of the coarse step in the wings and of the fine one near the money, each once, ascending."""
    strikes = np.union1d(np.arange(wings[0], wings[1] + 1) * coarse, np.arange(near[0], near[1] + 1) * fine)
    strikes.flags.writeable = False
    return strikes
