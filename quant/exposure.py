"""What dealers and open positions imply: gamma exposure, max pain, put/call ratios.

Convention: dealers are long the calls and short the puts customers hold, so calls count + and puts -.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from quant.black import gamma
from quant.normal import Floats
from quant.surface import Surface, row_years

_REACH, _STEPS = 0.20, 41  # zero gamma is looked for within 20 % of the spot


class Exposure(NamedTuple):
    """Gamma exposure in account dollars of delta per 1 % move of the spot.

    ``total`` None when no live row has both open interest and a vol; ``by_strike`` is (strikes ascending, values);
    ``zero_gamma`` the spot nearest today's where the total changes sign, None if there is none within 20 %.
    """

    total: float | None
    by_strike: tuple[Floats, Floats]
    zero_gamma: float | None


def gamma_exposure(chain: Chain, surface: Surface) -> Exposure:
    """Gamma * open interest * multiplier * spot^2 / 100, calls +, puts -; rows expired at the quote time are left out.

    Vols are the surface's at each row's strike and expiry, the row's own where the surface has no slice.
    """
    rows, weight = _live_open_interest(chain)
    strike, years = chain.strike[rows], row_years(chain)[rows]
    vols = surface.vol(strike, years)
    vols = np.where(np.isfinite(vols), vols, surface.vols[rows])
    known = np.isfinite(vols) & (0 < chain.spot < np.inf)
    if not known.any():
        return Exposure(None, (np.empty(0), np.empty(0)), None)
    strike, years, vols, weight = strike[known], years[known], vols[known], weight[known]
    growth = surface.forward(years) / surface.spot
    discount = np.exp(-surface.rate * years)

    def exposures(spot: float) -> Floats:
        return np.asarray(gamma(spot, spot * growth, strike, years, vols, discount) * weight * spot**2 / 100)

    today = exposures(chain.spot)
    strikes, inverse = np.unique(strike, return_inverse=True)
    spots = chain.spot * np.linspace(1 - _REACH, 1 + _REACH, _STEPS)
    profile = np.array([exposures(spot).sum() for spot in spots])
    by_strike = np.asarray(np.bincount(inverse, weights=today), dtype=np.float64)
    return Exposure(float(today.sum()), (strikes, by_strike), _nearest_root(spots, profile, chain.spot))


def max_pain(strike: Floats, call: NDArray[np.bool_], open_interest: Floats) -> float | None:
    """The listed strike at which holders of one expiry's options would be paid least; None without open interest.

    Unknown open interest (NaN) counts as none; of equal strikes the lowest is taken.
    """
    held = np.isfinite(open_interest) & (open_interest > 0)
    if not held.any():
        return None
    candidates = np.unique(strike)
    strikes, inverse = np.unique(strike[held], return_inverse=True)
    calls = np.bincount(inverse, weights=open_interest[held] * call[held])
    puts = np.bincount(inverse, weights=open_interest[held] * ~call[held])
    gap = candidates[:, None] - strikes
    paid = np.maximum(gap, 0.0) @ calls + np.maximum(-gap, 0.0) @ puts
    return float(candidates[int(np.argmin(paid))])


def put_call(chain: Chain) -> tuple[float | None, float | None, float | None]:
    """Puts over calls of the whole chain: by volume, by open interest, by premium traded (volume * mid, else last).

    None where no call counts.
    """
    mid = chain.mid
    premium = chain.volume * np.where(np.isfinite(mid), mid, chain.last)
    volume_ratio, oi_ratio, premium_ratio = (
        _puts_over_calls(chain.call, x) for x in (chain.volume, chain.open_interest, premium)
    )
    return volume_ratio, oi_ratio, premium_ratio


def _live_open_interest(chain: Chain) -> tuple[NDArray[np.intp], Floats]:
    """Rows alive at the quote time with open interest, and their signed units of underlying."""
    rows = np.flatnonzero((row_years(chain) > 0) & np.isfinite(chain.open_interest) & (chain.open_interest > 0))
    sign = np.where(chain.call[rows], 1.0, -1.0)
    return rows, np.asarray(sign * chain.open_interest[rows] * chain.multiplier)


def _puts_over_calls(call: NDArray[np.bool_], amount: Floats) -> float | None:
    calls, puts = float(np.nansum(amount[call])), float(np.nansum(amount[~call]))
    return puts / calls if calls > 0 else None


def _nearest_root(x: Floats, y: Floats, centre: float) -> float | None:
    """Where y changes sign, by linear interpolation, nearest to ``centre``."""
    left = np.flatnonzero(np.sign(y[:-1]) * np.sign(y[1:]) < 0)
    if not len(left):
        return None
    roots = x[left] - y[left] * (x[left + 1] - x[left]) / (y[left + 1] - y[left])
    return float(roots[int(np.argmin(np.abs(roots - centre)))])
