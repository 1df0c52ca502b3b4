"""What it costs and yields to hold the underlying to an expiry: one value for parity, surface, odds and Greeks."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from quant.normal import Floats

_NEWTON_STEPS = 60


@dataclass(frozen=True)
class Carry:
    """``spot`` now; ``rate`` and ``dividend_yield`` decimal a year, continuously compounded, of either sign.

    ``dividends`` are (years to the ex-date, amount per unit of underlying), in any order; those at 0 or before are in
    the past and count for nothing. An option that expires at an ex-date expires on the price without the dividend.

    The forward loses each amount at its ex-date and grows at rate - dividend_yield in between. For an option the spot
    is the dividends it will still see, each a known amount, plus a lognormal rest (the escrowed-dividend model):
    European options are Black's formula on ``forward(years)`` at any vol, and exercise just before an ex-date earns
    the amount.
    """

    spot: float
    rate: float = 0.0
    dividend_yield: float = 0.0
    dividends: tuple[tuple[float, float], ...] = ()

    @property
    def growth(self) -> float:
        return self.rate - self.dividend_yield

    def forward(self, years: ArrayLike) -> Floats:
        """Forward for delivery ``years`` from now; NaN where the dividends eat all of it.

        Hull, Options, Futures, and Other Derivatives, 7th ed., Example 5.2 (p. 105): a stock at 50 that pays 0.75 after
        3, 6 and 9 months, delivered after ten, at 8 %.

        >>> stock = Carry(50, 0.08, dividends=((0.25, 0.75), (0.5, 0.75), (0.75, 0.75)))
        >>> round(float(stock.forward(10 / 12)), 2)
        51.14
        """
        t = np.asarray(years, dtype=np.float64)
        with np.errstate(all="ignore"):
            value = self.spot * np.exp(self.growth * t)
            for at, amount in self.dividends_until(np.inf):
                value = value - np.where(at <= t, amount * np.exp(self.growth * (t - at)), 0.0)
            return np.asarray(np.where(value > 0, value, np.nan))

    def escrow(self, times: Floats, years: float) -> tuple[Floats, Floats]:
        """Worth, at each time, of the dividends from it until ``years``: those of that moment included, and not."""
        after = np.zeros(len(times))
        now = np.zeros(len(times))
        for at, amount in self.dividends_until(years):
            after += np.where(at > times, amount * np.exp(-self.growth * np.maximum(at - times, 0.0)), 0.0)
            now[times == at] += amount
        return after + now, after

    def forwards_around(self, times: Floats) -> tuple[Floats, Floats]:
        """The forward an instant before each time, with a dividend of that very moment still in it, and at the time."""
        after = np.asarray(self.forward(times), dtype=np.float64)
        before = after.copy()
        for at, amount in self.dividends_until(np.inf):
            before[times == at] += amount
        return before, after

    def discount(self, years: ArrayLike) -> Floats:
        """The price today of one unit paid ``years`` from now."""
        with np.errstate(all="ignore"):
            return np.asarray(np.exp(-self.rate * np.asarray(years, dtype=np.float64)))

    def dividends_until(self, years: float) -> list[tuple[float, float]]:
        """The dividends an option that expires then lives through, by ex-date."""
        return sorted((at, amount) for at, amount in self.dividends if 0 < at <= years and amount != 0)

    def later(self, years: float) -> "Carry":
        """The same carry at the same spot after ``years`` have passed; dividends keep their dates."""
        return replace(self, dividends=tuple((at - years, amount) for at, amount in self.dividends if at > years))

    def with_forward(self, years: float, forward: float) -> "Carry":
        """The same carry with the dividend yield at which ``forward(years)`` is ``forward``, that of the market.

        At very short ``years`` a stale spot turns into a yield of any size: move the spot instead.

        >>> stock = Carry(100, 0.04, dividends=((0.2, 1.5),)).with_forward(0.5, 100.2)
        >>> round(stock.dividend_yield, 6), round(float(stock.forward(0.5)), 12)
        (0.005983, 100.2)
        """
        yield_now = self.dividend_yield
        for _ in range(_NEWTON_STEPS):
            there = replace(self, dividend_yield=yield_now)
            with np.errstate(all="ignore"):
                step = float(np.log(there.forward(years) / forward) / np.float64(years))
            if not np.isfinite(step):
                return replace(self, dividend_yield=float("nan"))
            yield_now += step
            if abs(step) <= 1e-15 * max(1.0, abs(yield_now)):
                break
        return replace(self, dividend_yield=yield_now)
