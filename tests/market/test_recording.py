"""``fund data record``: live chains over the wire, once and on time."""

import asyncio
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from domain.clock import FixedClock
from domain.errors import BadInput, DatabaseDown, Unavailable
from domain.importing import FileReport
from domain.session import session_close, session_open
from market.cboe_feed import CboeFeed
from market.recording import Recorded, Recorder, due, missed_sentence, next_tick, record_on_time, ticks
from memory.archive import PgArchive
from memory.database import Database
from memory.snapshots import PgSnapshots
from tests.apps.cli import Cli
from tests.market.venue import Venue, cboe, document

NOON = datetime.fromisoformat("2026-08-20T12:00:00-04:00")
EVENING = datetime.fromisoformat("2026-08-20T18:00:00-04:00")
FIVE = timedelta(minutes=5)


@pytest.fixture
def venue() -> Iterator[Venue]:
    with cboe() as venue:
        yield venue


@pytest.fixture
def recorder(venue: Venue, database: Database) -> Recorder:
    return Recorder(CboeFeed(venue.url, timeout=2.0, pauses=(0.01, 0.01)), PgArchive(database), PgSnapshots(database))


def one(recorder: Recorder, now: datetime = NOON, symbol: str = "AAA") -> Recorded:
    return recorder.record_one(symbol, now)


def test_a_chain_is_stored_under_the_time_of_its_quotes(venue: Venue, recorder: Recorder) -> None:
    venue.gives("AAA", document("AAA", NOON - timedelta(minutes=1)))

    told = one(recorder)

    assert (told.status, told.contracts, told.quote_time) == ("stored", 22, NOON - timedelta(minutes=1))
    (ref,) = recorder.archive.chain_refs("AAA", NOON, 9)
    assert (ref.cadence, ref.quote_time, ref.source) == ("intraday", NOON - timedelta(minutes=1), "cboe_json")
    assert recorder.archive.chain_refs("AAA", NOON - timedelta(minutes=2), 9) == ()


def test_the_same_quotes_are_not_stored_twice_even_under_a_new_stamp(venue: Venue, recorder: Recorder) -> None:
    earlier, later = NOON - timedelta(minutes=9), NOON - timedelta(minutes=4)
    venue.gives("AAA", document("AAA", earlier), document("AAA", earlier), document("AAA", later))

    told = [one(recorder) for _ in range(3)]

    assert [each.status for each in told] == ["stored", "stale", "stale"]
    assert (told[1].says, told[2].says) == (
        "the document has not changed", "the same quotes as at 2026-08-20 11:51 ET",
    )  # fmt: skip
    assert len(recorder.archive.chain_refs("AAA", NOON, 9)) == 1


def test_after_the_close_the_last_quotes_are_the_sessions_end_of_day_chain(venue: Venue, recorder: Recorder) -> None:
    closing = session_close(NOON.date())
    venue.gives("AAA", document("AAA", closing), document("AAA", closing + timedelta(minutes=16)))

    told = [one(recorder, EVENING) for _ in range(2)]

    assert [each.status for each in told] == ["stored", "stored"], (
        "the close itself is news, though prices are the same"
    )
    assert recorder.archive.chain_refs("AAA", EVENING, 1)[0].cadence == "eod"


def test_one_symbol_that_fails_does_not_stop_the_others(venue: Venue, recorder: Recorder) -> None:
    venue.gives("AAA", document("AAA", NOON))
    venue.gives("BAD", b"<html>maintenance</html>")
    venue.gives("XXX", document("YYY", NOON))
    venue.gives("SOON", document("SOON", NOON + timedelta(minutes=3)))
    heard: list[Recorded] = []

    recorder.record(["LOST", "BAD", "XXX", "SOON", "AAA"], NOON, heard.append)

    assert [each.status for each in heard] == ["failed"] * 4 + ["stored"]
    lost, bad, other, soon, _ = (each.says for each in heard)
    assert "no options of LOST (it answers 403)" in lost
    assert "no known layout" in bad
    assert other == "asked for XXX, the feed answers with YYY"
    assert "later than now" in soon


def test_a_server_that_stumbles_is_asked_again_and_one_that_stays_down_is_told(venue: Venue) -> None:
    pauses: list[float] = []
    feed = CboeFeed(venue.url, timeout=2.0, pauses=(1.0, 4.0), sleep=pauses.append)
    venue.gives("AAA", 503, 429, b"{}")
    venue.gives("DOWN", 500)

    assert feed.fetch("AAA") == b"{}"
    assert pauses == [1.0, 4.0]
    with pytest.raises(Unavailable, match="DOWN in 3 tries: it answers 500"):
        feed.fetch("DOWN")


def test_a_server_that_hangs_is_given_up(venue: Venue) -> None:
    venue.gives("AAA", b"{}")
    venue.slow = 0.5

    with pytest.raises(Unavailable, match="in 1 tries: ReadTimeout"):
        CboeFeed(venue.url, timeout=0.1, pauses=()).fetch("AAA")


def test_indices_have_a_name_of_their_own_and_a_bad_address_is_said(venue: Venue) -> None:
    venue.gives("_SPX", b"{}")
    feed = CboeFeed(venue.url, pauses=())

    assert feed.fetch("SPX") == b"{}"
    with pytest.raises(BadInput, match="check the symbol"):
        feed.fetch("NOPE")
    with pytest.raises(Unavailable):
        CboeFeed("http://127.0.0.1:9", pauses=(), timeout=1.0).fetch("AAA")


