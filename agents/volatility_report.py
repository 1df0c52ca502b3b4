"""Everything the volatility of one underlying says at a moment, as one document: what ``fund vol`` prints.

What is not known is None, with the reason under the same name in ``reasons``. Volatilities are decimals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from agents.analyst import bars, finite, in_days
from agents.volatility_facts import Past, Realised, against_realised, realised_now, recent, shape_of
from agents.volatility_surface import mispriced_rows, surface_section
from domain.chain import Chain
from domain.market import Context, PriceHistory, Series
from domain.ports import Json
from domain.session import NEW_YORK
from market.measures import REACH_DAYS, Seen, measure_seen
from quant.history import MIN_HISTORY, WINDOW, flag, percentile, percentiles, rank
from quant.moves import event_move, expected_move
from quant.smile import Smile
from quant.surface import Surface

VIX_DAYS: Mapping[str, int] = {"VIX9D": 9, "VIX": 30, "VIX3M": 91, "VIX6M": 182}
NEAR_DAYS, FAR_DAYS, APART_DAYS, SHORTEST_DAYS = 30, 90, 14, 7
Reasons = dict[str, str]


@dataclass(frozen=True, eq=False)
class Looked:
    """``chain`` and the ``surface`` fitted to it; ``indices`` and ``rate`` as the market source gives them."""

    chain: Chain
    surface: Surface
    context: Context
    indices: tuple[Series, ...]
    rate: float | None


def volatility_report(looked: Looked) -> Json:
    chain, surface, context, rate = looked.chain, looked.surface, looked.context, looked.rate
    reasons: Reasons = {}
    now = measure_seen(Seen(chain, chain, surface))
    for name in ("iv30", "model_free_iv30", "skew_25d"):
        if now[name] is None:
            reasons[name] = f"no expiry within {REACH_DAYS} days of 30 has enough usable quotes"
    history = bars(context)
    realised, past = realised_now(history), against_realised(recent(context, "iv30"), history)
    document = {
        "ticker": chain.ticker,
        "as_of": context.as_of,
        "session": chain.session,
        "quote_time": chain.quote_time,
        "source": chain.source,
        "synthetic": context.synthetic,
        "spot": finite(chain.spot),
        "rate": finite(rate),
        "iv30": finite(now["iv30"]),
        "model_free_iv30": finite(now["model_free_iv30"]),
        **_standing(now["iv30"], recent(context, "iv30"), reasons),
        "skew_25d": finite(now["skew_25d"]),
        **_skew_standing(now["skew_25d"], recent(context, "skew_25d"), reasons),
        **_term(chain, surface, reasons),
        "vix_curve": vix_curve(looked.indices, reasons),
        "realised": {name: {str(n): value for n, value in found.items()} for name, found in realised.items()},
        "variance_risk_premium": _premium(now["iv30"], realised, past, reasons),
        "earnings": _earnings(surface, context, reasons),
        "surface": surface_section(chain, surface, reasons),
        "mispriced": mispriced_rows(chain, surface, reasons),
        "reasons": reasons,
        "problems": list(surface.problems),
    }
    _realised_reasons(history, realised, reasons)
    if document["spot"] is None:
        reasons["spot"] = f"the chain says {chain.spot}, which is no price"
    if document["rate"] is None:
        reasons["rate"] = "no risk-free rate is known at this moment"
    return document


def _standing(now: float | None, past: Series | None, reasons: Reasons) -> Json:
    """Rank and percentile of the 30-day volatility in its own year, and how often that year was flagged."""
    found = {
        "iv_rank": None if now is None or past is None else rank(past.values, now),
        "iv_percentile": None if now is None or past is None else percentile(past.values, now),
    }
    short = _too_short(past)
    for name, value in found.items():
        if value is None:
            reasons[name] = reasons.get("iv30") or short or "the 30-day volatility never moved"
    return {**found, "iv_flag": flag(*found.values()), "iv_history": history_summary(past)}


def _skew_standing(now: float | None, past: Series | None, reasons: Reasons) -> Json:
    found = None if now is None or past is None else percentile(past.values, now)
    if found is None:
        reasons["skew_percentile"] = reasons.get("skew_25d") or _too_short(past) or "no history of the skew"
    return {"skew_percentile": found, "skew_history_days": 0 if past is None else len(past)}


def _too_short(past: Series | None) -> str | None:
    known = 0 if past is None else int(np.isfinite(past.values[-WINDOW:]).sum())
    return None if known >= MIN_HISTORY else f"history of {in_days(known)}, {MIN_HISTORY} are needed"


def history_summary(past: Series | None) -> Json | None:
    """How long the history is, between what it ran, and on how many days it stood above 85 or below 15 of its year."""
    if past is None or not len(past):
        return None
    standing = percentiles(past.values)
    flags = [flag(float(value)) for value in standing[np.isfinite(standing)]]
    return {
        "days": len(past), "first": past.dates[0].item(), "last": past.dates[-1].item(), "source": past.source,
        "low": finite(float(np.nanmin(past.values))), "high": finite(float(np.nanmax(past.values))),
        "days_flagged_high": flags.count("high"), "days_flagged_low": flags.count("low"),
    }  # fmt: skip


def _term(chain: Chain, surface: Surface, reasons: Reasons) -> Json:
    """Every expiry with a smile, the slope between 30 and 90 days, and the move expected by the one nearest to 30."""
    rows = [_term_row(chain, smile) for smile in surface.slices]
    lasting = [row for row in rows if row["days"] >= SHORTEST_DAYS]
    near, far = (min(lasting, key=lambda row: abs(row["days"] - days), default=None) for days in (NEAR_DAYS, FAR_DAYS))
    slope = shape = None
    if near is None or far is None or far["days"] - near["days"] < APART_DAYS:
        reasons["term_slope"] = reasons["term_shape"] = "no two expiries near 30 and 90 days"
    else:
        slope = finite(far["atm_iv"] - near["atm_iv"])
        shape = shape_of((far["atm_iv"] - near["atm_iv"]) / near["atm_iv"])
    if not rows:
        reasons["term"] = "no expiry has enough usable quotes"
        reasons["expected_move"] = reasons["term"]
    move = min(rows, key=lambda row: abs(row["days"] - NEAR_DAYS), default=None)
    return {"term": rows, "term_slope": slope, "term_shape": shape, "expected_move": move}


def _term_row(chain: Chain, smile: Smile) -> Json:
    """``straddle``: what call and put cost at the forward, from the surface; ``straddle_quoted``: at the mids of the
    listed strike next to it. ``move_low`` to ``move_high``: one standard deviation down and up."""
    move = expected_move(smile)
    return {
        "expiry": smile.expiry,
        "days": round(move.days, 2),
        "atm_iv": finite(smile.atm),
        "forward": finite(smile.forward, 4),
        "straddle": finite(move.straddle, 4),
        "straddle_quoted": finite(_quoted_straddle(chain, smile), 4),
        "deviation": finite(move.deviation),
        "move_low": finite(move.low, 2),
        "move_high": finite(move.high, 2),
    }


def _quoted_straddle(chain: Chain, smile: Smile) -> float | None:
    """Mids of call and put at the strike nearest the forward that has both."""
    rows = np.flatnonzero((chain.expiry == np.datetime64(smile.expiry)) & chain.two_sided)
    both = np.intersect1d(chain.strike[rows[chain.call[rows]]], chain.strike[rows[~chain.call[rows]]])
    if not len(both):
        return None
    nearest = both[int(np.argmin(np.abs(both - smile.forward)))]
    at = rows[chain.strike[rows] == nearest]
    first = [at[chain.call[at] == side][0] for side in (True, False)]
    return float(chain.mid[first].sum())


def vix_curve(indices: Sequence[Series], reasons: Reasons) -> Json | None:
    """Cboe's indices on the last day that VIX has a value, and whether VIX3M stands above VIX."""
    levels = {series.name: series for series in indices if series.name in VIX_DAYS and len(series)}
    if "VIX" not in levels:
        reasons["vix_curve"] = "no VIX is known at this moment"
        return None
    day = levels["VIX"].dates[-1]
    points = {
        name: float(levels[name].values[-1]) / 100
        for name in VIX_DAYS
        if name in levels and levels[name].dates[-1] == day
    }
    shape = shape_of((points["VIX3M"] - points["VIX"]) / points["VIX"]) if "VIX3M" in points else None
    vix = levels["VIX"].values
    return {
        "date": day.item(),
        "points": [{"name": name, "days": VIX_DAYS[name], "level": finite(level)} for name, level in points.items()],
        "shape": shape,
        "vix_rank": rank(vix[:-1], float(vix[-1])),
        "vix_percentile": percentile(vix[:-1], float(vix[-1])),
    }


