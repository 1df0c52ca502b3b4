"""The engine on recorded SPY sessions: every row answered, fast, and near what Cboe publishes."""

import numpy as np
import pytest

from quant.black import CROSSED, NO_ASK, NO_BID, NO_PRICE, OK
from quant.exposure import exposure, open_lines
from quant.open_interest import max_pain
from quant.surface import fit_surface, iv30, skew
from tests.quant.recorded import SPY, needs_spy, spy_chain, underlying

pytestmark = needs_spy
RATE = 0.038
SESSIONS = ["2026-07-22", "2026-07-29", "2026-08-04", "2026-08-17", "2026-08-20"]


@pytest.mark.parametrize("day", SESSIONS)
def test_iv30_is_within_half_a_vol_point_of_cboes(day):
    # Over all 21 sessions the difference lies between -0.01 and +0.44 points; Cboe's formula is not published.
    found = iv30(fit_surface(spy_chain(day), RATE))
    assert 100 * found == pytest.approx(float(underlying().loc[day, "iv30"]), abs=0.5)


def test_out_of_the_money_vols_are_near_the_vendors():
    chain = spy_chain("2026-08-20")
    surface = fit_surface(chain, RATE)
    wings = (chain.call == (chain.strike > chain.spot)) & (surface.status == OK) & (chain.iv > 0)
    gap = np.abs(surface.vols - chain.iv)[wings]
    assert wings.sum() > 5000
    assert np.median(gap) < 0.002 and np.quantile(gap, 0.9) < 0.006


def test_every_row_of_fourteen_thousand_has_an_answer():
    chain = spy_chain("2026-08-20")
    surface = fit_surface(chain, RATE)
    assert np.array_equal(np.isfinite(surface.vols), surface.status == OK)
    assert np.all(np.isin(surface.status, [NO_PRICE, NO_BID, NO_ASK, CROSSED]) <= ~chain.two_sided)
    assert (surface.status == OK).mean() > 0.84
    assert len(surface.slices) > 30 and surface.problems == ("2026-08-20: expired",)


def test_the_surface_is_sane():
    surface = fit_surface(spy_chain("2026-08-20"), RATE)
    assert 0.01 < skew(surface) < 0.10
    for smile in surface.slices:
        bound = 0.01 if smile.years < 1 else 0.025
        assert smile.forward == pytest.approx(surface.spot * np.exp(0.03 * smile.years), rel=bound)
        assert smile.vols.min() > 0.03 and smile.vols.max() < 3
    totals = [smile.atm**2 * smile.years for smile in surface.slices]
    assert np.all(np.diff(totals) > 0)


def test_open_interest_says_something():
    chain = spy_chain("2026-08-20")
    found = exposure(open_lines(chain, fit_surface(chain, RATE)))
    assert 1e8 < abs(found.gex_total) < 1e11
    assert found.zero_gamma == pytest.approx(chain.spot, rel=0.05)
    september = chain.expiry == np.datetime64("2026-09-18")
    pinned = max_pain(chain.strike[september], chain.call[september], chain.open_interest[september])
    assert pinned == pytest.approx(chain.spot, rel=0.1)


def test_all_sessions_are_there():
    assert len(list(SPY.glob("SPY_*.csv.gz"))) == len(underlying()) == 21
