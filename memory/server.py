"""The PostgreSQL of a run: the embedded one, or the server ``FUND_DATABASE_URL`` names."""

from pathlib import Path
from typing import Protocol

import psycopg

from memory.address import place, why_unreachable
from memory.database import CONNECT_SECONDS
from memory.embedded import EmbeddedServer


class Server(Protocol):
    """``url`` is a libpq address; ``start`` makes sure that the server runs and returns it."""

    @property
    def url(self) -> str: ...

    def start(self) -> str: ...

    def close(self) -> None: ...

    def info(self) -> dict[str, str]: ...


class OwnServer:
    """The embedded server, given up by ``close``."""

    def __init__(self, home: Path) -> None:
        self._embedded = EmbeddedServer(home)
        self.url = self._embedded.start()

    def start(self) -> str:
        return self._embedded.start()

    def close(self) -> None:
        self._embedded.stop()

    def info(self) -> dict[str, str]:
        return self._embedded.info()


class GivenServer:
    """A server of the person's own, which nothing here starts or stops.

    :raises DatabaseDown: it does not let us in; the line never shows the password.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            with psycopg.connect(url, connect_timeout=CONNECT_SECONDS) as connection:
                self._version = connection.info.server_version
        except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
            raise why_unreachable(url, error) from None

    def start(self) -> str:
        return self.url

    def close(self) -> None:
        """Nothing to give up."""

    def info(self) -> dict[str, str]:
        version = f"{self._version // 10000}.{self._version % 10000}"
        return {
            "kind": "server",
            "state": "running",
            "address": place(self.url),
            "version": version,
        }


def open_server(home: Path, url: str | None) -> Server:
    """The server at ``url`` if one is given, else the embedded one of ``home``, running."""
    return GivenServer(url) if url else OwnServer(home)
