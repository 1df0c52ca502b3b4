"""American quotes read as European ones: forward, dividends, rate and early exercise found together."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from domain.chain import Chain
from quant.american import price
from quant.carry import Carry
from quant.dividends import dividends_between
from quant.surface import Surface, fit_surface, iv30, row_years
from tests.quant.made import made_chain
from tests.quant.recorded import needs_spy, spy_chain

EXPIRIES = tuple(date(2026, *day) for day in ((3, 20), (4, 17), (5, 15), (6, 18), (9, 18)))
STRIKES = np.arange(60.0, 145.0, 1.0)
RATE = 0.045
PAYS = ((0.09, 0.9), (0.34, 0.9))  # before the April and before the September expiry


def smile(moneyness: np.ndarray, years: np.ndarray) -> np.ndarray:
    return 0.22 - 0.15 * moneyness + 0.3 * moneyness**2 + 0 * years


def american_chain(carry: Carry, half_spread: float = 0.005) -> Chain:
    """Quotes around true American values under one carry."""
    blank = made_chain(EXPIRIES, STRIKES, style="american")
    years = row_years(blank)
    vol = smile(np.log(blank.strike / carry.forward(years)), years)
    fair = price(blank.call, blank.strike, years, vol, carry)
    return replace(blank, bid=np.maximum(fair - half_spread, 0.0), ask=fair + half_spread)


@pytest.fixture(scope="module")
def chain() -> Chain:
    return american_chain(Carry(100.0, RATE, dividends=PAYS))


@pytest.fixture(scope="module")
def surface(chain: Chain) -> Surface:
    return fit_surface(chain, RATE)


def test_the_forwards_are_those_the_quotes_were_made_with(surface: Surface) -> None:
    truth = Carry(100.0, RATE, dividends=PAYS)
    for found in surface.slices:
        assert found.forward == pytest.approx(float(truth.forward(found.years)), abs=0.06)


def test_vols_at_the_money_come_back_and_read_as_european_they_are_too_high(chain: Chain, surface: Surface) -> None:
    naive = fit_surface(replace(chain, style="european"), RATE)
    for found, raw in zip(surface.slices, naive.slices, strict=True):
        assert found.atm == pytest.approx(0.22, abs=6e-4)
        assert raw.atm > found.atm
    assert 100 * (iv30(naive) - iv30(surface)) > 0.1


def test_dividends_that_nobody_told_are_found_between_their_expiries(surface: Surface) -> None:
    found = surface.carries[-1].dividends
    assert [amount for _, amount in found] == pytest.approx([0.9, 0.9], abs=0.08)
    years = [smile.years for smile in surface.slices]
    assert years[0] < found[0][0] < years[1] and years[3] < found[1][0] < years[4]


def test_a_rate_that_nobody_told_is_read_off_the_quotes_and_said(chain: Chain) -> None:
    found = fit_surface(chain, None)
    assert found.rate == pytest.approx(RATE, abs=0.006)
    assert "implied by put-call parity" in found.problems[0]
    assert found.slices[1].atm == pytest.approx(0.22, abs=1e-3)


def test_a_stale_spot_changes_nothing_but_the_doubt_about_it(chain: Chain, surface: Surface) -> None:
    stale = fit_surface(replace(chain, spot=100.3), RATE)
    for one, other in zip(stale.slices, surface.slices, strict=True):
        assert one.forward == pytest.approx(other.forward, abs=0.02)
        assert one.atm == pytest.approx(other.atm, abs=5e-4)


def test_without_dividends_none_are_found_and_calls_lose_nothing() -> None:
    found = fit_surface(american_chain(Carry(100.0, RATE)), RATE)
    assert all(carry.dividends == () for carry in found.carries)
    assert found.slices[-1].forward == pytest.approx(100 * np.exp(RATE * found.slices[-1].years), abs=0.02)


def test_without_interest_or_dividends_american_is_european() -> None:
    made = american_chain(Carry(100.0, 0.0))
    american, european = fit_surface(made, 0.0), fit_surface(replace(made, style="european"), 0.0)
    for one, other in zip(american.slices, european.slices, strict=True):
        assert one.atm == pytest.approx(other.atm, abs=1e-4)


def test_a_yield_below_the_threshold_is_no_dividend() -> None:
    years = np.array([0.02, 0.1, 0.2])
    assert dividends_between(years, 100 * np.exp(-0.003 * years), 100.0, 0.0) == ()


def test_a_step_that_two_close_expiries_share_is_one_dividend() -> None:
    years = np.array([0.05, 0.08, 0.10, 0.15])
    lacking = np.array([0.0, 0.5, 0.9, 0.9])
    (found,) = dividends_between(years, 100 - lacking, 100.0, 0.0)
    assert (found.at, found.amount) == (pytest.approx(0.065), pytest.approx(0.9))


def test_an_expiry_without_a_forward_is_passed_over() -> None:
    years, forwards = np.array([0.05, 0.08, 0.15]), np.array([100.0, np.nan, 99.0])
    assert [one.amount for one in dividends_between(years, forwards, 100.0, 0.0)] == [pytest.approx(1.0)]


@needs_spy
@pytest.mark.parametrize("day", ["2026-07-24", "2026-08-20"])
def test_spy_pays_its_september_dividend_and_its_vols_come_down(day: str) -> None:
    chain = spy_chain(day)
    surface, naive = fit_surface(chain, 0.0385), fit_surface(replace(chain, style="european"), 0.0385)
    first, amount = surface.carries[-1].dividends[0]
    ex_date = (date(2026, 9, 18) - chain.session).days / 365
    assert first == pytest.approx(ex_date, abs=8 / 365)
    assert 1.5 < amount < 2.2  # it paid 1.83 a year before
    assert 0.05 < 100 * (iv30(naive) - iv30(surface)) < 0.5
