"""The regime: on the real VIX, and at each boundary."""

import csv
import gzip
import math
import os
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.market import Series
from domain.regime import REGIMES, Regime
from domain.session import previous_session, session_close, sessions_between
from risk.regime import CALM_SESSIONS, THRESHOLDS, WALK_SESSIONS, name_regime

DATA = Path(os.environ.get("FUND_TEST_DATA", Path(__file__).parents[3] / "shared" / "data")) / "market_vol"
FILES = ("cboe_vol_indices_1990_2024-03-08.csv.gz", "cboe_vol_indices_2024-03_2026-08-20.csv.gz")
LAST = date(2026, 8, 20)


@cache
def recorded() -> tuple[Series, ...]:
    if not DATA.exists():
        pytest.skip("the recorded volatility indices are not here")
    found: dict[str, dict[str, float]] = {"VIX": {}, "VIX9D": {}, "VIX3M": {}}
    for file in FILES:
        with gzip.open(DATA / file, "rt") as lines:
            for row in csv.DictReader(lines):
                for name, column in found.items():
                    if row[name]:
                        column[row["date"]] = float(row[name])
    return tuple(series(name, sorted(column), [column[d] for d in sorted(column)]) for name, column in found.items())


def series(name: str, dates: list[str], values: list[float]) -> Series:
    return Series(name, "test", np.array(dates, dtype="datetime64[D]"), np.array(values, dtype=float))


def close_of(day: date) -> datetime:
    return session_close(day, "SPX")


def vix(*values: float, last: date = LAST, name: str = "VIX") -> Series:
    """The given closes, the latest on ``last``."""
    days = sessions_between(date(2020, 1, 1), last)[-len(values) :]
    return Series(name, "test", days, np.array(values, dtype=float))


def named(*indices: Series, as_of: datetime | None = None) -> Regime:
    return name_regime(indices, as_of or close_of(LAST))


# the real VIX


def test_at_the_close_of_2018_02_05_volatility_is_a_crisis_and_not_a_minute_before() -> None:
    at_close = name_regime(recorded(), close_of(date(2018, 2, 5)))
    assert at_close.name in ("high_vol", "crisis_mode")
    assert at_close.inputs["vix"] == 37.32 and at_close.inputs["vix_date"] == "2018-02-05"
    assert at_close.reason.startswith("VIX closed at 37.32 on 2018-02-05: crisis_mode, VIX 37.32 is at or above 35")
    before = name_regime(recorded(), close_of(date(2018, 2, 5)) - timedelta(minutes=1))
    assert before.inputs["vix"] == 17.31 and before.name == "neutral"


def test_march_2020_is_a_crisis_from_its_first_day_to_its_last() -> None:
    days = sessions_between(date(2020, 3, 1), date(2020, 3, 31))
    assert {name_regime(recorded(), close_of(day.item())).name for day in days} == {"crisis_mode"}


def test_most_of_2017_is_low_volatility() -> None:
    days = sessions_between(date(2017, 1, 1), date(2017, 12, 31))
    names = Counter(name_regime(recorded(), close_of(day.item())).name for day in days)
    assert names["low_vol"] > 0.75 * len(days)
    assert names["crisis_mode"] == 0


def test_the_regime_of_august_2026_is_calm() -> None:
    assert name_regime(recorded(), datetime(2026, 8, 20, 22, 30, tzinfo=UTC)).name in ("low_vol", "neutral")


def test_regimes_do_not_flicker_over_ten_years() -> None:
    days = sessions_between(date(2015, 1, 1), date(2024, 12, 31))
    names = [name_regime(recorded(), close_of(day.item())).name for day in days]
    assert None not in names
    falls = [i for i in range(1, len(names)) if _rung(names[i]) < _rung(names[i - 1])]
    rises = [i for i in range(1, len(names)) if _rung(names[i]) > _rung(names[i - 1])]
    for fall in falls:
        assert not [rise for rise in rises if fall - CALM_SESSIONS < rise < fall]


def _rung(name: object) -> int:
    return REGIMES.index(name)  # type: ignore[arg-type]


def test_what_comes_later_changes_nothing() -> None:
    as_of = close_of(date(2019, 6, 3))
    poisoned = tuple(
        Series(s.name, s.source, s.dates, np.where(s.dates > np.datetime64("2019-06-03"), 99.0, s.values))
        for s in recorded()
    )
    assert name_regime(poisoned, as_of) == name_regime(recorded(), as_of)


# boundaries


@pytest.mark.parametrize(
    ("level", "name"),
    [
        (14.99, "neutral"), (13.49, "low_vol"), (15.0, "neutral"), (21.99, "high_vol"), (19.99, "neutral"),
        (22.0, "high_vol"), (34.99, "crisis_mode"), (27.99, "high_vol"), (35.0, "crisis_mode"),
    ],
)  # fmt: skip
def test_a_first_close_between_two_thresholds_counts_as_the_higher_regime(level: float, name: str) -> None:
    assert named(vix(level)).name == name


def test_an_escalation_is_immediate_at_the_threshold_and_not_below() -> None:
    calm = [13.0] * 20
    assert named(vix(*calm, 14.99)).name == "low_vol"
    assert named(vix(*calm, 15.0)).name == "neutral"
    assert named(vix(*calm, 80.0)).name == "crisis_mode"


def test_a_de_escalation_needs_five_calm_sessions() -> None:
    risen = [12.0] * 10 + [16.0]
    assert named(vix(*risen, *[13.0] * 4)).name == "neutral"
    assert named(vix(*risen, *[13.0] * 5)).name == "low_vol"
    assert named(vix(*risen, *[13.0] * 4, 13.5, *[13.0] * 4)).name == "neutral"
    assert named(vix(*risen, *[13.5] * 50)).name == "neutral"


