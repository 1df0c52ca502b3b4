"""One raw SVI slice from 40 noisy quotes, with the butterfly check. Peers: scipy's least_squares with the analytic
Jacobian, given the same weighted quotes, the same bounds and, untimed, our own start; it checks no butterfly."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.optimize import OptimizeResult, least_squares

from benchmarks.timing import interleaved, row
from quant import svi_fit, svi_sweep
from quant.kernels import svi as kernel
from quant.kernels import svi_descent as descent
from quant.normal import Floats
from quant.svi import STEEPEST, Svi
from quant.svi_fit import FURTHEST_CENTRE, MOST_SKEWED, NARROWEST, WIDEST, Quotes, padded

SLICES, STRIKES, ROUNDS, SEED = 200, 40, 5, 20260820


class Made(NamedTuple):
    quotes: Quotes
    years: Floats


def market() -> Made:
    """Slices of a week to half a year, at the money 10 to 60 % a year, quotes off by half spreads of 0.05 to 0.3 points
    that widen in the wings."""
    rng = np.random.default_rng(SEED)
    rows, units, times = [], [], []
    for _ in range(SLICES):
        years, vol = rng.uniform(7, 180) / 365, rng.uniform(0.1, 0.6)
        h = vol * np.sqrt(years)
        smile = Svi(
            rng.uniform(0.2, 0.8) * h * h, rng.uniform(0.1, 0.8) * h, rng.uniform(-0.8, 0.2),
            rng.uniform(-0.3, 0.8) * h, rng.uniform(0.2, 2.0) * h,
        )  # fmt: skip
        k = np.sort(rng.uniform(-3, 2, STRIKES)) * h
        half = rng.uniform(0.0005, 0.003) * (1 + np.abs(k) / h)
        vols = np.sqrt(smile.variance(k) / years) + half * rng.standard_normal(STRIKES)
        rows.append((k, vols**2 * years, 1 / (2 * vols * years * half)))
        units.append(h)
        times.append(years)
    return Made(padded(rows, np.array(units)), np.array(times))


def starts(quotes: Quotes) -> list[Floats]:
    """a, b, rho, m and sigma in deviations, from which our own descent begins."""
    found, scratch = [], np.empty(descent.SCRATCH)
    for x, y, q, h in zip(quotes.x, quotes.y, quotes.scaled_weight, quotes.unit, strict=True):
        kernel.start(x, y, q, len(x), STEEPEST / h / (1 + 1e-6), scratch)
        a, u, v, m, log_sigma = scratch[:5]
        rho = np.clip((u - v) / (u + v), -0.999 * MOST_SKEWED, 0.999 * MOST_SKEWED)
        found.append(np.array([a, (u + v) / 2, rho, m, np.clip(np.exp(log_sigma), 1.001 * NARROWEST, WIDEST)]))
    return found


def scipy_fit(x: Floats, y: Floats, q: Floats, h: float, start: Floats, method: str) -> OptimizeResult:
    def residual(p: Floats) -> Floats:
        e = x - p[3]
        return np.asarray(q * (p[0] + p[1] * (p[2] * e + np.sqrt(e * e + p[4] * p[4])) - y))

    def jacobian(p: Floats) -> Floats:
        e = x - p[3]
        r = np.sqrt(e * e + p[4] * p[4])
        columns = (q, q * (p[2] * e + r), q * p[1] * e, -q * p[1] * (p[2] + e / r), q * p[1] * p[4] / r)
        return np.stack(columns, axis=1)

    low = [-np.inf, 0.0, -MOST_SKEWED, -FURTHEST_CENTRE, NARROWEST]
    high = [np.inf, STEEPEST / h, MOST_SKEWED, FURTHEST_CENTRE, WIDEST]
    bounds = (low, high) if method == "trf" else (-np.inf, np.inf)
    return least_squares(residual, start, jacobian, bounds=bounds, method=method)


def main() -> None:
    made = market()
    quotes = made.quotes
    begun = starts(quotes)
    blocks = list(zip(quotes.x, quotes.y, quotes.scaled_weight, quotes.unit.tolist(), begun, strict=True))
    single = [Quotes(*(block[n : n + 1] for block in (quotes.k, quotes.w, quotes.weight, quotes.unit)))
              for n in range(SLICES)]  # fmt: skip

    def peer(method: str) -> Callable[[], list[OptimizeResult]]:
        return lambda: [scipy_fit(*block, method) for block in blocks]

    bounded, free = peer("trf"), peer("lm")
    svi_sweep.fit_slices(quotes)
    trf, lm, alone, batch, numpy = (
        1e6 * taken / SLICES
        for taken in interleaved(
            [
                bounded,
                free,
                lambda: [svi_sweep.fit_slices(one) for one in single],
                lambda: svi_sweep.fit_slices(quotes),
                lambda: svi_fit.fit_slices(quotes),
            ],
            ROUNDS,
        )
    )
    fits = svi_sweep.fit_slices(quotes)
    row(f"SVI slice of {STRIKES} quotes, scipy least_squares (trf, our bounds)", f"{trf:,.0f} µs")
    row("  scipy least_squares (lm of MINPACK, which knows no bounds)", f"{lm:,.0f} µs")
    for name, taken in (("one call a slice", alone), (f"{SLICES} slices a call", batch)):
        row(f"  ours, butterfly checked, {name}", f"{taken:.1f} µs", f"{trf / taken:.0f} x trf, {lm / taken:.0f} x lm")
    row("  numpy, all slices at once, butterfly not checked", f"{numpy:.1f} µs", f"{trf / numpy:.0f} x trf")
    for name, found in (("trf", bounded()), ("lm", free())):
        ratio, skewed = _over(quotes, fits, found), sum(abs(x.x[2]) >= 1 for x in found)
        row(f"  RMSE over {name}'s, median and worst", f"{np.median(ratio):.5f}", f"{ratio.max():.5f}")
    row("  slices where lm ends beyond |rho| = 1, which is no SVI", f"{skewed}", f"of {SLICES}")
    row("  slices still gaining when our steps ran out", f"{(fits.status != kernel.SETTLED).sum()}", f"of {SLICES}")
    off = _points_off(made, fits)
    row("  RMSE in vol points, median and worst", f"{np.median(off):.3f}", f"{off.max():.3f}")
    print()


def _over(quotes: Quotes, fits: svi_sweep.Fits, found: list[OptimizeResult]) -> Floats:
    """Our weighted RMSE over theirs."""
    sizes = np.linalg.norm(quotes.weight * quotes.unit[:, None] ** 2, axis=1)
    return np.asarray(fits.misfit / (sizes * np.sqrt([2 * x.cost / STRIKES for x in found])))


def _points_off(made: Made, fits: svi_sweep.Fits) -> Floats:
    """Root mean square of fitted less quoted vol of each slice, in vol points."""
    found = []
    for k, w, *five, years in zip(made.quotes.k, made.quotes.w, *fits[:5], made.years, strict=True):
        gap = np.sqrt(Svi(*five).variance(k) / years) - np.sqrt(w / years)
        found.append(100 * float(np.sqrt(np.mean(gap**2))))
    return np.array(found)


if __name__ == "__main__":
    main()
