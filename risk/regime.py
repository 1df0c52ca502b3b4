"""The market's regime, named here and nowhere else.

Four rungs, ``low_vol`` to ``crisis_mode``. Every input has a threshold that escalates and a lower one that must be
undercut before it lets go. An escalation counts at once; a de-escalation needs ``CALM_SESSIONS`` sessions in a row in
which every input is under its lower threshold. Nothing is remembered: the stored closes up to ``as_of`` are walked
again each time, so the same data always give the same name.
"""

from datetime import date, datetime
from typing import NamedTuple

import numpy as np

from domain.chain import Floats
from domain.market import Days, Series
from domain.regime import REGIMES, Regime
from domain.session import last_completed_session, sessions_completed_since

CALM_SESSIONS = 5
STALE_SESSIONS = 1  # a VIX older than this many completed sessions is not today's
WALK_SESSIONS = 250
INDEX = "SPX"  # the VIX is final when SPX options close, 16:15 ET
LOW, NEUTRAL, HIGH, CRISIS = range(len(REGIMES))


class Threshold(NamedTuple):
    """The input lifts the regime to ``rung`` at ``enter`` or above, and holds it there at ``leave`` or above."""

    name: str
    rung: int
    enter: float
    leave: float


# VIX in vol points, changes in vol points, ratios of two indices on the same day.
THRESHOLDS = (
    Threshold("vix", NEUTRAL, 15.0, 13.5),
    Threshold("vix", HIGH, 22.0, 20.0),
    Threshold("vix", CRISIS, 35.0, 28.0),
    Threshold("vix_vix3m", HIGH, 1.05, 1.00),
    Threshold("vix_vix3m", CRISIS, 1.20, 1.05),
    Threshold("vix9d_vix", HIGH, 1.25, 1.10),
    Threshold("change_1d", HIGH, 6.0, 4.0),
    Threshold("change_1d", CRISIS, 15.0, 8.0),
    Threshold("change_5d", HIGH, 8.0, 4.0),
    Threshold("change_5d", CRISIS, 20.0, 10.0),
)
WORDS = {
    "vix": "VIX",
    "vix_vix3m": "VIX/VIX3M",
    "vix9d_vix": "VIX9D/VIX",
    "change_1d": "the 1-day change of VIX",
    "change_5d": "the 5-day change of VIX",
}


def name_regime(indices: tuple[Series, ...], as_of: datetime) -> Regime:
    """The regime at ``as_of`` from volatility indices in vol points, named VIX, VIX3M and VIX9D.

    Only closes final by ``as_of`` count. Without a VIX, or with one that is stale or not a positive number, the name is
    None and the reason says why. VIX3M and VIX9D are used on the days they are known. Of two series of the same name
    the first counts.
    """
    last = last_completed_session(as_of, INDEX)
    vix = next((series for series in indices if series.name == "VIX"), None)
    if vix is None:
        return Regime(None, as_of, "the regime is unknown: there is no VIX series")
    known = vix.dates <= np.datetime64(last)
    dates, values = vix.dates[known][-WALK_SESSIONS:], vix.values[known][-WALK_SESSIONS:]
    problem = _unusable(dates, values, as_of)
    if problem:
        return Regime(None, as_of, f"the regime is unknown: {problem}")
    finite = np.isfinite(values) & (values > 0)
    dates, values = dates[finite], values[finite]
    table = _inputs(dates, values, indices)
    rung = _walk(_rungs(table, enter=True), _rungs(table, enter=False))
    inputs: dict[str, float | str | None] = {name: _known(column[-1]) for name, column in table.items()}
    inputs |= {"vix_date": str(dates[-1]), "sessions": float(len(dates))}
    return Regime(REGIMES[rung], as_of, _sentence(rung, table, dates[-1].item()), inputs)


def _unusable(dates: Days, values: Floats, as_of: datetime) -> str:
    """Why the VIX cannot be judged, empty if it can."""
    if not len(dates):
        return "no VIX close is known by then"
    latest: date = dates[-1].item()
    age = sessions_completed_since(latest, as_of, INDEX)
    if not age <= STALE_SESSIONS:
        return f"the VIX of {latest} is {age} sessions old, at most {STALE_SESSIONS} is usable"
    if not (np.isfinite(values[-1]) and values[-1] > 0):
        return f"the VIX of {latest} is {values[-1]:g}"
    return ""


def _inputs(dates: Days, vix: Floats, indices: tuple[Series, ...]) -> dict[str, Floats]:
    """One column a named input, one entry a session, NaN where it is not known."""
    return {
        "vix": vix,
        "vix_vix3m": vix / _aligned("VIX3M", dates, indices),
        "vix9d_vix": _aligned("VIX9D", dates, indices) / vix,
        "change_1d": _change(vix, 1),
        "change_5d": _change(vix, 5),
    }


def _aligned(name: str, dates: Days, indices: tuple[Series, ...]) -> Floats:
    """The index on the given days, NaN where it has no positive value."""
    column = np.full(len(dates), np.nan)
    series = next((series for series in indices if series.name == name), None)
    if series is not None:
        _, mine, theirs = np.intersect1d(dates, series.dates, return_indices=True)
        found = series.values[theirs]
        column[mine] = np.where(np.isfinite(found) & (found > 0), found, np.nan)
    return column


def _change(values: Floats, sessions: int) -> Floats:
    change = np.full(len(values), np.nan)
    change[sessions:] = values[sessions:] - values[:-sessions]
    return change


def _rungs(table: dict[str, Floats], *, enter: bool) -> list[int]:
    """The highest rung any input asks for, a session at a time; NaN asks for nothing."""
    asked = [np.where(table[t.name] >= (t.enter if enter else t.leave), t.rung, LOW) for t in THRESHOLDS]
    return [int(rung) for rung in np.max(asked, axis=0)]


def _walk(pulled: list[int], held: list[int]) -> int:
    """The rung after the last session: up at once, down to what held during the last calm sessions."""
    rung = held[0]
    for i, pull in enumerate(pulled):
        rung = max(pull, min(rung, max(held[max(i - CALM_SESSIONS + 1, 0) : i + 1])))
    return rung


def _sentence(rung: int, table: dict[str, Floats], day: date) -> str:
    now = {name: float(column[-1]) for name, column in table.items()}
    head = f"VIX closed at {now['vix']:.2f} on {day}"
    if rung == LOW:
        return f"{head}: {REGIMES[rung]}, nothing is raised"
    raised = [
        f"{WORDS[t.name]} {now[t.name]:.2f} is at or above {t.enter:g}"
        for t in THRESHOLDS
        if t.rung == rung and now[t.name] >= t.enter
    ]
    held = [
        f"{WORDS[t.name]} {now[t.name]:.2f} is not under {t.leave:g}"
        for t in THRESHOLDS
        if t.rung == rung and now[t.name] >= t.leave
    ]
    calm = f"fewer than {CALM_SESSIONS} calm sessions since it was left"
    return f"{head}: {REGIMES[rung]}, {', '.join(raised or held or [calm])}"


def _known(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
