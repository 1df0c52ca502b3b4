"""A fund on a fresh database, under the default mandate."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.wiring import Fund
from tests.desk import fund_on


@pytest.fixture
def fund(database_url: str, tmp_path: Path) -> Iterator[Fund]:
    with fund_on(database_url, tmp_path) as fund:
        yield fund
