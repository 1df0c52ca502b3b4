"""Daily measures of option chains: a name, a unit and a function each, and the series they make over sessions.

A row of ``MEASURES`` is worked out of each session's last chain once and remembered in the archive under a stamp.
Whoever adds a row or changes what one means raises ``METHOD``: everything is then worked out again when next asked for.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from domain.chain import Chain, Floats
from domain.market import Days, Series
from domain.session import session_close
from quant.activity import put_call
from quant.coin import in_dollars
from quant.model_free import model_free_vol
from quant.surface import Surface, fit_surface, iv30, skew

METHOD = 3
SESSIONS = 504  # that a history reaches back
# A 30-day volatility is read between expiries, as Cboe does for VIX, not extended far beyond them.
THIRTY, REACH_DAYS, EACH_SIDE = 30, 15, 3


@dataclass(frozen=True, eq=False)
class Seen:
    """What a measure is worked out of: the whole chain, and the ``surface`` of the part of it that is ``near`` 30 days
    (or of all of it)."""

    chain: Chain
    near: Chain
    surface: Surface


Measure = Callable[[Seen], float | None]


def _within_reach(read: Callable[[Surface], float | None]) -> Measure:
    """None unless a slice of the surface comes within 15 days of 30."""

    def measure(seen: Seen) -> float | None:
        reached = any(abs(smile.years * 365 - THIRTY) <= REACH_DAYS for smile in seen.surface.slices)
        return read(seen.surface) if reached else None

    return measure


def session_over(chain: Chain) -> bool:
    """Whether the quotes were taken after their session: before, what trades later is not counted yet.

    A market round the clock counts the 24 hours before the quotes.
    """
    return chain.cadence == "eod" or chain.hours == "always" or chain.quote_time >= session_close(chain.session)


def _whole_session(read: Callable[[Chain], float | None]) -> Measure:
    """None where the session was not over."""
    return lambda seen: read(seen.chain) if session_over(seen.chain) else None


def _model_free(seen: Seen) -> float | None:
    found = model_free_vol(seen.near, seen.surface)
    return None if found is None else found.vol


def _total(column: Floats) -> float | None:
    known = column[np.isfinite(column)]
    return float(known.sum()) if len(known) else None


MEASURES: Mapping[str, Measure] = {
    "iv30": _within_reach(iv30),  # at the forward, decimal a year
    "skew_25d": _within_reach(skew),  # 30-day 25-delta put minus call volatility, decimal
    "model_free_iv30": _model_free,  # Cboe's method, decimal a year
    "put_call_volume": _whole_session(lambda chain: put_call(chain)[0]),  # puts over calls
    "put_call_open_interest": lambda seen: put_call(seen.chain)[1],
    "put_call_premium": _whole_session(lambda chain: put_call(chain)[2]),
    "volume": _whole_session(lambda chain: _total(chain.volume)),  # contracts of the session
    "open_interest": lambda seen: _total(seen.chain.open_interest),  # contracts at the session's start
}


def measure(chain: Chain, rate: float | None) -> dict[str, float | None]:
    """All measures of one chain; None where it has none. ``rate`` as for ``fit_surface``."""
    near = nearest(chain)
    return measure_seen(Seen(in_dollars(chain), in_dollars(near), fit_surface(near, rate)))


def measure_seen(seen: Seen) -> dict[str, float | None]:
    found = {name: read(seen) for name, read in MEASURES.items()}
    return {name: value if value is not None and np.isfinite(value) else None for name, value in found.items()}


def stamp(rate: float | None) -> str:
    """What the values of ``measure`` depend on besides the chain."""
    return f"{METHOD} at {'no rate' if rate is None else f'{rate:.6f}'}"


def nearest(chain: Chain) -> Chain:
    """The rows of the expiries nearest to 30 days, three on either side."""
    days = (chain.expiry - np.datetime64(chain.session)).astype(int)
    listed = np.unique(days[~np.isnat(chain.expiry)])
    near = np.concatenate([listed[listed < THIRTY][-EACH_SIDE:], listed[listed >= THIRTY][:EACH_SIDE]])
    return chain.rows(np.isin(days, near))


def as_series(rows: Iterable[tuple[np.datetime64, Mapping[str, float | None]]], source: str) -> dict[str, Series]:
    """One series a measure over ascending sessions; a session without a value is left out, an empty series too."""
    listed = list(rows)
    found = {}
    for name in MEASURES:
        known = [(day, value) for day, values in listed if (value := values.get(name)) is not None]
        if known:
            days: Days = np.array([day for day, _ in known], dtype="datetime64[D]")
            found[name] = Series(name, source, days, np.array([value for _, value in known]))
    return found
