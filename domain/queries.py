"""SQL lives in ``.sql`` files, each query named and described in a sentence; this parses their text."""

import re
from typing import LiteralString

_HEAD = re.compile(r"^-- name: (\w+)\n((?:--[^\n]*\n)+)", re.MULTILINE)


class Queries:
    """The named queries of one file.

    >>> Queries("-- name: one\\n-- Count to one.\\nSELECT 1;\\n")["one"]
    'SELECT 1;'

    :raises ValueError: two queries share a name, or there is none.
    """

    def __init__(self, text: str) -> None:
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        self._queries = {head.group(1): text[head.end() : end].strip() for head, end in zip(heads, ends, strict=True)}
        if not heads or len(self._queries) < len(heads):
            raise ValueError("a query file needs named queries, each name once and each with a sentence")

    def __getitem__(self, name: str) -> LiteralString:
        return self._queries[name]
