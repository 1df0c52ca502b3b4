"""The listed options of one name at one tick: strikes as exchanges list them, quotes around a fair value, activity.

Premiums are European values on the forward, and the contracts are European: quotes below the exercise value of
a deep put are then no gift. The fair value is always inside the quotes, so no pair of them can be crossed for a profit.
"""

import numpy as np

from domain.chain import Chain, Floats
from domain.session import years_to_expiry
from domain.tick import tick_size
from market.synthetic_activity import activity
from market.synthetic_calendar import Tick
from market.synthetic_listing import Grid, listed_grid
from market.synthetic_paths import World
from market.synthetic_surface import volatility
from market.synthetic_universe import Underlying
from quant.black import greeks, price

RATE = 0.04
SOURCE = "synthetic"
NOTES = {"synthetic": True, "pricing": "European values on the forward"}


def chain_at(world: World, name: Underlying, tick: Tick) -> Chain:
    spot, grid = world.spot(name.ticker, tick), listed_grid(world, name, tick)
    years = years_to_expiry(grid.expiry, tick.at)
    forward, discount = spot * np.exp((RATE - name.dividend) * years), np.exp(-RATE * years)
    moneyness = np.log(grid.strike / forward)
    vol = volatility(world, name, tick).vol(moneyness, years, grid.expiry)
    fair = price(grid.call, forward, grid.strike, years, vol, discount)
    sensitivity = greeks(grid.call, spot, forward, grid.strike, years, vol, discount)
    half = _half_spread(
        name, spot, fair, sensitivity.vega, np.abs(sensitivity.delta), moneyness / (vol * np.sqrt(years))
    )
    bid, ask = _quotes(world, name, tick, grid, fair, half)
    volume, interest = activity(world, name, tick, grid)
    return Chain(
        ticker=name.ticker,
        spot=spot,
        quote_time=tick.at,
        session=tick.session,
        cadence="intraday",
        source=SOURCE,
        expiry=grid.expiry,
        strike=grid.strike,
        call=grid.call,
        bid=bid,
        ask=ask,
        last=np.where(volume > 0, np.where(bid > 0, bid, ask), np.nan),
        volume=volume,
        open_interest=interest,
        iv=np.round(vol, 4),
        root=np.full(len(grid.strike), name.ticker),
        style="european",
        tick_class=name.tick,
        notes=dict(NOTES),
    )


def _half_spread(
    name: Underlying, spot: float, fair: Floats, vega: Floats, delta: Floats, deviations: Floats
) -> Floats:
    """Half of ask minus bid before ticks: vol points (more in the wings and in thin names), the hedge's cost, a share
    of the premium; never more than half the premium and a little."""
    thin = 1 / name.liquidity
    points = 0.0012 * thin**1.35 * (1 + 0.25 * np.minimum(deviations**2, 9))
    half = vega * points + 0.00003 * thin * delta * spot + 0.002 * thin * fair
    return np.asarray(np.minimum(half, 0.5 * fair + 0.02 * thin))


def _quotes(
    world: World, name: Underlying, tick: Tick, grid: Grid, fair: Floats, half: Floats
) -> tuple[Floats, Floats]:
    """Bid down and ask up to the venue's tick, each a little further out by its own luck of the day; 0 is no bid."""
    day = np.full(fair.shape, np.datetime64(tick.session))
    bid = fair - half * (1 + 0.25 * world.dice.uniform("bid", name.ticker, day, *grid.keys))
    ask = fair + half * (1 + 0.25 * world.dice.uniform("ask", name.ticker, day, *grid.keys))
    return _on_tick(name, bid, up=False), _on_tick(name, ask, up=True)


def _on_tick(name: Underlying, premium: Floats, up: bool) -> Floats:
    tick = np.where(premium < 3, tick_size(name.tick, 1.0, 1), tick_size(name.tick, 5.0, 1))
    steps = np.ceil(premium / tick - 1e-9) if up else np.floor(premium / tick + 1e-9)
    return np.asarray(np.round(np.maximum(steps, 1.0 if up else 0.0) * tick, 2))
