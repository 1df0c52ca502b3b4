"""American options, with a continuous yield and discrete dividends (the model of ``quant.carry``).

Everything broadcasts over options that share one ``Carry``. An expiry's strikes, rights and vols share one solution, so
ask for a whole expiry, or a whole chain, at once. Units are those of ``quant.black``; a value that does not exist is
NaN, never an exception or a warning. ``quant.american_sweep`` has compiled loops for options of any carry each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant import black
from quant.american_vol import Quotes, search
from quant.carry import Carry
from quant.early import Premiums, without_vol
from quant.implied_vol import Codes
from quant.normal import Floats


class Options(NamedTuple):
    """One-dimensional columns of equal length."""

    call: NDArray[np.bool_]
    strike: Floats
    years: Floats
    vol: Floats

    def rows(self, which: NDArray[np.intp]) -> "Options":
        return Options(self.call[which], self.strike[which], self.years[which], self.vol[which])


@np.errstate(all="ignore")
def price(call: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, carry: Carry) -> Floats:
    """Premium of one unit: European value on ``carry.forward(years)`` plus the right to exercise early.

    At or after expiry it is the intrinsic value on the spot. Hull, Options, Futures, and Other Derivatives, 9th ed.,
    Example 21.1: 4.48 by a tree of 5 steps, 4.28 by one of 500.

    >>> put = price(False, 50, 5 / 12, 0.40, Carry(50, 0.10))
    >>> round(float(put), 2)
    4.28
    """
    options, shape = columns(call, strike, years, vol)
    return value(options, Premiums(carry)).reshape(shape)


@np.errstate(all="ignore")
def early_exercise_premium(
    call: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, carry: Carry
) -> Floats:
    """American minus European value, both at ``vol``, never negative: what to take off a quote to read it as European.

    ``carry`` says what the underlying costs and yields, ``Carry(spot, rate, dividend_yield, dividends)`` with dividends
    as ((years to ex-date, amount), ...); where the chain's parity forward is known, ``carry.with_forward(years,
    forward)`` makes the European side sit on it exactly. One call an expiry, or one for all expiries with an array of
    ``years``; a chain of 14,000 quotes takes about 0.2 s. NaN for a vol, strike or carry that is none.

    >>> stock = Carry(100, 0.04, dividends=((0.1, 0.9),))
    >>> early_exercise_premium([False, True, True], [110, 90, 120], 0.25, 0.20, stock).round(2).tolist()
    [0.34, 0.13, 0.0]
    """
    options, shape = columns(call, strike, years, vol)
    premiums = Premiums(carry)
    return premiums.premium(*options, european(options, carry)).reshape(shape)


@np.errstate(all="ignore")
def implied_vol(
    call: ArrayLike, premium: ArrayLike, strike: ArrayLike, years: ArrayLike, carry: Carry
) -> tuple[Floats, Codes]:
    """The vol at which ``price`` gives ``premium``, and one status a quote; NaN wherever the status is not ``OK``.

    Statuses are those of ``quant.black.implied_vol``; ``BELOW_INTRINSIC`` is a premium at or below what exercise on the
    best date pays without any vol, above all that of immediate exercise: no vol can be read from it.

    >>> stock = Carry(100, 0.04, dividends=((0.1, 0.9),))
    >>> put = price(False, 110, 0.25, 0.20, stock)
    >>> vol, status = implied_vol(False, [put, 10.0], 110, 0.25, stock)
    >>> vol.round(4).tolist(), [black.STATUS_NAMES[i] for i in status]
    ([0.2, nan], ['ok', 'below_intrinsic'])
    """
    options, shape = columns(call, strike, years, premium)
    premiums, paid = Premiums(carry), options.vol
    alive = np.maximum(options.years, 0.0)
    forward, discount = carry.forward(alive), carry.discount(alive)
    start, status = black.implied_vol(options.call, paid, forward, options.strike, alive, discount)
    start = np.where(status == black.OK, start, np.nan)
    slope = black.greeks(options.call, carry.spot, forward, options.strike, alive, start, discount).vega
    floor = without_vol(carry, options.call, options.strike, options.years)
    with np.errstate(all="ignore"):
        most = np.where(
            options.call,
            carry.spot * np.exp(max(-carry.dividend_yield, 0.0) * alive),
            options.strike * np.exp(max(-carry.rate, 0.0) * alive),
        )
        scale = np.maximum(carry.spot, options.strike)
    quotes = Quotes(paid, floor, np.where(np.isfinite(forward), most, np.nan), scale, options.years, start, slope)
    vol, codes = search(quotes, lambda at, vols: value(options.rows(at)._replace(vol=vols), premiums))
    return vol.reshape(shape), codes.reshape(shape)


def columns(call: ArrayLike, *rest: ArrayLike) -> tuple[Options, tuple[int, ...]]:
    arrays = np.broadcast_arrays(np.asarray(call, dtype=bool), *(np.asarray(x, dtype=np.float64) for x in rest))
    return Options(*(column.ravel() for column in arrays)), arrays[0].shape


def european(options: Options, carry: Carry) -> Floats:
    """Black on the forward; from the expiry on, what exercise pays."""
    alive = np.where(options.years <= 0, 0.0, options.years)
    forward, discount = carry.forward(alive), carry.discount(alive)
    return black.price(options.call, forward, options.strike, alive, options.vol, discount)


def value(options: Options, premiums: Premiums) -> Floats:
    base = european(options, premiums.carry)
    return base + premiums.premium(*options, base)
