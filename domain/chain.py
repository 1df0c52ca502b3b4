"""An option chain at one moment: parallel numpy columns. Lives in the snapshot store, never in graph state."""

from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from domain.leg import Leg
from domain.option import OptionContract

Floats = NDArray[np.float64]
Cadence = Literal["eod", "intraday"]
TickClass = Literal["penny_all", "penny", "standard"]
Style = Literal["american", "european"]
Hours = Literal["exchange", "always"]


@dataclass(frozen=True, eq=False)
class Chain:
    """All columns have one entry a contract, sorted by (expiry, strike, right, root), calls before puts.

    ``quote_time`` is when the quotes were true (aware); ``session`` the exchange session they belong to.
    ``cadence``: "eod" quotes stay fresh until the next session closes, "intraday" ones age by the minute.
    ``bid`` and ``ask`` 0 mean "no quote on that side"; ``iv`` is the vendor's own, NaN where it gave none;
    ``volume`` counts the session's contracts, ``open_interest`` those open at its start, NaN unknown.

    ``inverse``: premiums are coins of the underlying and the payoff is paid in them (Deribit); ``quant.coin`` turns
    them into dollars. ``hours`` "always" is a market round the clock: its sessions are UTC days, and its options die at
    08:00 UTC. ``forward`` is the venue's own forward of each row's expiry, None or NaN where it tells none.
    """

    ticker: str
    spot: float
    quote_time: datetime
    session: date
    cadence: Cadence
    source: str
    expiry: NDArray[np.datetime64]  # datetime64[D]
    strike: Floats
    call: NDArray[np.bool_]
    bid: Floats
    ask: Floats
    last: Floats
    volume: Floats
    open_interest: Floats
    iv: Floats
    root: NDArray[np.str_]
    currency: str = "USD"
    style: Style = "american"
    cash_settled: bool = False
    multiplier: int = 100
    tick_class: TickClass = "standard"
    inverse: bool = False
    hours: Hours = "exchange"
    forward: Floats | None = None
    notes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.quote_time.tzinfo is None:
            raise ValueError(f"{self.ticker}: quote_time must be an aware datetime")
        lengths = {name: len(getattr(self, name)) for name in self._columns()}
        if len(set(lengths.values())) > 1:
            raise ValueError(f"{self.ticker}: columns differ in length: {lengths}")

    def __len__(self) -> int:
        return len(self.strike)

    def _columns(self) -> tuple[str, ...]:
        return COLUMNS if self.forward is None else (*COLUMNS, "forward")

    @property
    def mid(self) -> Floats:
        """Mid of two-sided, uncrossed quotes; NaN elsewhere."""
        return np.where(self.two_sided, (self.bid + self.ask) / 2, np.nan)

    @property
    def two_sided(self) -> NDArray[np.bool_]:
        """Both sides quoted, finite and not crossed."""
        return (self.bid > 0) & (self.ask > 0) & (self.ask >= self.bid) & np.isfinite(self.bid) & np.isfinite(self.ask)

    @property
    def listed(self) -> bool:
        """Whether these are contracts of a US exchange in dollars, on no future ("/CL")."""
        return self.hours == "exchange" and not self.inverse and not self.ticker.startswith("/")

    def rows(self, mask: NDArray[Any]) -> "Chain":
        """The chain of the rows that ``mask`` (boolean or indices) selects, in that order."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        values.update({name: values[name][mask] for name in self._columns()})
        return Chain(**values)

    def contract(self, row: int) -> OptionContract:
        day = self.expiry[row].astype("datetime64[D]").item()
        return OptionContract(str(self.root[row]), day, "C" if self.call[row] else "P", float(self.strike[row]))

    def leg(self, row: int, contracts: int) -> Leg:
        option = self.contract(row)
        return Leg(
            option.occ_symbol, contracts, option.right, option.strike, option.expiry, self.multiplier, self.cash_settled
        )

    def row_of(self, leg: Leg) -> int | None:
        """The row that lists this option leg, None if the chain does not."""
        if leg.strike is None or leg.expiry is None:
            return None
        hit = np.flatnonzero(
            (self.expiry == np.datetime64(leg.expiry)) & (self.strike == leg.strike) & (self.call == (leg.right == "C"))
        )
        return next((int(i) for i in hit if self.contract(int(i)).occ_symbol == leg.symbol), None)


COLUMNS = ("expiry", "strike", "call", "bid", "ask", "last", "volume", "open_interest", "iv", "root")
