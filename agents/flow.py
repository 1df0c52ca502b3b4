"""The flow analyst: what is traded and held in options, and what that does to the underlying."""

from dataclasses import dataclass
from datetime import datetime
from math import log
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from agents.analyst import Findings, dollars, finite, in_days, make_signal, percent, ramp
from agents.flow_facts import Activity, Positions, activity, days_left, positions, shared_facts, views
from domain.chain import Chain
from domain.market import Context, InterestChange
from domain.signal import Abstention, Direction, Fact, Signal
from quant.activity import UNUSUAL, put_call, unusual
from quant.exposure import CALLS_LESS_PUTS, DealerSigns
from quant.surface import Surface

MIN_SHARE = 0.02  # of the premium traded, below which unusual options are not worth a word
CROWD_DAYS = 7  # day traders fill the front week whatever they expect
USUAL = 0.85  # put/call by volume over put/call by open interest beyond it (median of SPY, July and August 2026)
CROWDED = 1.75  # times that, or that divided by it
PIN_SCORE = 0.10  # below, nothing holds the spot
BUSY = 2.0  # standard deviations of log volume


@dataclass(frozen=True)
class Unusual:
    """Options that traded more than twice their open interest. ``tilt`` in [-1, 1]: call minus put premium traded in
    them over both; ``share`` their part of the premium traded in all options that express a view."""

    count: int
    tilt: float
    share: float
    biggest: str


def read(
    ticker: str, chain: Chain | None, surface: Surface | None, context: Context, as_of: datetime,
    signs: DealerSigns = CALLS_LESS_PUTS,
) -> Findings:  # fmt: skip
    """Unusual volume and crowded put/call ratios with a direction; dealers' exposure and pinning without one."""
    if chain is None or not len(chain):
        return Abstention("flow", ticker, "no option chain")
    if not 0 < chain.spot < np.inf:
        return Abstention("flow", ticker, f"the spot {chain.spot} is no price")
    traded = activity(chain, context)
    if not (traded.volume > 0 or traded.open_interest > 0):
        return Abstention("flow", ticker, "the chain carries neither volume nor open interest")
    shared = shared_facts(chain, traded, context.interest_change, as_of)
    held = None if surface is None else positions(chain, surface, signs)
    found = [_unusual_volume(chain, traded, shared), _put_call(chain, traded, context.interest_change, shared)]
    found += [_gamma(chain, held, shared), _pinning(chain, held, shared)]
    return tuple(signal for signal in found if signal is not None) or (_ordinary(chain, traded, shared),)


def _loud(chain: Chain) -> NDArray[np.bool_]:
    loud = np.zeros(len(chain), dtype=bool)
    loud[unusual(chain).row] = True
    return loud & (views(chain) > 0)


def _unusual(chain: Chain) -> Unusual | None:
    premium, loud = views(chain), _loud(chain)
    calls, puts = float(premium[loud & chain.call].sum()), float(premium[loud & ~chain.call].sum())
    share = (calls + puts) / float(premium.sum()) if calls + puts > 0 else 0.0
    if not share >= MIN_SHARE:
        return None
    option = chain.contract(int(np.argmax(np.where(loud, premium, -1.0))))
    name = f"{option.strike:g} {'call' if option.right == 'C' else 'put'} of {option.expiry}"
    return Unusual(int(loud.sum()), (calls - puts) / (calls + puts), share, name)


def _unusual_volume(chain: Chain, traded: Activity, shared: dict[str, Fact]) -> Signal | None:
    """Who was the aggressor is not known from volume alone, so conviction stops at a half."""
    found = _unusual(chain)
    if found is None:
        return None
    side: Direction = "bullish" if found.tilt > 0.2 else "bearish" if found.tilt < -0.2 else "neutral"
    options = "1 option" if found.count == 1 else f"{found.count} options"
    leading = {"bullish": "calls", "bearish": "puts", "neutral": "calls and puts alike"}[side]
    says = (
        f"Unusual volume is in {leading}: {options} traded more than {UNUSUAL:g} times their open "
        f"interest and {percent(found.share, 0)} of the premium traded, the {found.biggest} first"
    )
    if traded.volume_z is not None and traded.volume_z >= BUSY:
        says += f"; all volume is {traded.volume_z:.1f} deviations above its own usual"
    conviction = 0.5 * abs(found.tilt) * ramp(found.share, 0.0, 0.3)
    facts: dict[str, Fact] = {
        **shared,
        "unusual_count": found.count,
        "unusual_threshold": UNUSUAL,
        "unusual_tilt": found.tilt,
        "unusual_premium_share": found.share,
        "biggest": found.biggest,
    }
    return _signal(chain, "unusual_volume", side, conviction, says, facts)


