"""The fitted surface on all recorded SPY sessions: how well it meets its quotes, the arbitrage left, the time it takes.

Expiries of 7 to 180 days, out-of-the-money quotes within three standard deviations.
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.timing import row
from quant.quality import Quality, SliceQuality, quality
from quant.refined import arbitrage_left, held_out_inside, inside_bid_ask
from quant.surface import Surface, fit_surface, iv30
from tests.quant.recorded import SPY, spy_chain

SOONEST, LATEST = 7 / 365, 180 / 365
RATE, TICK = 0.0385, 0.01


def main() -> None:
    days = sorted(path.name[4:14] for path in SPY.glob("SPY_*.csv.gz"))
    if not days:
        print("the surface on recorded SPY sessions: left out, the data is not here (FUND_TEST_DATA)\n")
        return
    chains = [spy_chain(day) for day in days]
    spent, surfaces = [], []
    for chain in chains:
        start = time.perf_counter()
        surfaces.append(fit_surface(chain, RATE))
        spent.append(time.perf_counter() - start)
    naive = [fit_surface(replace(chain, style="european"), RATE) for chain in chains]
    print(f"The surface on {len(days)} recorded SPY sessions, expiries of 7 to 180 days, quotes within 3 deviations")
    _fit([found for one in surfaces if (found := quality(one.slices, TICK)) is not None])
    _refined(surfaces)
    above = [100 * ((iv30(raw) or np.nan) - (iv30(one) or np.nan)) for raw, one in zip(naive, surfaces, strict=True)]
    row("  30-day vol read as European, too high by", f"{min(above):.2f} to {max(above):.2f}", "vol points")
    row("  fit_surface, about 14,000 rows", f"{1e3 * np.median(spent):.0f} ms", "median of the sessions")
    print()


def _fit(found: list[Quality]) -> None:
    slices = [one for each in found for one in each.slices if SOONEST <= one.years <= LATEST]
    errors = [one.rmse_vol_points for one in slices]
    row("  SVI, vol points off, median of expiries", f"{np.median(errors):.3f}", "0.06 asked for")
    row("  SVI, vol points off, 95th percentile", f"{np.quantile(errors, 0.95):.3f}", "0.15 asked for")
    row("  quotes met between bid and ask", f"{_share(slices, 'inside_bid_ask'):.1%}", "60 % asked for")
    row("  within five ticks of them", f"{_share(slices, 'within_ticks'):.1%}", "94 % asked for")
    row("  met by a fit that left them out", f"{_share(slices, 'held_out_inside'):.1%}")
    free = sum(each.butterfly_free and each.calendar_free for each in found)
    row("  sessions without butterfly or calendar arbitrage", f"{free} of {len(found)}")


def _share(slices: list[SliceQuality], name: str) -> float:
    counts = [one.quotes for one in slices]
    return float(np.average([getattr(one, name) for one in slices], weights=counts))


def _refined(surfaces: list[Surface]) -> None:
    shares: list[tuple[float, float, int]] = []
    left, taken = 0.0, []
    for surface in surfaces:
        start = time.perf_counter()
        refined = surface.refined
        taken.append(time.perf_counter() - start)
        left = max(left, arbitrage_left(refined))
        chosen = [i for i, one in enumerate(surface.slices) if SOONEST <= one.years <= LATEST]
        pair: tuple[Any, Any] = ([surface.slices[i] for i in chosen], [refined[i] for i in chosen])
        shares.append((inside_bid_ask(*pair), held_out_inside(pair[0]), sum(len(one.strikes) for one in pair[0])))
    inside, alone, counts = zip(*shares, strict=True)
    share, held = np.average(inside, weights=counts), np.average(alone, weights=counts)
    row("  with the residual layer, between bid and ask", f"{share:.1%}", "90 % asked for")
    row("  every fifth quote, unknown to fit and layer", f"{held:.1%}")
    row(
        "  most negative probability or fall with time left",
        f"{left:.0e}",
        f"{1e3 * np.median(taken):.0f} ms a surface",
    )
