"""European options on a spot with a continuous yield (Black-Scholes 1973, Merton 1973), by way of the forward.

``rate`` and ``carry`` (dividend yield, foreign rate, borrow) are continuously compounded a year; everything else as in
``quant.black``, which does the work.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from quant import black
from quant.greeks import Greeks
from quant.implied_vol import Codes
from quant.normal import Floats


class Market(NamedTuple):
    forward: Floats
    discount: Floats


def market(spot: ArrayLike, years: ArrayLike, rate: ArrayLike, carry: ArrayLike = 0.0) -> Market:
    """The forward and the price today of one unit paid at expiry.

    >>> [round(float(x), 4) for x in market(100, 0.5, 0.04, 0.01)]
    [101.5113, 0.9802]
    """
    s, t, r, q = (np.asarray(x, dtype=np.float64) for x in (spot, years, rate, carry))
    with np.errstate(all="ignore"):
        return Market(np.asarray(s * np.exp((r - q) * t)), np.asarray(np.exp(-r * t)))


def price(
    call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    carry: ArrayLike = 0.0,
) -> Floats:
    """Premium of one unit.

    Haug, The Complete Guide to Option Pricing Formulas (1998), pp. 2-8: the stock call of Black and Scholes, the index
    put of Merton, the futures option of Black, the currency call of Garman and Kohlhagen.

    >>> round(float(price(True, 60, 65, 0.25, 0.30, 0.08)), 4)
    2.1334
    >>> round(float(price(False, 100, 95, 0.5, 0.20, 0.10, 0.05)), 4)
    2.4648
    >>> round(float(price(False, 19, 19, 0.75, 0.28, 0.10, 0.10)), 4)
    1.7011
    >>> round(float(price(True, 1.56, 1.6, 0.5, 0.12, 0.06, 0.08)), 4)
    0.0291
    """
    forward, discount = market(spot, years, rate, carry)
    return black.price(call, forward, strike, years, vol, discount)


def greeks(
    call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    carry: ArrayLike = 0.0,
) -> Greeks:
    """Greeks of one unit, ``rate`` and ``carry`` held.

    Haug (1998), pp. 11-16: delta of a futures call, gamma and vega of a stock call, theta of an index put, rho.

    >>> futures, stock = greeks(True, 105, 100, 0.5, 0.36, 0.10, 0.10), greeks(True, 55, 60, 0.75, 0.30, 0.10)
    >>> [round(float(x), 4) for x in (futures.delta, stock.gamma, stock.vega)]
    [0.5946, 0.0278, 18.9358]
    >>> round(float(greeks(False, 430, 405, 1 / 12, 0.20, 0.07, 0.05).theta), 4)
    -31.1924
    >>> round(float(greeks(True, 72, 75, 1.0, 0.19, 0.09).rho), 4)
    38.7325
    """
    forward, discount = market(spot, years, rate, carry)
    return black.greeks(call, spot, forward, strike, years, vol, discount)


def implied_vol(
    call: ArrayLike,
    premium: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    carry: ArrayLike = 0.0,
) -> tuple[Floats, Codes]:
    """Vol and status of each quote.

    Hull, 7th ed., section 13.11 (a call at 1.875 on a stock at 21, struck at 20): 23.5 % a year.

    >>> round(float(implied_vol(True, 1.875, 21, 20, 0.25, 0.10)[0]), 3)
    0.235
    """
    forward, discount = market(spot, years, rate, carry)
    return black.implied_vol(call, premium, forward, strike, years, discount)
