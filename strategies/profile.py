"""What a row can lose and earn, where it breaks even, what it does with the Greeks and what it ties up: derived from
its legs, priced as one example. Nothing here is typed in by hand.

The example: spot 100, volatility 25 % at every strike, interest 4 %, no dividends, European, expiries 30 and 60 days
away. Anchors stand at 100 ("atm"), 95 and 105 ("otm" puts and calls); a relative leg is 5 apart, a "wider" one 10.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from domain.chain import Floats
from domain.leg import Leg, option_leg, stock_leg
from domain.option import OptionContract
from domain.payoff import Risk, best_gain, breakevens, horizon, lasting, risk_kind, upper_slope, worst_loss
from quant.black import greeks, price
from strategies.margin import margin
from strategies.template import LegTemplate, Structure

TODAY = date(2026, 6, 1)
SPOT, VOL, RATE = 100.0, 0.25, 0.04
DAYS = {"near": 30, "far": 60}
STEP = 5.0
SLIGHT = 0.10  # a net Greek below this share of its legs' gross is no lean
SPOTS = np.linspace(0.0, 300.0, 6001)


@dataclass(frozen=True)
class Profile:
    """Amounts in account currency for one structure, positive ``cash`` received.

    ``max_gain`` None is unbounded. ``marked``: gain and breakevens count what the far leg is then worth in the example.
    ``leans`` are the signs (+1, 0, -1) of delta, gamma, theta and vega on the day it is opened.
    """

    legs: tuple[Leg, ...]
    cash: float
    max_loss: float
    max_gain: float | None
    breakevens: tuple[float, ...]
    marked: bool
    leans: tuple[int, int, int, int]
    margin: float
    risk: Risk

    @property
    def defined_risk(self) -> bool:
        return self.risk == "defined"


def profile(row: Structure) -> Profile:
    """The row's example and everything that follows from its legs.

    >>> from strategies.catalogue import structure
    >>> spread = profile(structure("bull_put_spread"))
    >>> spread.risk, round(spread.max_loss + spread.cash), spread.leans
    ('defined', 500, (1, -1, 1, -1))
    """
    legs = example(row)
    premiums = _premiums(legs)
    cash = -sum(leg.units * each for leg, each in zip(legs, premiums, strict=True))
    end = horizon(legs)
    marked = any(leg.expiry is not None and end is not None and leg.expiry > end for leg in lasting(legs))
    gain, even = _marked(legs, cash) if marked else (best_gain(legs, cash), breakevens(legs, cash))
    needs = margin(legs, premiums, SPOT)
    return Profile(legs, cash, worst_loss(legs, cash), gain, even, marked, _leans(legs), needs, risk_kind(legs))


def example(row: Structure) -> tuple[Leg, ...]:
    """One structure of the row in the example's strikes and expiries."""
    strikes: list[float] = []
    for template in row.legs:
        strikes.append(_strike(template, strikes))
    return tuple(_leg(template, strike) for template, strike in zip(row.legs, strikes, strict=True))


def _strike(template: LegTemplate, before: list[float]) -> float:
    up = 1.0 if template.kind == "C" else -1.0
    if template.to is None:
        return SPOT + up * STEP if template.place == "otm" else SPOT
    reference = before[template.to]
    if template.pair is None:
        return reference + up * {"same": 0.0, "out": STEP, "in": -STEP}[template.place]
    across = reference - before[template.pair]
    return reference + across * (1.0 if template.place == "mirror" else 2.0)


def _leg(template: LegTemplate, strike: float) -> Leg:
    if template.kind == "stock":
        return stock_leg("XYZ", 100 * template.ratio)
    end = TODAY + timedelta(DAYS[template.slot])
    return option_leg(OptionContract("XYZ", end, template.kind, strike).occ_symbol, template.ratio)


def _premiums(legs: Sequence[Leg]) -> tuple[float, ...]:
    return tuple(float(_worth(leg, np.array([SPOT]), TODAY)[0]) for leg in legs)


def _worth(leg: Leg, spots: Floats, day: date) -> Floats:
    """What one unit of the leg is worth at each spot on ``day``."""
    if leg.strike is None or leg.expiry is None:
        return spots
    years = (leg.expiry - day).days / 365
    if years <= 0:
        return np.maximum(spots - leg.strike if leg.right == "C" else leg.strike - spots, 0.0)
    alive = np.maximum(spots, 1e-9)
    return price(leg.right == "C", alive * math.exp(RATE * years), leg.strike, years, VOL, math.exp(-RATE * years))


def _marked(legs: Sequence[Leg], cash: float) -> tuple[float | None, tuple[float, ...]]:
    """Gain and breakevens at the horizon, legs that outlive it at what they are then worth."""
    end = horizon(legs) or TODAY
    profit = cash + sum((leg.units * _worth(leg, SPOTS, end) for leg in lasting(legs)), np.zeros(len(SPOTS)))
    turn = np.flatnonzero(np.diff(np.sign(profit)))
    share = profit[turn] / (profit[turn] - profit[turn + 1])
    even = SPOTS[turn] + share * (SPOTS[turn + 1] - SPOTS[turn])
    return None if upper_slope(legs) > 0 else float(profit.max()), tuple(round(float(x), 2) for x in even)


def _leans(legs: Sequence[Leg]) -> tuple[int, int, int, int]:
    """Signs of delta, gamma, theta and vega, 0 where the legs nearly cancel."""
    table = np.array([leg.units * np.array(_greeks(leg)) for leg in legs])
    net, gross = table.sum(axis=0), np.abs(table).sum(axis=0)
    sign = np.where(np.abs(net) > SLIGHT * gross, np.sign(net), 0.0).astype(int)
    return int(sign[0]), int(sign[1]), int(sign[2]), int(sign[3])


def _greeks(leg: Leg) -> tuple[float, float, float, float]:
    if leg.strike is None or leg.expiry is None:
        return 1.0, 0.0, 0.0, 0.0
    years = (leg.expiry - TODAY).days / 365
    forward, discount = SPOT * math.exp(RATE * years), math.exp(-RATE * years)
    found = greeks(leg.right == "C", SPOT, forward, leg.strike, years, VOL, discount)
    return float(found.delta), float(found.gamma), float(found.theta), float(found.vega)
