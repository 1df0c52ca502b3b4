"""How fast mentions grow against their own week."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

BASELINE_DAYS = 7


@dataclass(frozen=True)
class Velocity:
    """``count`` mentions in the last 24 hours against ``average`` a day over the seven days before.

    ``ratio`` = count / average and ``z`` = (count - average) / sample standard deviation of the seven days; None where
    the week was empty or without variation.
    """

    count: int
    average: float
    ratio: float | None
    z: float | None


def velocity(times: Sequence[datetime], as_of: datetime) -> Velocity:
    """Mention velocity at ``as_of``; mentions later than it are not seen.

    >>> from datetime import UTC
    >>> now = datetime(2026, 8, 20, tzinfo=UTC)
    >>> week = [now - timedelta(days=d, hours=12) for d in range(1, 8)]
    >>> velocity([now - timedelta(hours=h) for h in (1, 2, 3, 4)] + week, now).ratio
    4.0
    """
    ages = np.array([(as_of - at) / timedelta(days=1) for at in times], dtype=np.float64)
    a_day = np.bincount(ages[(ages >= 0) & (ages < 1 + BASELINE_DAYS)].astype(np.int64), minlength=1 + BASELINE_DAYS)
    count, week = int(a_day[0]), a_day[1:]
    average, spread = float(week.mean()), float(week.std(ddof=1))
    return Velocity(
        count, average, count / average if average > 0 else None, (count - average) / spread if spread > 0 else None
    )
