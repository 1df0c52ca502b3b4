"""European implied volatility, and price with five Greeks: speed beside accuracy, against the named peers."""

import math
import warnings
from collections.abc import Callable
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import py_vollib_vectorized, vollib_black
from benchmarks.timing import interleaved, row
from quant import black, black_scholes, sweep
from quant.normal import Floats

OPTIONS, ROUNDS = 20_000, 15
SCALAR = 1000  # options that a scalar peer is timed on
FAILED = 1e-4  # an error of a volatility point and more where the price determines it to 1e-8
EPS = float(np.finfo(float).eps)

PER_YEAR_AND_UNIT = {"delta": 1, "gamma": 1, "theta": 365, "vega": 100, "rho": 100}  # from fast_vollib's to ours

Works = dict[str, Callable[[], Floats | tuple[Floats, ...]]]


T = TypeVar("T")


class Quotes(NamedTuple):
    call: NDArray[np.bool_]
    premium: Floats
    forward: Floats
    strike: Floats
    years: Floats
    vol: Floats


def main() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        vols(f"implied vol of {OPTIONS:,} quotes of a chain", chain())
        vols(f"implied vol of {OPTIONS:,} quotes out to 8 deviations", grid())
        values()


def chain() -> Quotes:
    """Ten expiries of two days to two years, strikes within about three deviations, out of the money."""
    random = np.random.default_rng(1)
    days = random.choice([2, 5, 9, 16, 30, 44, 90, 180, 365, 730], OPTIONS)
    years = days / 365
    deviations = np.clip(random.normal(0, 1.2, OPTIONS), -3, 3)
    vol = 0.18 - 0.03 * deviations + 0.01 * deviations**2
    return _quoted(years, vol, 500 * np.exp(deviations * vol * np.sqrt(years)), 500.0)


def grid() -> Quotes:
    """One day to three years, vols of 5 to 200 %, up to eight deviations either side."""
    random = np.random.default_rng(2)
    years = np.exp(random.uniform(np.log(1 / 365), np.log(3), OPTIONS))
    vol = random.uniform(0.05, 2.0, OPTIONS)
    return _quoted(years, vol, 100 * np.exp(random.uniform(-8, 8, OPTIONS) * vol * np.sqrt(years)), 100.0)


def _quoted(years: Floats, vol: Floats, strike: Floats, forward: float) -> Quotes:
    call, at = strike > forward, np.full(OPTIONS, forward)
    return Quotes(call, black.price(call, at, strike, years, vol, 1.0), at, strike, years, vol)


def vols(title: str, quotes: Quotes) -> None:
    from fast_vollib.jackel import numpy_backend as jaeckel

    scalar, vectorized = vollib_black(), py_vollib_vectorized()
    q, zero, ones = quotes, np.zeros(OPTIONS), np.ones(OPTIONS)
    flag, few = np.where(q.call, "c", "p"), slice(0, SCALAR)

    def exact() -> Floats:
        rows = (q.premium, q.forward, q.strike, q.years, zero, flag)
        return np.asarray(jaeckel.implied_volatility("black", *rows, on_error="ignore"))

    def one_by_one() -> Floats:
        rows = (q.premium[few], q.forward[few], q.strike[few], q.years[few], flag[few])
        return np.array([_or_nan(scalar, p, f, k, 0.0, t, side) for p, f, k, t, side in zip(*rows, strict=True)])

    def in_rows() -> Floats:
        rows = (q.premium, q.forward, q.strike, zero, q.years, flag)
        return np.asarray(
            vectorized.vectorized_implied_volatility_black(*rows, return_as="numpy", on_error="ignore"), dtype=float
        )

    works: Works = {
        "ours, compiled": lambda: sweep.implied_vol(q.call, q.premium, q.forward, q.strike, q.years, ones)[0],
        "ours, numpy": lambda: black.implied_vol(q.call, q.premium, q.forward, q.strike, q.years, ones)[0],
        "fast_vollib, Jaeckel": exact,
        "fast_vollib, Jaeckel, on one thread": _alone(exact),
        "py_vollib_vectorized": in_rows,
        "vollib, one by one": one_by_one,
    }
    print(title)
    for name, found in timed(works):
        failures, error = accuracy(found, quotes)
        row(f"    {name}: failures, worst error", f"{failures}", f"{error:.1e}")
    print()


