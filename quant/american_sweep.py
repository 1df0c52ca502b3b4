"""American prices and implied volatilities of many options at once, each with its own spot, rate and yield.

Compiled loops for what ``quant.american`` does in numpy for one carry: a microsecond or two an option, after a few
seconds of compilation once a machine. Continuous yields only. Rates at which there are two boundaries take the numpy
path.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from quant import boundary, sweep
from quant.american_vol import Quotes, Rows, search
from quant.carry import Carry
from quant.early import Range, table_for
from quant.implied_vol import OK, Codes
from quant.normal import Floats


@np.errstate(all="ignore")
def price(
    call: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    vol: ArrayLike,
    rate: ArrayLike,
    dividend: ArrayLike = 0.0,
) -> Floats:
    """Premium of one unit. Everything broadcasts; units and NaN as in ``quant.american.price``.

    Andersen, Lake and Offengenden (2016), section 6: the premium over European of an at-the-money put of one year,
    rate = yield = 5 %, vol = 25 %, is 0.106952702747.

    >>> american = float(price(False, 100, 100, 1.0, 0.25, 0.05, 0.05))
    >>> from quant.black_scholes import price as european
    >>> round(american - float(european(False, 100, 100, 1.0, 0.25, 0.05, 0.05)), 3)
    0.107
    """
    market = _Market(call, spot, strike, years, rate, dividend, vol)
    rows = np.arange(len(market.vol))
    return market.price(rows, market.vol).reshape(market.shape)


@np.errstate(all="ignore")
def implied_vol(
    call: ArrayLike,
    premium: ArrayLike,
    spot: ArrayLike,
    strike: ArrayLike,
    years: ArrayLike,
    rate: ArrayLike,
    dividend: ArrayLike = 0.0,
) -> tuple[Floats, Codes]:
    """The vol at which ``price`` gives ``premium``, and one status a quote; as ``quant.american.implied_vol``."""
    market = _Market(call, spot, strike, years, rate, dividend, premium)
    premium = market.vol
    floor, ceiling = bounds(market.call, market.spot, market.strike, market.years, market.rate, market.dividend)
    with np.errstate(all="ignore"):
        forward = market.spot * np.exp((market.rate - market.dividend) * market.years)
        discount = np.exp(-market.rate * market.years)
    start, status = sweep.implied_vol(market.call, premium, forward, market.strike, market.years, discount)
    start = np.where(status == OK, start, np.nan)
    slope = sweep.value(market.call, market.spot, forward, market.strike, market.years, start, discount).vega
    scale = np.maximum(market.spot, market.strike)
    vol, codes = search(Quotes(premium, floor, ceiling, scale, market.years, start, slope), market.price)
    return vol.reshape(market.shape), codes.reshape(market.shape)


def bounds(
    call: NDArray[np.bool_], spot: Floats, strike: Floats, years: Floats, rate: Floats, dividend: Floats
) -> tuple[Floats, Floats]:
    """The value without vol (exercise now, at the end, or when it pays most) and that with any amount of it."""
    with np.errstate(all="ignore"):
        sign, end = np.where(call, 1.0, -1.0), np.maximum(years, 0.0)
        turn = np.log((dividend * spot) / (rate * strike)) / (dividend - rate)
        turn = np.clip(np.nan_to_num(turn, nan=0.0), 0.0, end)
        paid = [
            sign * (spot * np.exp(-dividend * t) - strike * np.exp(-rate * t)) for t in (np.zeros_like(end), turn, end)
        ]
        good = (spot > 0) & (strike > 0) & np.isfinite(spot) & np.isfinite(strike)
        floor = np.where(good, np.maximum(np.maximum.reduce(paid), 0.0), np.nan)
        most = np.where(
            call, spot * np.exp(np.maximum(-dividend, 0) * end), strike * np.exp(np.maximum(-rate, 0) * end)
        )
    return floor, np.where(good, most, np.nan)


class _Market:
    """Rows of one length; ``price`` values some of them at other vols."""

    def __init__(self, call: ArrayLike, *rest: ArrayLike) -> None:
        arrays = np.broadcast_arrays(np.asarray(call, dtype=bool), *(np.asarray(x, dtype=np.float64) for x in rest))
        self.shape = arrays[0].shape
        self.call, self.spot, self.strike, self.years, self.rate, self.dividend, self.vol = (
            np.ascontiguousarray(x).reshape(-1) for x in arrays
        )
        self.puts, self.unit = boundary.as_puts(
            self.call, self.spot, self.strike, self.years, self.years, self.rate, self.dividend
        )

    def price(self, rows: Rows, vol: Floats) -> Floats:
        call, spot, strike, years = (
            self.call[rows],
            self.spot[rows],
            self.strike[rows],
            np.maximum(self.years[rows], 0.0),
        )
        base = sweep.value_on_spot(call, spot, strike, years, vol, self.rate[rows], self.dividend[rows]).price
        now = np.where(call, 1.0, -1.0) * (spot - strike)
        with np.errstate(all="ignore"):
            premium = self._premium(rows, vol, years, base)
            ended = np.maximum(now, 0.0) + 0.0 * base
            return np.asarray(np.where(years > 0, np.maximum(base + premium, now), ended))

    def _premium(self, rows: Rows, vol: Floats, years: Floats, base: Floats) -> Floats:
        rate, dividend = self.puts.rate[rows], self.puts.dividend[rows]
        deviation = np.clip(vol * np.sqrt(years), 1e-9, 20.0)
        premium = np.where((rate <= 0) & (dividend >= rate), 0.0, np.nan)
        stiff = np.maximum(rate, dividend) * years > boundary.DENSITY_BELOW * deviation**2
        usable = (rate > 0) & (years > 0) & np.isfinite(base)
        for density in (True, False):
            at = np.flatnonzero(usable & (stiff != density))
            some = boundary.Puts(self.puts.moneyness[rows[at]], years[at], deviation[at], rate[at], dividend[at])
            premium[at] = _solved(some, density) * self.unit[rows[at]]
        for i in np.flatnonzero((rate <= 0) & (dividend < rate) & np.isfinite(base) & (years > 0)):
            row = rows[i]
            carry = Carry(float(self.spot[row]), float(self.rate[row]), float(self.dividend[row]))
            one = max(float(vol[i]), 1e-9)
            table = table_for(carry, float(years[i]), Range((one, one)))
            premium[i] = table.premium(
                self.call[row : row + 1], self.strike[row : row + 1], np.array([one]), base[i : i + 1]
            )[0]
        return premium


def _solved(puts: boundary.Puts, density: bool) -> Floats:
    from quant.kernels import american as kernel

    rules, out = boundary.FAST, np.empty(len(puts.years))
    steps = rules.density_steps if density else rules.probability_steps
    kernel.premium(
        *puts, rules.nodes, rules.points, rules.weights, rules.inner.reshape(-1), rules.last_points, rules.last_weights,
        rules.outer.reshape(-1), density, steps, out,
    )  # fmt: skip
    return out
