"""Volume and open interest: heavy at round strikes, in near expiries and liquid names; now and then unusual."""

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from market.synthetic_calendar import Tick
from market.synthetic_listing import Grid
from market.synthetic_paths import World
from market.synthetic_surface import usual_volatility
from market.synthetic_universe import Underlying

UNUSUAL_DAYS = (6, 45)  # to expiry
UNUSUAL_STRIKES = 3
Rows = NDArray[np.intp]


def activity(world: World, name: Underlying, tick: Tick, grid: Grid) -> tuple[Floats, Floats]:
    """(contracts traded so far in the session, contracts open at its start), whole numbers."""
    day = world.index_of(np.datetime64(tick.session))
    elapsed = tick.step / float(world.last[day])
    interest = open_interest(world, name, grid, np.full(grid.strike.shape, day))
    volume = usual_volume(world, name, grid, np.full(grid.strike.shape, day), interest) * elapsed
    rows, traded = unusual_volume(world, name, grid, day, interest, elapsed)
    volume[rows] += traded
    return np.floor(volume), interest


def usual_volume(world: World, name: Underlying, grid: Grid, day: Rows, interest: Floats) -> Floats:
    """Contracts of a whole session; ``day`` is the index of each row's session."""
    sessions = world.days[day]
    luck = np.exp(0.7 * world.dice.normal("traded", name.ticker, sessions, *grid.keys))
    days = (grid.expiry - sessions).astype(float)
    return np.asarray(interest * (0.05 + 0.25 * np.exp(-days / 10)) * luck)


def unusual_volume(
    world: World, name: Underlying, grid: Grid, day: int, interest: Floats, elapsed: float
) -> tuple[Rows, Floats]:
    """(rows, contracts) that someone has traded beyond the usual by that part of one session."""
    rows = _unusual_rows(world, name, grid, day, interest)
    multiples = _unusual(world, name, day, elapsed)[: len(rows)]
    return rows, multiples * np.maximum(interest[rows], 400 * name.liquidity)


def open_interest(world: World, name: Underlying, grid: Grid, day: Rows) -> Floats:
    """From the close before: the name's size, a profile over tenor and moneyness, round strikes, a contract's luck."""
    close = world.path(name.ticker).close[np.maximum(day - 1, 0)]
    days = (grid.expiry - world.days[day]).astype(float) + 1
    deviations = np.log(grid.strike / close) / (usual_volatility(name) * np.sqrt((days + 5) / 365))
    outward = np.where(grid.call, deviations, -deviations)  # positive out of the money
    where = np.exp(-0.5 * ((outward - 0.6) / 1.2) ** 2) + 0.02
    when = np.exp(-days / 150) * (0.5 + 0.5 * np.exp(-((days - 25) ** 2) / 800))
    luck = np.exp(0.7 * world.dice.fixed_normal("interest", name.ticker, *grid.keys))
    size = np.exp(4.4 + 5.4 * name.liquidity)
    return np.asarray(np.floor(size * where * when * _roundness(grid) * luck))


def _roundness(grid: Grid) -> Floats:
    """More is open at every fifth and tenth strike."""
    fifth = np.isclose(grid.strike % (5 * grid.step), 0)
    tenth = np.isclose(grid.strike % (10 * grid.step), 0)
    return np.where(tenth, 2.6, np.where(fifth, 1.7, 1.0))


def _unusual_rows(world: World, name: Underlying, grid: Grid, day: int, interest: Floats) -> Rows:
    """The out-of-the-money contracts that someone buys on a day of unusual volume; none on most days."""
    side = world.path(name.ticker).flow[day]
    days = (grid.expiry - world.days[day]).astype(int)
    near = (days >= UNUSUAL_DAYS[0]) & (days <= UNUSUAL_DAYS[1]) & (grid.call == (side > 0)) & (interest > 0)
    if side == 0 or not near.any():
        return np.array([], np.intp)
    choices = np.unique(grid.expiry[near])
    pick = world.dice.uniform("flow expiry", name.ticker, world.days[day : day + 1])[0]
    near &= grid.expiry == choices[int(pick * len(choices))]
    close = world.path(name.ticker).close[max(day - 1, 0)]
    away = side * np.log(grid.strike / close)
    rows = np.flatnonzero(near & (away > 0.02))
    return rows[np.argsort(away[rows], kind="stable")[:UNUSUAL_STRIKES]]


def _unusual(world: World, name: Underlying, day: int, elapsed: float) -> Floats:
    """Multiples of open interest traded so far, by contract; they begin at some moment of the session."""
    u = world.dice.uniform("flow size", name.ticker, world.days[day : day + 1], np.arange(4))
    begins = 0.4 * u[0]
    return np.asarray((2 + 5 * u[1:]) * min(max(elapsed - begins, 0.0) / 0.2, 1.0))
