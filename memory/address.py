"""Speaking of a database address without its password."""

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict

from domain.errors import DatabaseDown

FORM = "write it like postgresql://user:password@host:5432/fund, with %-escapes for special characters"
DO = "start the server, or correct FUND_DATABASE_URL; unset it to use the embedded PostgreSQL"


def why_unreachable(address: str, error: psycopg.Error) -> DatabaseDown:
    """The error of a connection attempt in one line; what is no address at all is not repeated."""
    if isinstance(error, psycopg.ProgrammingError):
        return DatabaseDown("FUND_DATABASE_URL is not an address of PostgreSQL", FORM)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith("Is the server running")]
    said = told[-1].rpartition(" failed: ")[2] if told else "no answer"
    reason = unless_secret(address, said, "the address may need %-escapes in its password")
    return DatabaseDown(f"PostgreSQL at {place(address)} does not let us in: {reason}", DO)


def place(address: str) -> str:
    """Host, port and database of an address, as far as it can be read."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        return "the given address"
    host = str(parts.get("host") or parts.get("hostaddr") or "localhost")
    port = f":{parts['port']}" if parts.get("port") else ""
    return unless_secret(address, f"{host}{port}/{parts.get('dbname') or ''}", "the given address")


def unless_secret(address: str, text: str, otherwise: str) -> str:
    """The text, unless it repeats any part of the address that may be a password.

    >>> unless_secret("postgresql://me:pa@ss@db/fund", "cannot resolve 'ss@db'", "no connection")
    'no connection'
    """
    credentials = re.match(r"\w+://(.*)@", address, re.DOTALL)
    secrets = [word.strip("'") for word in re.findall(r"password\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)", address)]
    if credentials:
        secrets += re.split("[:@/]", credentials[1])[1:]
    return otherwise if any(secret and secret in text for secret in secrets) else text
