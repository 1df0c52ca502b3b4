"""The flight recorder: a copy of the journal in files, readable when the database is not.

``FUND_HOME/journal/ACCOUNT.jsonl`` holds one line an entry. Only committed entries are copied, each once and in order;
what a full disk, a crash or another process left out is made up for at the next copy. It is a copy: its failure is
logged and never stops the fund.
"""

import json
import logging
import os
import re
from pathlib import Path
from typing import Any

from memory.database import Database, Row
from memory.flock import grab, open_lock
from memory.queries import queries

_SQL = queries("journal.sql")
_LOG = logging.getLogger(__name__)
_BLOCK = 65536


class FlightRecorder:
    """Files in ``folder``, one an account."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._told = False  # one warning a process is enough

    def copy(self, account_id: str) -> None:
        """Append the account's new entries, unless another process is just doing that."""
        path = self._folder / (re.sub(r"[^\w.-]", "_", account_id) + ".jsonl")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            file = open_lock(path)
            try:
                if grab(file):
                    self._extend(account_id, path, file)
            finally:
                os.close(file)
        except OSError as error:
            if not self._told:
                _LOG.warning("the journal's copy %s could not be written: %s", path, error.strerror)
            self._told = True

    def _extend(self, account_id: str, path: Path, file: int) -> None:
        last = last_line(file)
        start = last["seq"] if last else 1
        with self._database.connection() as connection:
            rows = connection.execute(_SQL["from_seq"], [account_id, start]).fetchall()
        if last and not (rows and rows[0]["hash"] == last["hash"]):
            path.rename(path.with_name(f"{path.stem}-{last['hash'][:8]}.jsonl"))  # of another database
            self.copy(account_id)
            return
        text = "".join(_line(row) for row in rows[1 if last else 0 :])
        os.lseek(file, 0, os.SEEK_END)
        os.write(file, text.encode())


def last_line(file: int) -> dict[str, Any] | None:
    """The last whole line; what follows it (a write that was cut off) is removed."""
    size = end = os.fstat(file).st_size
    tail = b""
    while end and tail.count(b"\n") < 2:
        start = max(end - _BLOCK, 0)
        tail = os.pread(file, end - start, start) + tail
        end = start
    whole, newline, torn = tail.rpartition(b"\n")
    if torn:
        os.ftruncate(file, size - len(torn))
    return json.loads(whole.rpartition(b"\n")[2]) if newline else None


def _line(row: Row) -> str:
    return json.dumps({**row, "at": row["at"].isoformat(), "body": json.loads(row["body"])}) + "\n"
