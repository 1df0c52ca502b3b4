"""The flow analyst: what is traded and held in options, and what that does to the underlying."""

from dataclasses import dataclass
from datetime import date, datetime
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agents.analyst import Findings, dollars, finite, in_days, make_signal, percent, quote_age_minutes, ramp
from domain.chain import Chain, Floats
from domain.market import Context
from domain.signal import Abstention, Direction, Fact, Signal
from quant.exposure import gamma_exposure, max_pain, put_call
from quant.surface import Surface, row_years

UNUSUAL = 2.0  # volume over open interest
MIN_VOLUME = 100.0  # contracts of one option, below which its ratio is noise
MIN_SHARE = 0.02  # of the premium traded, below which unusual options are not worth a word
MONEYNESS = 0.05  # deeper in the money than this is financing, dividends and boxes, not a view
MIN_DAYS = 2  # options about to expire trade many times their open interest every day
CROWD_DAYS = 7  # day traders fill the front week whatever they expect
USUAL = 0.85  # put/call by volume over put/call by open interest beyond it (median of SPY, July and August 2026)
CROWDED = 1.75  # times that, or that divided by it
PIN_DAYS, PIN_DISTANCE = 7, 0.02  # pinning is looked for this close to expiry, and to the spot
PIN_OPEN_INTEREST = 1000.0  # contracts in the expiry


@dataclass(frozen=True)
class Unusual:
    """Options that traded more than twice their open interest. ``tilt`` in [-1, 1]: call minus put premium traded in
    them over both; ``share`` their part of the premium traded in all options that express a view."""

    count: int
    tilt: float
    share: float
    biggest: str


def read(ticker: str, chain: Chain | None, surface: Surface | None, context: Context, as_of: datetime) -> Findings:
    """Unusual volume and crowded put/call ratios with a direction; gamma exposure and pinning without one."""
    if chain is None or not len(chain):
        return Abstention("flow", ticker, "no option chain")
    if not 0 < chain.spot < np.inf:
        return Abstention("flow", ticker, f"the spot {chain.spot} is no price")
    volume, held = float(np.nansum(chain.volume)), float(np.nansum(chain.open_interest))
    if not (volume > 0 or held > 0):
        return Abstention("flow", ticker, "the chain carries neither volume nor open interest")
    shared: dict[str, Fact] = {
        "volume": volume,
        "open_interest": held,
        "quote_age_minutes": quote_age_minutes(chain, as_of),
    }
    found = [_unusual_volume(chain, shared), _put_call(chain, shared)]
    found += [_gamma(chain, surface, shared), _pinning(chain, shared)]
    return tuple(signal for signal in found if signal is not None) or (_ordinary(chain, volume, held, shared),)


def _days(chain: Chain) -> NDArray[np.int64]:
    return (chain.expiry - np.datetime64(chain.session)).astype(np.int64)


def _views(chain: Chain) -> Floats:
    """Premium traded a row, in dollars; 0 where the option is about to expire or too deep in the money for a view."""
    price = np.where(np.isfinite(chain.mid), chain.mid, chain.last)
    premium = np.nan_to_num(np.nan_to_num(chain.volume) * price * chain.multiplier)
    outward = np.where(chain.call, 1.0, -1.0) * (chain.strike / chain.spot - 1)
    return np.where((outward >= -MONEYNESS) & (_days(chain) >= MIN_DAYS), premium, 0.0)


def _loud(chain: Chain) -> NDArray[np.bool_]:
    traded = (chain.volume >= MIN_VOLUME) & (chain.volume > UNUSUAL * chain.open_interest)
    return traded & (_views(chain) > 0)


def _unusual(chain: Chain) -> Unusual | None:
    premium, loud = _views(chain), _loud(chain)
    calls, puts = float(premium[loud & chain.call].sum()), float(premium[loud & ~chain.call].sum())
    share = (calls + puts) / float(premium.sum()) if calls + puts > 0 else 0.0
    if not share >= MIN_SHARE:
        return None
    option = chain.contract(int(np.argmax(np.where(loud, premium, -1.0))))
    name = f"{option.strike:g} {'call' if option.right == 'C' else 'put'} of {option.expiry}"
    return Unusual(int(loud.sum()), (calls - puts) / (calls + puts), share, name)


def _unusual_volume(chain: Chain, shared: dict[str, Fact]) -> Signal | None:
    """Who was the aggressor is not known from volume alone, so conviction stops at a half."""
    unusual = _unusual(chain)
    if unusual is None:
        return None
    side: Direction = "bullish" if unusual.tilt > 0.2 else "bearish" if unusual.tilt < -0.2 else "neutral"
    options = "1 option" if unusual.count == 1 else f"{unusual.count} options"
    leading = {"bullish": "calls", "bearish": "puts", "neutral": "calls and puts alike"}[side]
    says = (
        f"Unusual volume is in {leading}: {options} traded more than {UNUSUAL:g} times their open "
        f"interest and {percent(unusual.share, 0)} of the premium traded, the {unusual.biggest} first"
    )
    conviction = 0.5 * abs(unusual.tilt) * ramp(unusual.share, 0.0, 0.3)
    facts: dict[str, Fact] = {
        **shared,
        "unusual_count": unusual.count,
        "unusual_threshold": UNUSUAL,
        "unusual_tilt": unusual.tilt,
        "unusual_premium_share": unusual.share,
        "biggest": unusual.biggest,
    }
    return _signal(chain, "unusual_volume", side, conviction, says, facts)


