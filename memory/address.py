"""Speaking of a database address without its password."""

import re

import psycopg
from psycopg.conninfo import conninfo_to_dict

from domain.errors import DatabaseDown

DO = "start the server, or correct FUND_DATABASE_URL; unset it to use the embedded PostgreSQL"


def why_unreachable(address: str, error: psycopg.Error) -> DatabaseDown:
    """The error of a connection attempt in one line."""
    try:
        parts = conninfo_to_dict(address)
    except psycopg.ProgrammingError:
        return DatabaseDown("the database address is not one PostgreSQL understands", DO)
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = without_secrets(address, lines[-1] if lines else "no answer")
    host = without_secrets(address, str(parts.get("host") or parts.get("hostaddr") or "localhost"))
    return DatabaseDown(f"PostgreSQL at {host} does not let us in: {reason}", DO)


def without_secrets(address: str, text: str) -> str:
    """The text with every part of the address that may be a password blotted out.

    >>> without_secrets("postgresql://me:pa@ss@db/fund", "cannot resolve 'ss@db'")
    "cannot resolve '***@db'"
    """
    credentials = re.match(r"\w+://(.*)@", address, re.DOTALL)
    named = re.findall(r"password\s*=\s*('(?:[^'\\]|\\.)*'|[^\s&]+)", address)
    secrets = [word.strip("'") for word in named]
    if credentials:
        secrets += re.split("[:@/]", credentials[1])[1:]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