def _put_call(chain: Chain, traded: Activity, change: InterestChange | None, shared: dict[str, Fact]) -> Signal | None:
    """A crowd is measured against the ticker's own open interest, and read as contrarian.

    Unusual volume is left out: a few large trades are no crowd, and they are told by ``_unusual_volume``.
    """
    volume_ratio, held_ratio, _ = put_call(chain.rows((days_left(chain) >= CROWD_DAYS) & ~_loud(chain)))
    if not volume_ratio or not held_ratio:
        return None
    facts: dict[str, Fact] = {
        **shared,
        **traded.ratios,
        **{f"{name}_percentile": finite(value) for name, value in traded.standing.items()},
        "put_call_volume_beyond_week": volume_ratio,
        "put_call_open_interest_beyond_week": held_ratio,
    }
    excess = log(volume_ratio / held_ratio / USUAL) / log(CROWDED)
    says = f"The put/call ratio beyond a week is {volume_ratio:.2f} by volume against {held_ratio:.2f} in open interest"
    says += _opened(change)
    if abs(excess) < 1:
        return _signal(chain, "positioning", "neutral", 0.0, f"{says}, nothing out of the ordinary", facts, "put_call")
    crowd = "puts" if excess > 0 else "calls"
    direction: Direction = "bullish" if excess > 0 else "bearish"
    conviction = 0.15 + 0.35 * ramp(abs(excess), 1.0, 2.5)
    return _signal(
        chain, "positioning", direction, conviction, f"{says}, so many {crowd} that the crowd is likely wrong", facts,
        "put_call",
    )  # fmt: skip


def _opened(change: InterestChange | None) -> str:
    if change is None or not (change.calls or change.puts):
        return ""
    return f" ({change.calls:+,.0f} calls and {change.puts:+,.0f} puts opened since {change.since})"


def _gamma(chain: Chain, held: Positions | None, shared: dict[str, Fact]) -> Signal | None:
    """Dealers long gamma damp moves, short gamma they feed them; neither has a direction."""
    if held is None or held.exposure.gex_total is None:
        return None
    found, total = held.exposure, held.exposure.gex_total
    gross = float(np.abs(found.gex).sum())
    if not gross > 0:
        return None
    damped = total > 0
    says = (
        f"Dealers are {'long' if damped else 'short'} gamma, {dollars(total)} of delta per "
        f"1 % move, so their hedging {'damps' if damped else 'feeds'} moves"
    )
    if found.zero_gamma is not None:
        gap = chain.spot / found.zero_gamma - 1
        says += (
            f"; spot {chain.spot:.2f} is {percent(abs(gap))} {'above' if gap > 0 else 'below'} the zero-gamma level "
        )
        says += f"{found.zero_gamma:.2f}"
    facts: dict[str, Fact] = {
        **shared,
        "spot": chain.spot,
        "gex_total": total,
        "gex_gross": gross,
        "zero_gamma": finite(found.zero_gamma),
        "vex_total": found.vex_total,
        "cex_total": found.cex_total,
    }
    return _signal(chain, "positioning", "neutral", min(abs(total) / gross, 1.0), says, facts, "gamma")


def _pinning(chain: Chain, held: Positions | None, shared: dict[str, Fact]) -> Signal | None:
    pin = max(held.pins, key=lambda pin: pin.score, default=None) if held is not None else None
    if pin is None or not pin.score >= PIN_SCORE:
        return None
    days, distance = (pin.expiry - chain.session).days, abs(pin.strike / chain.spot - 1)
    says = (
        f"The spot may be held near {pin.strike:g} until the expiry of {pin.expiry}, {in_days(days)} ahead and "
        f"{percent(distance)} away: {percent(pin.concentration, 0)} of what is open there is beyond the strikes around "
        f"it (pinning score {pin.score:.2f} of 1)"
    )
    facts: dict[str, Fact] = {
        **shared, "pin_strike": pin.strike, "expiry": str(pin.expiry), "pin_days": days, "pin_distance": distance,
        "pin_score": pin.score, "pin_concentration": pin.concentration, "pin_hedging": pin.hedging,
    }  # fmt: skip
    return _signal(chain, "pinning", "neutral", pin.score, says, facts)


def _ordinary(chain: Chain, traded: Activity, shared: dict[str, Fact]) -> Signal:
    says = f"Option flow is ordinary, {traded.volume:,.0f} contracts traded and {traded.open_interest:,.0f} held"
    return _signal(chain, "positioning", "neutral", 0.0, says, shared)


def _signal(
    chain: Chain, edge: Literal["positioning", "unusual_volume", "pinning"], direction: Direction, conviction: float,
    says: str, facts: dict[str, Fact], name: str = "",
) -> Signal:  # fmt: skip
    return make_signal(
        "flow", chain.ticker, name or edge, direction, conviction, edge, chain.quote_time, f"{says}.", facts
    )
