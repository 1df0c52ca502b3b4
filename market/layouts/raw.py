"""A vendor's file as bytes, and the table in it. Nothing here knows what the columns mean."""

import csv
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
    """``frame`` has our column names; ``misshapen`` lines had too many or too few fields."""

    frame: pd.DataFrame
    misshapen: int = 0
    warnings: tuple[str, ...] = ()


def read_table(raw: RawFile, columns: Mapping[str, str], text: frozenset[str], skip: int = 0) -> Table:
    """The wanted columns (ours -> theirs) of the table that starts after ``skip`` lines; absent ones are left out.

    Columns named in ``text`` stay text, others become numbers where every value is one.

    :raises BadFile: the table cannot be read at all.
    """
    body = raw.body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n", skip)[-1]
    separator = delimiter(body.split(b"\n", 1)[0].decode(raw.encoding, errors="replace"))
    ours = {theirs: name for name, theirs in columns.items()}
    try:
        body, misshapen = well_shaped(body, separator)
        options: dict[str, Any] = {"sep": separator, "encoding": raw.encoding, "skipinitialspace": True}
        names = [str(name) for name in pd.read_csv(io.BytesIO(body), nrows=0, **options).columns]
        wanted = {name: ours[clean(name)] for name in names if clean(name) in ours}
        frame = pd.read_csv(
            io.BytesIO(body),
            usecols=list(wanted),
            dtype={name: object for name, mine in wanted.items() if mine in text},
            keep_default_na=False,
            na_values=BLANKS,
            index_col=False,
            low_memory=False,
            skip_blank_lines=False,
            **options,
        )
    except (csv.Error, UnicodeDecodeError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise BadFile(f"{raw.name}: not a readable table: {error}", "fetch the file again") from None
    return Table(frame.rename(columns=wanted), misshapen)


def well_shaped(body: bytes, separator: str) -> tuple[bytes, int]:
    """The lines that have as many fields as the header, and how many have not; blank lines count as nothing.

    The parser itself would shift or swallow such lines without a word. A separator too many at the very end of a line
    is harmless and cut off.
    """
    header, *lines = body.split(b"\n")
    mark, width = separator.encode(), _fields(header, separator)
    good, bad = [header], 0
    for line in lines:
        found = _fields(line, separator)
        if found == width + 1 and line.endswith(mark):
            good.append(line[:-1])
        elif found == width and line.strip():
            good.append(line)
        elif line.strip():
            bad += 1
    return b"\n".join(good), bad


def _fields(line: bytes, separator: str) -> int:
    """Fields of one line; 0 if a quote is left open."""
    if b'"' not in line:
        return line.count(separator.encode()) + 1
    if line.count(b'"') % 2:
        return 0
    return len(next(csv.reader([line.decode("latin-1")], delimiter=separator, skipinitialspace=True)))
