"""Raw SVI, SSVI and SABR on recorded SPY sessions: how far each stays from the vols of the out-of-the-money mids.

Expiries of 7 to 180 days, strikes within three standard deviations, every vol weighted alike. SVI has five parameters
an expiry, SABR three (beta is held), SSVI one an expiry and three for the whole surface.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from benchmarks.timing import row
from quant import svi_sweep
from quant.normal import Floats
from quant.sabr import fit_sabr
from quant.smile import Smile, log_moneyness
from quant.ssvi import fit_ssvi
from quant.surface import fit_surface
from quant.svi import Svi
from quant.svi_fit import fit_slices, padded, raw
from tests.quant.recorded import SPY, spy_chain

NEAREST, FURTHEST, REACH, FEWEST = 7 / 365, 180 / 365, 3.0, 6
RATE = 0.038
BETAS = (1.0, 0.5)


class Quoted(NamedTuple):
    smile: Smile
    k: Floats
    strikes: Floats
    vols: Floats


def main() -> None:
    days = sorted(path.name[4:14] for path in SPY.glob("SPY_*.csv.gz"))
    if not days:
        print("smiles on recorded SPY sessions: left out, the data is not here (FUND_TEST_DATA)\n")
        return
    svi_sweep.fit_slices(padded([], np.zeros(0)))  # compiles, or loads what is compiled
    off: dict[str, list[float]] = {}
    spent: dict[str, float] = {}
    count = 0
    for day in days:
        slices = [
            quoted for smile in fit_surface(spy_chain(day), RATE).slices if (quoted := _quoted(smile)) is not None
        ]
        count += len(slices)
        for name, vols, taken in _fits(slices):
            off.setdefault(name, []).extend(_points_off(slices, vols))
            spent[name] = spent.get(name, 0.0) + taken
    print(f"Recorded SPY, {len(days)} sessions, {count} expiries of 7 to 180 days: RMSE in vol points")
    for name, points in off.items():
        median, worse = np.quantile(points, [0.5, 0.95])
        row(f"  {name}", f"{median:.3f}, 95 % {worse:.3f}", f"{1e3 * spent[name] / count:.3f} ms an expiry")
    print()


def _quoted(smile: Smile) -> Quoted | None:
    k = log_moneyness(smile.strikes, smile.forward)
    near = np.abs(k) <= REACH * smile.deviation
    if not NEAREST <= smile.years <= FURTHEST or near.sum() < FEWEST:
        return None
    return Quoted(smile, k[near], smile.strikes[near], smile.vols[near])


def _fits(slices: list[Quoted]) -> list[tuple[str, list[Floats], float]]:
    """What each parametrisation makes of every expiry's vols, and the seconds it took."""
    years = np.array([x.smile.years for x in slices])
    quotes = padded(
        [(x.k, x.vols**2 * t, 1 / (2 * x.vols * t)) for x, t in zip(slices, years, strict=True)],
        np.array([x.smile.deviation for x in slices]),
    )
    svi, numpy_time = _timed(lambda: raw(fit_slices(quotes), quotes.unit))
    fits, compiled_time = _timed(lambda: svi_sweep.fit_slices(quotes))
    compiled = [fits.slice(n) for n in range(len(slices))]
    ssvi, ssvi_time = _timed(lambda: fit_ssvi(quotes, years))
    if ssvi is None or None in compiled:
        raise RuntimeError("an expiry of six quotes or more was not fitted")
    found = [
        ("raw SVI, compiled", _vols(slices, compiled), compiled_time),
        ("raw SVI, numpy", _vols(slices, svi), numpy_time),
        ("SSVI", _vols(slices, [ssvi.at(t) for t in years]), ssvi_time),
    ]
    for beta in BETAS:
        sabr, taken = _timed(lambda beta=beta: [_sabr(x, beta) for x in slices])
        found.append((f"SABR, beta {beta}", sabr, taken))
    return found


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    start = time.perf_counter()
    found = work()
    return found, time.perf_counter() - start


def _vols(slices: list[Quoted], found: Sequence[Svi]) -> list[Floats]:
    return [np.sqrt(svi.variance(x.k) / x.smile.years) for x, svi in zip(slices, found, strict=True)]


def _sabr(x: Quoted, beta: float) -> Floats:
    found = fit_sabr(x.smile.forward, x.strikes, x.vols, 1.0, x.smile.years, beta)
    if found is None:
        raise RuntimeError("an expiry of six quotes or more was not fitted")
    return found.vol(x.smile.forward, x.strikes, x.smile.years)


def _points_off(slices: list[Quoted], vols: list[Floats]) -> list[float]:
    return [100 * float(np.sqrt(np.mean((there - x.vols) ** 2))) for x, there in zip(slices, vols, strict=True)]


if __name__ == "__main__":
    main()
