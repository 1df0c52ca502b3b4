"""What the volatility analyst measures before it judges."""

from dataclasses import dataclass
from datetime import datetime

from agents.analyst import LATEST_BAR_DAYS, bars, days_late, finite, quote_age_minutes
from domain.chain import Chain
from domain.market import Context, PriceHistory, Series
from domain.signal import Fact
from quant.history import percentile, rank
from quant.realised import close_to_close, yang_zhang
from quant.surface import Surface, skew, term

LOW, HIGH = 15.0, 85.0  # flags of IV rank and percentile
WINDOWS = ("yz10", "yz20", "yz30")
SLOPE = 0.05  # far minus near over iv30, from which the term structure slopes
EARNINGS_DAYS = 30  # announcements inside the horizon of iv30


@dataclass(frozen=True)
class Facts:
    """All volatilities are decimals; ``None`` is unknown. Slope = far minus near at-the-money volatility."""

    iv30: float
    iv_rank: float | None
    iv_percentile: float | None
    realised: dict[str, float | None]
    skew_25d: float | None
    near: tuple[int, float] | None  # (days, volatility)
    far: tuple[int, float] | None
    earnings_days: int | None

    @property
    def slope(self) -> float | None:
        return self.far[1] - self.near[1] if self.near and self.far else None

    @property
    def shape(self) -> str | None:
        """contango, backwardation or flat; None where two tenors are not known."""
        if self.slope is None:
            return None
        relative = self.slope / self.iv30
        return "contango" if relative > SLOPE else "backwardation" if relative < -SLOPE else "flat"

    @property
    def realised_range(self) -> tuple[float, float] | None:
        """Lowest and highest Yang-Zhang volatility of 10, 20 and 30 days: one jump in the past moves only some."""
        known = [v for name in WINDOWS if (v := self.realised[name]) is not None and v > 0]
        return (min(known), max(known)) if known else None

    @property
    def premium(self) -> float | None:
        """Variance risk premium in volatility: implied minus 20-day realised."""
        realised = self.realised["yz20"]
        return None if realised is None else self.iv30 - realised

    @property
    def earnings_near(self) -> bool:
        return self.earnings_days is not None and self.earnings_days <= EARNINGS_DAYS


def measure(surface: Surface, implied: float, context: Context) -> Facts:
    history, past = bars(context), own_past(context)
    near, far = _tenors(surface)
    return Facts(
        implied,
        None if past is None else rank(past.values, implied),
        None if past is None else percentile(past.values, implied),
        _realised(history) if isinstance(history, PriceHistory) else dict.fromkeys(("cc20", "yz10", "yz20", "yz30")),
        finite(skew(surface)),
        near,
        far,
        context.days_to_earnings(context.as_of),
    )


def own_past(context: Context) -> Series | None:
    """The history of the 30-day volatility, unless it ended long ago."""
    past = context.iv_history
    return None if past is None or not len(past) or days_late(past.dates, context) > LATEST_BAR_DAYS else past


def _realised(history: PriceHistory) -> dict[str, float | None]:
    columns = (history.open, history.high, history.low, history.close)
    yang = {f"yz{n}": finite(yang_zhang(*columns, n)) for n in (10, 20, 30)}
    return {"cc20": finite(close_to_close(history.close, 20)), **yang}


def _tenors(surface: Surface) -> tuple[tuple[int, float] | None, tuple[int, float] | None]:
    """The listed expiries nearest to 30 and to 90 days, if they are two weeks apart."""
    tenors = [(round(days), atm) for _, days, atm in term(surface) if days >= 7]
    if not tenors:
        return None, None
    near, far = (min(tenors, key=lambda t: abs(t[0] - days)) for days in (30, 90))
    return (near, far) if far[0] - near[0] >= 14 else (None, None)


def metadata(facts: Facts, chain: Chain, context: Context, as_of: datetime) -> dict[str, Fact]:
    return {
        "iv30": facts.iv30,
        "iv_rank": facts.iv_rank,
        "iv_percentile": facts.iv_percentile,
        "iv_flag": _flag(facts),
        "iv_history_days": known_days(own_past(context)),
        **{f"realised_{name}": value for name, value in facts.realised.items()},
        "variance_risk_premium": facts.premium,
        "skew_25d": facts.skew_25d,
        "skew_percentile": None,
        "term_slope": facts.slope,
        "term": facts.shape,
        "earnings_days": facts.earnings_days,
        "quote_age_minutes": quote_age_minutes(chain, as_of),
    }


def _flag(facts: Facts) -> str | None:
    if facts.iv_rank is None or facts.iv_percentile is None:
        return None
    if max(facts.iv_rank, facts.iv_percentile) > HIGH:
        return "high"
    return "low" if min(facts.iv_rank, facts.iv_percentile) < LOW else None


def known_days(history: Series | None) -> int:
    return 0 if history is None else int((history.values > 0).sum())
