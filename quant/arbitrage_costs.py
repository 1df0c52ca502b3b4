"""What carrying an arbitrage to its end costs."""

from typing import NamedTuple

import numpy as np

from quant.normal import Floats


class Costs(NamedTuple):
    """``fee`` account currency a contract. ``lend`` is the rate on idle cash, ``borrow`` on what must be raised:
    decimal a year, continuously compounded; None where no rate is known. ``stock_half_spread`` account currency a
    share. ``dividend_ceiling`` of the spot a year, a quarter of which may be paid at once. ``min_dollars`` is the
    smallest edge of one structure worth telling."""

    fee: float = 0.65
    lend: float | None = 0.0
    borrow: float | None = 0.01
    stock_half_spread: float = 0.01
    dividend_ceiling: float = 0.08
    min_dollars: float = 0.01

    def borrowed(self, years: Floats) -> Floats:
        """Today's worth of 1 that is certain at expiry, or may come earlier: what can be raised against it."""
        return np.asarray(np.minimum(np.exp(-(self.borrow or 0.0) * years), 1.0))

    def owed(self, years: Floats, *, at_once: bool) -> Floats:
        """What must be set aside today for 1 owed at expiry, or ``at_once`` if it may be asked for any day."""
        lent = np.exp(-(self.lend or 0.0) * years)
        return np.asarray(np.maximum(lent, 1.0) if at_once else lent)

    def dividends(self, spot: float, years: Floats) -> Floats:
        """The most that is paid on a share until then: a quarter of the ceiling for every quarter begun."""
        return np.asarray(spot * self.dividend_ceiling / 4 * np.ceil(4 * years))
