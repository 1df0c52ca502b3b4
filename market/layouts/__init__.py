"""Vendor files: which layout a file has, and what is in it."""

from pathlib import Path

from domain.importing import ParsedFile
from market.layouts.raw import BadFile, LayoutUnknown, RawFile, read_raw
from market.layouts.refused import REFUSALS
from market.layouts.vendors import LAYOUTS
from market.layouts.zipped import is_zip, unzip

__all__ = ["LAYOUTS", "BadFile", "LayoutUnknown", "RawFile", "parse", "read_raw"]


def parse(path: Path, content: bytes) -> ParsedFile:
    """What a file holds, by the first layout whose columns it has.

    :raises LayoutUnknown: no layout has them.
    :raises BadFile: the layout is known and the file is of no use.
    """
    raw = read_raw(path, unzip(path, content) if is_zip(content) else content)
    for refusal in REFUSALS:
        if refusal.applies(raw):
            raise BadFile(f"{raw.name}: {refusal.reason}", refusal.do)
    for layout in LAYOUTS:
        if layout.matches(raw):
            return layout.parse(raw)
    first = next((line for line in raw.lines(4) if line.strip()), "").strip()
    if not first:
        raise BadFile(f"{raw.name}: the file is empty", "fetch it again")
    shown = first if len(first) <= 60 else first[:57] + "..."
    raise LayoutUnknown(f"{raw.name}: no known layout; it begins {shown!r}", "docs/data.md tells how to add one")
