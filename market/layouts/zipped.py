"""Zip archives: one table inside is that table; Lean's one file a contract becomes one table of them all."""

import io
import re
import zipfile
import zlib
from pathlib import Path

from market.layouts.raw import BadFile

MEMBER = re.compile(
    r"(?P<day>\d{8})_(?P<root>[a-z0-9.]+)_minute_(?P<kind>quote|trade|openinterest)_(?:american|european)_"
    r"(?P<right>call|put)_(?P<strike>\d+)_(?P<expiry>\d{8})\.csv$"
)
QUOTE_BAR = "bid_open,bid_high,bid_low,bid,bid_size,ask_open,ask_high,ask_low,ask,ask_size"
LEAN_HEADER = f"lean_day,root,right,strike,expiry,milliseconds,{QUOTE_BAR}"
LARGEST = 2_000_000_000  # bytes unpacked


def is_zip(content: bytes) -> bool:
    return content[:4] == b"PK\x03\x04"


def unzip(path: Path, content: bytes) -> bytes:
    """The one table in an archive.

    :raises BadFile: broken, too large, several tables that are no contracts of Lean, or contracts without quotes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [item for item in archive.infolist() if not item.is_dir()]
            if sum(item.file_size for item in members) > LARGEST:
                raise BadFile(f"{path.name}: unpacks to more than {LARGEST:,} bytes", "unpack it and import the parts")
            if len(members) == 1 and MEMBER.search(members[0].filename) is None:
                return archive.read(members[0])
            return _contracts(path, {item.filename: archive.read(item) for item in members})
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, zlib.error) as error:
        raise BadFile(f"{path.name}: broken zip: {error}", "fetch the file again") from None


def _contracts(path: Path, members: dict[str, bytes]) -> bytes:
    """Every bar of every contract, the contract's name in front."""
    named = {name: MEMBER.search(name) for name in members}
    if not members or not all(named.values()):
        raise BadFile(f"{path.name}: a zip of {len(members)} files that are not one table", "unpack it first")
    kinds = {match["kind"] for match in named.values() if match}
    if kinds != {"quote"}:
        what = " and ".join(sorted(kinds))
        raise BadFile(f"{path.name}: Lean minutes of {what} alone, without a quote or a spot", "import the quote files")
    lines = [LEAN_HEADER.encode()]
    for name, match in named.items():
        if match:
            front = ",".join(match[group] for group in ("day", "root", "right", "strike", "expiry")).encode()
            lines += [front + b"," + line for line in members[name].splitlines() if line.strip()]
    return b"\n".join(lines)
