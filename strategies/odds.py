"""The odds of an order: bounds by payoff, chances by the distribution of outcomes, Greeks by the surface."""

import math
from collections.abc import Sequence

import numpy as np

from domain.chain import Chain, Floats
from domain.leg import Leg
from domain.order import Odds
from domain.payoff import best_gain, breakevens, horizon, lasting, upper_slope, worst_loss
from quant.american_greeks import first_greeks
from quant.black import greeks
from quant.reward import measure
from quant.surface import Smile, Surface
from strategies.outcome import Horizon, horizon_of, leg_values, outlives
from strategies.view import View

DAYS_A_YEAR = 365.0
MARKED = "maximum profit and breakevens are estimates: the longer leg is marked at today's forward volatility"
GRID, REACH = 801, 6.0  # spots, and standard deviations either side, at which a longer leg is marked


def odds(
    legs: Sequence[Leg],
    limit_price: float,
    contracts: int,
    chain: Chain,
    surface: Surface,
    view: View,
    fee_per_contract: float,
) -> Odds | str:
    """Odds of a whole order, or the reason why they cannot be known.

    ``legs`` are those of the whole order (already multiplied by ``contracts``), ``limit_price`` is net per unit of
    underlying for one structure, positive for a credit. Maximum loss, maximum profit and breakevens are before fees;
    probability, expected value and CVaR (95 %, positive is a loss) are after the opening fee of each option contract
    and, for legs that outlive the horizon, their closing fee and half-spread. Those three are in the money of today.
    """
    if not all(math.isfinite(x) for x in (limit_price, chain.spot, view.direction_sd, view.vol_ratio)):
        return "the limit price, the spot or the view is not a number"
    found = profits(legs, limit_price, contracts, chain, surface, view, fee_per_contract)
    if isinstance(found, str):
        return found
    end, profit = found
    numbers = measure(profit[None, :], end.weights)
    cash = _cash(legs, limit_price, contracts)
    bounds = _bounds(legs, cash, end, surface)
    if isinstance(bounds, str):
        return bounds
    sensitivities = order_greeks(legs, surface)
    if isinstance(sensitivities, str):
        return sensitivities
    loss, gain, even, notes = bounds
    chance, mean, tail = (float(x[0]) for x in (numbers.probability, numbers.expected, numbers.cvar))
    known = (loss, *even, chance, mean, tail, *sensitivities, *([] if gain is None else [gain]))
    if not all(math.isfinite(x) for x in known):
        return "the odds are not finite: the loss is unbounded or a volatility is unknown"
    return Odds(loss, gain, even, chance, mean, tail, *sensitivities, notes)


def profits(
    legs: Sequence[Leg],
    limit_price: float,
    contracts: int,
    chain: Chain,
    surface: Surface,
    view: View,
    fee_per_contract: float,
) -> tuple[Horizon, Floats] | str:
    """The horizon and the order's profit after fees at each of its outcomes, in the money of today."""
    day = horizon(legs)
    smile = surface.slice_for(day) if day else None
    if day is None or smile is None:
        return f"no smile could be fitted for {day}" if day else "no option among the legs"
    end = horizon_of(smile, view)
    values = leg_values(end, legs, surface)
    if isinstance(values, str):
        return values
    later = [leg for leg in legs if outlives(leg, day)]
    traded = sum(abs(leg.contracts) for leg in legs if leg.is_option) + sum(abs(leg.contracts) for leg in later)
    costs = fee_per_contract * traded + sum(abs(leg.units) * _half_spread(chain, leg) for leg in later)
    units = np.array([leg.units for leg in legs], float)
    return end, _cash(legs, limit_price, contracts) - costs + units @ values


def order_greeks(legs: Sequence[Leg], surface: Surface) -> tuple[float, float, float, float] | str:
    """Delta (units of underlying), gamma, theta a calendar day and vega a vol point of all legs together.

    With the right to exercise early where the contracts have it and the surface knows what the underlying pays.
    """
    total = np.array([float(sum(leg.units for leg in legs if not leg.is_option)), 0.0, 0.0, 0.0])
    for expiry in sorted({leg.expiry for leg in legs if leg.expiry is not None}):
        own = [leg for leg in legs if leg.expiry == expiry]
        smile = surface.slice_for(expiry)
        if smile is None:
            return f"{own[0].symbol}: no smile could be fitted for {expiry}"
        total += _sensitivities(own, smile, surface)
    delta, gamma, theta, vega = (float(x) for x in total)
    return delta, gamma, theta / DAYS_A_YEAR, vega / 100


def _sensitivities(legs: Sequence[Leg], smile: Smile, surface: Surface) -> Floats:
    """Delta, gamma, theta a year and vega for 1.00 of options of one expiry."""
    call = np.array([leg.right == "C" for leg in legs])
    strike = np.array([leg.strike for leg in legs], dtype=np.float64)
    units = np.array([leg.units for leg in legs], dtype=np.float64)
    vol, carry = smile.vol(strike), surface.carry_to(smile.expiry)
    if carry is None:
        one = greeks(call, surface.spot, smile.forward, strike, smile.years, vol, smile.discount)
        return np.array([one.delta @ units, one.gamma @ units, one.theta @ units, one.vega @ units])
    return np.array([x @ units for x in first_greeks(call, strike, smile.years, vol, carry)])


def _cash(legs: Sequence[Leg], limit_price: float, contracts: int) -> float:
    return limit_price * contracts * max(leg.multiplier for leg in legs)


def _half_spread(chain: Chain, leg: Leg) -> float:
    row = chain.row_of(leg)
    return float(chain.ask[row] - chain.bid[row]) / 2 if row is not None else math.nan


Bounds = tuple[float, float | None, tuple[float, ...], tuple[str, ...]]


def _bounds(legs: Sequence[Leg], cash: float, end: Horizon, surface: Surface) -> Bounds | str:
    """Maximum loss, maximum profit, breakevens and notes, at the horizon and before fees."""
    loss = worst_loss(legs, cash)
    if not any(outlives(leg, end.smile.expiry) for leg in lasting(legs)):
        return loss, best_gain(legs, cash), breakevens(legs, cash), ()
    strikes = [leg.strike for leg in legs if leg.strike is not None]
    reach = np.exp(REACH * end.smile.deviation)
    low, high = min(*strikes, end.smile.forward / reach), max(*strikes, end.smile.forward * reach)
    spots = np.unique([*np.geomspace(low, high, GRID), *strikes])
    values = leg_values(end, legs, surface, spots)
    if isinstance(values, str):
        return values
    profit = cash + np.array([leg.units for leg in legs], float) @ values / end.smile.discount
    change = np.flatnonzero(np.diff(np.sign(profit)))
    share = profit[change] / (profit[change] - profit[change + 1])
    even = spots[change] + share * (spots[change + 1] - spots[change])
    gain = None if upper_slope(legs) > 0 else float(profit.max())
    return loss, gain, tuple(round(float(x), 6) for x in even), (MARKED,)
