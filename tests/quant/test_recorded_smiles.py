"""SVI, SSVI and SABR on a recorded SPY session: how near each is, and what stands in for a thin expiry."""

from functools import cache

import numpy as np
import pytest

from quant import svi_sweep
from quant.sabr import fit_sabr
from quant.smile import Smile, log_moneyness
from quant.ssvi import fit_ssvi
from quant.surface import fit_surface
from quant.svi import calendar_gaps
from quant.svi_fit import Quotes, padded
from tests.quant.recorded import needs_spy, spy_chain

pytestmark = needs_spy


@cache
def session() -> tuple[tuple[Smile, ...], tuple[np.ndarray, ...], Quotes]:
    """Expiries of 7 to 180 days, which strikes of each lie within three deviations, and those as quotes."""
    smiles = [s for s in fit_surface(spy_chain("2026-08-20"), 0.038).slices if 7 <= 365 * s.years <= 180]
    near = [np.abs(log_moneyness(s.strikes, s.forward)) <= 3 * s.deviation for s in smiles]
    rows = [
        (log_moneyness(s.strikes, s.forward)[n], s.vols[n] ** 2 * s.years, 1 / (2 * s.vols[n] * s.years))
        for s, n in zip(smiles, near, strict=True)
    ]
    return tuple(smiles), tuple(near), padded(rows, np.array([s.deviation for s in smiles]))


def points_off(total_variance: np.ndarray, smile: Smile, near: np.ndarray) -> float:
    return 100 * float(np.sqrt(np.mean((np.sqrt(total_variance / smile.years) - smile.vols[near]) ** 2)))


def test_compiled_svi_is_within_six_hundredths_of_a_point_of_most_expiries():
    smiles, near, quotes = session()
    fits = svi_sweep.fit_slices(quotes)
    off = [points_off(fits.slice(i).variance(quotes.k[i][: n.sum()]), smiles[i], n) for i, n in enumerate(near)]
    assert len(off) > 15 and np.median(off) < 0.06 and max(off) < 0.25


def test_ssvi_is_within_a_point_of_every_expiry_and_carries_no_arbitrage():
    smiles, near, quotes = session()
    surface = fit_ssvi(quotes, [s.years for s in smiles])
    slices = [surface.at(s.years) for s in smiles]
    off = [points_off(s.variance(quotes.k[i][: near[i].sum()]), smiles[i], near[i]) for i, s in enumerate(slices)]
    assert np.median(off) < 0.6 and max(off) < 1.5
    assert max(s.butterfly() for s in slices) == 0.0 and max(calendar_gaps(slices)) == 0.0


def test_two_quotes_of_an_expiry_and_the_other_expiries_tell_its_smile_within_a_point_and_a_half():
    smiles, near, quotes = session()
    years = np.array([s.years for s in smiles])
    for i in range(1, len(smiles) - 1, 4):
        weight = quotes.weight.copy()
        weight[i] = 0.0
        others = fit_ssvi(Quotes(quotes.k, quotes.w, weight, quotes.unit), years)
        count = int(near[i].sum())
        two = [count // 4, count // 2]
        thin = others.through(quotes.k[i][two], quotes.w[i][two], quotes.weight[i][two])
        assert points_off(thin.variance(quotes.k[i][:count]), smiles[i], near[i]) < 1.5


@pytest.mark.parametrize("beta", [0.5, 1.0])
def test_sabr_is_a_fifth_of_a_point_off_in_the_middle_of_the_expiries(beta):
    smiles, near, _ = session()
    off = []
    for smile, n in list(zip(smiles, near, strict=True))[::3]:
        found = fit_sabr(smile.forward, smile.strikes[n], smile.vols[n], 1.0, smile.years, beta)
        vols = found.vol(smile.forward, smile.strikes[n], smile.years)
        off.append(points_off(vols**2 * smile.years, smile, n))
    assert np.median(off) < 0.4 and max(off) < 1.0
