"""A vendor's file as bytes, and the table in it. Nothing here knows what the columns mean."""

import gzip
import io
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from domain.errors import BadInput

BLANKS = ["", " ", ".", "nan", "NaN", "null", "NULL", "None", "N/A", "#N/A", "--"]
SUFFIX = re.compile(r"(\.csv|\.txt|\.json)?(\.gz)?$", re.IGNORECASE)
NAMED_TICKER = re.compile(r"(?:^|[_\-. ])([A-Z]{1,6})(?=[_\-. ]|$)")
NAMED_DAY = re.compile(r"(?<!\d)(\d{4}-\d{2}-\d{2})(?!\d)")


class LayoutUnknown(BadInput):
    """No described layout has these columns."""


class BadFile(BadInput):
    """The layout is known, the file is of no use."""


@dataclass(frozen=True)
class RawFile:
    """``body`` is the decompressed content; ``path`` is kept for what a file's name and neighbours tell."""

    path: Path
    body: bytes
    encoding: str = "utf-8"

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def stem(self) -> str:
        return SUFFIX.sub("", self.path.name)

    def lines(self, count: int) -> list[str]:
        """The first lines, without their ends."""
        return self.body[:65536].decode(self.encoding, errors="replace").splitlines()[:count]

    @property
    def header(self) -> frozenset[str]:
        """Cleaned column names of the first line."""
        first = next(iter(self.lines(1)), "")
        return frozenset(clean(name) for name in first.split(delimiter(first)))

    def named_ticker(self) -> str:
        """The ticker that the file's name tells (SPY in yfinance_SPY_2026-07-17.csv).

        :raises BadFile: it tells none.
        """
        found = NAMED_TICKER.search(self.stem) or re.match(r"([a-z]{1,6})_eod", self.stem)
        if found is None:
            raise BadFile(
                f"{self.name}: neither its columns nor its name tell the ticker", "name it like SPY_2026-07-17.csv"
            )
        return found.group(1).upper()

    def named_day(self) -> str | None:
        """The full date in the file's name."""
        found = NAMED_DAY.findall(self.stem)
        return found[0] if len(set(found)) == 1 else None


def read_raw(path: Path, content: bytes) -> RawFile:
    """The file decompressed and its encoding found (UTF-8, else Windows-1252).

    :raises BadFile: the compression is broken, or the content is not text.
    """
    try:
        body = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        raise BadFile(f"{path.name}: broken gzip: {error}", "fetch the file again") from None
    if b"\x00" in body[:4096]:
        raise BadFile(f"{path.name}: binary, not a table of text", "export it as CSV")
    body = body.removeprefix(b"\xef\xbb\xbf")
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return RawFile(path, body, "cp1252")
    return RawFile(path, body)


def clean(name: str) -> str:
    """A column's name without quotes, brackets and blanks."""
    return name.strip().strip('"').strip().strip("[]").strip()


def delimiter(line: str) -> str:
    return max(",;\t", key=line.count)


@dataclass(frozen=True)
class Table:
    """``frame`` has our column names; ``misshapen`` lines had too many fields; ``warnings`` are sentences."""

    frame: pd.DataFrame
    misshapen: int = 0
    warnings: tuple[str, ...] = ()


def read_table(raw: RawFile, columns: Mapping[str, str], text: frozenset[str], skip: int = 0) -> Table:
    """The wanted columns (ours -> theirs) of the table that starts after ``skip`` lines; absent ones are left out.

    Columns named in ``text`` stay text, others become numbers where every value is one.

    :raises BadFile: the table cannot be read at all.
    """
    body = raw.body.split(b"\n", skip)[-1]
    head = body.split(b"\n", 1)[0].decode(raw.encoding, errors="replace")
    ours = {theirs: name for name, theirs in columns.items()}
    try:
        options: dict[str, Any] = {"sep": delimiter(head), "encoding": raw.encoding, "skipinitialspace": True}
        names = [str(name) for name in pd.read_csv(io.BytesIO(body), nrows=0, **options).columns]
        wanted = {name: ours[clean(name)] for name in names if clean(name) in ours}
        options |= {
            "usecols": list(wanted),
            "dtype": {name: object for name, mine in wanted.items() if mine in text},
            "keep_default_na": False,
            "na_values": BLANKS,
        }
        table = _read(body, options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, ValueError) as error:
        raise BadFile(f"{raw.name}: not a readable table: {error}", "fetch the file again") from None
    return Table(table.frame.rename(columns=wanted), table.misshapen)


def _read(body: bytes, options: Mapping[str, Any]) -> Table:
    """The fast parser; where a line has too many fields the slow one, which counts such lines."""
    try:
        return Table(pd.read_csv(io.BytesIO(body), low_memory=False, **options))
    except pd.errors.ParserError:
        misshapen: list[int] = []
        frame = pd.read_csv(
            io.BytesIO(body), engine="python", on_bad_lines=lambda line: misshapen.append(len(line)), **options
        )
        return Table(frame, len(misshapen))
