"""A fund whose first run is over, shared by the tests of a module that only look."""

from pathlib import Path
from typing import Any

import pytest

from tests.apps.cli import Cli


@pytest.fixture
def fund(database_url: str, tmp_path: Path) -> Cli:
    """The command line on a database of this test alone."""
    return Cli(tmp_path / "home", database_url)


@pytest.fixture(scope="module")
def shared(module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The command line on the module's database."""
    return Cli(tmp_path_factory.mktemp("home"), module_database)


@pytest.fixture(scope="module")
def first_run(shared: Cli) -> Any:
    """The document of the module's first run over the synthetic universe."""
    return shared.json("run")
