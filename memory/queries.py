"""The named queries of a file in ``sql/``."""

from importlib.resources import files

from domain.queries import Queries


def queries(file: str) -> Queries:
    return Queries((files("memory") / "sql" / file).read_text("utf-8"))
