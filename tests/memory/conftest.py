"""Homes for the embedded server."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import temporary_folder
from tests.memory.harness import processes, served, wait


@pytest.fixture
def fresh_home() -> Iterator[Path]:
    """A home that is not there yet."""
    folder = temporary_folder()
    yield folder / "home"
    wait(lambda: not processes(folder / "home"))
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def used_home() -> Iterator[Path]:
    folder = temporary_folder()
    yield folder / "home"
    shutil.rmtree(folder)


@pytest.fixture
def home(used_home: Path) -> Iterator[Path]:
    """A home that earlier tests have used, without their table."""
    with served(used_home) as server, psycopg.connect(server.start()) as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
    yield used_home
    wait(lambda: not processes(used_home))
