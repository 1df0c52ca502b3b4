"""The fundamental analyst: announcements ahead, surprises behind, shares sold short."""

from datetime import UTC, datetime, time

from agents.analyst import Findings, finite, in_days, make_signal, ramp
from domain.chain import Chain
from domain.market import Context, Earnings
from domain.session import NEW_YORK
from domain.signal import Abstention, Direction, Signal
from quant.surface import Surface

AHEAD_DAYS = 45  # announcements further out say nothing yet
DRIFT_DAYS = 60  # prices drift after a surprise for about a quarter (Bernard and Thomas, JAR 1989)
LAST_SURPRISES = 4
FULL_SURPRISE = 20.0  # per cent
CROWDED_DAYS = 5.0  # days to cover


def read(ticker: str, chain: Chain | None, surface: Surface | None, context: Context, as_of: datetime) -> Findings:
    """Earnings ahead (neutral), the surprises of the last year, and short interest."""
    found = [_ahead(ticker, context), _surprises(ticker, context), _short_interest(ticker, context)]
    signals = tuple(signal for signal in found if signal is not None)
    return signals or Abstention("fundamentals", ticker, _unknown(context))


def _unknown(context: Context) -> str:
    earnings = context.absent.get("earnings", "no earnings within reach")
    return f"{earnings}; {context.absent.get('short_interest', 'no short interest')}"


def _ahead(ticker: str, context: Context) -> Signal | None:
    coming = context.next_earnings(context.as_of)
    if coming is None:
        return None
    days = (coming.day - context.as_of.astimezone(NEW_YORK).date()).days
    if days > AHEAD_DAYS:
        return None
    says = f"Earnings are due in {in_days(days)}, on {coming.day}; options that live past that day price the jump."
    conviction = ramp(AHEAD_DAYS - days, 0.0, AHEAD_DAYS)
    return make_signal(
        "fundamentals", ticker, "earnings_ahead", "neutral", conviction, "earnings", coming.known_since, says,
        {"earnings_days": days, "earnings_day": str(coming.day)},
    )  # fmt: skip


def _surprises(ticker: str, context: Context) -> Signal | None:
    past = sorted((e for e in context.earnings if finite(e.surprise_pct) is not None), key=lambda e: e.day)
    if not past:
        return None
    last = past[-LAST_SURPRISES:]
    days = (context.as_of.astimezone(NEW_YORK).date() - past[-1].day).days
    mean = sum(e.surprise_pct or 0.0 for e in last) / len(last)
    latest = past[-1].surprise_pct or 0.0
    lean = 0.6 * latest + 0.4 * mean
    conviction = 0.6 * ramp(abs(lean), 0.0, FULL_SURPRISE) * ramp(DRIFT_DAYS - days, 0.0, DRIFT_DAYS)
    side: Direction = "neutral" if not conviction > 0 else "bullish" if lean > 0 else "bearish"
    how = f"{'beat' if latest > 0 else 'missed'} estimates by {abs(latest):.1f} %" if latest else "met estimates"
    says = f"The last report {how}, {in_days(days)} ago"
    says += f"; the mean surprise of the last {len(last)} is {mean:+.1f} %." if len(last) > 1 else "."
    return make_signal(
        "fundamentals", ticker, "surprise", side, conviction, "earnings", _announced(past[-1]), says,
        {"surprise_pct": latest, "mean_surprise_pct": mean, "surprises": len(last), "days_since_report": days},
    )  # fmt: skip


def _announced(earnings: Earnings) -> datetime:
    return datetime.combine(earnings.day, time(), NEW_YORK).astimezone(UTC)


def _short_interest(ticker: str, context: Context) -> Signal | None:
    """Many days to cover precede low returns (Hong, Li, Ni, Scheinkman and Yan, NBER 21166, 2015)."""
    short = context.short_interest
    if short is None or not short.average_volume > 0 or not short.shares >= 0:
        return None
    days = short.shares / short.average_volume
    crowded = days >= CROWDED_DAYS
    says = f"Short sellers need {days:.1f} days of average volume to cover, " + (
        "a crowded bet against the shares" if crowded else "not a crowded bet"
    )
    return make_signal(
        "fundamentals", ticker, "short_interest", "bearish" if crowded else "neutral",
        0.1 + 0.3 * ramp(days, CROWDED_DAYS, 15.0) if crowded else 0.0, "short_interest", short.published,
        f"{says}, settled {short.settled}.",
        {"days_to_cover": days, "shares_short": short.shares, "average_volume": short.average_volume,
         "settled": str(short.settled)},
    )  # fmt: skip
