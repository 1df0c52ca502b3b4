"""American options, with a continuous yield and discrete dividends (the model of ``quant.carry``).

Everything broadcasts over options that share one ``Carry``. An expiry's strikes, rights and vols share one solution, so
ask for a whole expiry, or a whole chain, at once. Units are those of ``quant.black``; a value that does not exist is
NaN, never an exception or a warning.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant import black
from quant.carry import Carry
from quant.exercise import exercise_table
from quant.normal import Floats

_BAND = np.log(30.0)  # vols further apart than this do not share a table
_ALL_THERE_IS = 20.0  # total deviation at which an option is worth its maximum


class _Options(NamedTuple):
    """One-dimensional columns of equal length."""

    call: NDArray[np.bool_]
    strike: Floats
    years: Floats
    vol: Floats

    def rows(self, which: NDArray[np.intp]) -> "_Options":
        return _Options(self.call[which], self.strike[which], self.years[which], self.vol[which])


def price(call: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, carry: Carry) -> Floats:
    """Premium of one unit: European value on ``carry.forward(years)`` plus the right to exercise early.

    At or after expiry it is the intrinsic value on the spot. Hull, Options, Futures, and Other Derivatives, 9th ed.,
    Example 21.1: 4.48 by a tree of 5 steps, 4.28 by one of 500.

    >>> put = price(False, 50, 5 / 12, 0.40, Carry(50, 0.10))
    >>> round(float(put), 2)
    4.28
    """
    options, shape = _columns(call, strike, years, vol)
    european = _european(options, carry)
    return (european + _premium(options, carry, european)).reshape(shape)


def early_exercise_premium(
    call: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, carry: Carry
) -> Floats:
    """American minus European value, both at ``vol``, never negative: what to take off a quote to read it as European.

    ``carry`` says what the underlying costs and yields, ``Carry(spot, rate, dividend_yield, dividends)`` with dividends
    as ((years to ex-date, amount), ...); where the chain's parity forward is known, ``carry.with_forward(years,
    forward)`` makes the European side sit on it exactly. One call an expiry, or one for all expiries with an array of
    ``years``; a chain of 14,000 quotes takes about 0.2 s. NaN for a vol, strike or carry that is none.

    >>> stock = Carry(100, 0.04, dividends=((0.1, 0.9),))
    >>> early_exercise_premium([False, True, True], [110, 90, 120], 0.25, 0.20, stock).round(3).tolist()
    [0.342, 0.152, 0.0]
    """
    options, shape = _columns(call, strike, years, vol)
    return _premium(options, carry, _european(options, carry)).reshape(shape)


def _columns(call: ArrayLike, *rest: ArrayLike) -> tuple[_Options, tuple[int, ...]]:
    arrays = np.broadcast_arrays(np.asarray(call, dtype=bool), *(np.asarray(x, dtype=np.float64) for x in rest))
    return _Options(*(column.ravel() for column in arrays)), arrays[0].shape


def _european(options: _Options, carry: Carry) -> Floats:
    """Black on the forward; from the expiry on, what exercise pays."""
    alive = np.where(options.years <= 0, 0.0, options.years)
    forward, discount = carry.forward(alive), carry.discount(alive)
    return black.price(options.call, forward, options.strike, alive, options.vol, discount)


def _premium(options: _Options, carry: Carry, european: Floats) -> Floats:
    premium = np.where(np.isfinite(european), 0.0, np.nan)
    alive = np.flatnonzero(np.isfinite(european) & (options.years > 0) & np.isfinite(options.years))
    with np.errstate(all="ignore"):
        most = _ALL_THERE_IS / np.sqrt(options.years[alive])
        vol = np.minimum(options.vol[alive], most)
        band = np.floor(np.log(np.where(vol > 0, vol, np.inf)) / _BAND)
    keys, group = np.unique(np.stack([options.years[alive], band]), axis=1, return_inverse=True)
    for i, (years, of) in enumerate(keys.T):
        at = np.flatnonzero(group == i)
        rows, vols = alive[at], vol[at]
        reach = (float(vols.min()), float(vols.max())) if np.isfinite(of) else (1.0, 1.0)
        table = exercise_table(carry, float(years), reach)
        premium[rows] = table.premium(options.call[rows], options.strike[rows], vols, european[rows])
    return premium