def test_a_crisis_ends_in_the_regime_that_the_calm_sessions_allow() -> None:
    assert named(vix(36.0, *[21.0] * 10)).name == "high_vol"
    assert named(vix(36.0, *[18.0] * 10)).name == "neutral"


def test_the_reason_says_when_only_the_waiting_time_holds_a_regime() -> None:
    assert named(vix(*[12.0] * 10, 16.0, 13.0)).reason.endswith("neutral, fewer than 5 calm sessions since it was left")
    assert "VIX 13.50 is not under 13.5" in named(vix(*[12.0] * 10, 16.0, 13.5)).reason
    assert "VIX 15.00 is at or above 15" in named(vix(*[12.0] * 10, 15.0)).reason
    assert named(vix(*[12.0] * 10)).reason == "VIX closed at 12.00 on 2026-08-20: low_vol, nothing is raised"


@pytest.mark.parametrize(
    ("closes", "name"),
    [
        ([19.0, 24.99 - 4], "neutral"),
        ([14.0, 20.0], "high_vol"),
        ([14.0, 19.99], "neutral"),
        ([14.0, 29.0], "crisis_mode"),
    ],
)
def test_a_jump_in_a_day_escalates(closes: list[float], name: str) -> None:
    start = closes[0]
    assert named(vix(*[start] * 10, *closes)).name == name


def test_a_rise_over_five_days_escalates() -> None:
    assert named(vix(*[12.0] * 10, 14.0, 15.5, 17.0, 18.5, 20.0)).name == "high_vol"
    assert named(vix(*[12.0] * 10, 14.0, 15.5, 17.0, 18.5, 19.99)).name == "neutral"


@pytest.mark.parametrize(("vix3m", "name"), [(17.0, "neutral"), (15.2, "high_vol"), (13.3, "crisis_mode")])
def test_an_inverted_term_structure_escalates(vix3m: float, name: str) -> None:
    level = [16.0] * 10
    found = named(vix(*level), vix(*[20.0] * 9, vix3m, name="VIX3M"))
    assert found.name == name
    assert found.inputs["vix_vix3m"] == pytest.approx(16.0 / vix3m, abs=1e-4)


def test_a_nine_day_index_above_the_vix_escalates() -> None:
    assert named(vix(*[16.0] * 10), vix(*[14.0] * 9, 20.0, name="VIX9D")).name == "high_vol"
    assert named(vix(*[16.0] * 10), vix(*[14.0] * 9, 19.99, name="VIX9D")).name == "neutral"


def test_ratios_are_used_only_on_days_they_are_known() -> None:
    yesterday = vix(20.0, last=previous_session(LAST), name="VIX3M")
    for broken in (yesterday, vix(math.nan, name="VIX3M"), vix(0.0, name="VIX3M"), vix(math.inf, name="VIX3M")):
        found = named(vix(*[16.0] * 10), broken)
        assert (found.name, found.inputs["vix_vix3m"]) == ("neutral", None)


def test_an_inversion_that_was_known_yesterday_holds_although_it_is_not_known_today() -> None:
    yesterday = vix(13.0, last=previous_session(LAST), name="VIX3M")
    assert named(vix(*[16.0] * 10), yesterday).name == "crisis_mode"


# unknown


@pytest.mark.parametrize(
    ("indices", "reason"),
    [
        ((), "there is no VIX series"),
        ((vix(20.0, name="VIX3M"),), "there is no VIX series"),
        ((vix(20.0, last=date(2026, 8, 21)),), "no VIX close is known by then"),
        ((vix(20.0, math.nan),), "the VIX of 2026-08-20 is nan"),
        ((vix(20.0, math.inf),), "the VIX of 2026-08-20 is inf"),
        ((vix(20.0, 0.0),), "the VIX of 2026-08-20 is 0"),
        ((vix(20.0, -3.0),), "the VIX of 2026-08-20 is -3"),
    ],
)
def test_without_a_usable_vix_the_regime_is_unknown(indices: tuple[Series, ...], reason: str) -> None:
    found = named(*indices)
    assert (found.name, found.reason, found.inputs) == (None, f"the regime is unknown: {reason}", {})


def test_a_vix_one_session_old_counts_and_an_older_one_does_not() -> None:
    old = vix(20.0, last=date(2026, 8, 19))
    assert named(old).name is not None
    older = named(vix(20.0, last=date(2026, 8, 18)))
    assert older.name is None
    assert older.reason == "the regime is unknown: the VIX of 2026-08-18 is 2 sessions old, at most 1 is usable"


def test_a_hole_in_the_history_is_skipped() -> None:
    for hole in (math.nan, 0.0, -1.0, math.inf):
        assert named(vix(12.0, hole, 12.0)).inputs["change_1d"] == 0.0


def test_only_the_last_250_sessions_count() -> None:
    history = [14.0] * WALK_SESSIONS
    assert named(vix(80.0, *history)) == named(vix(12.0, *history))


@given(st.lists(st.floats(9, 90), min_size=1, max_size=30), st.floats(0, 40))
def test_a_higher_last_close_never_names_a_calmer_regime(closes: list[float], more: float) -> None:
    lower, higher = named(vix(*closes)), named(vix(*closes[:-1], closes[-1] + more))
    assert _rung(lower.name) <= _rung(higher.name)


def test_every_threshold_lets_go_below_where_it_takes_hold() -> None:
    assert all(t.leave < t.enter for t in THRESHOLDS)
