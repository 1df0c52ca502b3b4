"""The embedded server is there while somebody uses it, heals after any kill, and is gone with its last user."""

import os
import shutil
import signal
import time
from pathlib import Path

import pytest

from domain.errors import DatabaseDown
from memory.cluster import locate
from memory.database import Database
from memory.embedded import forget_dead_server
from memory.flock import is_free
from tests.memory.harness import Client, kept, pid_of, processes, served, wait, write

pytestmark = pytest.mark.crash


def test_data_outlive_the_server_and_no_process_does(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
    assert processes(home) == []
    with served(home) as server:
        assert kept(server.start()) == [1]
        assert server.info()["state"] == "running"
    assert processes(home) == []


def test_two_processes_that_start_at_once_share_one_server(fresh_home: Path) -> None:
    clients = [Client(fresh_home), Client(fresh_home)]
    first, second = (client.said() for client in clients)
    assert first == second and first.startswith("ready postgresql://")
    assert len([line for line in processes(fresh_home) if "watcher.py" in line]) == 1
    assert clients[0].leave() == "left"
    assert processes(fresh_home), "the other still uses it"
    assert clients[1].leave() == "left"
    assert processes(fresh_home) == []


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
    wait(lambda: not processes(home), 10)


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
        wait(lambda: not any("watcher.py" in line for line in processes(home)))
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
        wait(lambda: not any("watcher.py" in line for line in processes(home)))
    assert processes(home) == []


def test_an_adopting_watcher_makes_room_when_its_server_is_killed(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
        os.kill(pid_of(home, "watcher.py"), signal.SIGKILL)
        wait(lambda: is_free(locate(home).folder / "watcher.lock"))
        server.start()
        os.kill(pid_of(home, "bin/postgres"), signal.SIGKILL)
        assert kept(server.start()) == [1]
    assert processes(home) == []


def test_an_initialisation_cut_short_is_begun_again(fresh_home: Path) -> None:
    half_done = fresh_home / "postgres" / "data.new"
    half_done.mkdir(parents=True)
    (half_done / "PG_VERSION").write_text("18\n")
    for folder in (fresh_home, fresh_home / "postgres"):
        folder.chmod(0o755)
    with served(fresh_home) as server:
        write(server.start(), 1)


@pytest.mark.parametrize("milliseconds", [50, 200, 400])
def test_a_user_killed_while_it_initialises_leaves_the_next_one_a_sound_start(
    fresh_home: Path, milliseconds: int
) -> None:
    doomed = Client(fresh_home)
    wait(lambda: (fresh_home / "postgres").exists())
    time.sleep(milliseconds / 1000)
    doomed.kill()
    with served(fresh_home) as server:
        write(server.start(), 1)
        assert kept(server.start()) == [1]


def test_the_pid_file_of_a_dead_server_whose_number_lives_on_is_forgotten(home: Path) -> None:
    with served(home) as server:
        write(server.start(), 1)
    cluster = locate(home)
    pid_file = cluster.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{cluster.data}\n")
    forget_dead_server(cluster)
    assert not pid_file.exists()


def test_a_home_deleted_under_the_server_leaves_no_process(fresh_home: Path) -> None:
    with served(fresh_home) as server:
        server.start()
        shutil.rmtree(fresh_home)
    wait(lambda: not processes(fresh_home), 10)


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


def test_a_server_that_does_not_start_says_why(fresh_home: Path) -> None:
    with served(fresh_home):
        pass
    with (locate(fresh_home).data / "postgresql.auto.conf").open("a") as conf:
        conf.write("shared_preload_libraries = 'no_such_library'\n")
    with pytest.raises(DatabaseDown, match="no_such_library"):
        served(fresh_home).start()
    assert processes(fresh_home) == []
