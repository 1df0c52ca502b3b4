"""Everything the volatility of one underlying says at a moment, as one document: what ``fund vol`` prints.

What is not known is None, with the reason under the same name in ``reasons``. Volatilities are decimals.
"""

import numpy as np

from agents.analyst import bars, finite, in_days
from agents.looked import Looked
from agents.volatility_facts import Past, Realised, against_realised, realised_now, recent
from agents.volatility_surface import mispriced_rows, surface_section
from agents.volatility_term import term_section, vix_curve
from domain.chain import Floats
from domain.market import Context, Days, PriceHistory, Series
from domain.ports import Json
from domain.session import NEW_YORK
from market.measures import REACH_DAYS, Seen, measure_seen
from quant.history import MIN_HISTORY, WINDOW, flag, percentile, percentiles, rank, ranks
from quant.moves import event_move
from quant.surface import Surface

Reasons = dict[str, str]


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
        **_model_free_standing(now["model_free_iv30"], recent(context, "model_free_iv30"), reasons),
        "skew_25d": finite(now["skew_25d"]),
        **_skew_standing(now["skew_25d"], recent(context, "skew_25d"), reasons),
        **term_section(chain, surface, now["iv30"], reasons),
        "vix_curve": vix_curve(looked.indices, reasons),
        "realised": {name: {str(n): value for n, value in found.items()} for name, found in realised.items()},
        "variance_risk_premium": _premium(now["iv30"], realised, past, reasons),
        "earnings": _earnings(surface, context, reasons),
        "surface": surface_section(chain, surface, reasons),
        "mispriced": mispriced_rows(chain, surface, reasons),
        "series": _series(recent(context, "iv30"), recent(context, "skew_25d"), past),
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


def _model_free_standing(now: float | None, past: Series | None, reasons: Reasons) -> Json:
    """Of the model-free volatility; a vendor's index of it (DVOL) may reach back much further than one's own chains."""
    found = {
        "model_free_rank": None if now is None or past is None else rank(past.values, now),
        "model_free_percentile": None if now is None or past is None else percentile(past.values, now),
    }
    for name, value in found.items():
        if value is None:
            reasons[name] = reasons.get("model_free_iv30") or _too_short(past) or "it never moved"
    return {
        **found,
        "model_free_flag": flag(*found.values()),
        "model_free_history_days": 0 if past is None else len(past),
        "model_free_history_source": None if past is None else past.source,
    }


def _series(implied: Series | None, skew: Series | None, past: Past) -> Json:
    """The last 252 sessions that have a 30-day volatility: its standing in its own year then, the skew's, and what had
    been realised over 20 sessions by then (Yang-Zhang)."""
    if implied is None:
        return {"dates": []}
    days = implied.dates[-WINDOW:]
    found = {
        "iv30": implied.values[-WINDOW:],
        "iv_rank": ranks(implied.values)[-WINDOW:],
        "iv_percentile": percentiles(implied.values)[-WINDOW:],
        "skew_25d": _on(days, skew.dates, skew.values) if skew else None,
        "skew_percentile": _on(days, skew.dates, percentiles(skew.values)) if skew else None,
        "realised_20": _on(days, past.dates, past.realised),
        "premium": _on(days, past.dates, past.premium),
    }
    blank = np.full(len(days), np.nan)
    rounded = {
        name: [finite(value) for value in (blank if values is None else values)] for name, values in found.items()
    }
    return {"dates": days.astype(str).tolist(), **rounded}


def _on(days: Days, known: Days, values: Floats) -> Floats:
    """The values on those days, NaN where there is none."""
    _, at, where = np.intersect1d(days, known, assume_unique=True, return_indices=True)
    found = np.full(len(days), np.nan)
    found[at] = values[where]
    return found


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
