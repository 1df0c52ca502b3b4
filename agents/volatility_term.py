"""How volatility runs over time: every expiry, the moves it expects, and Cboe's own curve beside it."""

from collections.abc import Mapping, Sequence

import numpy as np

from agents.analyst import finite
from agents.volatility_facts import shape_of, tenors
from domain.chain import Chain
from domain.market import Series
from domain.ports import Json
from quant.history import percentile, rank
from quant.moves import expected_move
from quant.smile import Smile
from quant.surface import Surface

VIX_DAYS: Mapping[str, int] = {"VIX9D": 9, "VIX": 30, "VIX3M": 91, "VIX6M": 182}
NEAR_DAYS = 30
Reasons = dict[str, str]


def term_section(chain: Chain, surface: Surface, iv30: float | None, reasons: Reasons) -> Json:
    """Every expiry with a smile, the slope between 30 and 90 days, and the move expected by the one nearest to 30."""
    rows = [_term_row(chain, smile) for smile in surface.slices]
    near, far = tenors(surface)
    slope = None if near is None or far is None else finite(far[1] - near[1])
    shape = None if slope is None or iv30 is None else shape_of(slope / iv30)
    if slope is None:
        reasons["term_slope"] = "no two expiries near 30 and 90 days"
    if shape is None:
        reasons["term_shape"] = reasons.get("term_slope") or reasons["iv30"]
    if not rows:
        reasons["term"] = reasons["expected_move"] = "no expiry has enough usable quotes"
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
