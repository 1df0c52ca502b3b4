"""What the tests of the embedded server share."""

import os
import pwd
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from memory.cluster import POINTER, OsUser, barrier
from memory.embedded import EmbeddedServer

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path(psycopg.__file__).parents[1]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def python_for(user: OsUser) -> str:
    """A Python like ours that the user may run; the test is skipped where there is none or the code is out of reach."""
    python = Path(sys.executable)
    if barrier(ROOT, user) or barrier(PACKAGES / "psycopg", user):
        pytest.skip(f"{user.name} cannot reach the code")
    if not barrier(python, user):
        return str(python)
    other = shutil.which(f"python{sys.version_info.major}.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
    return other or pytest.skip(f"no Python that {user.name} may run")


class Client:
    def __init__(self, home: Path, user: str | None = None) -> None:
        entry = pwd.getpwnam(user) if user else None
        python = python_for(OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)) if entry else sys.executable
        self.process = subprocess.Popen(
            [python, str(ROOT / "tests/memory/client.py"), str(home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{PACKAGES}", "PYTHONDONTWRITEBYTECODE": "1"},
            user=entry.pw_uid if entry else None,
            group=entry.pw_gid if entry else None,
            extra_groups=[] if entry else None,
        )  # fmt: skip

    def said(self) -> str:
        assert self.process.stdout
        line: str = self.process.stdout.readline()
        return line.strip()

    def leave(self) -> str:
        rest: str = self.process.communicate(timeout=60)[0]
        return rest.strip()

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


def wait(until: Callable[[], bool], seconds: float = 15) -> None:
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
