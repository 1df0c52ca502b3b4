"""When an option dies, how old a quote is, and which session a moment belongs to."""

from datetime import UTC, date, datetime, timedelta

import pytest

from domain.clock import FixedClock, aware
from domain.errors import BadInput
from domain.session import (
    expiry_moment,
    is_open,
    last_completed_session,
    open_minutes,
    previous_session,
    session_close,
    session_of,
    session_open,
    sessions_completed_since,
)  # fmt: skip

FRIDAY = date(2026, 3, 13)
OPEN, CLOSE = datetime(2026, 3, 13, 13, 30, tzinfo=UTC), datetime(2026, 3, 13, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_session_opens_and_closes_in_new_york_whatever_the_season() -> None:
    assert (session_open(FRIDAY), session_close(FRIDAY)) == (OPEN, CLOSE)
    assert session_close(date(2026, 3, 6)) == datetime(2026, 3, 6, 21, tzinfo=UTC), "before the clocks change"
    assert session_close(FRIDAY, "SPY") == CLOSE + 15 * MINUTE
    assert session_close(date(2026, 11, 27)) == datetime(2026, 11, 27, 18, tzinfo=UTC), "the day after Thanksgiving"


@pytest.mark.parametrize(
    ("moment", "session", "completed"),
    [
        (OPEN - MINUTE, date(2026, 3, 12), date(2026, 3, 12)),
        (OPEN, FRIDAY, date(2026, 3, 12)),
        (CLOSE - MINUTE, FRIDAY, date(2026, 3, 12)),
        (CLOSE, FRIDAY, FRIDAY),
        (CLOSE + timedelta(days=2), FRIDAY, FRIDAY),
    ],
)
def test_the_session_of_a_moment_and_the_last_one_completed(moment: datetime, session: date, completed: date) -> None:
    assert session_of(moment) == session
    assert last_completed_session(moment) == completed


def test_before_monday_comes_friday() -> None:
    assert previous_session(date(2026, 3, 16)) == FRIDAY
    assert previous_session(date(2026, 7, 6)) == date(2026, 7, 2), "the third of July was a holiday"


def test_an_option_dies_at_the_close_of_its_day_or_of_the_session_before_a_holiday() -> None:
    assert expiry_moment(FRIDAY) == CLOSE
    assert expiry_moment(date(2026, 4, 3)) == session_close(date(2026, 4, 2)), "Good Friday"
    assert expiry_moment(FRIDAY, "SPX") == OPEN
    assert expiry_moment(FRIDAY, "SPXW") == CLOSE


def test_quotes_age_only_while_the_market_trades() -> None:
    assert open_minutes(CLOSE - MINUTE, CLOSE + timedelta(days=2)) == 1
    assert open_minutes(CLOSE, OPEN + timedelta(days=3)) == 0
    assert open_minutes(CLOSE - MINUTE, OPEN + timedelta(days=3) + MINUTE) == 2
    assert open_minutes(CLOSE, OPEN) == 0


def test_an_end_of_day_quote_ages_by_sessions() -> None:
    assert sessions_completed_since(FRIDAY, CLOSE + timedelta(days=2)) == 0
    assert sessions_completed_since(FRIDAY, CLOSE + timedelta(days=3)) == 1
    assert sessions_completed_since(FRIDAY, CLOSE - timedelta(days=1)) == 0


def test_a_market_is_open_from_its_first_to_its_last_minute() -> None:
    assert [is_open(moment) for moment in (OPEN - MINUTE, OPEN, CLOSE, CLOSE + MINUTE)] == [False, True, True, False]
    assert not is_open(datetime(2026, 3, 14, 15, tzinfo=UTC))


@pytest.mark.parametrize("year", [1989, 2033])
def test_outside_the_calendar_nothing_is_guessed(year: int) -> None:
    moment = datetime(year, 6, 1, tzinfo=UTC)
    for question in (session_of, last_completed_session, is_open):
        with pytest.raises(BadInput, match="outside the exchange calendar"):
            question(moment)


def test_a_moment_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        aware(datetime(2026, 3, 13))  # noqa: DTZ001
    with pytest.raises(ValueError, match="no time zone"):
        FixedClock(datetime(2026, 3, 13))  # noqa: DTZ001
