"""``fund data import``: from paths to stored chains, histories and series, one report a file."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from domain.chain import Chain
from domain.errors import BadInput
from domain.importing import FileReport, ParsedFile
from domain.market import PriceHistory
from domain.ports import Archive
from market.layouts import BadFile, parse
from market.precedence import SAME_SCALE, TOLERANCE, disagreements

DATA_SUFFIXES = (".csv", ".csv.gz", ".txt", ".txt.gz", ".json", ".json.gz", ".zip")
# What describes a folder's files and holds no data; passed over in a folder, refused when named.
DESCRIPTIONS = frozenset({"readme.md", "readme.txt", "index.csv"})


def import_paths(
    paths: Sequence[Path], archive: Archive, progress: Callable[[FileReport], None] | None = None
) -> tuple[FileReport, ...]:
    """Import files and the data files of folders, in sorted order; ``progress`` hears of each as it is done.

    A file that cannot be read is refused with its reason and the rest goes on; what the archive cannot store raises.
    """
    reports = []
    for path in data_files(paths):
        report = _import_one(path, archive)
        reports.append(report)
        if progress is not None:
            progress(report)
    return tuple(reports)


def data_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files that ``import_paths`` will look at, in its order: for a progress bar's total."""
    return tuple(file for path in paths for file in _files_of(path))


def _files_of(path: Path) -> Iterator[Path]:
    """The path itself, or the data files below it; a folder without any stands for itself and is refused."""
    if not path.is_dir():
        yield path
        return
    found = [
        file
        for file in sorted(path.rglob("*"))
        if file.name.lower().endswith(DATA_SUFFIXES) and file.name.lower() not in DESCRIPTIONS and file.is_file()
    ]
    yield from found or [path]


def _import_one(path: Path, archive: Archive) -> FileReport:
    try:
        if path.is_dir():
            raise BadFile(f"{path.name}: no data file in this folder", f"files end in {', '.join(DATA_SUFFIXES)}")
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        known = archive.seen(digest)
        if known is not None:
            return replace(known, path=str(path), status="unchanged", stored=0)
        parsed = parse(path, content)
        refuse_mixing(path.name, parsed, archive)
    except BadInput as error:
        return FileReport(str(path), None, "refused", reason=str(error).removeprefix(f"{path.name}: "))
    except OSError as error:
        return FileReport(str(path), None, "refused", reason=error.strerror or str(error))
    doubts = tuple(_doubts(parsed, archive))
    return archive.store(str(path), digest, replace(parsed, warnings=parsed.warnings + doubts))


def refuse_mixing(name: str, parsed: ParsedFile, archive: Archive) -> None:
    """:raises BadFile: a ticker that names coin or futures options here would get listed ones too (the BTC fund)."""
    known, listed = archive.tickers(), archive.listed_tickers()
    for chain in parsed.chains:
        if chain.ticker in known and chain.listed != (chain.ticker in listed):
            ours, theirs = ("listed", "unlisted") if chain.listed else ("unlisted", "listed")
            raise BadFile(
                f"{name}: its {chain.ticker} options are {ours}, and {theirs} ones are stored under that name",
                "keep them in another FUND_HOME",
            )


def _doubts(parsed: ParsedFile, archive: Archive) -> Iterator[str]:
    """Where the file contradicts price histories imported before."""
    for history in parsed.prices:
        for other in archive.prices(history.ticker):
            yield from disagreements((other, history))
    for chain in parsed.chains:
        for history in archive.prices(chain.ticker):
            yield from _off_range(chain, history)


def _off_range(chain: Chain, history: PriceHistory) -> Iterator[str]:
    """A spot outside its own day's prices: the quotes are of another day than the file says."""
    at = int(np.searchsorted(history.dates, np.datetime64(chain.session)))
    if at == len(history) or history.dates[at] != np.datetime64(chain.session):
        return
    low, high = float(history.low[at]), float(history.high[at])
    if not 1 / SAME_SCALE < chain.spot / high < SAME_SCALE:
        return  # another scale, by a split since
    if not low * (1 - TOLERANCE) <= chain.spot <= high * (1 + TOLERANCE):
        yield (
            f"{chain.ticker} {chain.session}: the spot {chain.spot:.2f} lies outside the day's prices "
            f"{low:.2f} to {high:.2f} ({history.source})"
        )
