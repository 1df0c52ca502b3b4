"""Option chains from any vendor: a description of the columns, and the machinery that turns rows into chains."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from domain.chain import Chain, Floats, Hours
from domain.importing import ParsedFile
from domain.tick import tick_class
from market.layouts.checks import Contracts, read_contracts
from market.layouts.columns import Mask, Tally
from market.layouts.naming import Named
from market.layouts.outcome import dropped_rows
from market.layouts.raw import BadFile, RawFile, Table, read_table
from market.layouts.spot import NEAR_PAIRS, Parity, choose_spot
from market.layouts.when import Moment, QuoteTime

TEXT = frozenset(
    {"ticker", "root", "symbol", "expiry", "right", "moment", "last_trade", "currency", "size", "delivery"}
)
EUROPEAN = frozenset({"SPX", "NDX", "XSP", "RUT", "VIX", "DJX", "OEX", "XEO", "MRUT"})
MOST_WARNINGS = 3
FAR = 2.0  # times the spot
Columns = Mapping[str, str]
Prices = Mapping[tuple[str, date], float]


@dataclass(frozen=True)
class Terms:
    """What a venue's contracts are, where it is not a US listing: as in ``domain.chain.Chain``."""

    multiplier: int = 100
    inverse: bool = False
    hours: Hours = "exchange"


@dataclass(frozen=True)
class ChainLayout:
    """One vendor's chains. ``columns`` maps our names to the vendor's:

    ticker, root, symbol (OCC), expiry, right, strike, bid, ask, last, volume, open_interest, iv (decimal), spot (or
    spot_bid and spot_ask), currency, size (contract size in words), delivery (0 = standard), moment (what tells the
    quote time), last_trade. ``calls`` and ``puts`` map them for files with both on one line; such a line counts as two
    contracts. ``quote_time`` is the rule of ``when.py``. Without a ``currency`` column prices are dollars.
    ``prepare`` adds what a file tells in an odd place; ``read`` replaces the reader. ``beside`` reads prices of the
    underlying from a file in the same folder. A blank volume counts as 0 where ``blank_volume_is_zero``. ``named``
    reads what only the file's name tells, by groups called as our columns. ``parity`` says which pairs may tell the
    spot. ``price`` names what ``last`` is, where it is no trade: "mark".
    """

    name: str
    columns: Columns
    quote_time: QuoteTime
    calls: Columns = field(default_factory=dict)
    puts: Columns = field(default_factory=dict)
    currency: str = "USD"
    terms: Terms = Terms()
    parity: Parity = NEAR_PAIRS
    named: Named | None = None
    price: str = ""
    blank_volume_is_zero: bool = False
    prepare: Callable[[pd.DataFrame, RawFile], pd.DataFrame] | None = None
    read: Callable[[RawFile], Table] | None = None
    recognise: Callable[[RawFile], bool] | None = None
    beside: Callable[[Path], Prices] = field(default=lambda path: {})

    def matches(self, raw: RawFile) -> bool:
        if self.recognise is not None:
            return self.recognise(raw)
        return {*self.columns.values(), *self.calls.values(), *self.puts.values()} <= raw.header

    def parse(self, raw: RawFile) -> ParsedFile:
        """The chains of a file, one for each ticker and moment, and what became of every row.

        :raises BadFile: unreadable, or not one usable row.
        """
        table = self.read(raw) if self.read else self._table(raw)
        if not len(table.frame):
            raise BadFile(f"{raw.name}: a header and no rows", "import a file that holds quotes")
        frame = self.named.add(table.frame, raw) if self.named else table.frame
        frame = self.prepare(frame, raw) if self.prepare else frame
        if not {"ticker", "root", "symbol"} & set(frame):
            frame = frame.assign(ticker=raw.named_ticker())
        tally = Tally(len(frame))
        contracts = read_contracts(frame, tally, self)
        chains: list[Chain] = []
        warnings: list[str] = []
        beside = self.beside(raw.path)
        for rows, ticker, moment in contracts.snapshots(tally):
            chain, told, at = self._chain(contracts, rows, ticker, moment)
            if chains and is_copy(chain, chains[-1]):
                tally.drop(rows, "copy of the session before")
                continue
            spot = choose_spot(chain, told, beside.get((ticker, moment.session)), self.parity)
            if spot is None:
                tally.drop(rows, "no spot in the file and too few pairs to infer it")
                continue
            warnings += [spot.warning] if spot.warning else []
            notes = {"spot_from": spot.origin} | ({"last": self.price} if self.price else {})
            chain = replace(chain, spot=spot.value, notes=notes)
            old = before_split(chain)
            tally.drop(np.isin(np.arange(len(rows)), at[old]), "a strike from before a split, quoted no more")
            chains.append(chain.rows(~old) if old.any() else chain)
        return self._report(raw, table, tally, tuple(chains), [*table.warnings, *shortened(warnings)])

    def _table(self, raw: RawFile) -> Table:
        if not self.calls:
            return read_table(raw, self.columns, TEXT)
        sides = {f"C {k}": v for k, v in self.calls.items()} | {f"P {k}": v for k, v in self.puts.items()}
        table = read_table(raw, {**self.columns, **sides}, TEXT | {"C symbol", "P symbol"})
        return Table(stack_sides(table.frame), 2 * table.misshapen)

    def _chain(
        self, contracts: Contracts, rows: Mask, ticker: str, moment: Moment
    ) -> tuple[Chain, float | None, "np.ndarray[tuple[int], np.dtype[np.intp]]"]:
        """The chain of those rows, its spot still unknown, the spot the file tells, and the rows in its order."""
        at = np.flatnonzero(rows)
        c = contracts
        at = at[np.lexsort((c.root[at], ~c.call[at], c.strike[at], c.expiry[at]))]
        european = ticker in EUROPEAN or self.terms.inverse
        chain = Chain(
            ticker=ticker,
            spot=float("nan"),
            quote_time=moment.quote_time,
            session=moment.session,
            cadence=moment.cadence,
            source=self.name,
            expiry=c.expiry[at],
            strike=c.strike[at],
            call=c.call[at],
            bid=c.bid[at],
            ask=c.ask[at],
            last=c.last[at],
            volume=c.volume[at],
            open_interest=c.open_interest[at],
            iv=c.iv[at],
            root=c.root[at].astype(np.str_),
            currency=self.currency,
            style="european" if european else "american",
            cash_settled=european,
            multiplier=self.terms.multiplier,
            tick_class=tick_class(ticker),
            inverse=self.terms.inverse,
            hours=self.terms.hours,
            forward=c.forward[at] if np.isfinite(c.forward[at]).any() else None,
        )
        return chain, _median(c.spot[at]), at

    def _report(
        self, raw: RawFile, table: Table, tally: Tally, chains: tuple[Chain, ...], warnings: list[str]
    ) -> ParsedFile:
        dropped = dropped_rows(raw, tally, table.misshapen)
        kept = int(tally.kept.sum())
        warnings += [] if self.named else list(_misnamed(raw, chains))
        rows = len(tally.kept) + table.misshapen
        return ParsedFile(self.name, rows, kept, dropped, chains=chains, warnings=tuple(warnings))


