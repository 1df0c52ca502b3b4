"""What the volatility analyst measures before it judges. All volatilities are decimals; ``None`` is unknown."""

from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from agents.analyst import LATEST_BAR_DAYS, bars, days_late, finite, quote_age_minutes
from domain.chain import Chain, Floats
from domain.market import Context, Days, PriceHistory, Series
from domain.signal import Fact
from market.measures import Seen, measure_seen
from quant.history import flag, percentile, rank
from quant.moves import EventMove, event_move
from quant.realised import ESTIMATORS, Bars, rolling
from quant.surface import Surface, term

WINDOWS = (10, 20, 30)
YARDSTICK = "yang_zhang"  # gaps included, no drift assumed
SLOPE = 0.05  # far minus near over iv30, from which the term structure slopes
EARNINGS_DAYS = 30  # announcements inside the horizon of iv30

Realised = dict[str, dict[int, float | None]]  # estimator -> window in sessions -> volatility
Tenor = tuple[int, float]  # (days, volatility)


@dataclass(frozen=True, eq=False)
class Past:
    """Implied volatility of earlier sessions beside what had been realised over 20 sessions by then."""

    dates: Days
    implied: Floats
    realised: Floats

    @property
    def premium(self) -> Floats:
        return self.implied - self.realised


@dataclass(frozen=True, eq=False)
class Facts:
    """Slope = far minus near at-the-money volatility; premium = implied minus 20-day realised."""

    iv30: float
    model_free_iv30: float | None
    iv_rank: float | None
    iv_percentile: float | None
    realised: Realised
    past: Past
    premium_percentile: float | None
    skew_25d: float | None
    skew_percentile: float | None
    near: Tenor | None
    far: Tenor | None
    earnings_days: int | None
    earnings_move: EventMove | None

    @property
    def slope(self) -> float | None:
        return self.far[1] - self.near[1] if self.near and self.far else None

    @property
    def shape(self) -> str | None:
        """contango, backwardation or flat; None where two tenors are not known."""
        return None if self.slope is None else shape_of(self.slope / self.iv30)

    @property
    def realised_range(self) -> tuple[float, float] | None:
        """Lowest and highest Yang-Zhang volatility of 10, 20 and 30 days: one jump in the past moves only some."""
        known = [v for n in WINDOWS if (v := self.realised[YARDSTICK][n]) is not None and v > 0]
        return (min(known), max(known)) if known else None

    @property
    def premium(self) -> float | None:
        """Variance risk premium in volatility: implied minus 20-day realised."""
        realised = self.realised[YARDSTICK][20]
        return None if realised is None else self.iv30 - realised

    @property
    def earnings_near(self) -> bool:
        return self.earnings_days is not None and self.earnings_days <= EARNINGS_DAYS


def measure(chain: Chain, surface: Surface, context: Context) -> Facts | None:
    """None where no expiry within 15 days of 30 has a smile: then there is no 30-day volatility to speak of."""
    now = measure_seen(Seen(chain, chain, surface))
    implied, skew = now["iv30"], now["skew_25d"]
    if implied is None or not implied > 0:
        return None
    history, iv_past, skew_past = bars(context), recent(context, "iv30"), recent(context, "skew_25d")
    realised, past = realised_now(history), against_realised(iv_past, history)
    trailing = realised[YARDSTICK][20]
    near, far = tenors(surface)
    return Facts(
        iv30=implied,
        model_free_iv30=now["model_free_iv30"],
        iv_rank=None if iv_past is None else rank(iv_past.values, implied),
        iv_percentile=None if iv_past is None else percentile(iv_past.values, implied),
        realised=realised,
        past=past,
        premium_percentile=None if trailing is None else percentile(past.premium, implied - trailing),
        skew_25d=finite(skew),
        skew_percentile=None if skew_past is None or skew is None else percentile(skew_past.values, skew),
        near=near,
        far=far,
        earnings_days=context.days_to_earnings(context.as_of),
        earnings_move=announced_move(surface, context),
    )


def recent(context: Context, name: str) -> Series | None:
    """The known values of a measure's history, unless it ended long ago."""
    past = context.measures.get(name)
    if past is None or not len(past) or days_late(past.dates, context) > LATEST_BAR_DAYS:
        return None
    known = np.isfinite(past.values)
    return replace(past, dates=past.dates[known], values=past.values[known]) if known.any() else None


def realised_now(history: PriceHistory | str) -> Realised:
    """Every estimator over every window up to the last bar."""
    if isinstance(history, str):
        return {name: dict.fromkeys(WINDOWS) for name in ESTIMATORS}
    latest = Bars(*(column[-max(WINDOWS) - 1 :] for column in columns(history)))
    return {name: {n: finite(float(rolling(name, latest, n)[-1])) for n in WINDOWS} for name in ESTIMATORS}


def against_realised(implied: Series | None, history: PriceHistory | str) -> Past:
    """The sessions that both are known of."""
    if implied is None or isinstance(history, str):
        return Past(np.array([], "datetime64[D]"), np.array([]), np.array([]))
    trailing = rolling(YARDSTICK, columns(history), 20)
    days, i, j = np.intersect1d(implied.dates, history.dates, assume_unique=True, return_indices=True)
    known = np.isfinite(implied.values[i]) & np.isfinite(trailing[j])
    return Past(days[known], implied.values[i][known], trailing[j][known])


def columns(history: PriceHistory) -> Bars:
    return Bars(history.open, history.high, history.low, history.close)


def announced_move(surface: Surface, context: Context) -> EventMove | None:
    coming = context.next_earnings(context.as_of)
    found = None if coming is None else event_move(surface.slices, coming.day)
    return found if isinstance(found, EventMove) else None


def shape_of(relative: float) -> str:
    """Of a term structure whose far end lies ``relative`` above its near end (a share of volatility)."""
    return "contango" if relative > SLOPE else "backwardation" if relative < -SLOPE else "flat"


def tenors(surface: Surface) -> tuple[Tenor | None, Tenor | None]:
    """The listed expiries nearest to 30 and to 90 days, if they are two weeks apart."""
    tenors = [(round(days), atm) for _, days, atm in term(surface) if days >= 7]
    if not tenors:
        return None, None
    near, far = (min(tenors, key=lambda t: abs(t[0] - days)) for days in (30, 90))
    return (near, far) if far[0] - near[0] >= 14 else (None, None)


def metadata(facts: Facts, chain: Chain, context: Context, as_of: datetime) -> dict[str, Fact]:
    yang_zhang = {f"realised_yz{n}": value for n, value in facts.realised[YARDSTICK].items()}
    move = facts.earnings_move
    return {
        "iv30": facts.iv30,
        "model_free_iv30": facts.model_free_iv30,
        "iv_rank": facts.iv_rank,
        "iv_percentile": facts.iv_percentile,
        "iv_flag": flag(facts.iv_rank, facts.iv_percentile),
        "iv_history_days": known_days(recent(context, "iv30")),
        "realised_cc20": facts.realised["close_to_close"][20],
        **yang_zhang,
        "variance_risk_premium": facts.premium,
        "premium_percentile": facts.premium_percentile,
        "skew_25d": facts.skew_25d,
        "skew_percentile": facts.skew_percentile,
        "term_slope": facts.slope,
        "term": facts.shape,
        "earnings_days": facts.earnings_days,
        "earnings_move": None if move is None else move.deviation,
        "quote_age_minutes": quote_age_minutes(chain, as_of),
    }


def known_days(history: Series | None) -> int:
    return 0 if history is None else int((history.values > 0).sum())
