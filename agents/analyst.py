"""What every analyst is: a function of what is known about one ticker, and the small steps they share."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from domain.market import Context, Days, PriceHistory
from domain.session import NEW_YORK, is_session, session_close
from domain.signal import Abstention, Direction, EdgeType, Fact, Role, Signal
from quant.surface import Surface

Findings = tuple[Signal, ...] | Abstention
Analyst = Callable[[str, Chain | None, Surface | None, Context, datetime], Findings]

LATEST_BAR_DAYS = 7  # calendar days by which the last bar may trail ``as_of``: a long weekend and a missed file
SPLIT_GAP = 0.40  # an overnight move in unadjusted prices from which a split is the likelier cause (3 for 2 is 33 %)


def make_signal(
    role: Role,
    ticker: str,
    name: str,
    direction: Direction,
    conviction: float,
    edge_type: EdgeType,
    at: datetime,
    says: str,
    facts: dict[str, Fact],
    story: str | None = None,
) -> Signal:
    """A signal named ``role:ticker:name``; facts that are not finite become None.

    :raises ValueError: the conviction is not a number in [0, 1].
    """
    known = {key: finite(value) if isinstance(value, float) else value for key, value in facts.items()}
    signal_id = f"{role}:{ticker}:{name}"
    return Signal(signal_id, role, ticker, direction, round(conviction, 4), edge_type, at, says, known, story)


def finite(value: float | None, digits: int = 6) -> float | None:
    """The number, rounded; None where there is none.

    >>> finite(float("nan")) is None
    True
    """
    return round(float(value), digits) if value is not None and np.isfinite(value) else None


def ramp(value: float, low: float, high: float) -> float:
    """0 up to ``low``, 1 from ``high``, linear between.

    >>> ramp(3.0, 2.0, 6.0)
    0.25
    """
    return float(np.clip((value - low) / (high - low), 0.0, 1.0))


def percent(value: float, digits: int = 1) -> str:
    """
    >>> percent(0.2342)
    '23.4 %'
    """
    return f"{100 * value:.{digits}f} %"


def points(value: float) -> str:
    """A difference of volatilities in vol points.

    >>> points(-0.0234)
    '-2.3 vol points'
    """
    return f"{100 * value:+.1f} vol points"


def dollars(value: float) -> str:
    """
    >>> dollars(-10_822_400_000.0)
    '-10.8 billion dollars'
    """
    for size, name in ((1e9, " billion"), (1e6, " million"), (1e3, " thousand")):
        if abs(value) >= size:
            return f"{value / size:+.1f}{name} dollars"
    return f"{value:+.0f} dollars"


def in_days(days: int) -> str:
    """
    >>> in_days(1)
    '1 day'
    """
    return f"{days} day{'' if days == 1 else 's'}"


def quote_age_minutes(chain: Chain, as_of: datetime) -> float:
    """Wall minutes since the quotes were true; the risk gate judges it, no analyst does."""
    return round((as_of - chain.quote_time) / timedelta(minutes=1), 1)


def bars(context: Context) -> PriceHistory | str:
    """The usable daily bars, oldest first, or the reason why there are none.

    Bars with a missing or non-positive price are left out. Unadjusted prices start after the last overnight gap that
    looks like a split. A history that ends long before ``as_of`` says nothing about now.
    """
    history = context.history
    if history is None or not len(history):
        return context.absent.get("history", "no price history")
    columns = np.vstack([history.open, history.high, history.low, history.close])
    kept = history_rows(history, np.all(np.isfinite(columns) & (columns > 0), axis=0))
    if not len(kept):
        return "the price history has no complete bar"
    late = days_late(kept.dates, context)
    if late > LATEST_BAR_DAYS:
        return f"the price history ends on {kept.dates[-1]}, {late} days before the moment asked for"
    return since_split(kept)


def days_late(dates: Days, context: Context) -> int:
    """Calendar days from the last date to the day of ``as_of`` (New York)."""
    return int((np.datetime64(context.as_of.astimezone(NEW_YORK).date()) - dates[-1]).astype(int))


def since_split(history: PriceHistory) -> PriceHistory:
    """The bars after the last gap that looks like a split, where prices are not adjusted for splits."""
    if history.basis != "unadjusted" or len(history) < 2:
        return history
    gaps = np.flatnonzero(np.abs(np.log(history.open[1:] / history.close[:-1])) >= SPLIT_GAP)
    return history_rows(history, np.arange(len(history)) > gaps[-1]) if len(gaps) else history


def history_rows(history: PriceHistory, mask: NDArray[np.bool_]) -> PriceHistory:
    return replace(
        history,
        dates=history.dates[mask],
        open=history.open[mask],
        high=history.high[mask],
        low=history.low[mask],
        close=history.close[mask],
        volume=history.volume[mask],
    )


def bar_time(history: PriceHistory) -> datetime:
    """When the last bar was complete."""
    day = history.dates[-1].item()
    return session_close(day, history.ticker) if is_session(day) else datetime(day.year, day.month, day.day, tzinfo=UTC)
