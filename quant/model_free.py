"""Model-free implied volatility: what a strip of out-of-the-money options pays for variance, whatever the smile.

The method of the Cboe Volatility Index (Cboe, "The CBOE Volatility Index - VIX", white paper of 2009, and Cboe
Volatility Index Mathematics Methodology): the premium of every quoted strike over its square adds up to the variance
until expiry; two expiries around 30 days are blended to 30.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from quant.black import OK, price
from quant.normal import Floats
from quant.smile import Smile
from quant.surface import Surface, row_years

DAYS, REACH_DAYS, SHORTEST_DAYS = 30.0, 15.0, 7.0
FEWEST_STRIKES = 5
_YEAR = 365.0


class Strip(NamedTuple):
    """One expiry's ``variance`` a year (0.04 is a volatility of 20 %); ``anchor`` is the strike where puts end and
    calls begin, the last one at or below the ``forward``; ``strikes`` how many premiums were added."""

    variance: float
    years: float
    forward: float
    anchor: float
    strikes: int


class ModelFree(NamedTuple):
    """``vol`` is a decimal a year, ``strips`` the one or two expiries it was blended from."""

    vol: float
    strips: tuple[Strip, ...]


def strip(
    strike: Floats, call: Floats, put: Floats, years: float, rate: float, forward: float | None = None
) -> Strip | None:
    """The variance of one expiry from mids of calls and puts at ascending strikes, NaN where there is no bid.

    From the anchor outwards a strike without a bid is passed over, and two of them in a row end the strip. At the
    anchor call and put count half each. ``forward`` None: by parity at the strike where call and put differ least.
    None where fewer than five strikes can be added up, or they add up to nothing.

    >>> strikes = np.arange(50.0, 200.0, 0.25)
    >>> fair = [price(call, 100.0, strikes, 0.1, 0.2, 1.0) for call in (True, False)]
    >>> round(strip(strikes, *fair, 0.1, 0.0).variance, 4)
    0.04
    """
    growth = float(np.exp(rate * years))
    call, put = (np.where(np.isfinite(premium), premium, np.nan) for premium in (call, put))
    if forward is None:
        forward = _parity_forward(strike, call, put, growth)
    below = np.flatnonzero((strike <= forward) & np.isfinite(call) & np.isfinite(put))
    if not (years > 0 and len(below)):
        return None
    at = int(below[-1])
    puts, calls = at - 1 - _outwards(put[:at][::-1]), at + 1 + _outwards(call[at + 1 :])
    used = np.concatenate([puts[::-1], [at], calls])
    if len(used) < FEWEST_STRIKES:
        return None
    premium = np.concatenate([put[puts[::-1]], [(call[at] + put[at]) / 2], call[calls]])
    k, anchor = strike[used], float(strike[at])
    total = 2 * growth * float(np.sum(_widths(k) / k**2 * premium))
    variance = (total - (forward / anchor - 1) ** 2) / years
    return Strip(variance, years, forward, anchor, len(used)) if 0 < variance < np.inf else None


def blend(near: tuple[float, float], far: tuple[float, float], days: float = DAYS) -> float:
    """The volatility ``days`` ahead from two (variance a year, years): total variance linear in time.

    The example of the white paper, page 9: options of 9 and of 37 days, VIX 61.22.

    >>> round(100 * blend((0.472767, 9 / 365), (0.366818, 37 / 365)), 2)
    61.22
    """
    (v1, t1), (v2, t2), t = near, far, days / _YEAR
    share = (t - t1) / (t2 - t1) if t2 > t1 else 0.0
    return float(np.sqrt(max((v1 * t1 * (1 - share) + v2 * t2 * share) / t, 0.0))) if t2 > t1 else float(np.sqrt(v1))


def model_free_vol(chain: Chain, surface: Surface, days: float = DAYS) -> ModelFree | None:
    """The model-free volatility of a chain ``days`` ahead; None where no expiry within 15 days of it has a strip.

    The strips are those of the expiries nearest to ``days`` on either side, none shorter than a week; one side alone
    counts flat. Rate and forwards are the surface's. American premiums are first made European: each quote with an
    implied volatility is priced again without early exercise. The sum itself assumes none.
    """
    mids = european_mids(chain, surface)
    years = row_years(chain)
    slices = [s for s in surface.slices if s.years * _YEAR >= SHORTEST_DAYS]
    before = _first_strip(chain, mids, years, [s for s in reversed(slices) if s.years * _YEAR <= days], surface.rate)
    after = _first_strip(chain, mids, years, [s for s in slices if s.years * _YEAR > days], surface.rate)
    strips = tuple(found for found in (before, after) if found is not None)
    if not any(abs(found.years * _YEAR - days) <= REACH_DAYS for found in strips):
        return None
    if len(strips) == 1:
        return ModelFree(float(np.sqrt(strips[0].variance)), strips)
    near, far = strips
    return ModelFree(blend((near.variance, near.years), (far.variance, far.years), days), strips)


def european_mids(chain: Chain, surface: Surface) -> Floats:
    """Mids of two-sided quotes, those of American options without the premium for early exercise; NaN elsewhere."""
    mids = chain.mid
    rows = np.flatnonzero(surface.status == OK) if chain.style == "american" else np.array([], np.intp)
    if len(rows):
        years = row_years(chain)[rows]
        forward, discount = surface.forward(years), np.exp(-surface.rate * years)
        european = price(chain.call[rows], forward, chain.strike[rows], years, surface.vols[rows], discount)
        mids[rows] = np.where(np.isfinite(european), np.minimum(european, mids[rows]), mids[rows])
    return mids


def _first_strip(chain: Chain, mids: Floats, years: Floats, slices: list[Smile], rate: float) -> Strip | None:
    found = (_slice_strip(chain, mids, years, one, rate) for one in slices)
    return next((one for one in found if one is not None), None)


def _slice_strip(chain: Chain, mids: Floats, years: Floats, smile: Smile, rate: float) -> Strip | None:
    """Of the rows that live as long as the smile, which tells roots of one expiry apart (SPX and SPXW)."""
    rows = np.flatnonzero((chain.expiry == np.datetime64(smile.expiry)) & (np.abs(years - smile.years) < 1e-9))
    strikes = np.unique(chain.strike[rows])
    call, put = np.full(len(strikes), np.nan), np.full(len(strikes), np.nan)
    place = np.searchsorted(strikes, chain.strike[rows])
    is_call = chain.call[rows]
    call[place[is_call]], put[place[~is_call]] = mids[rows[is_call]], mids[rows[~is_call]]
    forward = None if chain.style == "european" else smile.forward
    return strip(strikes, call, put, smile.years, rate, forward)


def _parity_forward(strike: Floats, call: Floats, put: Floats, growth: float) -> float:
    gap = np.abs(call - put)
    if not np.isfinite(gap).any():
        return float("nan")
    at = int(np.nanargmin(gap))
    return float(strike[at] + growth * (call[at] - put[at]))


def _outwards(premium: Floats) -> NDArray[np.intp]:
    """Which of the premiums, from the money outwards, come before two in a row that are missing."""
    bid = np.isfinite(premium)
    twice = np.flatnonzero(~bid[1:] & ~bid[:-1])
    return np.flatnonzero(bid[: twice[0]] if len(twice) else bid)


def _widths(strike: Floats) -> Floats:
    """Half the distance between a strike's neighbours; at the ends the distance to the only one."""
    gaps = np.diff(strike)
    return np.concatenate([gaps[:1], (gaps[1:] + gaps[:-1]) / 2, gaps[-1:]])
