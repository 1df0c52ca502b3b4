"""Cboe's "quotedata.csv" download: calls and puts on one line under a preamble in one of several dialects.

A line is two contracts. The preamble gives the underlying's last price and the time of the download in words, in
English or Spanish, with an English zone word. Files of 2019 are separated by semicolons and have no preamble: their day
is found from the vendor's own volatilities, their spot by parity.
"""

import re
from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd

from market.layouts.chains import TEXT, ChainLayout, stack_sides
from market.layouts.columns import days, numbers, texts
from market.layouts.dating import session_of_vols
from market.layouts.raw import BadFile, RawFile, Table, read_table
from market.layouts.when import stamped

ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
SPANISH = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")
MONTHS = {name: i + 1 for names in (ENGLISH, SPANISH) for i, name in enumerate(names)}
ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "GMT": 0, "UTC": 0}
LAST = re.compile(r"(?:Last|Último|Ultimo):\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
CLOCK = re.compile(r"(\d{1,2}):(\d{2})\s*([ap]\.?\s?m\.?)?,?\s*([A-Z]{3})?", re.IGNORECASE)
COLUMNS = {"expiry": "Expiration Date", "strike": "Strike"}
SIDE = {"bid": "Bid", "ask": "Ask", "last": "Last Sale", "iv": "IV"}
CALLS = {"symbol": "Calls", **SIDE}
PUTS = {"symbol": "Puts", **{ours: f"{theirs}.1" for ours, theirs in SIDE.items()}}
COUNTS = (
    {"volume": "Volume", "open_interest": "Open Interest"},
    {"volume": "Vol", "open_interest": "Open Int"},
)


def recognise(raw: RawFile) -> bool:
    return _header_line(raw) is not None


def read(raw: RawFile) -> Table:
    """Two contracts a line, with the preamble's spot and stamp as columns.

    :raises BadFile: the preamble gives no time that can be read, or a file without preamble cannot be dated.
    """
    skip = _header_line(raw) or 0
    preamble = " ".join(raw.lines(skip)).replace('"', "")
    counts = COUNTS["Open Interest" not in raw.lines(skip + 1)[-1]]
    wanted = dict(COLUMNS)
    wanted |= {f"C {k}": v for k, v in {**CALLS, **counts}.items()}
    wanted |= {f"P {k}": v for k, v in {**PUTS, **{k: f"{v}.1" for k, v in counts.items()}}.items()}
    lines = read_table(raw, wanted, TEXT | {"C symbol", "P symbol"}, skip)
    frame = stack_sides(lines.frame)
    last = LAST.search(preamble)
    warnings: tuple[str, ...] = ()
    if preamble:
        moment = read_preamble_time(preamble, raw.name)
    else:
        moment = _dated(frame, raw.name)
        warnings = (f"{raw.name}: no date in the file; by its own volatilities its quotes are of {moment}",)
    frame = frame.assign(spot=float(last.group(1)) if last else np.nan, moment=moment)
    return Table(frame, 2 * lines.misshapen, warnings)


def read_preamble_time(preamble: str, name: str) -> str:
    """The ISO stamp of the words after "Date:"; without a zone word New York's.

    >>> read_preamble_time("Date: September 14, 2023 at 4:31 PM EDT,Bid: 450.81", "SPY.csv")
    '2023-09-14T16:31:00-04:00'
    >>> read_preamble_time("Fecha: 12 de junio de 2023, 4:35 p. m. EDT,Bid: 358.26", "QQQ.csv")
    '2023-06-12T16:35:00-04:00'

    :raises BadFile: no day, month, year and time can be found.
    """
    words = preamble.partition("Date:")[2] or preamble.partition("Fecha:")[2]
    words = words.partition("Bid")[0]
    month = next((MONTHS[w[:3].lower()] for w in re.findall(r"[^\W\d]{3,}", words) if w[:3].lower() in MONTHS), None)
    day, year = re.search(r"(?<![\d:])(\d{1,2})(?![\d:])", words), re.search(r"(?<!\d)(\d{4})(?!\d)", words)
    clock = CLOCK.search(words)
    if month is None or day is None or year is None or clock is None:
        raise BadFile(f"{name}: no date and time in {words.strip()!r}", "download the file again from cboe.com")
    hour, minute, half, zone = clock.groups()
    if zone and zone.upper() not in ZONES:
        raise BadFile(f"{name}: unknown time zone {zone}", f"known are {', '.join(ZONES)}")
    pm = {"p": 12, "a": 0}.get((half or "").lower()[:1])
    hours = int(hour) if pm is None else int(hour) % 12 + pm
    try:
        stamp = datetime(int(year.group(1)), month, int(day.group(1)), hours, int(minute))  # noqa: DTZ001
    except ValueError as error:
        raise BadFile(f"{name}: {words.strip()!r} is no time: {error}", "download the file again") from None
    if zone:
        stamp = stamp.replace(tzinfo=timezone(timedelta(hours=ZONES[zone.upper()])))
    return stamp.isoformat()


def _dated(frame: pd.DataFrame, name: str) -> str:
    """The session whose closing quotes these are, by the vendor's own volatilities."""
    bid, ask = (numbers(frame, side)[0] for side in ("bid", "ask"))
    mid = np.where((bid > 0) & (ask > 0), (bid + ask) / 2, np.nan)
    session = session_of_vols(
        days(texts(frame, "expiry")), numbers(frame, "strike")[0], texts(frame, "right") == "C", mid,
        numbers(frame, "iv")[0],
    )  # fmt: skip
    if session is None:
        raise BadFile(f"{name}: no date in the file and none to be had from its volatilities", "add its preamble")
    return str(session)


def _header_line(raw: RawFile) -> int | None:
    """Index of the line with the column names."""
    for i, line in enumerate(raw.lines(6)):
        if line.startswith("Expiration Date") and "Calls" in line and "Puts" in line:
            return i
    return None


CBOE_QUOTEDATA = ChainLayout("cboe_quotedata", COLUMNS, stamped, read=read, recognise=recognise)