def stack_sides(lines: pd.DataFrame) -> pd.DataFrame:
    """Calls above puts, from lines whose columns are marked "C name" and "P name"; the rest is shared."""
    names = [str(name) for name in lines]
    shared = [name for name in names if not name.startswith(("C ", "P "))]
    halves = []
    for right in ("C", "P"):
        own = {name: name[2:] for name in names if name.startswith(f"{right} ")}
        halves.append(lines[[*shared, *own]].rename(columns=own).assign(right=right))
    return pd.concat(halves, ignore_index=True)


def is_copy(chain: Chain, before: Chain) -> bool:
    """Whether an end-of-day chain in which something traded only repeats that of an earlier session."""
    if chain.ticker != before.ticker or chain.cadence != "eod" or not chain.session > before.session:
        return False
    if not np.nansum(chain.volume) > 0:
        return False
    columns = ("expiry", "strike", "call", "bid", "ask", "last", "volume", "open_interest")
    return len(chain) == len(before) and all(
        np.array_equal(getattr(chain, name), getattr(before, name), equal_nan=name not in ("call", "expiry"))
        for name in columns
    )


def before_split(chain: Chain) -> Mask:
    """Contracts far from the spot that no one quotes, neither call nor put, and yet hold most of the open interest.

    They are the old strikes of a class that was split since, whose open interest the file still counts under the old
    name (AAPL on 2014-06-09): a live strike with that much open interest is quoted in the money.
    """
    nothing = np.zeros(len(chain), dtype=bool)
    far = (chain.strike > FAR * chain.spot) | (chain.strike < chain.spot / FAR)
    if not far.any() or not chain.two_sided.any():
        return nothing
    key = pd.MultiIndex.from_arrays([chain.expiry, chain.strike])
    quoted = (chain.bid > 0) | (chain.ask > 0)
    old = np.asarray(far & ~np.asarray(key.isin(key[quoted])))
    held = np.nan_to_num(chain.open_interest)
    return old if held[old].sum() > held[~old].sum() else nothing


def shortened(warnings: list[str]) -> list[str]:
    """At most the first few sentences of a file with many snapshots, and how many more there are."""
    if len(warnings) <= MOST_WARNINGS:
        return warnings
    return [*warnings[: MOST_WARNINGS - 1], f"and {len(warnings) - MOST_WARNINGS + 1} more snapshots of the same file"]


def _median(values: Floats) -> float | None:
    known = values[np.isfinite(values) & (values > 0)]
    return float(np.median(known)) if len(known) else None


def _misnamed(raw: RawFile, chains: tuple[Chain, ...]) -> Iterator[str]:
    day, sessions = raw.named_day(), {str(chain.session) for chain in chains}
    if day is not None and len(sessions) == 1 and day not in sessions:
        yield f"{raw.name}: the name says {day}, the content {sessions.pop()}; the content counts"
