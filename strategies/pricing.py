"""What a structure costs at the quotes, and whether it may be traded there at all.

Prices are net, per unit of underlying, for ONE structure, positive when received. Buying pays the ask, selling gets the
bid. Stock is quoted at the chain's spot with an assumed half-spread of one cent. A leg without a two-sided, uncrossed
quote has no price: a reason comes back, never a number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain, Floats
from domain.leg import Leg, price_unit
from domain.mandate import LiquidityRules
from domain.tick import STOCK_HALF_SPREAD, round_to_tick, tick_size

TICK_STEP = 3.0  # the price from which single options have a wider increment
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class LegPrices:
    """``natural`` crosses every spread and is never above ``mid``; ``limit`` lies between them on ``tick``, or up to
    one tick below ``natural`` where that is off the tick."""

    natural: float
    mid: float
    limit: float
    tick: float


def executable(chain: Chain, legs: Sequence[Leg], concede: float) -> LegPrices | str:
    """Net prices of one structure. ``concede`` in [0, 1] is the share of the way from mid to natural given up.

    The limit is rounded towards natural, so that ``concede`` 1 is marketable at these quotes.
    """
    quotes = _quotes(chain, legs)
    if isinstance(quotes, str):
        return quotes
    bid, ask = quotes
    held = np.array([leg.units for leg in legs], float) / price_unit(legs)
    natural = -float(np.sum(held * np.where(held > 0, ask, bid)))
    mid = -float(np.sum(held * (bid + ask) / 2))
    asked = mid - concede * (mid - natural)
    tick = tick_size(chain.tick_class, asked, len(legs))
    return LegPrices(natural, mid, round_to_tick(asked, tick, "down"), tick)


def closing_price(chain: Chain, legs: Sequence[Leg], concede: float) -> LegPrices | str:
    """Net prices of trading the opposite of ``legs`` (those of one structure held)."""
    return executable(chain, [leg.times(-1) for leg in legs], concede)


def _quotes(chain: Chain, legs: Sequence[Leg]) -> tuple[Floats, Floats] | str:
    if not legs:
        return "no legs to price"
    pairs = [_quote(chain, leg) for leg in legs]
    problems = [pair for pair in pairs if isinstance(pair, str)]
    if problems:
        return "; ".join(problems)
    bid, ask = np.array(pairs, float).T
    return bid, ask


def _quote(chain: Chain, leg: Leg) -> tuple[float, float] | str:
    if not leg.is_option:
        if not 0 < chain.spot < np.inf:
            return f"{leg.symbol}: no spot price"
        return chain.spot - STOCK_HALF_SPREAD, chain.spot + STOCK_HALF_SPREAD
    row = chain.row_of(leg)
    if row is None:
        return f"{leg.symbol}: not in the chain"
    bid, ask = float(chain.bid[row]), float(chain.ask[row])
    if not (0 < bid < np.inf and 0 < ask < np.inf):
        return f"{leg.symbol}: no two-sided quote ({bid:g} bid, {ask:g} ask)"
    if not bid <= ask:
        return f"{leg.symbol}: crossed quote ({bid:g} bid, {ask:g} ask)"
    return bid, ask


def half_spread(chain: Chain) -> Floats:
    """Half of ask minus bid for every row; NaN unless the quote is two-sided and not crossed."""
    return np.where(chain.two_sided, chain.ask, np.nan) - chain.mid


def net_tick(chain: Chain, price: Floats, legs: int) -> Floats:
    """The increment of each price, as ``domain.tick.tick_size``."""
    low, high = tick_size(chain.tick_class, 0.0, legs), tick_size(chain.tick_class, TICK_STEP, legs)
    return np.where(np.abs(price) < TICK_STEP, low, high)


def liquidity(chain: Chain, rules: LiquidityRules) -> dict[str, Flags]:
    """Each liquidity rule's answer for every row of the chain, True where it may be traded; unknown refuses.

    A minimum of 0 asks for nothing, so a count that is unknown passes it.
    """
    mid = chain.mid
    widest = np.maximum(rules.max_spread * mid, rules.max_spread_ticks * net_tick(chain, mid, 1))
    return {
        "quote": chain.two_sided,
        "spread": 2 * half_spread(chain) <= widest + 1e-9,
        "open interest": (chain.open_interest >= rules.min_open_interest) | (rules.min_open_interest == 0),
        "volume": (chain.volume >= rules.min_volume) | (rules.min_volume == 0),
    }


def liquidity_problems(chain: Chain, legs: Sequence[Leg], rules: LiquidityRules) -> tuple[str, ...]:
    """Why options among ``legs`` may not be traded; empty when all may. Stock is taken as liquid."""
    found: list[str] = []
    for leg in legs:
        row = chain.row_of(leg) if leg.is_option else None
        if leg.is_option and row is None:
            found.append(f"{leg.symbol}: not in the chain")
        if row is not None:
            one = chain.rows(np.array([row]))
            found += [
                f"{leg.symbol}: {_says(one, rule, rules)}" for rule, ok in liquidity(one, rules).items() if not ok
            ]
    return tuple(found)


def _says(one: Chain, rule: str, rules: LiquidityRules) -> str:
    """A refusal of a one-row chain in words and numbers."""
    bid, ask = float(one.bid[0]), float(one.ask[0])
    return {
        "quote": f"no two-sided quote ({bid:g} bid, {ask:g} ask)",
        "spread": f"{ask - bid:.2f} wide, above {rules.max_spread:.0%} of mid and {rules.max_spread_ticks:g} ticks",
        "open interest": f"open interest of {one.open_interest[0]:g} is not {rules.min_open_interest} or more",
        "volume": f"volume of {one.volume[0]:g} is not {rules.min_volume} or more",
    }[rule]
