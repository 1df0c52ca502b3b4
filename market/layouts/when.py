"""When a chain's quotes were true: one small rule a kind of file.

Nothing may be seen before it was true. A file that tells a day only holds that session's closing quotes. A snapshot
taken while the session was open is as old as its own stamp. A snapshot taken outside it (22:46, or on a Saturday) holds
the closing quotes of the session before, so it belongs to that close and counts as end-of-day: on every such file here
put-call parity gives the official close. Delayed feeds show the close a quarter of an hour late, and until then such a
file stays an intraday snapshot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np

from domain.chain import Cadence
from domain.session import (
    FIRST_SESSION,
    LAST_SESSION,
    NEW_YORK,
    is_session,
    previous_session,
    session_close,
    session_of,
)
from market.layouts.columns import as_date, parse_day

FEED_DELAY = timedelta(minutes=15)
BEFORE_CLOSE = timedelta(minutes=15)


class Unusable(ValueError):
    """A moment that can be read and is of no use; the message is the reason."""


@dataclass(frozen=True)
class Moment:
    quote_time: datetime
    session: date
    cadence: Cadence


QuoteTime = Callable[[str, str], Moment]  # (what the file tells, ticker); ValueError if that is no moment


def at_close(text: str, ticker: str) -> Moment:
    """An end-of-day file: the session's close, 16:15 ET for broad index products, whenever it was fetched."""
    session = as_date(parse_day(text))
    if not is_session(session):
        raise Unusable("no session on that day")
    return Moment(session_close(session, ticker), session, "eod")


def quarter_to_close(text: str, ticker: str) -> Moment:
    """A daily file of quotes taken 15 minutes before the close of stocks (Cboe DataShop's "1545")."""
    session = at_close(text, ticker).session
    return Moment(session_close(session) - BEFORE_CLOSE, session, "eod")


def stamped(text: str, ticker: str) -> Moment:
    """A delayed snapshot with a stamp (naive = New York), or with a day only, which then means the day's close."""
    if not np.isnat(day := parse_day(text)) and len(text) <= 10:
        session = as_date(day)
        return at_close(str(session if is_session(session) else previous_session(session)), ticker)
    stamp = read_stamp(text)
    session = session_of(stamp - FEED_DELAY)
    close = session_close(session, ticker)
    if stamp - FEED_DELAY < close:
        return Moment(stamp, session, "intraday")
    return Moment(close, session, "eod")


def timed(text: str, ticker: str) -> Moment:
    """A file whose rows carry the quotes' own time: from the close of stocks on it is end-of-day."""
    stamp = read_stamp(text)
    session = session_of(stamp)
    moment = min(stamp, session_close(session, ticker))
    return Moment(moment, session, "eod" if moment >= session_close(session) else "intraday")


def in_session(text: str, ticker: str) -> Moment:
    """A bar or snapshot of the regular session, as old as its stamp; what trades after the close is refused."""
    moment = timed(text, ticker)
    if read_stamp(text) > moment.quote_time:
        raise Unusable("after the session's close")
    return moment


def round_the_clock(text: str, ticker: str) -> Moment:
    """A market that never closes: its session is the UTC day; a day only means the end of that day."""
    if not np.isnat(day := parse_day(text)) and len(text) <= 10:
        end = datetime.combine(as_date(day) + timedelta(days=1), time(), UTC)
        return Moment(end, as_date(day), "eod")
    stamp = read_stamp(text)
    return Moment(stamp, stamp.date(), "intraday")


def read_stamp(text: str) -> datetime:
    """An ISO stamp in UTC; without a zone it is New York's.

    :raises ValueError: the text is none, or lies outside the calendar.
    """
    stamp = datetime.fromisoformat(text)
    stamp = (stamp if stamp.tzinfo else stamp.replace(tzinfo=NEW_YORK)).astimezone(UTC)
    if not FIRST_SESSION < stamp.date() < LAST_SESSION:
        raise ValueError(f"{text} lies outside {FIRST_SESSION} to {LAST_SESSION}")
    return stamp
