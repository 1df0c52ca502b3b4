"""The table of sessions is the library's, session by session."""

import exchange_calendars
import numpy as np

from domain.nyse import FIRST, LAST, sessions


def test_every_session_opens_and_closes_when_the_library_says() -> None:
    calendar = exchange_calendars.get_calendar("XNYS", start=str(FIRST), end=str(LAST))

    days, opens, closes = sessions()

    assert np.array_equal(days, calendar.sessions.to_numpy().astype("datetime64[D]"))
    assert np.array_equal(opens, calendar.opens_nanos.astype("datetime64[ns]").astype("datetime64[s]"))
    assert np.array_equal(closes, calendar.closes_nanos.astype("datetime64[ns]").astype("datetime64[s]"))
