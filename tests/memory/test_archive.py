"""Imported files: once each, all or nothing, and the latest import is the one that is read."""

from datetime import timedelta

import numpy as np
import pytest

from domain.importing import ParsedFile
from memory.archive import PgArchive
from memory.database import Database
from memory.queries import queries
from tests.memory.samples import CLOSE, chain, parsed, prices, same, series

LATER = CLOSE + timedelta(days=1)


@pytest.fixture
def archive(database: Database) -> PgArchive:
    return PgArchive(database)


def rows(database: Database, table: str) -> int:
    with database.connection() as connection:
        found = connection.execute(f"SELECT count(*) AS n FROM fund.{table}".encode()).fetchone()
    return int(found["n"]) if found else -1


def test_importing_a_file_twice_changes_nothing(archive: PgArchive, database: Database) -> None:
    file = parsed(chain(), prices=(prices(),), series=(("volatility", series()),), warnings=("odd",))
    first = archive.store("a.csv", "sha-a", file)
    assert (first.status, first.stored, first.warnings) == ("imported", 3, ("odd",))
    before = archive.holdings()
    again = archive.store("renamed.csv", "sha-a", file)
    assert (again.status, again.stored) == ("unchanged", 0)
    assert archive.holdings() == before
    assert [rows(database, table) for table in ("imports", "chains", "histories", "snapshots")] == [1, 1, 2, 1]


def test_an_identical_file_is_known_before_it_is_parsed(archive: PgArchive) -> None:
    assert archive.seen("sha-a") is None
    archive.store("a.csv", "sha-a", parsed(chain()))
    report = archive.seen("sha-a")
    assert report and (report.status, report.path, report.kept, report.dropped) == (
        "unchanged",
        "a.csv",
        8,
        {"no strike": 2},
    )


def test_what_was_stored_is_read_back_exactly(archive: PgArchive) -> None:
    archive.store(
        "p.csv", "sha-p", parsed(prices=(prices(),), series=(("volatility", series()), ("rate", series("DGS3MO"))))
    )
    assert same(archive.prices("SPY"), (prices(),))
    assert same(archive.series("volatility", "VIX"), (series(),))
    assert same(archive.series("rate", "DGS3MO"), (series("DGS3MO"),))
    archive.store("m.csv", "sha-m", parsed(series=(("measure", series("SPY iv30")),)))
    assert same(archive.series("measure", "SPY iv30"), (series("SPY iv30"),))
    assert archive.series("rate", "VIX") == () and archive.prices("XYZ") == ()


def test_a_file_is_stored_whole_or_not_at_all(archive: PgArchive, database: Database) -> None:
    unstorable = chain(notes={"x": object()})
    with pytest.raises(TypeError):
        archive.store("a.csv", "sha-a", parsed(chain(), unstorable))
    assert archive.seen("sha-a") is None
    assert [rows(database, table) for table in ("imports", "chains", "snapshots")] == [0, 0, 0]


def test_chains_come_newest_first_and_never_from_the_future(archive: PgArchive) -> None:
    moments = [CLOSE - timedelta(days=days) for days in (2, 0, 1)]
    archive.store("a.csv", "sha-a", parsed(*[chain(quote_time=moment) for moment in moments]))
    assert [ref.quote_time for ref in archive.chain_refs("SPY", LATER, 2)] == [CLOSE, CLOSE - timedelta(days=1)]
    assert [ref.quote_time for ref in archive.chain_refs("SPY", CLOSE, 1)] == [CLOSE], (
        "its own moment is not the future"
    )
    before = archive.chain_refs("SPY", CLOSE - timedelta(seconds=1), 9)
    archive.store("b.csv", "sha-b", parsed(chain(spot=1.0), chain(spot=2.0, quote_time=LATER)))
    assert archive.chain_refs("SPY", CLOSE - timedelta(seconds=1), 9) == before, "a poisoned future changes nothing"


def test_two_files_that_disagree_are_both_kept_and_the_later_import_is_read(
    archive: PgArchive, database: Database
) -> None:
    archive.store("a.csv", "sha-a", parsed(chain(spot=1.0)))
    archive.store("b.csv", "sha-b", parsed(chain(spot=2.0)))
    assert rows(database, "chains") == 2
    later = archive.chain_refs("SPY", LATER, 9)
    assert len(later) == 1

    report = archive.store("c.csv", "sha-c", parsed(chain(spot=1.0)))
    assert report.stored == 0, "its content was there"
    assert rows(database, "chains") == 2
    assert archive.chain_refs("SPY", LATER, 9)[0].snapshot_id != later[0].snapshot_id


def test_histories_of_two_files_stay_apart_the_later_import_first(archive: PgArchive) -> None:
    archive.store("a.csv", "sha-a", parsed(prices=(prices(basis="unadjusted"),)))
    archive.store("b.csv", "sha-b", parsed(prices=(prices(basis="split_adjusted"),)))
    assert [history.basis for history in archive.prices("SPY")] == ["split_adjusted", "unadjusted"]


