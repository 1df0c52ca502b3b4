"""Connections, transactions, locks and migrations."""

import threading
from pathlib import Path

import psycopg
import pytest

from domain.errors import DatabaseDown, Unavailable
from memory.database import Database
from memory.migrate import migrate, migrations


def test_a_database_that_is_down_is_one_line_without_the_password() -> None:
    with pytest.raises(DatabaseDown) as caught:
        Database("postgresql://fund:secr3t@127.0.0.1:1/fund")
    assert "127.0.0.1" in str(caught.value) and "secr3t" not in str(caught.value)
    for odd in (
        "postgresql://fund:pa/ss@wo/rd@host:port/fund",
        "postgresql://f:pa@ss@host/fund",
        "host=x password='pa ss",
    ):
        with pytest.raises(DatabaseDown, match=r"not an address|the given address") as caught:
            Database(odd)
        assert "ss" not in str(caught.value).replace("password", "").replace("address", "")


def test_a_transaction_is_all_or_nothing(database: Database) -> None:
    with database.connection() as connection:
        connection.execute("CREATE TABLE t (x int)")
    with pytest.raises(ZeroDivisionError), database.transaction() as connection:
        connection.execute("INSERT INTO t VALUES (1)")
        _ = 1 / 0
    with database.connection() as connection:
        assert connection.execute("SELECT count(*) AS n FROM t").fetchone() == {"n": 0}


def test_a_lock_has_one_holder_across_processes(database_url: str) -> None:
    with Database(database_url) as here, Database(database_url) as there:
        with here.try_lock("order:1") as held:
            assert held and held.held()
            with there.try_lock("order:1") as second, there.try_lock("order:2") as other:
                assert second is None and other
            with pytest.raises(Unavailable, match="order:1 is locked"), there.lock("order:1", 0.1):
                pass
        with there.try_lock("order:1") as free:
            assert free


def test_a_waiting_locker_gets_its_turn(database_url: str) -> None:
    order: list[str] = []
    with Database(database_url) as database:
        inside = threading.Event()

        def second() -> None:
            inside.wait()
            with database.lock("account", 10):
                order.append("second")

        waiting = threading.Thread(target=second)
        waiting.start()
        with database.lock("account", 1):
            inside.set()
            order.append("first")
        waiting.join()
    assert order == ["first", "second"]


def test_a_lock_whose_session_was_killed_knows_that_it_is_lost(database: Database) -> None:
    with database.lock("account", 1) as lock:
        with database.connection() as connection:
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'")
        assert not lock.held()


def test_a_connection_that_broke_is_replaced(database: Database) -> None:
    with pytest.raises(DatabaseDown, match="broke off"), database.connection() as connection:
        connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
    with database.connection() as connection:
        assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_all_connections_busy_is_said_so(database_url: str) -> None:
    with Database(database_url, size=1) as database:
        database.pool.timeout = 0.1
        with (
            pytest.raises(DatabaseDown, match="all 1 connections are busy"),
            database.connection(),
            database.connection(),
        ):
            pass


@pytest.fixture
def empty(server_url: str) -> str:
    """The address of a database without any schema."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS empty WITH (FORCE)")
        admin.execute("CREATE DATABASE empty")
    return server_url.replace("/fund?", "/empty?")


def step(folder: Path, number: int, sql: str) -> None:
    (folder / f"{number:04d}_step.sql").write_text(sql)


def test_the_projects_own_migrations_are_applied_once(empty: str) -> None:
    with Database(empty) as database:
        assert migrate(database) == tuple(migration.name for migration in migrations())
        assert migrate(database) == ()


def test_processes_that_migrate_at_once_apply_each_step_once(empty: str, tmp_path: Path) -> None:
    for number in range(1, 4):
        step(tmp_path, number, f"CREATE TABLE t{number} (x int); SELECT pg_sleep(0.02)")
    applied: list[tuple[str, ...]] = []

    def run() -> None:
        with Database(empty) as database:
            applied.append(migrate(database, tmp_path))

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [(), (), ("0001_step", "0002_step", "0003_step")]


def test_an_older_schema_moves_forward_and_keeps_its_rows(empty: str, tmp_path: Path) -> None:
    step(tmp_path, 1, "CREATE TABLE t (x int); INSERT INTO t VALUES (7)")
    with Database(empty) as database:
        migrate(database, tmp_path)
        step(tmp_path, 2, "ALTER TABLE t ADD COLUMN y int DEFAULT 1")
        assert migrate(database, tmp_path) == ("0002_step",)
        with database.connection() as connection:
            assert connection.execute("SELECT x, y FROM t").fetchone() == {"x": 7, "y": 1}


def test_a_step_that_fails_leaves_nothing_of_itself(empty: str, tmp_path: Path) -> None:
    step(tmp_path, 1, "CREATE TABLE t (x int)")
    step(tmp_path, 2, "CREATE TABLE u (x int); SELECT 1/0")
    with Database(empty) as database:
        with pytest.raises(Unavailable, match="0002_step failed: division by zero"):
            migrate(database, tmp_path)
        step(tmp_path, 2, "CREATE TABLE u (x int)")
        assert migrate(database, tmp_path) == ("0002_step",)


def test_a_database_newer_than_the_program_is_refused(empty: str, tmp_path: Path) -> None:
    step(tmp_path, 1, "SELECT 1")
    step(tmp_path, 2, "SELECT 1")
    with Database(empty) as database:
        migrate(database, tmp_path)
        (tmp_path / "0002_step.sql").unlink()
        with pytest.raises(Unavailable, match="0002_step, which this program does not know"):
            migrate(database, tmp_path)


def test_an_applied_step_that_was_edited_is_refused(empty: str, tmp_path: Path) -> None:
    step(tmp_path, 1, "SELECT 1")
    with Database(empty) as database:
        migrate(database, tmp_path)
        step(tmp_path, 1, "SELECT 2")
        with pytest.raises(Unavailable, match="0001_step differs"):
            migrate(database, tmp_path)


def test_misnamed_and_doubled_steps_are_errors(tmp_path: Path) -> None:
    (tmp_path / "1_x.sql").write_text("")
    with pytest.raises(ValueError, match="not named"):
        migrations(tmp_path)
