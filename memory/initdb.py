"""The first moment of a cluster: an initialised data folder, all of it or nothing, and its settings."""

import shutil
import subprocess
import sys

from domain.errors import HomeUnusable
from memory.cluster import Cluster

SETTINGS = """\
# Written by the fund at every start.
listen_addresses = ''
port = 5432
unix_socket_directories = '{sockets}'
max_connections = 100
shared_buffers = 64MB
jit = off
max_parallel_workers_per_gather = 0
max_parallel_maintenance_workers = 0
max_logical_replication_workers = 0
io_method = sync
wal_level = minimal
max_wal_senders = 0
max_wal_size = 256MB
min_wal_size = 32MB
log_checkpoints = off
timezone = 'UTC'
log_timezone = 'UTC'
client_connection_check_interval = '2s'
recovery_init_sync_method = {sync}
fsync = {fsync}
full_page_writes = {fsync}
"""
NEEDED_BYTES = 100_000_000
SYNC = "syncfs" if sys.platform == "linux" else "fsync"  # one call for the disk instead of one for each of 1,000 files


def ensure_data(cluster: Cluster, lock: int, *, durable: bool) -> None:
    """Initialise the data folder unless it is there. A killed attempt leaves only a draft, which the next one removes.

    The programs inherit the start lock, so that those of a killed attempt have ended before the next one begins.

    :raises HomeUnusable: initdb fails, the disk is full, or the data are of another major version.
    """
    if cluster.data.exists():
        _check_version(cluster)
        return
    free = shutil.disk_usage(cluster.folder).free
    if free < NEEDED_BYTES:
        raise HomeUnusable(
            f"{cluster.folder} has {free // 1_000_000} MB free, a new database needs {NEEDED_BYTES // 1_000_000} MB",
            "free some space, or point FUND_HOME elsewhere",
        )
    draft = cluster.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    cluster.private_folder(draft)
    options = ["-U", "fund", "-A", "trust", "-E", "UTF8", "--locale-provider=builtin", "--locale=C"]
    options += ["--builtin-locale=C.UTF-8", "--no-instructions", "--no-sync", "--wal-segsize=4"]
    _run(cluster, lock, ["initdb", "-D", str(draft), *options])
    with (draft / "postgresql.conf").open("a") as conf:
        conf.write("include_if_exists 'fund.conf'\n")
    _run(
        cluster,
        lock,
        ["postgres", "--single", "-D", str(draft), "-c", "fsync=off", "template1"],
        "CREATE DATABASE fund\n",
    )
    if durable:
        _run(cluster, lock, ["initdb", "--sync-only", f"--sync-method={SYNC}", "-D", str(draft)])
    draft.rename(cluster.data)


def write_settings(cluster: Cluster, *, durable: bool) -> None:
    """Our settings, included by ``postgresql.conf``; written only when they differ."""
    text = SETTINGS.format(sockets=cluster.sockets, sync=SYNC, fsync="on" if durable else "off")
    path = cluster.data / "fund.conf"
    if path.exists() and path.read_text() == text:
        return
    draft = path.with_suffix(".new")
    draft.write_text(text)
    draft.chmod(0o644)
    draft.replace(path)


def _check_version(cluster: Cluster) -> None:
    have = (cluster.data / "PG_VERSION").read_text().strip()
    with (cluster.binaries.parent / "share" / "postgres.bki").open() as catalogue:
        want = catalogue.readline().split()[-1]
    if have != want:
        raise HomeUnusable(
            f"{cluster.data} was made by PostgreSQL {have}, the installed one is {want}",
            "move it with pg_upgrade or pg_dump, or use another FUND_HOME",
        )


def _run(cluster: Cluster, lock: int, command: list[str], script: str = "") -> None:
    user = cluster.user
    done = subprocess.run(
        [str(cluster.binaries / command[0]), *command[1:]],
        input=script,
        capture_output=True,
        text=True,
        check=False,
        pass_fds=(lock,),
        cwd=cluster.folder,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=[] if user else None,
    )
    lines = [line for line in done.stderr.splitlines() if "error:" in line or "FATAL:" in line or "ERROR:" in line]
    if done.returncode or lines:
        reason = (lines or done.stderr.splitlines() or [f"it ended with {done.returncode}"])[0]
        raise HomeUnusable(
            f"{command[0]} failed in {cluster.folder}: {reason}", "see whether FUND_HOME is on a good disk"
        )
