"""What a run has seen is stored once and read back, by any process."""

import pytest

from domain.errors import Corrupt, UnknownId
from memory.database import Database
from memory.snapshots import PgSnapshots
from tests.memory.samples import chain, context, same


def count(database: Database) -> int:
    with database.connection() as connection:
        row = connection.execute("SELECT count(*) AS n FROM fund.snapshots").fetchone()
    return int(row["n"]) if row else -1


def test_another_process_reads_what_was_put(database: Database) -> None:
    here, there = PgSnapshots(database), PgSnapshots(database)
    assert same(there.chain(here.put_chain(chain())), chain())
    assert same(there.context(here.put_context(context())), context())
    assert there.json(here.put_json("book", {"nlv": 1e6, "legs": (1, 2)})) == {"nlv": 1e6, "legs": (1, 2)}


def test_the_same_content_is_stored_once(database: Database) -> None:
    snapshots = PgSnapshots(database)
    assert snapshots.put_chain(chain()) == PgSnapshots(database).put_chain(chain())
    assert count(database) == 1


def test_a_chain_just_read_is_put_again_without_work(database: Database) -> None:
    snapshots = PgSnapshots(database)
    snapshot_id = snapshots.put_chain(chain())
    read = snapshots.chain(snapshot_id)
    assert snapshots.chain(snapshot_id) is read
    with database.connection() as connection:
        connection.execute("TRUNCATE fund.snapshots CASCADE")
    assert snapshots.put_chain(read) == snapshot_id
    assert count(database) == 0


def test_only_the_latest_objects_stay_in_memory(database: Database) -> None:
    snapshots = PgSnapshots(database, kept=2)
    first, *_ = [snapshots.put_chain(chain(spot=spot)) for spot in (1.0, 2.0, 3.0)]
    with database.connection() as connection:
        connection.execute("TRUNCATE fund.snapshots CASCADE")
    with pytest.raises(UnknownId):
        snapshots.chain(first)


def test_a_chain_handed_over_cannot_be_changed_any_more(database: Database) -> None:
    mine = chain()
    PgSnapshots(database).put_chain(mine)
    with pytest.raises(ValueError, match="read-only"):
        mine.bid[0] = 99.0


def test_a_caller_who_changes_a_document_changes_only_his_own(database: Database) -> None:
    snapshots = PgSnapshots(database)
    document = {"a": [1]}
    snapshot_id = snapshots.put_json("book", document)
    document["a"].append(2)
    snapshots.json(snapshot_id)["a"].append(3)
    assert snapshots.json(snapshot_id) == {"a": [1]}


def test_an_unknown_a_corrupt_and_a_wrong_snapshot_are_three_errors(database: Database) -> None:
    snapshots = PgSnapshots(database)
    with pytest.raises(UnknownId):
        snapshots.chain("f" * 64)
    snapshot_id = snapshots.put_json("book", {"a": 1})
    with pytest.raises(Corrupt, match="not a Chain"):
        snapshots.chain(snapshot_id)
    with database.connection() as connection:
        connection.execute("UPDATE fund.snapshots SET body = '\\x00'")
    with pytest.raises(Corrupt, match=snapshot_id[:12]):
        PgSnapshots(database).json(snapshot_id)
