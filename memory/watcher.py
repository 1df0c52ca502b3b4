"""The watcher: a small process that runs PostgreSQL as its child and stops it when the last user is gone.

``embedded.py`` starts it as ``python -I -S watcher.py start|adopt FOLDER BINARIES UID GID SOCKETS LOCK``; it imports
nothing of the fund. Users hold ``users.lock`` shared and the kernel gives their share back when they end or are killed,
so that waiting for it alone is waiting for the last of them. LOCK is the inherited descriptor of ``watcher.lock``, held
as long as the watcher lives. Its files stay open, so that it ends even when the folder is deleted under it.
"""

import contextlib
import fcntl
import os
import signal
import sys

LOG = "postgres.log"
STOP_SECONDS = 60


def main(mode: str, folder: str, binaries: str, uid: int, gid: int, sockets: str) -> None:
    """``start`` runs a server, ``adopt`` looks after one whose own watcher was killed. ``uid`` -1 keeps the user."""
    data = os.path.join(folder, "data")
    users, start = (os.open(os.path.join(folder, name), os.O_RDWR) for name in ("users.lock", "start.lock"))
    signal.signal(signal.SIGCHLD, _server_ended)
    server = run([os.path.join(binaries, "postgres"), "-D", data], uid, gid) if mode == "start" else None
    wait_until_unused(users, start)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if server is None:
        pg_ctl = os.path.join(binaries, "pg_ctl")
        server = run([pg_ctl, "stop", "-D", data, "-m", "fast", "-w", "-t", str(STOP_SECONDS)], uid, gid)
    else:
        stop(server)
    os.waitpid(server, 0)
    if os.path.dirname(sockets) != folder:
        with contextlib.suppress(OSError):
            os.rmdir(sockets)


def _server_ended(_signal: int, _frame: object) -> None:
    """The server died under its users: make room, the next use starts a new one."""
    os.waitpid(-1, os.WNOHANG)
    os._exit(1)


def wait_until_unused(users: int, start: int) -> None:
    """Return, holding both locks, once nobody uses the server.

    The users' lock alone is not enough: a process about to start takes ``start`` first, so the order is the same here.
    """
    while True:
        fcntl.flock(users, fcntl.LOCK_EX)
        fcntl.flock(users, fcntl.LOCK_UN)
        fcntl.flock(start, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(start, fcntl.LOCK_UN)
        else:
            return


def stop(server: int) -> None:
    """Fast shutdown; immediate shutdown (as safe as a crash) for a server that does not obey."""
    signal.signal(signal.SIGALRM, lambda _signal, _frame: os.kill(server, signal.SIGQUIT))
    signal.alarm(STOP_SECONDS)
    os.kill(server, signal.SIGINT)


def run(command: list[str], uid: int, gid: int) -> int:
    """The id of a child that runs the command as that user, its output appended to the server's log."""
    child = os.fork()
    if child:
        return child
    try:
        if uid >= 0:
            os.setgroups([])
            os.setgid(gid)
            os.setuid(uid)
        path = os.path.join(command[command.index("-D") + 1], LOG)
        log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.execve(command[0], command, {"LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    except OSError as error:
        os.write(2, f"FATAL:  cannot run {command[0]}: {error.strerror}\n".encode())
    finally:
        os._exit(127)


if __name__ == "__main__":
    os.chdir("/")
    os.set_inheritable(int(sys.argv[7]), False)
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5]), sys.argv[6])
