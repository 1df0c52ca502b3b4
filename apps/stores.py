"""What reads only: the settings, the database, what was imported, and the market sources. Light, so that a question is
answered at once; ``wiring.py`` builds the fund on top of it."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import psycopg

from config.settings import Settings, read_settings
from domain.errors import DatabaseDown
from domain.ports import MarketSource
from memory.archive import PgArchive
from memory.database import Database
from memory.migrate import migrate
from memory.server import Server, open_server
from memory.snapshots import PgSnapshots

DEFAULT_SEED = 11
DEFAULT_UNDERLYINGS = 12


@dataclass
class Stores:
    """Built when first asked for."""

    settings: Settings
    server: Server
    database: Database

    @cached_property
    def snapshots(self) -> PgSnapshots:
        return PgSnapshots(self.database)

    @cached_property
    def archive(self) -> PgArchive:
        return PgArchive(self.database)

    @cached_property
    def _sources(self) -> dict[str, MarketSource]:
        return {}

    def source(self, name: str, seed: int) -> MarketSource:
        """A source by the name an account keeps: "recorded", "synthetic" or "synthetic:60"."""
        key = f"{name}/{seed}"
        if key not in self._sources:
            self._sources[key] = self._build_source(name, seed)
        return self._sources[key]

    def _build_source(self, name: str, seed: int) -> MarketSource:
        kind, _, size = name.partition(":")
        if kind == "synthetic":
            from market.synthetic import SyntheticSource

            return SyntheticSource(seed, int(size or DEFAULT_UNDERLYINGS))
        from market.recorded import RecordedSource

        return RecordedSource(self.archive, self.snapshots)


@contextmanager
def open_stores(environment: Mapping[str, str] = os.environ) -> Iterator[Stores]:
    """The stores of a command that only asks.

    :raises HomeUnusable: FUND_HOME cannot be written. :raises DatabaseDown: the database cannot be reached.
    """
    settings = read_settings(environment)
    with running(settings) as (server, database):
        yield Stores(settings, server, database)


@contextmanager
def running(settings: Settings) -> Iterator[tuple[Server, Database]]:
    """The database of these settings, running and migrated; given up at the end."""
    _log_to_stderr(settings)
    server = open_server(settings.home, settings.database_url)
    try:
        with Database(server.start) as database:
            migrate(database)
            yield server, database
    except psycopg.Error as error:
        said = str(error).strip().splitlines()
        raise DatabaseDown(
            f"the database refused: {said[0] if said else type(error).__name__}", "run fund doctor"
        ) from error
    finally:
        server.close()


def _log_to_stderr(settings: Settings) -> None:
    """Our own words at the level asked for; a broken connection is raised as an error, so the driver may be silent."""
    logging.basicConfig(level=settings.log_level, format="fund: %(message)s")
    logging.getLogger("psycopg").setLevel(logging.DEBUG if settings.log_level == "DEBUG" else logging.ERROR)