def test_ticks_start_when_the_feed_shows_the_open_and_end_when_it_shows_the_close() -> None:
    day = ticks(NOON, FIVE)

    assert day[0] == session_open(NOON.date()) + timedelta(minutes=15)
    assert day[-1] == datetime.fromisoformat("2026-08-20T16:32:00-04:00")
    assert all(b - a <= FIVE for a, b in pairwise(day))
    half_day = ticks(datetime.fromisoformat("2026-11-27T12:00:00-05:00"), FIVE)
    assert half_day[-1] == datetime.fromisoformat("2026-11-27T13:32:00-05:00")


def test_between_sessions_the_next_tick_is_the_next_sessions_first() -> None:
    friday_evening = datetime.fromisoformat("2026-08-21T18:00:00-04:00")

    assert next_tick(friday_evening, FIVE) == datetime.fromisoformat("2026-08-24T09:45:00-04:00")
    assert due(friday_evening, friday_evening + timedelta(days=2), FIVE) == ()
    assert len(due(NOON, NOON + timedelta(minutes=10), FIVE)) == 2


def test_a_long_gap_names_a_few_ticks_and_counts_the_rest() -> None:
    assert missed_sentence(due(NOON, NOON + timedelta(minutes=60), FIVE)).endswith("12:25 ET and 7 more")


@dataclass
class SlowFeed:
    """Takes its time: the clock runs on while it answers."""

    clock: FixedClock
    takes: list[timedelta]
    name: str = "slow"
    asked: list[datetime] = field(default_factory=list)

    def fetch(self, symbol: str) -> bytes:
        self.asked.append(self.clock.moment)
        self.clock.moment += self.takes.pop(0)
        return document(symbol, self.asked[-1], shift=len(self.asked))


def test_recording_keeps_time_and_says_which_minute_it_missed(database: Database) -> None:
    clock = FixedClock(NOON)
    feed = SlowFeed(clock, [timedelta(minutes=12), timedelta(0), timedelta(0)])
    recorder = Recorder(feed, PgArchive(database), PgSnapshots(database))
    said: list[str] = []
    heard: list[Recorded] = []

    asyncio.run(
        record_on_time(
            recorder, clock, ["AAA"], FIVE, heard.append, said.append, lambda: len(feed.asked) == 3
        )
    )  # fmt: skip

    assert [f"{at:%H:%M}" for at in feed.asked] == ["12:05", "12:17", "12:20"]
    assert [each.status for each in heard] == ["stored"] * 3
    assert [words for words in said if "missed" in words] == [
        "missed 1 tick: 2026-08-20 12:10 ET",
    ]


class Away(PgArchive):
    """Its database is away the first time it is asked."""

    asked = 0

    def seen(self, file_sha256: str) -> FileReport | None:
        self.asked += 1
        if self.asked == 1:
            raise DatabaseDown("the connection to PostgreSQL broke off")
        return super().seen(file_sha256)


def test_a_database_that_comes_back_loses_one_tick_not_the_schedule(database: Database) -> None:
    clock = FixedClock(NOON)
    feed = SlowFeed(clock, [timedelta(0)] * 2)
    recorder = Recorder(feed, Away(database), PgSnapshots(database))
    heard: list[Recorded] = []

    asyncio.run(
        record_on_time(recorder, clock, ["AAA"], FIVE, heard.append, lambda words: None, lambda: len(feed.asked) == 2)
    )

    assert [(each.status, each.says[:16]) for each in heard] == [
        ("failed", "the connection t"), ("stored", "22 contracts of "),
    ]  # fmt: skip


def live(fund: Cli, venue: Venue) -> Cli:
    return Cli(fund.home, fund.url, {"FUND_CBOE_URL": venue.url})


def test_the_command_records_once_lists_it_and_goes_on_with_the_same_symbols(
    database_url: str, venue: Venue, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fund = live(Cli(tmp_path_factory.mktemp("home"), database_url), venue)
    venue.gives("AAA", document("AAA", datetime.now(UTC) - timedelta(days=1)))
    nothing = fund.here("data", "record", "--once")
    first = fund.json("data", "record", "aaa", "--once")
    again = fund.json("data", "record", "--once")
    lost = fund.here("data", "record", "AAA", "LOST", "--once")
    both = fund.here("data", "record", "--json")

    assert nothing.code == 2 and "name symbols" in nothing.err
    assert [line["status"] for line in first["recorded"]] == ["stored"]
    assert [line["status"] for line in again["recorded"]] == ["stale"]
    assert lost.code == 4 and "LOST was not recorded" in lost.err and len(lost.err.splitlines()) == 2
    assert both.code == 2 and "add --once" in both.err
    (line,) = fund.json("data", "list")["data"]
    assert (line["kind"], line["name"], line["source"], line["count"]) == ("chains", "AAA", "cboe_json", 1)


def test_interrupting_the_schedule_ends_it_cleanly(
    database_url: str, venue: Venue, tmp_path_factory: pytest.TempPathFactory
) -> None:
    fund = live(Cli(tmp_path_factory.mktemp("home"), database_url), venue)
    venue.gives("AAA", 503)

    with fund.process("data", "record", "AAA", "--every", "60") as process:
        assert process.stderr is not None
        assert "recording AAA every 60 minutes" in process.stderr.readline()
        assert "next at" in process.stderr.readline()
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)

    assert (process.returncode, out.strip()) == (0, "Stopped: nothing came due")
    assert "Traceback" not in err and time.monotonic() - start < 5
