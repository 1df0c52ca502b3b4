"""A fund on a test's own database, and the words a person would type."""

import argparse
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from apps.parser import build
from apps.wiring import Fund, open_fund
from domain.ports import Witness

_numbers = itertools.count(1)
WATCHLIST = ("ZMKT", "ZCPU", "ZAIR", "ZBNK")


def words(*text: str) -> argparse.Namespace:
    return build().parse_args(text)


@contextmanager
def database_copy(url: str, template: str | None = None) -> Iterator[str]:
    """The address of a copy of a database at ``url`` (of the one it names, by default), gone at the end."""
    own = url.partition("?")[0].rpartition("/")[2]
    name = f"copy_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(url.replace(f"/{own}?", "/postgres?"), autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template or own} STRATEGY FILE_COPY".encode())
        yield url.replace(f"/{own}?", f"/{name}?")
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def fund_on(database_url: str, home: Path, mandate: str = "", witness: Witness | None = None) -> Iterator[Fund]:
    """A fund whose mandate is the default with ``mandate`` (TOML) over it."""
    home.mkdir(parents=True, exist_ok=True)
    own = home / "mandate.toml"
    own.write_text(mandate)
    environment = {"FUND_HOME": str(home), "FUND_DATABASE_URL": database_url}
    with open_fund(witness, environment) as fund:
        yield fund