def _put_call(chain: Chain, shared: dict[str, Fact]) -> Signal | None:
    """A crowd is measured against the ticker's own open interest, and read as contrarian.

    Unusual volume is left out: a few large trades are no crowd, and they are told by ``_unusual_volume``.
    """
    whole = put_call(chain)
    volume_ratio, held_ratio, _ = put_call(chain.rows((_days(chain) >= CROWD_DAYS) & ~_loud(chain)))
    if not volume_ratio or not held_ratio:
        return None
    names = ("put_call_volume", "put_call_open_interest", "put_call_premium")
    facts: dict[str, Fact] = {
        **shared,
        **dict(zip(names, whole, strict=True)),
        "put_call_volume_beyond_week": volume_ratio,
        "put_call_open_interest_beyond_week": held_ratio,
    }
    excess = log(volume_ratio / held_ratio / USUAL) / log(CROWDED)
    says = f"The put/call ratio beyond a week is {volume_ratio:.2f} by volume against {held_ratio:.2f} in open interest"
    if abs(excess) < 1:
        return _signal(chain, "positioning", "neutral", 0.0, f"{says}, nothing out of the ordinary", facts, "put_call")
    crowd = "puts" if excess > 0 else "calls"
    direction: Direction = "bullish" if excess > 0 else "bearish"
    conviction = 0.15 + 0.35 * ramp(abs(excess), 1.0, 2.5)
    return _signal(
        chain, "positioning", direction, conviction, f"{says}, so many {crowd} that the crowd is likely wrong", facts,
        "put_call",
    )  # fmt: skip


def _gamma(chain: Chain, surface: Surface | None, shared: dict[str, Fact]) -> Signal | None:
    """Dealers long gamma damp moves, short gamma they feed them; neither has a direction."""
    if surface is None:
        return None
    exposure = gamma_exposure(chain, surface)
    gross = float(np.abs(exposure.by_strike[1]).sum())
    if exposure.total is None or not gross > 0:
        return None
    damped = exposure.total > 0
    says = (
        f"Dealers are {'long' if damped else 'short'} gamma, {dollars(exposure.total)} of delta per "
        f"1 % move, so their hedging {'damps' if damped else 'feeds'} moves"
    )
    if exposure.zero_gamma is not None:
        gap = chain.spot / exposure.zero_gamma - 1
        says += (
            f"; spot {chain.spot:.2f} is {percent(abs(gap))} {'above' if gap > 0 else 'below'} the zero-gamma level "
        )
        says += f"{exposure.zero_gamma:.2f}"
    facts: dict[str, Fact] = {
        **shared,
        "spot": chain.spot,
        "gex_total": exposure.total,
        "gex_gross": gross,
        "zero_gamma": finite(exposure.zero_gamma),
    }
    return _signal(chain, "positioning", "neutral", min(abs(exposure.total) / gross, 1.0), says, facts, "gamma")


def _pinning(chain: Chain, shared: dict[str, Fact]) -> Signal | None:
    days, alive = _days(chain), row_years(chain) > 0
    if not alive.any() or days[alive].min() > PIN_DAYS:
        return None
    nearest = int(days[alive].min())
    rows = alive & (days == nearest)
    held = np.nan_to_num(chain.open_interest[rows])
    pain = max_pain(chain.strike[rows], chain.call[rows], chain.open_interest[rows])
    if pain is None or not held.sum() >= PIN_OPEN_INTEREST:
        return None
    distance = abs(pain / chain.spot - 1)
    if not distance <= PIN_DISTANCE:
        return None
    near = np.abs(chain.strike[rows] / pain - 1) <= PIN_DISTANCE
    share = float(held[near].sum() / held.sum())
    expiry: date = chain.expiry[rows][0].item()
    says = (
        f"The spot may be pinned to {pain:g}, the max pain of the {expiry} expiry {in_days(nearest)} ahead, "
        f"{percent(distance)} away, with {percent(share, 0)} of that expiry's open interest around it"
    )
    facts: dict[str, Fact] = {
        **shared, "max_pain": pain, "expiry": str(expiry), "pin_days": nearest, "pin_distance": distance,
        "pin_share": share,
    }  # fmt: skip
    return _signal(chain, "pinning", "neutral", share * (1 - distance / PIN_DISTANCE), says, facts)


def _ordinary(chain: Chain, volume: float, held: float, shared: dict[str, Fact]) -> Signal:
    says = f"Option flow is ordinary, {volume:,.0f} contracts traded and {held:,.0f} held"
    return _signal(chain, "positioning", "neutral", 0.0, says, shared)


def _signal(
    chain: Chain, edge: Literal["positioning", "unusual_volume", "pinning"], direction: Direction, conviction: float,
    says: str, facts: dict[str, Fact], name: str = "",
) -> Signal:  # fmt: skip
    return make_signal(
        "flow", chain.ticker, name or edge, direction, conviction, edge, chain.quote_time, f"{says}.", facts
    )
