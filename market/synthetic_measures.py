"""The past of the synthetic market as ``market/measures.py`` would measure it: from the surface at each close."""

import numpy as np

from domain.chain import Floats
from domain.market import Series
from market.synthetic_paths import World
from market.synthetic_surface import Closes, closes, strip_variance
from market.synthetic_universe import Underlying

SESSIONS = 504
QUARTER = 0.6744897501960817  # the normal deviate that a quarter of the probability lies beyond
SOURCE = "synthetic (from the surface at each close)"


def measures_until(world: World, name: Underlying, completed: int) -> dict[str, Series]:
    """Series of the sessions before index ``completed``; none before the first one ended."""
    if completed == 0:
        return {}
    part = slice(max(completed - SESSIONS, 0), completed)
    surface = closes(world, name, part)
    found = {
        "iv30": surface.at_thirty(surface.theta),
        "skew_25d": _quarter_delta(surface, call=False) - _quarter_delta(surface, call=True),
        "model_free_iv30": surface.at_thirty(strip_variance(surface.theta, np.stack([surface.rho] * 2), name.wings)),
    }
    return {key: Series(key, SOURCE, world.days[part], np.round(values, 5)) for key, values in found.items()}


def _quarter_delta(surface: Closes, call: bool) -> Floats:
    """30-day volatility at a forward delta of 0.25: log-moneyness k = s (s / 2 ± 0.674), s the deviation there."""
    side = QUARTER if call else -QUARTER
    total = surface.theta
    for _ in range(12):
        deviation = np.sqrt(total)
        total = surface.smile(deviation * (deviation / 2 + side))
    return surface.at_thirty(total)
