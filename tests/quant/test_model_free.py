"""The model-free volatility: Cboe's own example, what ends a strip, and recorded SPY beside the VIX."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from quant.black import price
from quant.model_free import Strip, blend, european_mids, model_free_vol, strip
from quant.normal import Floats
from quant.surface import fit_surface
from tests.quant.recorded import needs_spy, spy_chain

EXAMPLE = Path(__file__).with_name("vix_white_paper.txt")
RATE = 0.0038
Quotes = dict[float, float]


def white_paper() -> dict[str, Quotes]:
    """Mids by strike for each block of the file, NaN where there is no bid."""
    blocks: dict[str, Quotes] = {}
    for line in EXAMPLE.read_text().splitlines():
        if line.startswith("["):
            current = blocks.setdefault(line.strip("[]"), {})
        elif not line.startswith("#"):
            strike, bid, ask = map(float, line.split())
            current[strike] = (bid + ask) / 2 if bid > 0 else np.nan
    return blocks


def strip_of(days: int, change: Callable[[Quotes, Quotes], None] = lambda calls, puts: None) -> Strip:
    blocks = white_paper()
    calls, puts = blocks[f"{days} calls"], blocks[f"{days} puts"]
    change(calls, puts)
    strikes = np.array(sorted(calls.keys() | puts.keys()))
    call, put = (np.array([side.get(strike, np.nan) for strike in strikes]) for side in (calls, puts))
    found = strip(strikes, call, put, days / 365, RATE)
    assert found is not None
    return found


def test_the_white_paper_s_example_comes_out_to_its_last_digit() -> None:
    near, far = strip_of(9), strip_of(37)

    assert (round(near.forward, 5), round(far.forward, 5)) == (920.50005, 921.00039)
    assert (near.anchor, far.anchor) == (920.0, 920.0)
    assert (round(near.variance, 6), round(far.variance, 6)) == (0.472767, 0.366818)
    vix = 100 * blend((near.variance, near.years), (far.variance, far.years))
    assert round(vix, 2) == 61.22


def test_one_strike_without_a_bid_is_passed_over_and_two_end_the_strip() -> None:
    whole = strip_of(37)

    def no_bid(*strikes: float) -> Callable[[Quotes, Quotes], None]:
        return lambda calls, puts: puts.update(dict.fromkeys(strikes, np.nan))

    assert strip_of(37, no_bid(700.0)).strikes == whole.strikes - 1
    lost = sum(strike <= 700.0 for strike, mid in white_paper()["37 puts"].items() if np.isfinite(mid))
    assert strip_of(37, no_bid(690.0, 700.0)).strikes == whole.strikes - lost


def test_a_bid_beyond_two_zero_bids_does_not_count() -> None:
    assert strip_of(9, lambda calls, puts: calls.update({1250.0: 99.0})) == strip_of(9)
    assert strip_of(37, lambda calls, puts: calls.update({1175.0: 99.0})) == strip_of(37)


@pytest.mark.parametrize("vol", [0.05, 0.2, 0.8])
@pytest.mark.parametrize("days", [8.0, 30.0, 400.0])
def test_a_flat_smile_gives_its_own_volatility(vol: float, days: float) -> None:
    years, rate = days / 365, 0.04
    strikes = 100.0 * np.exp(np.linspace(-6, 6, 1201) * vol * np.sqrt(years))
    call, put = (price(side, 100.0, strikes, years, vol, np.exp(-rate * years)) for side in (True, False))
    found = strip(strikes, call, put, years, rate)
    assert found is not None and np.sqrt(found.variance) == pytest.approx(vol, rel=2e-3)


@pytest.mark.parametrize(
    "premiums",
    [np.full(50, np.nan), np.zeros(50), np.where(np.arange(50) < 47, np.nan, 1.0), np.full(50, np.inf)],
)
def test_nothing_to_add_up_is_none(premiums: Floats) -> None:
    strikes = np.arange(75.0, 125.0)
    assert strip(strikes, premiums, premiums, 0.1, 0.02) is None
    assert strip(strikes[:0], premiums[:0], premiums[:0], 0.1, 0.02) is None
    assert strip(strikes, np.ones(50), np.ones(50), 0.0, 0.02) is None


@needs_spy
@pytest.mark.parametrize(("day", "vix"), [("2026-07-31", 15.99), ("2026-08-13", 14.63), ("2026-08-20", 16.01)])
def test_spy_s_own_strip_is_close_to_the_vix_of_that_evening(day: str, vix: float) -> None:
    chain = spy_chain(day)
    found = model_free_vol(chain, fit_surface(chain, 0.038))
    assert found is not None
    near, far = found.strips
    assert near.years * 365 <= 30 < far.years * 365
    assert 100 * found.vol == pytest.approx(vix, abs=0.6)


@needs_spy
def test_early_exercise_is_taken_out_of_american_premiums_only() -> None:
    chain = spy_chain("2026-08-20")
    surface = fit_surface(chain, 0.038)
    american, european = european_mids(chain, surface), european_mids(replace(chain, style="european"), surface)
    known = np.isfinite(european)
    assert np.array_equal(european, chain.mid, equal_nan=True)
    assert np.array_equal(np.isfinite(american), known)
    assert (american[known] <= european[known]).all()


@needs_spy
def test_only_a_far_expiry_gives_no_thirty_day_volatility() -> None:
    chain = spy_chain("2026-08-20")
    far = chain.rows(chain.expiry > np.datetime64("2026-11-01"))
    assert model_free_vol(far, fit_surface(far, 0.038)) is None
    near = chain.rows(chain.expiry <= np.datetime64("2026-08-24"))
    assert model_free_vol(near, fit_surface(near, 0.038)) is None
