"""A fund on a test's own database, and the words a person would type."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from apps.parser import build
from apps.wiring import Fund, open_fund
from domain.ports import Witness

WATCHLIST = ("ZMKT", "ZCPU", "ZAIR", "ZBNK")


def words(*text: str) -> argparse.Namespace:
    return build().parse_args(text)


@contextmanager
def fund_on(database_url: str, home: Path, mandate: str = "", witness: Witness | None = None) -> Iterator[Fund]:
    """A fund whose mandate is the default with ``mandate`` (TOML) over it."""
    home.mkdir(parents=True, exist_ok=True)
    own = home / "mandate.toml"
    own.write_text(mandate)
    environment = {"FUND_HOME": str(home), "FUND_DATABASE_URL": database_url}
    with open_fund(witness, environment) as fund:
        yield fund
