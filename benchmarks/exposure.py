"""Gamma exposure of 10,000 open contracts at 60 spots: against numpy's broadcast and the row-by-row way of scripts."""

import math
from typing import NamedTuple

import numpy as np
import pandas as pd

from benchmarks.timing import interleaved, row
from quant.gamma_profile import GammaProfile
from quant.normal import Floats

CONTRACTS, SPOTS, ROUNDS = 10_000, 60, 21
ROWS, LEVELS = 400, 2  # what the row-by-row way is timed on; its time grows with their product
ROOT_2PI = math.sqrt(2 * math.pi)


class Book(NamedTuple):
    strike: Floats
    years: Floats
    vol: Floats
    growth: Floats
    discount: Floats
    units: Floats


def main() -> None:
    book, spots = open_contracts(), 500 * np.linspace(0.8, 1.2, SPOTS)
    frame, few = pd.DataFrame(book._asdict())[:ROWS], spots[:LEVELS]
    works = {
        "ours, compiled": lambda: GammaProfile.of(*book).at(spots, compiled=True),
        "ours, numpy": lambda: GammaProfile.of(*book).at(spots),
        "numpy, spots x contracts at once": lambda: broadcast(book, spots),
        "  with all that can be taken out of it": lambda: hoisted(book, spots),
        "pandas.apply, one row at a time": lambda: by_row(frame, few),
    }
    exact = broadcast(book, spots)
    found = [work() for work in works.values()]
    times = interleaved(list(works.values()), ROUNDS, warmed=True)
    times[-1] *= CONTRACTS / ROWS * SPOTS / LEVELS
    print(f"gamma exposure of {CONTRACTS:,} contracts at {SPOTS} spots")
    for name, spent in zip(works, times, strict=True):
        row(f"  {name}", f"{1e3 * spent:,.2f} ms", f"{spent / times[0]:,.1f} x ours")
    for name, values in list(zip(works, found, strict=True))[:2]:
        row(
            f"    {name}: worst distance", f"{np.abs(values - exact).max() / np.abs(exact).max():.0e}", "of the largest"
        )
    print()


def open_contracts() -> Book:
    """As listed on a large fund: expiries of one day to two years, strikes within about three deviations."""
    random = np.random.default_rng(1)
    years = random.choice([1, 3, 9, 16, 30, 44, 90, 180, 365, 730], CONTRACTS) / 365
    vol = random.uniform(0.12, 0.35, CONTRACTS)
    strike = 500 * np.exp(np.clip(random.normal(0, 1.2, CONTRACTS), -3, 3) * vol * np.sqrt(years))
    units = 100 * np.floor(np.exp(random.normal(6, 1.5, CONTRACTS))) * np.where(random.random(CONTRACTS) < 0.5, 1, -1)
    return Book(strike, years, vol, np.exp(0.025 * years), np.exp(-0.04 * years), units)


def broadcast(book: Book, spots: Floats) -> Floats:
    """The formula on two-dimensional arrays, as it stands in a textbook."""
    spot, deviation = spots[:, None], book.vol * np.sqrt(book.years)
    d1 = (np.log(spot * book.growth / book.strike) + deviation**2 / 2) / deviation
    gamma = book.discount * book.growth * np.exp(-(d1**2) / 2) / (ROOT_2PI * spot * deviation)
    return np.asarray((gamma * book.units * spot**2 / 100).sum(axis=1))


def hoisted(book: Book, spots: Floats) -> Floats:
    """As good as plain numpy does it: what does not depend on the spot is worked out once a contract."""
    deviation = book.vol * np.sqrt(book.years)
    weight = book.units * book.discount * book.growth / (deviation * ROOT_2PI * 100)
    d1 = (np.log(spots)[:, None] + np.log(book.growth / book.strike)) / deviation + deviation / 2
    return np.asarray((np.exp(-0.5 * d1 * d1) * weight).sum(axis=1) * spots)


def by_row(frame: pd.DataFrame, spots: Floats) -> Floats:
    """As scripts for dealers' gamma are usually written: a Python function, applied to each row at each spot."""

    def exposure(line: "pd.Series[float]", spot: float) -> float:
        deviation = line["vol"] * math.sqrt(line["years"])
        d1 = (math.log(spot * line["growth"] / line["strike"]) + deviation**2 / 2) / deviation
        gamma = line["discount"] * line["growth"] * math.exp(-d1 * d1 / 2) / (ROOT_2PI * spot * deviation)
        return float(gamma * line["units"] * spot * spot / 100)

    return np.array([frame.apply(exposure, axis=1, spot=spot).sum() for spot in spots])


if __name__ == "__main__":
    main()
