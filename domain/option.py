"""One listed option and its OCC name."""

import re
from datetime import date
from typing import Literal

from pydantic.dataclasses import dataclass

from domain.errors import BadInput

Right = Literal["C", "P"]

_OCC = re.compile(r"^\s*([A-Z][A-Z0-9.]{0,6}?)\s*(\d{6})([CP])(\d{8,9})\s*$")


@dataclass(frozen=True)
class OptionContract:
    """``strike`` in price units. ``root`` is the trading class (SPXW), which may differ from the underlying (SPX)."""

    root: str
    expiry: date
    right: Right
    strike: float

    @property
    def occ_symbol(self) -> str:
        """OCC Options Symbology Initiative name without padding; a strike from 100,000 (bitcoin) takes a ninth digit.

        >>> OptionContract("SPY", date(2026, 8, 21), "C", 500.0).occ_symbol
        'SPY260821C00500000'
        """
        return f"{self.root}{self.expiry:%y%m%d}{self.right}{round(self.strike * 1000):08d}"


def parse_occ(symbol: str) -> OptionContract:
    """The contract an OCC symbol names, padded or not.

    >>> parse_occ("SPY   260821P00637500").strike, parse_occ("BTC260327C100000000").strike
    (637.5, 100000.0)

    :raises BadInput: the text is no OCC symbol.
    """
    match = _OCC.match(symbol.upper())
    if match is None:
        raise BadInput(f"{symbol!r} is not an option symbol", "write it like SPY260821C00500000")
    root, ymd, right, strike = match.groups()
    try:
        expiry = date(2000 + int(ymd[:2]), int(ymd[2:4]), int(ymd[4:]))
    except ValueError:
        raise BadInput(f"{symbol!r} names no calendar day", "write it like SPY260821C00500000") from None
    return OptionContract(root, expiry, "C" if right == "C" else "P", int(strike) / 1000)
