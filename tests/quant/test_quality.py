"""How well a surface fits, and the quotes that lie off it."""

from dataclasses import replace

import numpy as np
import pytest

from domain.chain import Chain
from quant.mispriced import mispriced
from quant.quality import quality
from quant.smile_fit import left_out
from quant.surface import Surface, fit_surface
from tests.quant.made import APRIL, JUNE, RATE, made_chain
from tests.quant.recorded import needs_spy, spy_chain

FEE = 0.65
STRIKES = np.arange(72.0, 131.0, 1.0)


def smile(moneyness: np.ndarray, years: np.ndarray) -> np.ndarray:
    return np.sqrt(0.04 + 0.01 * (-0.5 * moneyness / 0.2 + np.hypot(moneyness / 0.2, 1.0)) - 0.01) + 0 * years


@pytest.fixture(scope="module")
def chain() -> Chain:
    return made_chain((APRIL, JUNE), STRIKES, smile, half_spread=0.02)


def moved(chain: Chain, strike: float, by: float) -> Chain:
    """The April put of that strike, quoted higher (or lower) on both sides."""
    row = (chain.strike == strike) & ~chain.call & (chain.expiry == np.datetime64(APRIL))
    return replace(chain, bid=chain.bid + by * row, ask=chain.ask + by * row)


def test_a_smile_that_is_an_svi_is_met_by_all_its_quotes(chain: Chain) -> None:
    found = quality(fit_surface(chain, RATE).slices, 0.01)
    assert found is not None and [one.expiry for one in found.slices] == [APRIL, JUNE]
    assert found.rmse_vol_points < 0.1
    assert found.inside_bid_ask > 0.95 and found.within_ticks == 1.0
    assert found.butterfly_free and found.calendar_free and found.joined == ()


def test_expiries_too_thin_for_a_fit_are_named_and_nothing_is_claimed_of_them() -> None:
    thin = made_chain((APRIL, JUNE), np.array([90.0, 95.0, 100.0, 105.0]), smile)
    assert quality(fit_surface(thin, RATE).slices, 0.01) is None
    both = fit_surface(made_chain((APRIL, JUNE), STRIKES, smile), RATE).slices
    assert quality((replace(both[0], svi=None), both[1]), 0.01).joined == (APRIL,)  # type: ignore[union-attr]


def test_arbitrage_is_said_and_not_smoothed_over(chain: Chain) -> None:
    near, far = fit_surface(chain, RATE).slices
    assert near.svi is not None and far.svi is not None
    crossed = quality((near, replace(far, svi=replace(near.svi, a=near.svi.a * 0.5))), 0.01)
    assert crossed is not None and not crossed.calendar_free
    bent = quality((replace(near, svi=replace(near.svi, sigma=0.002, b=0.4)), far), 0.01)
    assert bent is not None and not bent.butterfly_free


def test_nothing_is_mispriced_where_every_quote_is_fair(chain: Chain) -> None:
    assert mispriced(chain, fit_surface(chain, RATE), FEE) == ()


@pytest.mark.parametrize(("by", "side"), [(0.12, "sell"), (-0.12, "buy")])
def test_the_one_quote_that_is_off_is_found_with_what_is_left_after_spread_and_fee(
    chain: Chain, by: float, side: str
) -> None:
    off = moved(chain, 92.0, by)
    (found,) = mispriced(off, fit_surface(off, RATE), FEE)
    assert (found.strike, found.right, found.side, found.expiry) == (92.0, "P", side, APRIL)
    assert found.edge == pytest.approx(0.12 - 0.02 - 0.0065, abs=0.012)
    assert found.errors > 2


def test_an_edge_smaller_than_spread_and_fee_is_none(chain: Chain) -> None:
    off = moved(chain, 92.0, 0.024)
    assert mispriced(off, fit_surface(off, RATE), FEE) == ()


def test_a_quote_is_judged_by_a_fit_that_left_it_out(chain: Chain) -> None:
    """The fit gives way to a quote that is off; without it, it does not."""
    off = moved(chain, 92.0, 0.12)
    slice_ = fit_surface(off, RATE).slices[0]
    at = int(np.flatnonzero(slice_.strikes == 92.0)[0])
    truth = float(smile(np.array(np.log(92.0 / slice_.forward)), np.array(0.1)))
    alone, together = abs(float(left_out(slice_)[at]) - truth), abs(float(slice_.vol(92.0)) - truth)
    assert alone < together


@needs_spy
def test_two_recorded_sessions_are_fitted_as_well_as_five_parameters_can() -> None:
    """All 21 are in ``make bench``: median 0.06 and 95th percentile 0.15 vol points, 60 % inside bid and ask, 94 %
    within five ticks of it, expiries of 7 to 180 days."""
    slices = [one for day in ("2026-07-22", "2026-08-14") for one in within(fit_surface(spy_chain(day), 0.0385))]
    errors = [one.rmse_vol_points for one in slices]
    weights = np.array([one.quotes for one in slices], dtype=float)
    assert len(slices) >= 36
    assert all(one.butterfly_free and one.calendar_free for one in slices)
    assert np.median(errors) <= 0.07 and np.quantile(errors, 0.95) <= 0.15
    assert np.average([one.inside_bid_ask for one in slices], weights=weights) >= 0.58
    assert np.average([one.within_ticks for one in slices], weights=weights) >= 0.94


def within(surface: Surface) -> list:  # type: ignore[type-arg]
    found = quality(surface.slices, 0.01)
    return [one for one in found.slices if 7 <= 365 * one.years <= 180] if found else []
