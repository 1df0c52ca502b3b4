"""Advisory file locks that the kernel releases when their holder dies, however it dies.

Every descriptor is opened close-on-exec, so that no child program inherits a lock by accident. A lock is released by
closing its descriptor.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from domain.errors import Unavailable

POLL_SECONDS = 0.01


def open_lock(path: Path) -> int:
    """A descriptor of the lock file, made if missing; a file that root makes belongs to the owner of its folder.

    :raises OSError: the folder is missing, read-only, full or forbidden.
    """
    missing = not path.exists()
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    if missing and os.geteuid() == 0:
        folder = path.parent.stat()
        os.fchown(descriptor, folder.st_uid, folder.st_gid)
    return descriptor


def grab(descriptor: int, *, shared: bool = False) -> bool:
    """Whether the lock could be taken at once."""
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_free(path: Path) -> bool:
    """Whether nobody holds the lock, shared or exclusive."""
    descriptor = open_lock(path)
    try:
        return grab(descriptor)
    finally:
        os.close(descriptor)


def share(path: Path, wait: float) -> int:
    """A descriptor that holds the lock shared; close it to give it back. ``wait`` in seconds."""
    return _wait_for(path, wait, shared=True)


@contextmanager
def exclusive(path: Path, wait: float) -> Iterator[int]:
    """Hold the lock alone, by the descriptor that is given. ``wait`` in seconds.

    :raises Unavailable: another process held it all that time.
    """
    descriptor = _wait_for(path, wait, shared=False)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _wait_for(path: Path, wait: float, *, shared: bool) -> int:
    descriptor = open_lock(path)
    deadline = time.monotonic() + wait
    while not grab(descriptor, shared=shared):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise Unavailable(f"{path} has been locked by another process for {wait:.0f} s", "try again")
        time.sleep(POLL_SECONDS)
    return descriptor
