"""European options on the forward (Black, "The pricing of commodity contracts", J. Financial Economics 3, 1976).

Everything broadcasts. Prices are per unit of underlying, ``years`` ACT/365, ``vol`` a decimal a year, ``discount`` the
price today of one unit paid at expiry. Inputs out of their domain give NaN, never an exception or a warning. Greeks
and implied volatility live in files of their own and are offered here, because whoever prices needs them too.
"""

import numpy as np
from numpy.typing import ArrayLike

from quant.greeks import Greeks, gamma, greeks
from quant.implied_vol import (
    ABOVE_MAXIMUM,
    BAD_INPUT,
    BELOW_INTRINSIC,
    CROSSED,
    EXPIRED,
    NO_ASK,
    NO_BID,
    NO_PRICE,
    OK,
    STATUS_NAMES,
    Codes,
    explain,
    implied_vol,
)
from quant.lognormal import broadcast, d1_d2, usable
from quant.normal import Floats, norm_cdf

__all__ = [
    "ABOVE_MAXIMUM",
    "BAD_INPUT",
    "BELOW_INTRINSIC",
    "CROSSED",
    "EXPIRED",
    "NO_ASK",
    "NO_BID",
    "NO_PRICE",
    "OK",
    "STATUS_NAMES",
    "Codes",
    "Greeks",
    "explain",
    "gamma",
    "greeks",
    "implied_vol",
    "price",
]


def price(
    call: ArrayLike, forward: ArrayLike, strike: ArrayLike, years: ArrayLike, vol: ArrayLike, discount: ArrayLike
) -> Floats:
    """Discounted premium of one unit; the discounted intrinsic value on the forward where no time or no vol is left.

    Hull, Options, Futures, and Other Derivatives, 9th ed., Example 15.6 (7th ed., Example 13.6, p. 294).

    >>> rate, years = 0.10, 0.5
    >>> c, p = price([True, False], 42 * np.exp(rate * years), 40, years, 0.20, np.exp(-rate * years))
    >>> round(float(c), 2), round(float(p), 2)
    (4.76, 0.81)
    """
    sign, f, k, t, v, d = broadcast(call, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        d1, d2, _ = d1_d2(f, k, t, v)
        above, below = norm_cdf(np.stack([sign * d1, sign * d2]))
        value = d * sign * (f * above - k * below)
    return np.asarray(np.where(usable(f, k, d) & (v >= 0), np.maximum(value, 0.0), np.nan))
