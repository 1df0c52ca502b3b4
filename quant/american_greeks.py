"""Greeks of American options: Black's on the forward, and differences of the premium for early exercise."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from quant import black
from quant.american import Options, columns, european, value
from quant.carry import Carry
from quant.early import Premiums
from quant.greeks import Greeks
from quant.normal import Floats

_SPOT_STEP, _LEAST_SPOT_STEP = 0.08, 1e-4  # in total deviations, and relative
_VOL_STEP, _RATE_STEP = 0.02, 1e-3
_TIME_STEP, _SHORTEST_SHARE = 0.5 / 365, 0.02


@np.errstate(all="ignore")
def greeks(call: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, carry: Carry) -> Greeks:
    """All eight, in the units of ``quant.greeks``; the spot moves with its dividends in proportion (``quant.carry``).

    Theta and charm are of time alone: dividends keep their dates and what lies between now and the first pays nothing.
    An option worth no more than immediate exercise pays has the spot's delta, and nothing else. NaN as in ``price``.

    >>> put = greeks(False, 110, 0.25, 0.20, Carry(100, 0.04))
    >>> [round(float(x), 3) for x in (put.delta, put.gamma, put.vega)]
    [-0.838, 0.034, 11.614]
    """
    options, shape = columns(call, strike, years, vol)
    here = Premiums(carry)
    with np.errstate(all="ignore"):
        found = _differences(options, here)
        worth = value(options, here)
        now = np.where(options.call, 1.0, -1.0) * (carry.spot - options.strike)
        exercised = (worth <= now * (1 + 1e-12)) & (now > 0) & (options.years > 0)
    sign = np.where(options.call, 1.0, -1.0)
    settled = [np.where(exercised, sign if name == "delta" else 0.0, x) for name, x in found._asdict().items()]
    return Greeks(*(np.where(np.isfinite(worth), x, np.nan).reshape(shape) for x in settled))


def _differences(options: Options, here: Premiums) -> Greeks:
    carry, spot = here.carry, here.carry.spot
    base = _black(options, carry)
    step = np.maximum(_SPOT_STEP * options.vol * np.sqrt(np.maximum(options.years, 0.0)), _LEAST_SPOT_STEP)
    first, second = _by_spot(options, here, step)
    dv = _VOL_STEP * options.vol
    more, less = (options._replace(vol=options.vol + move) for move in (dv, -dv))
    up, down, level = _premium(more, here), _premium(less, here), _premium(options, here)
    steeper, flatter = _by_spot(more, here, step)[0], _by_spot(less, here, step)[0]
    delta, gamma = base.delta + first, base.gamma + second
    worth = european(options, carry) + level
    variance = options.vol**2 * spot**2
    theta = carry.rate * worth - carry.growth * spot * delta - variance * gamma / 2
    rates = [Premiums(replace(carry, rate=carry.rate + move)) for move in (_RATE_STEP, -_RATE_STEP)]
    dear, cheap = (value(options, premiums) for premiums in rates)
    return Greeks(
        delta,
        gamma,
        np.where(options.years > 0, theta, 0.0),
        base.vega + (up - down) / (2 * dv),
        (dear - cheap) / (2 * _RATE_STEP),
        base.vanna + (steeper - flatter) / (2 * dv),
        base.volga + (up - 2 * level + down) / dv**2,
        _charm(options, carry, delta),
    )


def _black(options: Options, carry: Carry) -> Greeks:
    forward, discount = carry.forward(options.years), carry.discount(options.years)
    return black.greeks(options.call, carry.spot, forward, options.strike, options.years, options.vol, discount)


def _premium(options: Options, premiums: Premiums) -> Floats:
    return premiums.premium(*options, european(options, premiums.carry))


def _by_spot(options: Options, premiums: Premiums, step: Floats) -> tuple[Floats, Floats]:
    """Slope and curvature of the premium: a spot higher by a share is a strike lower by it, in larger units."""
    spot = premiums.carry.spot
    up, down = (
        (1 + move) * _premium(options._replace(strike=options.strike / (1 + move)), premiums) for move in (step, -step)
    )
    level = _premium(options, premiums)
    return (up - down) / (2 * step * spot), (up - 2 * level + down) / (step * spot) ** 2


def _charm(options: Options, carry: Carry, delta: Floats) -> Floats:
    """What delta gains as time passes: by the delta a while later, at the same spot."""
    change = np.zeros(len(delta))
    for until in np.unique(options.years[options.years > 0]):
        rows = np.flatnonzero(options.years == until)
        pause = min(_TIME_STEP, _SHORTEST_SHARE * float(until))
        later = Premiums(carry.later(pause))
        some = options.rows(rows)._replace(years=np.full(len(rows), until - pause))
        step = np.maximum(_SPOT_STEP * some.vol * np.sqrt(some.years), _LEAST_SPOT_STEP)
        then = _black(some, later.carry).delta + _by_spot(some, later, step)[0]
        change[rows] = (then - delta[rows]) / pause
    return change
