"""Option chains from any vendor: a description of the columns, and the machinery that turns rows into chains."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from domain.chain import Chain, Floats
from domain.importing import ParsedFile
from domain.tick import tick_class
from market.layouts.checks import Contracts, read_contracts
from market.layouts.columns import Mask, Tally
from market.layouts.raw import BadFile, RawFile, Table, read_table
from market.layouts.spot import choose_spot
from market.layouts.when import Moment, QuoteTime

TEXT = frozenset(
    {"ticker", "root", "symbol", "expiry", "right", "moment", "last_trade", "currency", "size", "delivery"}
)
EUROPEAN = frozenset({"SPX", "NDX", "XSP", "RUT", "VIX", "DJX", "OEX", "XEO", "MRUT"})
Columns = Mapping[str, str]
Prices = Mapping[tuple[str, date], float]


@dataclass(frozen=True)
class ChainLayout:
    """One vendor's chains. ``columns`` maps our names to the vendor's:

    ticker, root, symbol (OCC), expiry, right, strike, bid, ask, last, volume, open_interest, iv (decimal), spot (or
    spot_bid and spot_ask), currency, size (contract size in words), delivery (0 = standard), moment (what tells the
    quote time), last_trade. ``calls`` and ``puts`` map them for files with both on one line; such a line counts as two
    contracts. ``quote_time`` is the rule of ``when.py``. Without a ``currency`` column prices are dollars.
    ``prepare`` adds what a file tells in an odd place; ``read`` replaces the reader. ``beside`` reads prices of the
    underlying from a file in the same folder. A blank volume counts as 0 where ``blank_volume_is_zero``.
    """

    name: str
    columns: Columns
    quote_time: QuoteTime
    calls: Columns = field(default_factory=dict)
    puts: Columns = field(default_factory=dict)
    currency: str = "USD"
    multiplier: int = 100
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
        frame = self.prepare(table.frame, raw) if self.prepare else table.frame
        if not {"ticker", "root", "symbol"} & set(frame):
            frame = frame.assign(ticker=raw.named_ticker())
        tally = Tally(len(frame))
        contracts = read_contracts(frame, tally, self)
        chains, warnings = [], list(table.warnings)
        beside = self.beside(raw.path)
        for rows, ticker, moment in contracts.snapshots(tally):
            chain, told = self._chain(contracts, rows, ticker, moment)
            spot = choose_spot(chain, told, beside.get((ticker, moment.session)))
            if spot is None:
                tally.drop(rows, "no spot in the file and too few pairs to infer it")
                continue
            warnings += [spot.warning] if spot.warning else []
            chains.append(replace(chain, spot=spot.value, notes={"spot_from": spot.origin}))
        return self._report(raw, table, tally, tuple(chains), warnings)

    def _table(self, raw: RawFile) -> Table:
        if not self.calls:
            return read_table(raw, self.columns, TEXT)
        sides = {f"C {k}": v for k, v in self.calls.items()} | {f"P {k}": v for k, v in self.puts.items()}
        table = read_table(raw, {**self.columns, **sides}, TEXT | {"C symbol", "P symbol"})
        return Table(stack_sides(table.frame), 2 * table.misshapen)

    def _chain(self, contracts: Contracts, rows: Mask, ticker: str, moment: Moment) -> tuple[Chain, float | None]:
        """The chain of those rows, its spot still unknown, and the spot the file tells."""
        at = np.flatnonzero(rows)
        c = contracts
        at = at[np.lexsort((c.root[at], ~c.call[at], c.strike[at], c.expiry[at]))]
        european = ticker in EUROPEAN
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
            multiplier=self.multiplier,
            tick_class=tick_class(ticker),
        )
        return chain, _median(c.spot[at])

    def _report(
        self, raw: RawFile, table: Table, tally: Tally, chains: tuple[Chain, ...], warnings: list[str]
    ) -> ParsedFile:
        dropped = tally.dropped() | ({"wrong number of fields": table.misshapen} if table.misshapen else {})
        kept = int(tally.kept.sum())
        if not kept:
            why = ", ".join(f"{count} × {reason}" for reason, count in dropped.items())
            raise BadFile(f"{raw.name}: no usable row: {why}", "check that the file is whole")
        warnings += list(_misnamed(raw, chains))
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


def _median(values: Floats) -> float | None:
    known = values[np.isfinite(values) & (values > 0)]
    return float(np.median(known)) if len(known) else None


def _misnamed(raw: RawFile, chains: tuple[Chain, ...]) -> Iterator[str]:
    day, sessions = raw.named_day(), {str(chain.session) for chain in chains}
    if day is not None and len(sessions) == 1 and day not in sessions:
        yield f"{raw.name}: the name says {day}, the content {sessions.pop()}; the content counts"
