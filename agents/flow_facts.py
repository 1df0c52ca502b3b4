"""What the flow analyst measures before it judges. Money is in account currency; ``None`` is unknown."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from agents.analyst import finite, quote_age_minutes
from agents.volatility_facts import recent
from domain.chain import Chain, Floats
from domain.market import Context, InterestChange, Series
from domain.signal import Fact
from market.measures import session_over
from quant.activity import premium, put_call
from quant.exposure import DealerSigns, Exposure, OpenLines, exposure, open_lines
from quant.history import percentile, z_score_of_log
from quant.open_interest import Pin, pins
from quant.surface import Surface

FEWEST = 20  # earlier sessions from which today's activity has a standing
RATIOS = ("put_call_volume", "put_call_open_interest", "put_call_premium")
MONEYNESS = 0.05  # deeper in the money than this is financing, dividends and boxes, not a view
MIN_DAYS = 2  # options about to expire trade many times their open interest every day


@dataclass(frozen=True, eq=False)
class Activity:
    """A session's trading beside the sessions before it.

    ``ratios`` are puts over calls of the whole file; ``standing`` the percentile of each in its own past, and
    ``volume_z`` the standard deviations of log volume: known from 20 earlier sessions, and of a whole session only.
    """

    volume: float
    open_interest: float
    ratios: dict[str, float | None]
    standing: dict[str, float | None]
    volume_z: float | None
    sessions: int
    whole: bool


@dataclass(frozen=True, eq=False)
class Positions:
    """What the open contracts do to those who hedge them."""

    lines: OpenLines
    exposure: Exposure
    pins: tuple[Pin, ...]


def activity(chain: Chain, context: Context) -> Activity:
    """Volume of a session that is not over is not compared with whole ones; open interest always is."""
    ratios, whole = dict(zip(RATIOS, put_call(chain), strict=True)), session_over(chain)
    past, volume = recent(context, "volume"), total(chain.volume)
    return Activity(
        volume,
        total(chain.open_interest),
        ratios,
        {name: _standing(recent(context, name), ratios[name], whole) for name in RATIOS},
        z_score_of_log(past.values, volume, FEWEST) if past is not None and whole else None,
        0 if past is None else len(past),
        whole,
    )


def positions(chain: Chain, surface: Surface, signs: DealerSigns) -> Positions:
    lines = open_lines(chain, surface, signs)
    return Positions(lines, exposure(lines), pins(chain, lines))


def days_left(chain: Chain) -> NDArray[np.int64]:
    """Calendar days from the session to each row's expiry."""
    return (chain.expiry - np.datetime64(chain.session)).astype(np.int64)


def views(chain: Chain) -> Floats:
    """Premium traded a row, in dollars; 0 where the option is about to expire or too deep in the money for a view."""
    paid = premium(chain)
    if not 0 < chain.spot < np.inf:
        return np.zeros(len(chain))
    outward = np.where(chain.call, 1.0, -1.0) * (chain.strike / chain.spot - 1)
    told = np.isfinite(paid) & (outward >= -MONEYNESS) & (days_left(chain) >= MIN_DAYS)
    return np.asarray(np.where(told, paid, 0.0))


def total(column: Floats) -> float:
    return float(column[np.isfinite(column)].sum())


def shared_facts(chain: Chain, found: Activity, change: InterestChange | None, as_of: datetime) -> dict[str, Fact]:
    facts: dict[str, Fact] = {
        "volume": found.volume,
        "open_interest": found.open_interest,
        "quote_age_minutes": quote_age_minutes(chain, as_of),
        "volume_z": finite(found.volume_z),
    }
    if change is not None:
        facts |= {"calls_opened": change.calls, "puts_opened": change.puts, "opened_since": str(change.since)}
    return facts


def _standing(past: Series | None, now: float | None, whole: bool) -> float | None:
    comparable = past is not None and (whole or past.name == "put_call_open_interest")
    return percentile(past.values, now, FEWEST) if past is not None and now is not None and comparable else None
