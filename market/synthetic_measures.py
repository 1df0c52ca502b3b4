"""The past of the synthetic market as ``market/measures.py`` would measure it: from the surface at each close."""

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from domain.market import Days, InterestChange, Series
from domain.session import session_close
from market.interest import Interest, interest_change
from market.synthetic_activity import Rows, open_interest, unusual_volume, usual_volume
from market.synthetic_calendar import Tick
from market.synthetic_chains import RATE
from market.synthetic_listing import Grid, listed_grid
from market.synthetic_paths import World
from market.synthetic_surface import DAYS_A_YEAR, Closes, closes, strip_variance, vols_at_closes
from market.synthetic_universe import Underlying
from quant.black import price

SESSIONS = 504
QUARTER_YEAR = 63  # sessions of option activity: each is added up from all its contracts
QUARTER = 0.6744897501960817  # the normal deviate that a quarter of the probability lies beyond
SOURCE = "synthetic (from the surface at each close)"


def measures_until(world: World, name: Underlying, completed: int) -> dict[str, Series]:
    """Series of the sessions before index ``completed``; none before the first one ended."""
    if completed == 0:
        return {}
    part = slice(max(completed - SESSIONS, 0), completed)
    surface = closes(world, name, part)
    found: dict[str, Floats] = {
        "iv30": surface.at_thirty(surface.theta),
        "skew_25d": _quarter_delta(surface, call=False) - _quarter_delta(surface, call=True),
        "model_free_iv30": surface.at_thirty(strip_variance(surface.theta, np.stack([surface.rho] * 2), name.wings)),
    }
    recent = slice(max(completed - QUARTER_YEAR, 0), completed)
    traded = _activity(world, name, recent)
    return _series(world.days[part], found) | _series(world.days[recent], traded)


def interest_since(world: World, name: Underlying, tick: Tick) -> InterestChange | None:
    """Open interest at the tick against that of the session before; None on the first session."""
    day = world.index_of(np.datetime64(tick.session))
    if day < 1:
        return None
    before = _close(world, day - 1)
    return interest_change(_interest(world, name, before, day - 1), _interest(world, name, tick, day))


def _interest(world: World, name: Underlying, tick: Tick, day: int) -> Interest:
    grid = listed_grid(world, name, tick)
    held = open_interest(world, name, grid, np.full(grid.strike.shape, day))
    root = np.full(len(held), name.ticker)
    return Interest(tick.session, tick.at, root, grid.expiry, grid.strike, grid.call, held)


def _series(days: Days, found: dict[str, Floats]) -> dict[str, Series]:
    return {key: Series(key, SOURCE, days, np.round(values, 5)) for key, values in found.items()}


def _quarter_delta(surface: Closes, call: bool) -> Floats:
    """30-day volatility at a forward delta of 0.25: log-moneyness k = s (s / 2 ± 0.674), s the deviation there."""
    side = QUARTER if call else -QUARTER
    total = surface.theta
    for _ in range(12):
        deviation = np.sqrt(total)
        total = surface.smile(deviation * (deviation / 2 + side))
    return surface.at_thirty(total)


def _activity(world: World, name: Underlying, days: slice) -> dict[str, Floats]:
    """What the chains at the closes of some sessions add up to, all sessions at once."""
    sessions = range(len(world.days))[days]
    grids = [listed_grid(world, name, _close(world, day)) for day in sessions]
    grid = Grid(
        *(np.concatenate([getattr(one, part) for one in grids]) for part in ("expiry", "strike", "call", "step"))
    )
    day = np.repeat(np.array(sessions), [len(one.strike) for one in grids])
    interest = open_interest(world, name, grid, day)
    volume = usual_volume(world, name, grid, day, interest)
    ends = np.cumsum([len(one.strike) for one in grids])
    for at, one, end in zip(sessions, grids, ends, strict=True):
        start = end - len(one.strike)
        rows, traded = unusual_volume(world, name, one, at, interest[start:end], 1.0)
        volume[start + rows] += traded
    volume = np.floor(volume)
    premium = volume * _fair(world, name, grid, day)
    place = day - sessions.start

    def total(column: Floats, rows: NDArray[np.bool_]) -> Floats:
        return np.asarray(np.bincount(place[rows], column[rows], len(sessions)), dtype=np.float64)

    def put_call(column: Floats) -> Floats:
        return total(column, ~grid.call) / np.maximum(total(column, grid.call), 1e-9)

    everything = np.ones(len(day), bool)
    return {
        "put_call_volume": put_call(volume),
        "put_call_open_interest": put_call(interest),
        "put_call_premium": put_call(premium),
        "volume": total(volume, everything),
        "open_interest": total(interest, everything),
    }


def _close(world: World, day: int) -> Tick:
    session = world.days[day].item()
    return Tick(session, int(world.last[day]), session_close(session))


def _fair(world: World, name: Underlying, grid: Grid, day: Rows) -> Floats:
    """Premiums at the closes, one a row: the middle of what ``synthetic_chains`` quotes, before ticks."""
    years = (grid.expiry - world.days[day]).astype(float) / DAYS_A_YEAR
    forward = world.path(name.ticker).close[day] * np.exp((RATE - name.dividend) * years)
    vol = vols_at_closes(world, name, day, np.log(grid.strike / forward), years, grid.expiry)
    return price(grid.call, forward, grid.strike, years, vol, np.exp(-RATE * years))
