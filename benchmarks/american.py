"""American price and implied volatility against QuantLib's QD+ fixed point; early exercise of a whole chain in numpy.

Time is taken against its fast scheme, the truth from its high-precision scheme.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import QuantLib as ql
from scipy.optimize import brentq

from benchmarks.timing import interleaved, row
from quant.american import early_exercise_premium
from quant.american_sweep import implied_vol, price
from quant.american_vol import Rows
from quant.carry import Carry
from quant.implied_vol import OK
from quant.normal import Floats

MANY, SOME, ROUNDS = 20_000, 500, 5
SPOT, RATE, DIVIDEND = 100.0, 0.045, 0.015
LEAST_TIME_VALUE, LEAST_VEGA = 0.01, 1.0  # below these a cent moves the vol by more than a point


class Options(NamedTuple):
    call: Floats
    strike: Floats
    days: Floats
    vol: Floats

    @property
    def years(self) -> Floats:
        return self.days / 365


def main() -> None:
    options = _options(MANY)
    few = Options(*(column[:SOME] for column in options))
    truth = _quantlib(few, ql.QdFpAmericanEngine.highPrecisionScheme())()
    _prices(options, few, truth)
    _vols(options, few, truth)
    _chain()
    print()


def _options(count: int) -> Options:
    random = np.random.default_rng(16)
    days = np.round(np.exp(random.uniform(np.log(7), np.log(1095), count)))
    vol = np.exp(random.uniform(np.log(0.1), np.log(0.8), count))
    strike = SPOT * np.exp(random.uniform(-2.5, 2.5, count) * np.minimum(vol * np.sqrt(days / 365), 0.5))
    return Options(random.random(count) < 0.5, strike, days, vol)


class _Desk:
    """QuantLib's objects, built once; only quotes change while the clock runs."""

    def __init__(self, options: Options, scheme: object) -> None:
        today, count = ql.Date(2, 1, 2025), ql.Actual365Fixed()
        ql.Settings.instance().evaluationDate = today
        self.vol = ql.SimpleQuote(0.2)
        curves = [ql.YieldTermStructureHandle(ql.FlatForward(today, x, count)) for x in (DIVIDEND, RATE)]
        surface = ql.BlackConstantVol(today, ql.NullCalendar(), ql.QuoteHandle(self.vol), count)
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(SPOT)), *curves, ql.BlackVolTermStructureHandle(surface)
        )
        engine = ql.QdFpAmericanEngine(process, scheme)
        self.options = []
        for call, strike, days in zip(options.call, options.strike, options.days, strict=True):
            payoff = ql.PlainVanillaPayoff(ql.Option.Call if call else ql.Option.Put, float(strike))
            option = ql.VanillaOption(payoff, ql.AmericanExercise(today, today + int(days)))
            option.setPricingEngine(engine)
            self.options.append(option)

    def value(self, option: ql.VanillaOption, vol: float) -> float:
        self.vol.setValue(vol)
        return float(option.NPV())


def _quantlib(options: Options, scheme: object) -> Callable[[], Floats]:
    desk, vols = _Desk(options, scheme), options.vol.tolist()
    return lambda: np.array([desk.value(option, vol) for option, vol in zip(desk.options, vols, strict=True)])


def _brentq(options: Options, premium: Floats) -> Callable[[], Floats]:
    desk = _Desk(options, ql.QdFpAmericanEngine.fastScheme())

    def one(option: ql.VanillaOption, target: float) -> float:
        try:
            return float(brentq(lambda vol: desk.value(option, vol) - target, 0.02, 2.0, xtol=1e-7))
        except (ValueError, RuntimeError):
            return np.nan

    return lambda: np.array([one(o, p) for o, p in zip(desk.options, premium.tolist(), strict=True)])


def _prices(options: Options, few: Options, truth: Floats) -> None:
    ours = lambda o: price(o.call, SPOT, o.strike, o.years, o.vol, RATE, DIVIDEND)  # noqa: E731
    theirs = _quantlib(few, ql.QdFpAmericanEngine.fastScheme())
    our_error, their_error = np.abs(ours(few) - truth), np.abs(theirs() - truth)
    taken = interleaved([lambda: ours(options), theirs], ROUNDS)
    row("American price", *_ratio(taken))
    print(f"  largest error on a spot of 100: {our_error.max():.1e}, QuantLib fast {their_error.max():.1e}")


def _vols(options: Options, few: Options, truth: Floats) -> None:
    quotes = price(options.call, SPOT, options.strike, options.years, options.vol, RATE, DIVIDEND)

    def ours(o: Options, premium: Floats) -> tuple[Floats, Rows]:
        vol, status = implied_vol(o.call, premium, SPOT, o.strike, o.years, RATE, DIVIDEND)
        return vol, np.flatnonzero(status == OK)

    theirs = _brentq(few, truth)
    exact = _quantlib(few._replace(vol=few.vol + 1e-3), ql.QdFpAmericanEngine.highPrecisionScheme())() - truth
    exercised = np.maximum(np.where(few.call, 1, -1) * (SPOT - few.strike), 0.0)
    well_posed = (truth - exercised > LEAST_TIME_VALUE) & (exact / 1e-3 > LEAST_VEGA)
    our_error = (ours(few, truth)[0] - few.vol)[well_posed]
    their_error = (theirs() - few.vol)[well_posed]
    taken = interleaved([lambda: ours(options, quotes), theirs], 3)
    row("American implied vol", *_ratio(taken, "brentq on QdFp fast"))
    for name, error in (("", our_error), ("QuantLib ", their_error)):
        rms, most = np.sqrt(np.nanmean(error**2)), np.nanmax(np.abs(error))
        print(f"  {name}rms {rms:.1e}, largest {most:.1e}, without answer {np.isnan(error).sum()} of {len(error)}")


def _ratio(taken: list[float], peer: str = "QuantLib QdFp fast") -> tuple[str, str]:
    ours, theirs = taken[0] / MANY, taken[1] / SOME
    return f"{ours * 1e6:.2f} us", f"{theirs / ours:.1f}x {peer}"


def _chain() -> None:
    years = np.repeat(np.arange(1, 33) ** 1.5 / 75, 430)
    strike = np.tile(np.repeat(np.linspace(60.0, 140.0, 215), 2), 32)
    call = np.tile([True, False], 215 * 32)
    vol = np.clip(0.15 + 0.1 * np.abs(np.log(strike / SPOT)) / np.sqrt(years), 0.1, 1.0)
    quarterly = Carry(SPOT, RATE, dividends=tuple((0.1 + 0.25 * i, 0.35) for i in range(10)))
    for name, carry in (("a yield", Carry(SPOT, RATE, DIVIDEND)), ("quarterly dividends", quarterly)):
        (seconds,) = interleaved([lambda carry=carry: early_exercise_premium(call, strike, years, vol, carry)], 3)
        row(f"early exercise, {len(call):,} quotes, {name}, numpy", f"{seconds * 1000:.0f} ms")


if __name__ == "__main__":
    main()
