"""What a set of legs may lose in one day: full revaluation on a small grid, the first value at risk of the fund."""

import math
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import numpy as np

from domain.chain import Floats
from domain.leg import Leg
from domain.option import parse_occ
from domain.session import YEAR_SECONDS, expiry_moment
from quant.black import price
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
    European values on the forward (quant.black). None when a volatility, the spot or a price is not known.

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
        change += leg.units * _change(leg, spot, moves, shocks, surface, quote_time)
    worst = float(np.max(-change))
    return max(worst, 0.0) if math.isfinite(worst) else None


def _change(leg: Leg, spot: float, moves: Floats, shocks: Floats, surface: Surface, quote_time: datetime) -> Floats:
    """The change of the leg's value per unit of underlying under each shock."""
    if leg.right is None or leg.strike is None or leg.expiry is None:
        return spot * moves
    moment = expiry_moment(leg.expiry, parse_occ(leg.symbol).root)
    years = max((moment - quote_time).total_seconds() / YEAR_SECONDS, BARELY_ALIVE)
    later = max(years - ONE_DAY, BARELY_ALIVE)
    forward = surface.forward(years) * spot / surface.spot
    discount = math.exp(-surface.rate * years)
    vol = surface.vol(leg.strike, years)
    call = leg.right == "C"
    now = price(call, forward, leg.strike, years, vol, discount)
    then = price(call, forward * (1 + moves), leg.strike, later, vol * (1 + shocks), discount)
    return np.asarray(then - now, dtype=np.float64)
