"""One expiry's smile: vols at strikes, read between them in total variance."""

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike

from quant.normal import Floats, norm_cdf
from quant.svi import Svi

_DELTA_GRID = 801
_REACH = 8.0  # deviations beyond which a delta is not looked for


@dataclass(frozen=True, eq=False)
class Smile:
    """Vols (decimal a year) of out-of-the-money quotes at at least three ascending ``strikes``, and a curve over them.

    ``forward`` is the market's own by parity, ``years`` ACT/365 from the quotes' time, ``discount`` the price of one
    unit paid at ``expiry``. ``bid_vols`` and ``ask_vols`` are those of the quotes' two sides (0: a bid that says
    nothing). ``svi`` is the curve fitted to them; without one the vols themselves are joined.
    """

    expiry: date
    years: float
    forward: float
    discount: float
    strikes: Floats
    vols: Floats
    bid_vols: Floats | None = None
    ask_vols: Floats | None = None
    svi: Svi | None = None

    def vol(self, strike: ArrayLike) -> Floats:
        """Vol at any strike by the fitted curve, whose total variance runs on as two straight lines in log-moneyness.

        Without one: total variance linear in log-moneyness between quotes, flat beyond the last ones.
        """
        return self.vol_at(log_moneyness(strike, self.forward))

    def vol_at(self, moneyness: ArrayLike) -> Floats:
        """Vol at log(strike / forward)."""
        if self.svi is not None:
            return np.asarray(np.sqrt(self.svi.variance(moneyness) / self.years))
        knots = np.log(self.strikes / self.forward)
        return np.asarray(np.sqrt(np.interp(np.asarray(moneyness, dtype=np.float64), knots, self.vols**2)))

    @property
    def atm(self) -> float:
        """Vol at the forward."""
        return float(self.vol_at(0.0))

    @property
    def deviation(self) -> float:
        """One standard deviation of the log spot at expiry: atm * sqrt(years)."""
        return self.atm * float(np.sqrt(self.years))

    def delta_vol(self, delta: float, call: bool) -> float:
        """Vol of the option whose undiscounted forward delta has this absolute value, 0 < ``delta`` < 1.

        Of several such strikes (a steep smile may have them) the one deepest in the money counts.
        """
        if not 0 < delta < 1:
            raise ValueError(f"a delta lies between 0 and 1, not at {delta}")
        outward = np.linspace(-_REACH, _REACH, _DELTA_GRID) * self.deviation * (1 if call else -1)
        vols = self.vol_at(outward)
        deviations = vols * np.sqrt(self.years)
        d1 = -outward / deviations + deviations / 2
        deltas = norm_cdf(d1 if call else -d1)
        reached = np.flatnonzero(deltas <= delta)
        right = max(int(reached[0]), 1) if len(reached) else _DELTA_GRID - 1
        beside = [right, right - 1]
        return float(self.vol_at(np.interp(delta, deltas[beside], outward[beside])))


def log_moneyness(strike: ArrayLike, forward: ArrayLike) -> Floats:
    """log(strike / forward); not finite where the strike is not positive."""
    with np.errstate(all="ignore"):
        return np.asarray(np.log(np.asarray(strike, dtype=np.float64) / np.asarray(forward)))