def test_measures_are_remembered_under_their_stamp_even_when_there_are_none(archive: PgArchive) -> None:
    moments = [CLOSE - timedelta(days=days) for days in (0, 1, 2)]
    archive.store("a.csv", "sha-a", parsed(*[chain(quote_time=at, session=at.date()) for at in moments]))
    newest, middle, _ = archive.chain_refs("SPY", CLOSE, 9)
    archive.remember_measures(newest.snapshot_id, "1", {"iv30": 0.3, "volume": 9.0})
    archive.remember_measures(newest.snapshot_id, "2", {"iv30": 0.17})
    archive.remember_measures(middle.snapshot_id, "2", {"iv30": None})

    known = [(row.stamp, row.values) for row in archive.measured("SPY", CLOSE, 9)]

    assert known == [(None, {}), ("2", {"iv30": None}), ("2", {"iv30": 0.17})]
    assert [row.ref for row in archive.measured("SPY", CLOSE, 1)] == [newest]
    assert len(archive.measured("SPY", CLOSE - timedelta(hours=1), 9)) == 2


def test_a_session_is_measured_by_its_last_chain_so_far(archive: PgArchive) -> None:
    moments = [CLOSE - timedelta(hours=hours) for hours in (0, 2, 5)]
    archive.store("a.csv", "sha-a", parsed(*[chain(quote_time=moment) for moment in moments]))
    at_close, before = archive.measured("SPY", LATER, 9), archive.measured("SPY", CLOSE - timedelta(hours=1), 9)
    assert [row.ref.quote_time for row in (*at_close, *before)] == [CLOSE, CLOSE - timedelta(hours=2)]


def test_volumes_without_quotes_never_hide_quotes_of_their_session(archive: PgArchive) -> None:
    unquoted = {"bid": np.zeros(len(chain())), "ask": np.zeros(len(chain()))}
    noon, next_day = CLOSE - timedelta(hours=4), CLOSE + timedelta(days=1)
    archive.store("a.csv", "sha-a", parsed(chain(quote_time=noon)))
    archive.store("b.csv", "sha-b", parsed(chain(**unquoted)))
    archive.store("c.csv", "sha-c", parsed(chain(quote_time=next_day, session=next_day.date(), **unquoted)))

    assert [ref.quote_time for ref in archive.chain_refs("SPY", CLOSE, 9)] == [noon, CLOSE]
    assert archive.chain_refs("SPY", next_day, 1)[0].quote_time == next_day, "an older session's quotes are not newer"
    assert [row.ref.quote_time for row in archive.measured("SPY", next_day, 9)] == [noon, next_day]


def test_what_no_broker_here_trades_is_known_but_not_listed(archive: PgArchive) -> None:
    archive.store("a.csv", "sha-a", parsed(chain(), chain(ticker="BTC", inverse=True), chain(ticker="/CL")))

    assert sorted(archive.tickers()) == ["/CL", "BTC", "SPY"]
    assert archive.listed_tickers() == ("SPY",)


def test_holdings_say_what_there_is(archive: PgArchive) -> None:
    assert archive.holdings() == () and archive.tickers() == ()
    archive.store("a.csv", "sha-a", parsed(chain(), chain(ticker="AAPL"), prices=(prices(),)))
    archive.store("e.csv", "sha-e", ParsedFile("fred", 0, 0, series=(("rate", series("DFF")),)))
    assert archive.tickers() == ("AAPL", "SPY")
    lines = [(line.kind, line.name, line.first, line.last, line.count) for line in archive.holdings()]
    assert lines == [
        ("chains", "AAPL", "2026-08-20", "2026-08-20", 1),
        ("chains", "SPY", "2026-08-20", "2026-08-20", 1),
        ("prices", "SPY", "2026-08-18", "2026-08-20", 3),
        ("rate", "DFF", "2026-08-18", "2026-08-20", 3),
    ]


def test_finding_the_latest_chains_reads_an_index_not_the_table(archive: PgArchive, database: Database) -> None:
    moments = [CLOSE - timedelta(minutes=minutes) for minutes in range(60)]
    archive.store("a.csv", "sha-a", parsed(*[chain(quote_time=moment) for moment in moments]))
    with database.connection() as connection:
        connection.execute("ANALYZE fund.chains")
        connection.execute("SET enable_seqscan = off")
        plan = connection.execute(
            b"EXPLAIN " + queries("archive.sql")["chain_refs"].encode(), ["SPY", CLOSE, 1]
        ).fetchall()
        connection.execute("RESET enable_seqscan")
    text = " ".join(line["QUERY PLAN"] for line in plan)
    assert "chains_latest" in text and "Sort" not in text
