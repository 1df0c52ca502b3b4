"""Greeks of American options: Black's on the forward, and differences of the premium for early exercise."""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant import black
from quant.american import Options, columns, european, value
from quant.carry import Carry
from quant.early import Premiums
from quant.greeks import Greeks
from quant.normal import Floats


class FirstGreeks(NamedTuple):
    """Of one long unit; units and signs of ``quant.greeks``."""

    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats


_SPOT_STEP, _LEAST_SPOT_STEP = 0.08, 1e-4  # in total deviations, and relative
_VOL_STEP, _RATE_STEP = 0.02, 1e-3
_TIME_STEP, _SHORTEST_SHARE = 0.5 / 365, 0.02


@np.errstate(all="ignore")
def greeks(call: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, carry: Carry) -> Greeks:
    """All eight, in the units of ``quant.greeks``; the spot moves with its dividends in proportion.

    Theta and charm are of time alone: dividends keep their dates and what lies between now and the first pays nothing.
    An option worth no more than immediate exercise pays has the spot's delta, and nothing else. NaN as in ``price``.

    >>> put = greeks(False, 110, 0.25, 0.20, Carry(100, 0.04))
    >>> [round(float(x), 2) for x in (put.delta, put.gamma, put.vega)]
    [-0.84, 0.03, 11.61]
    """
    options, shape = columns(call, strike, years, vol)
    here = Premiums(carry)
    first, worth, exercised = _first(options, here)
    vanna, volga = _by_vol_again(options, here)
    later = (_rho(options, carry), vanna, volga, _charm(options, carry, first.delta))
    settled = (np.where(exercised, 0.0, x) for x in later)
    found = (*first, *(np.where(np.isfinite(worth), x, np.nan) for x in settled))
    return Greeks(*(x.reshape(shape) for x in found))


@np.errstate(all="ignore")
def first_greeks(call: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, carry: Carry) -> FirstGreeks:
    """The four of them that one solution yields, for a third of the time."""
    options, shape = columns(call, strike, years, vol)
    return FirstGreeks(*(x.reshape(shape) for x in _first(options, Premiums(carry))[0]))


def _first(options: Options, here: Premiums) -> tuple[FirstGreeks, Floats, NDArray[np.bool_]]:
    """With the price, and where it is no more than immediate exercise pays."""
    carry, spot = here.carry, here.carry.spot
    dv = _VOL_STEP * options.vol
    up, down = (_premium(options._replace(vol=options.vol + move), here) for move in (dv, -dv))
    worth, base = value(options, here), _black(options, carry)
    slope, curvature = _by_spot(options, here)
    delta, gamma = base.delta + slope, base.gamma + curvature
    theta = carry.rate * worth - carry.growth * spot * delta - options.vol**2 * spot**2 * gamma / 2
    theta = np.where(options.years > 0, theta, 0.0)
    sign = np.where(options.call, 1.0, -1.0)
    now = sign * (spot - options.strike)
    exercised = (worth <= now * (1 + 1e-12)) & (now > 0) & (options.years > 0)
    found = (delta, gamma, theta, base.vega + (up - down) / (2 * dv))
    settled = [np.where(exercised, sign, delta), *(np.where(exercised, 0.0, x) for x in found[1:])]
    return FirstGreeks(*(np.where(np.isfinite(worth), x, np.nan) for x in settled)), worth, exercised


def _by_vol_again(options: Options, here: Premiums) -> tuple[Floats, Floats]:
    """Vanna and volga."""
    dv, base = _VOL_STEP * options.vol, _black(options, here.carry)
    more, less = (options._replace(vol=options.vol + move) for move in (dv, -dv))
    tilt = (_by_spot(more, here)[0] - _by_spot(less, here)[0]) / (2 * dv)
    bend = (_premium(more, here) - 2 * _premium(options, here) + _premium(less, here)) / dv**2
    return base.vanna + tilt, base.volga + bend


def _rho(options: Options, carry: Carry) -> Floats:
    """Dividends and yield held."""
    dear, cheap = (
        value(options, Premiums(replace(carry, rate=carry.rate + move))) for move in (_RATE_STEP, -_RATE_STEP)
    )
    return np.asarray((dear - cheap) / (2 * _RATE_STEP))


def _black(options: Options, carry: Carry) -> Greeks:
    forward, discount = carry.forward(options.years), carry.discount(options.years)
    return black.greeks(options.call, carry.spot, forward, options.strike, options.years, options.vol, discount)


def _premium(options: Options, premiums: Premiums) -> Floats:
    return premiums.premium(*options, european(options, premiums.carry))


def _by_spot(options: Options, premiums: Premiums) -> tuple[Floats, Floats]:
    """Slope and curvature of the premium: a spot higher by a share is a strike lower by it, in larger units."""
    spot = premiums.carry.spot
    step = np.maximum(_SPOT_STEP * options.vol * np.sqrt(np.maximum(options.years, 0.0)), _LEAST_SPOT_STEP)
    strikes = (options.strike / (1 + step), options.strike, options.strike / (1 - step))
    up, level, down = (_premium(options._replace(strike=strike), premiums) for strike in strikes)
    up, down = (1 + step) * up, (1 - step) * down
    return (up - down) / (2 * step * spot), (up - 2 * level + down) / (step * spot) ** 2


def _charm(options: Options, carry: Carry, delta: Floats) -> Floats:
    """What delta gains as time passes: by the delta a while later, at the same spot."""
    change = np.zeros(len(delta))
    for until in np.unique(options.years[options.years > 0]):
        rows = np.flatnonzero(options.years == until)
        pause = min(_TIME_STEP, _SHORTEST_SHARE * float(until))
        later = Premiums(carry.later(pause))
        some = options.rows(rows)._replace(years=np.full(len(rows), until - pause))
        then = _black(some, later.carry).delta + _by_spot(some, later)[0]
        change[rows] = (then - delta[rows]) / pause
    return change
