"""One PostgreSQL for the whole test session, and a fresh migrated database for every test that asks."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the fund itself runs

import psycopg
import pytest

from memory.checkpoints import saver, store
from memory.database import Database
from memory.embedded import EmbeddedServer
from memory.migrate import migrate
from tests.desk import database_copy


def temporary_folder() -> Path:
    """A short-named folder every OS user may pass through, in memory where there is room (the disk is far slower)."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 2_000_000_000
    folder = Path(tempfile.mkdtemp(prefix="fund-", dir=memory if roomy else "/tmp"))
    folder.chmod(0o711)
    return folder


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    """The address of an embedded server without fsync, gone with the session."""
    home = temporary_folder()
    try:
        with EmbeddedServer(home, durable=False) as server:
            yield server.start()
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def migrated_template(server_url: str) -> str:
    """The name of a database with the current schema and LangGraph's tables, to copy."""
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute("CREATE DATABASE migrated")
    with Database(_named(server_url, "migrated")) as database:
        migrate(database)
        saver(database)
        store(database)
    return "migrated"


@pytest.fixture
def database_url(server_url: str, migrated_template: str) -> Iterator[str]:
    """The address of a fresh, migrated database of this test alone."""
    with database_copy(server_url, migrated_template) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A fresh, migrated database of this test alone."""
    with Database(database_url) as database:
        yield database


def _named(url: str, name: str) -> str:
    return url.replace("/fund?", f"/{name}?")


@pytest.fixture(scope="module")
def module_database(server_url: str, migrated_template: str) -> Iterator[str]:
    """The address of a fresh, migrated database that the tests of one module share."""
    with database_copy(server_url, migrated_template) as url:
        yield url