def timed(works: Works) -> list[tuple[str, Floats]]:
    """Print what each work takes an option, and give back what it found."""
    found = [np.array(work()) for work in works.values()]
    times = interleaved(list(works.values()), ROUNDS, warmed=True)
    each = [1e9 * t / x.shape[-1] for t, x in zip(times, found, strict=True)]
    for name, spent in zip(works, each, strict=True):
        row(f"  {name}", f"{spent:,.1f} ns each", f"{spent / each[0]:.1f} x ours")
    return list(zip(works, found, strict=True))


def _alone(work: Callable[[], T]) -> Callable[[], T]:
    """``work`` with numba's threads held at one."""
    import numba

    def run() -> T:
        numba.set_num_threads(1)
        try:
            return work()
        finally:
            numba.set_num_threads(numba.config.NUMBA_NUM_THREADS)

    return run


def accuracy(found: Floats, quotes: Quotes) -> tuple[int, float]:
    """Quotes without a vol or off by ``FAILED``, and the worst error of the rest.

    Judged are quotes whose price, rounded to a double, determines the vol to 1e-8.
    """
    n = len(found)
    q = Quotes(*(column[:n] for column in quotes))
    vega = black.greeks(q.call, q.forward, q.forward, q.strike, q.years, q.vol, 1.0).vega
    attainable = EPS * q.premium <= 1e-8 * vega
    error = np.abs(found - q.vol)[attainable]
    failed = ~(error <= FAILED)
    return int(failed.sum()), float(error[~failed].max())


def values() -> None:
    import fast_vollib as fast

    random = np.random.default_rng(3)
    years = random.choice([2, 9, 30, 90, 180, 365, 730], OPTIONS) / 365
    vol, call = random.uniform(0.1, 0.6, OPTIONS), random.random(OPTIONS) < 0.5
    spot, rate, carry = np.full(OPTIONS, 100.0), np.full(OPTIONS, 0.04), np.full(OPTIONS, 0.015)
    strike = spot * np.exp(random.normal(0, 1.2, OPTIONS) * vol * np.sqrt(years))
    flag, market = np.where(call, "c", "p"), black_scholes.market(spot, years, rate, carry)

    def fast_vollib() -> tuple[Floats, ...]:
        rows = (flag, spot, strike, years, rate, vol, carry)
        price = fast.fast_black_scholes_merton(*rows, return_as="numpy", backend="numba")
        found = fast.get_all_greeks(*rows, return_as="dict", model="black_scholes_merton", backend="numba")
        return price, *(found[name] for name in PER_YEAR_AND_UNIT)

    works: Works = {
        "ours, from rates": lambda: sweep.value_on_spot(call, spot, strike, years, vol, rate, carry),
        "ours, from forward and discount": lambda: sweep.value(
            call, spot, market.forward, strike, years, vol, market.discount
        ),
        "fast_vollib, numba": fast_vollib,
        "fast_vollib, numba, on one thread": _alone(fast_vollib),
        "QuantLib, BlackCalculator one by one": lambda: _quantlib(call, spot, strike, years, vol, rate, carry),
    }
    print(f"price, delta, gamma, theta, vega, rho of {OPTIONS:,} options")
    found = timed(works)
    exact = found[-1][1]
    for name, rows in found[:-1]:
        ours = rows * np.array([[1], *([x] for x in PER_YEAR_AND_UNIT.values())]) if "fast" in name else rows
        apart = np.max(np.abs(ours[:, :SCALAR] - exact) / np.abs(exact).max(axis=1, keepdims=True))
        row(f"    {name}: worst distance to QuantLib's", f"{apart:.1e}", "of the largest")
    print()


def _quantlib(call: NDArray[np.bool_], *columns: Floats) -> Floats:
    import QuantLib as ql

    found = []
    for side, s, k, t, v, r, q in zip(call[:SCALAR], *(x[:SCALAR].tolist() for x in columns), strict=True):
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if side else ql.Option.Put, k)
        one = ql.BlackCalculator(payoff, s * math.exp((r - q) * t), v * math.sqrt(t), math.exp(-r * t))
        found.append((one.value(), one.delta(s), one.gamma(s), one.theta(s, t), one.vega(t), one.rho(t)))
    return np.array(found).T


def _or_nan(function: Callable[..., float], *arguments: object) -> float:
    try:
        return function(*arguments)
    except Exception:  # noqa: BLE001 - a peer's failure is counted, whatever it raises
        return math.nan


if __name__ == "__main__":
    main()
