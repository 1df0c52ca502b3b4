"""Everything that trading and open contracts of one underlying say at a moment: what ``fund flow`` prints.

What is not known is None, with the reason under the same name in ``reasons``. Exposures are dollars of delta: ``gex``
for a move of 1 %, ``vex`` for a vol point, ``cex`` for a calendar day.
"""

from dataclasses import asdict

import numpy as np

from agents.analyst import finite
from agents.flow_facts import (
    FEWEST,
    RATIOS,
    Activity,
    Positions,
    activity,
    days_left,
    positions,
    views,
)  # fmt: skip
from agents.looked import Looked
from agents.volatility_facts import recent
from domain.chain import Chain, Floats
from domain.market import Context
from domain.ports import Json
from domain.session import NEW_YORK
from quant.activity import Standouts, large, unusual
from quant.exposure import CALLS_LESS_PUTS, DealerSigns
from quant.open_interest import PIN_CONTRACTS, Wall, max_pains, walls
from quant.surface import DAYS_A_YEAR, iv30

Reasons = dict[str, str]
COUNTED = {"volume": "any volume", "open_interest": "any open interest", "premium": "a price and any volume"}
SESSIONS_A_YEAR = 252
NO_PRINTS = "a chain does not say in what sizes its volume traded; `large` has the options with most premium traded"


def flow_report(looked: Looked, signs: DealerSigns = CALLS_LESS_PUTS) -> Json:
    chain, context = looked.chain, looked.context
    reasons: Reasons = {"blocks": NO_PRINTS}
    held, traded = positions(chain, looked.surface, signs), activity(chain, context)
    document = {
        "ticker": chain.ticker,
        "as_of": context.as_of,
        "session": chain.session,
        "quote_time": chain.quote_time,
        "source": chain.source,
        "synthetic": context.synthetic,
        "spot": finite(chain.spot),
        **_exposures(held, reasons),
        "dealers": {"calls": signs.calls, "puts": signs.puts},
        "hedging": _hedging(held, looked, reasons),
        "max_pain": [{"expiry": day, "strike": at, "expired": not alive} for day, at, alive in max_pains(chain)],
        "put_call": _put_call(traded, reasons),
        "put_call_percentile": _percentiles(traded, reasons),
        "volume": finite(traded.volume) if _known(chain.volume) else None,
        "volume_z": finite(traded.volume_z, 3),
        "volume_history_days": traded.sessions,
        "open_interest": finite(traded.open_interest) if _known(chain.open_interest) else None,
        "walls": {name: [_wall(one) for one in walls(chain, call=name == "calls")] for name in ("calls", "puts")},
        "interest_change": _interest_change(context, reasons),
        "unusual": _rows(chain, unusual(chain)),
        "large": _rows(chain, large(chain)),
        "blocks": None,
        "pin": [{name: finite(x, 4) if isinstance(x, float) else x for name, x in pin._asdict().items()}
                for pin in held.pins],
        "reasons": reasons,
        "problems": list(looked.surface.problems),
    }  # fmt: skip
    _explain(document, chain, traded, reasons)
    return document


def _exposures(held: Positions, reasons: Reasons) -> Json:
    found = held.exposure
    totals = {"gex_total": found.gex_total, "vex_total": found.vex_total, "cex_total": found.cex_total}
    if found.problem:
        reasons |= dict.fromkeys((*totals, "zero_gamma"), found.problem)
    elif found.zero_gamma is None:
        spots = found.profile[0]
        reasons["zero_gamma"] = f"gamma exposure keeps its sign from {spots[0]:.2f} to {spots[-1]:.2f}"
    by_strike = zip(found.strikes, found.gex, found.vex, found.cex, strict=True)
    profile = [] if found.problem else zip(*found.profile, strict=True)
    return {
        **{name: finite(value, 2) for name, value in totals.items()},
        "zero_gamma": finite(found.zero_gamma, 4),
        "gex_by_strike": [
            {"strike": float(strike), "gex": finite(gex, 2), "vex": finite(vex, 2), "cex": finite(cex, 2)}
            for strike, gex, vex, cex in by_strike
        ],
        "gex_profile": [{"spot": finite(spot, 4), "gex": finite(gex, 2)} for spot, gex in profile],
    }  # fmt: skip


