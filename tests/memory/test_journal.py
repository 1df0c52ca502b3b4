"""The journal only grows, is one unbroken chain per account, and shows when it was tampered with."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from memory.database import Database
from memory.journal import PgJournal, append
from tests.memory.samples import CLOSE

AT = datetime(2026, 8, 20, 20, tzinfo=UTC)


@pytest.fixture
def journal(database: Database, tmp_path: Path) -> PgJournal:
    return PgJournal(database, tmp_path)


def write(journal: PgJournal, step: str, account: str = "A", **about: Any) -> None:
    journal.write(step, {"n": 1}, at=AT, account_id=account, **about)


def tamper(database: Database, sql: str) -> None:
    """What somebody with the database's keys could do."""
    with database.connection() as connection:
        connection.execute("ALTER TABLE fund.journal DISABLE TRIGGER journal_append_only")
        connection.execute(sql.encode())
        connection.execute("ALTER TABLE fund.journal ENABLE TRIGGER journal_append_only")


def test_entries_come_back_as_written_in_order(journal: PgJournal) -> None:
    body = {
        "price": 1.25,
        "at": CLOSE,
        "legs": (1, -1),
        "text": "naïve \x00 \ud800",
        "none": None,
        "tiny": 1e-7,
        "big": 1e22,
    }
    journal.write(
        "stage_orders", body, at=CLOSE, account_id="A", run_id="R", order_id="O", strategy_id="vertical", key="k"
    )
    write(journal, "place_order", order_id="O")
    first, second = journal.story(order_id="O")
    assert (first.seq, first.step, first.at, first.run_id) == (1, "stage_orders", CLOSE, "R")
    assert first.body == {**body, "at": CLOSE.isoformat(), "legs": [1, -1]}
    assert (second.seq, second.previous) == (2, first.hash)
    assert journal.verify("A") is None


def test_a_story_is_that_of_an_order_or_a_run_alone(journal: PgJournal) -> None:
    for order, run in (("O1", "R1"), ("O2", "R1"), ("O3", "R2")):
        write(journal, "x", order_id=order, run_id=run)
    write(journal, "halt")
    assert [entry.order_id for entry in journal.story(order_id="O2")] == ["O2"]
    assert [entry.order_id for entry in journal.story(run_id="R1")] == ["O1", "O2"]
    assert journal.story(order_id="nobody") == () and journal.story() == ()


def test_a_key_is_written_once_in_an_account(journal: PgJournal) -> None:
    for account in ("A", "A", "B"):
        write(journal, "fill", account, key="exec-1")
    assert len(journal.account("A")) == 1 and len(journal.account("B")) == 1


@pytest.mark.parametrize(
    "change", ["UPDATE fund.journal SET step = 'x'", "DELETE FROM fund.journal", "TRUNCATE fund.journal"]
)
def test_the_database_refuses_to_change_the_record(journal: PgJournal, database: Database, change: str) -> None:
    write(journal, "a")
    with pytest.raises(psycopg.errors.RaiseException, match="append-only"), database.connection() as connection:
        connection.execute(change.encode())
    assert len(journal.account("A")) == 1


@pytest.mark.parametrize(
    ("change", "broken"),
    [
        ("UPDATE fund.journal SET body = '{\"n\":2}' WHERE seq = 2", 2),
        ("UPDATE fund.journal SET at = at + interval '1 second' WHERE seq = 1", 1),
        ("UPDATE fund.journal SET order_id = 'other' WHERE seq = 3", 3),
        ("UPDATE fund.journal SET key = 'other' WHERE seq = 3", 3),
        ("DELETE FROM fund.journal WHERE seq = 2", 2),
        ("UPDATE fund.journal SET seq = 9 WHERE seq = 3", 3),
        ("UPDATE fund.journal SET hash = repeat('0', 64) WHERE seq = 1", 1),
        ("UPDATE fund.journal SET account_id = 'B'", 1),
    ],
)
def test_tampering_shows_at_the_entry_it_touched(
    journal: PgJournal, database: Database, change: str, broken: int
) -> None:
    for step in ("a", "b", "c"):
        write(journal, step)
    assert journal.verify("A") is None
    tamper(database, change)
    assert (journal.verify("A") or journal.verify("B")) == broken


def test_writers_at_once_make_one_chain(journal: PgJournal) -> None:
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: write(journal, f"step {n}", key=f"k{n % 20}"), range(40)))
    assert [entry.seq for entry in journal.account("A")] == list(range(1, 21))
    assert journal.verify("A") is None


def test_an_entry_shares_the_fate_of_its_transaction(journal: PgJournal, database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        append(connection, "submitting", {}, at=AT, account_id="A")
        _ = 1 / 0
    assert journal.account("A") == ()
    with database.transaction() as connection:
        assert append(connection, "submitting", {}, at=AT, account_id="A", key="k")
        assert append(connection, "submitting", {}, at=AT, account_id="A", key="k") is None
    assert [entry.step for entry in journal.account("A")] == ["submitting"]
    with pytest.raises(ValueError, match="needs a transaction"), database.connection() as connection:
        append(connection, "submitting", {}, at=AT, account_id="A")


def test_what_is_not_a_number_is_written_as_unknown(journal: PgJournal) -> None:
    journal.write("x", {"nan": float("nan"), "inf": [float("inf")]}, at=AT, account_id="A")
    assert journal.account("A")[0].body == {"nan": None, "inf": [None]}


def test_a_copy_of_every_entry_lies_in_a_file(journal: PgJournal, database: Database, tmp_path: Path) -> None:
    write(journal, "a")
    with database.transaction() as connection:
        append(connection, "by the executor", {}, at=AT, account_id="A")
    write(journal, "c")
    lines = [json.loads(line) for line in (tmp_path / "journal" / "A.jsonl").read_text().splitlines()]
    assert [(line["seq"], line["step"]) for line in lines] == [(1, "a"), (2, "by the executor"), (3, "c")]
    assert [line["hash"] for line in lines] == [entry.hash for entry in journal.account("A")]


def test_a_copy_that_was_cut_off_mends_itself(journal: PgJournal, tmp_path: Path) -> None:
    write(journal, "a")
    write(journal, "b")
    path = tmp_path / "journal" / "A.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    write(journal, "c")
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == [1, 2, 3]


def test_a_copy_from_another_database_is_put_aside(journal: PgJournal, tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    path = tmp_path / "journal" / "A.jsonl"
    path.write_text(json.dumps({"seq": 7, "hash": "abcdef0123"}) + "\n")
    write(journal, "a")
    assert [json.loads(line)["seq"] for line in path.read_text().splitlines()] == [1]
    assert (tmp_path / "journal" / "A-abcdef01.jsonl").exists()


def test_a_copy_that_cannot_be_written_does_not_stop_the_record(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "journal").write_text("in the way")
    journal = PgJournal(database, tmp_path)
    write(journal, "a")
    assert len(journal.account("A")) == 1
    assert "could not be written" in caplog.text
