"""Inverse options, as on Deribit: premium and payoff in coin, strike in dollars, underlying the coin's own forward.

A call pays max(S - K, 0) / S coins. Its value in coins today is Black's dollar value at a dollar rate that cancels,
divided by the forward: price / F with ``discount`` 1, which is how the venue marks. Where coin itself is worth less
later than now, pass that as ``discount`` (of coin). ``forward`` is the venue's underlying price of the expiry, not its
index. Everything else as in ``quant.black``.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from quant import black
from quant.implied_vol import Codes
from quant.lognormal import broadcast
from quant.normal import Floats


class InverseGreeks(NamedTuple):
    """Of one long contract on one coin.

    ``delta`` is the slope of the dollar value in the forward: coins, as Deribit shows it an option. ``net_delta`` is
    delta less the price in coin, its net transaction delta: what the account's coins gain for a relative move of the
    forward, and the coins of futures to sell when profit is kept in coin. ``gamma`` is the slope of ``delta`` for one
    dollar. ``theta`` (a year of time passing), ``vega`` (1.00 of vol), ``vanna``, ``volga`` and ``charm`` (of
    ``delta``) are coins; times the forward, ``theta`` and ``vega`` are the dollars the venue shows (a day, a point).
    """

    delta: Floats
    net_delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats
    vanna: Floats
    volga: Floats
    charm: Floats


def price(
    call: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    discount: ArrayLike = 1.0,
) -> Floats:
    """Premium of one contract in coin: a call is worth at most one coin, a put as many as its strike buys.

    At the money it is 2 N(vol sqrt(years) / 2) - 1 coins.

    >>> [round(float(x), 6) for x in price([True, False], 100_000, 100_000, 30 / 365, 0.50)]
    [0.057138, 0.057138]
    """
    dollars = black.price(call, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        return np.asarray(dollars / np.asarray(forward, dtype=np.float64))


def payoff(call: ArrayLike, settled: ArrayLike, strike: ArrayLike) -> Floats:
    """Coins paid at expiry when the index settles at ``settled``; NaN where that is no price.

    >>> float(payoff(True, 125_000, 100_000)), float(payoff(False, 80_000, 100_000))
    (0.2, 0.25)
    """
    sign, s, k = broadcast(call, settled, strike)
    with np.errstate(all="ignore"):
        paid = np.maximum(sign * (s - k), 0.0) / s
    return np.asarray(np.where((s > 0) & np.isfinite(s) & (k > 0) & np.isfinite(k), paid, np.nan))


def greeks(
    call: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    discount: ArrayLike = 1.0,
) -> InverseGreeks:
    """Greeks with the forward as the underlying: it does not drift, and ``discount`` is held."""
    found = black.greeks(call, forward, forward, strike, years, vol, discount)
    with np.errstate(all="ignore"):
        f = np.asarray(forward, dtype=np.float64)
        coins = price(call, forward, strike, years, vol, discount)
        theta, vega, volga = (np.asarray(x / f) for x in (found.theta, found.vega, found.volga))
        return InverseGreeks(
            found.delta, np.asarray(found.delta - coins), found.gamma, theta, vega, found.vanna, volga, found.charm
        )


def implied_vol(
    call: ArrayLike,
    premium: ArrayLike,
    forward: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    discount: ArrayLike = 1.0,
) -> tuple[Floats, Codes]:
    """Vol and status of each premium in coin.

    >>> vol, status = implied_vol([True, False], [0.057138, 1.5], 100_000, 100_000, 30 / 365)
    >>> round(float(vol[0]), 4), [black.STATUS_NAMES[i] for i in status]
    (0.5, ['ok', 'above_maximum'])
    """
    with np.errstate(all="ignore"):
        dollars = np.asarray(premium, dtype=np.float64) * np.asarray(forward, dtype=np.float64)
    return black.implied_vol(call, dollars, forward, strike, years, discount)