def _hedging(held: Positions, looked: Looked, reasons: Reasons) -> Json:
    """Dollars of the underlying that dealers buy (-: sell) to stay without delta.

    ``per_percent``: as the spot rises by 1 %. ``per_vol_point``: as vols rise by one. ``overnight``: as a calendar day
    passes, revalued, so that what expires by then counts as exercised or gone. ``usual_move`` and ``usual_vol_change``:
    for one standard deviation of a session, up, of the spot (from the 30-day volatility) and of that volatility.
    """
    found = held.exposure
    move, shift = _usual_move(looked), _usual_vol_change(looked.context)
    answer = {
        "per_percent": _minus(found.gex_total),
        "per_vol_point": _minus(found.vex_total),
        "overnight": _minus(found.decay),
        "usual_move": _minus(_times(found.gex_total, move)),
        "usual_vol_change": _minus(_times(found.vex_total, shift)),
        "move_percent": finite(move, 4),
        "vol_change_points": finite(shift, 4),
    }
    if move is None:
        reasons["hedging.usual_move"] = "no 30-day volatility"
    if shift is None:
        reasons["hedging.usual_vol_change"] = f"fewer than {FEWEST} earlier sessions of the 30-day volatility"
    return answer


def _usual_move(looked: Looked) -> float | None:
    """Per cent a session."""
    vol, sessions = iv30(looked.surface), DAYS_A_YEAR if looked.chain.hours == "always" else SESSIONS_A_YEAR
    return None if vol is None else 100 * vol / float(np.sqrt(sessions))


def _usual_vol_change(context: Context) -> float | None:
    """Vol points a session."""
    past = recent(context, "iv30")
    if past is None or len(past) <= FEWEST:
        return None
    return 100 * float(np.diff(past.values[-SESSIONS_A_YEAR:]).std())


def _put_call(traded: Activity, reasons: Reasons) -> Json:
    names = dict(zip(RATIOS, ("volume", "open_interest", "premium"), strict=True))
    for name, short in names.items():
        if traded.ratios[name] is None:
            reasons[f"put_call.{short}"] = f"no call has {COUNTED[short]}"
    return {short: finite(traded.ratios[name]) for name, short in names.items()}


def _percentiles(traded: Activity, reasons: Reasons) -> Json:
    """Of the ratios among earlier sessions."""
    found = {name.removeprefix("put_call_"): finite(value, 2) for name, value in traded.standing.items()}
    for name, value in found.items():
        if value is None:
            reasons[f"put_call_percentile.{name}"] = _why_no_standing(traded, name != "open_interest")
    return found


def _why_no_standing(traded: Activity, volume: bool) -> str:
    if volume and not traded.whole:
        return "the session is not over: volume so far is not comparable with whole sessions"
    return f"fewer than {FEWEST} earlier sessions are stored ({traded.sessions})"


def _explain(document: Json, chain: Chain, traded: Activity, reasons: Reasons) -> None:
    if document["spot"] is None:
        reasons["spot"] = f"the chain says {chain.spot}, which is no price"
    for name in ("volume", "open_interest"):
        if document[name] is None:
            reasons[name] = f"the chain carries no {name.replace('_', ' ')}"
    if document["volume_z"] is None:
        reasons["volume_z"] = _why_no_standing(traded, True)
    if not document["pin"]:
        reasons["pin"] = f"no expiry within seven days has {PIN_CONTRACTS:,.0f} open contracts"


def _interest_change(context: Context, reasons: Reasons) -> Json | None:
    change = context.interest_change
    if change is None:
        reasons["interest_change"] = context.absent.get(
            "interest_change", "no option of the session before has its open interest known"
        )
        return None
    days = (context.as_of.astimezone(NEW_YORK).date() - change.since).days
    return {**asdict(change), "days": days}


def _rows(chain: Chain, found: Standouts) -> list[Json]:
    told = views(chain)
    days = days_left(chain)
    return [
        {
            "occ_symbol": chain.contract(int(row)).occ_symbol,
            "volume": finite(float(chain.volume[row])),
            "open_interest": finite(float(chain.open_interest[row])),
            "ratio": finite(float(ratio), 4),
            "premium": finite(float(premium), 2),
            "days": int(days[row]),
            "view": bool(told[row] > 0),
        }
        for row, ratio, premium in zip(found.row, found.ratio, found.premium, strict=True)
    ]


def _wall(wall: Wall) -> Json:
    return {"strike": wall.strike, "open_interest": wall.open_interest, "share": finite(wall.share, 4)}


def _known(column: Floats) -> bool:
    return bool(np.isfinite(column).any())


def _times(value: float | None, factor: float | None) -> float | None:
    return None if value is None or factor is None else value * factor


def _minus(value: float | None) -> float | None:
    return None if value is None else finite(-value, 2)
