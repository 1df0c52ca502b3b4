"""What a set of legs may lose in one day: full revaluation on a small grid, the first value at risk of the fund."""

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Floats
from domain.leg import Leg
from domain.session import YEAR_SECONDS, expiry_moment
from quant.american import price as american_price
from quant.black import price
from quant.carry import Carry
from quant.surface import Surface

TRADING_DAYS = 252
ONE_DAY = 1 / 365
BARELY_ALIVE = 1e-8  # years, so that a volatility exists; an option at its end is worth its intrinsic value
Z95 = 1.6448536269514722
SIGMA_DAYS = 30


class Shock(NamedTuple):
    """``spot`` in daily standard deviations, ``vol`` relative to each leg's own volatility."""

    spot: float
    vol: float


# Volatility rises when the spot falls, more than it falls when the spot rises. Half moves catch structures that lose
# most in the middle (a long butterfly's wings, a short one's body); flat volatility catches those that are long vega.
GRID = (
    Shock(-Z95, 0.20),
    Shock(-Z95, 0.0),
    Shock(-Z95 / 2, 0.10),
    Shock(0.0, 0.0),
    Shock(0.0, 0.10),
    Shock(0.0, -0.10),
    Shock(Z95 / 2, -0.05),
    Shock(Z95, 0.0),
    Shock(Z95, -0.10),
)


def day_risk(legs: Sequence[Leg], spot: float, surface: Surface | None, quote_time: datetime) -> float | None:
    """The most the legs lose in one day on ``GRID``, a positive amount of account currency; 0 if nothing loses.

    Spot moves of 0, half and the whole of 1.645 daily standard deviations (95 %, one-sided), sigma being the 30-day
    at-the-money volatility; each leg at its own volatility of the surface (sticky strike), one calendar day older.
    American contracts have their right to exercise early where the surface knows what the underlying pays; dividends
    move with the spot. None when a volatility, the spot or a price is not known.

    The loss of two sets together is never above the sum of their losses, so adding the numbers of all positions
    overstates the book's: no diversification between underlyings is counted. It is the fund's first, conservative
    value at risk.
    """
    if not legs:
        return 0.0
    sigma = surface.at_days(SIGMA_DAYS) if surface is not None else None
    if surface is None or sigma is None or not (0 < sigma < math.inf) or not (0 < spot < math.inf):
        return None
    moves = np.array([shock.spot for shock in GRID]) * sigma / math.sqrt(TRADING_DAYS)
    shocks = np.array([shock.vol for shock in GRID])
    change = np.zeros(len(GRID))
    for leg in legs:
        if not leg.is_option:
            change += leg.units * spot * moves
    for expiry, root in sorted({(leg.expiry, leg.root) for leg in legs if leg.expiry is not None}):
        own = [leg for leg in legs if leg.expiry == expiry and leg.root == root]
        change += _change(own, _Then(expiry, root, spot, moves, shocks, quote_time), surface)
    worst = float(np.max(-change))
    return max(worst, 0.0) if math.isfinite(worst) else None


class _Then(NamedTuple):
    """Options of one expiry and root, and what happens to them."""

    expiry: date
    root: str
    spot: float
    moves: Floats
    shocks: Floats
    quote_time: datetime

    @property
    def years(self) -> tuple[float, float]:
        """To the expiry, now and a day later."""
        years = (expiry_moment(self.expiry, self.root) - self.quote_time).total_seconds() / YEAR_SECONDS
        return max(years, BARELY_ALIVE), max(years - ONE_DAY, BARELY_ALIVE)


def _change(legs: Sequence[Leg], then: _Then, surface: Surface) -> Floats:
    """The change of the options' value, in account currency, under each shock."""
    units = np.array([leg.units for leg in legs], dtype=np.float64)
    call = np.array([leg.right == "C" for leg in legs])[:, None]
    strike = np.array([leg.strike for leg in legs], dtype=np.float64)[:, None]
    now, later = then.years
    vol = surface.vol(strike, now)
    smile, carry = surface.slice_for(then.expiry), surface.carry_to(then.expiry)
    scale = then.spot / surface.spot
    if smile is not None and carry is not None:
        values = _american(call, strike / scale, then, vol, carry.later(smile.years - now))
        return np.asarray(units @ (scale * values))
    forward, discount = surface.forward(now) * scale, math.exp(-surface.rate * now)
    today = price(call, forward, strike, now, vol, discount)
    tomorrow = price(call, forward * (1 + then.moves), strike, later, vol * (1 + then.shocks), discount)
    return np.asarray(units @ (tomorrow - today))


def _american(call: NDArray[np.bool_], strike: Floats, then: _Then, vol: Floats, carry: Carry) -> Floats:
    """(options, shocks): changes in value.

    A spot higher by a share, with its dividends, is a strike lower by it, in units larger by it.
    """
    now, later = then.years
    tomorrow = replace(carry.later(now - later), spot=float(carry.forward(now - later)))
    scale = 1 + then.moves
    values = scale * american_price(call, strike / scale, later, vol * (1 + then.shocks), tomorrow)
    return np.asarray(values - american_price(call, strike, now, vol, carry))