def _premium(now: float | None, realised: Realised, past: Past, reasons: Reasons) -> Json | None:
    """Implied minus 20-day realised (Yang-Zhang), now and in its own past."""
    trailing = realised["yang_zhang"][20]
    if now is None or trailing is None:
        reasons["variance_risk_premium"] = reasons.get("iv30") or "20-day realised volatility is not known"
        return None
    standing = percentile(past.premium, now - trailing)
    if standing is None:
        reasons["variance_risk_premium.percentile"] = f"history of {in_days(len(past.dates))}, {MIN_HISTORY} are needed"
    return {
        "volatility": finite(now - trailing),
        "variance": finite(now**2 - trailing**2),
        "ratio": finite(now / trailing) if trailing > 0 else None,
        "percentile": standing,
        "history_days": len(past.dates),
        "mean": finite(float(past.premium.mean())) if len(past.dates) else None,
        "positive_share": finite(float((past.premium > 0).mean())) if len(past.dates) else None,
    }


def _earnings(surface: Surface, context: Context, reasons: Reasons) -> Json | None:
    coming = context.next_earnings(context.as_of)
    if coming is None:
        reasons["earnings"] = context.absent.get("earnings", "no announcement ahead is known")
        return None
    move = event_move(surface.slices, coming.day)
    head = {"day": coming.day, "days": (coming.day - context.as_of.astimezone(NEW_YORK).date()).days}
    if isinstance(move, str):
        reasons["earnings.move"] = move
        return {**head, "move": None}
    return {
        **head, "move": finite(move.mean), "deviation": finite(move.deviation), "base_vol": finite(move.base_vol),
        "before": move.before, "after": move.after,
    }  # fmt: skip


def _realised_reasons(history: PriceHistory | str, realised: Realised, reasons: Reasons) -> None:
    if isinstance(history, str):
        reasons["realised"] = history
    elif any(value is None for found in realised.values() for value in found.values()):
        reasons["realised"] = f"the price history has {len(history)} bars"
