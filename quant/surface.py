"""A volatility surface fitted to one chain: European on the parity forward, one smile an expiry, linear in between.

First version: American premiums are read as European ones, which is close for the out-of-the-money side it uses.
"""

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import ArrayLike, NDArray

from domain.chain import Chain
from domain.session import years_to_expiry, years_to_expiry_always
from domain.tick import tick_size
from quant.black import OK, Codes, explain, implied_vol
from quant.coin import in_dollars
from quant.forward import implied_forward
from quant.normal import Floats
from quant.outliers import stray
from quant.smile import Smile, log_moneyness

__all__ = ["Smile", "Surface", "fit_surface", "iv30", "skew", "term"]

DAYS_A_YEAR = 365.0
FEWEST_STRIKES = 3
WIDEST = 3.0  # ask over bid; the mid of a wider quote says little
STALE_GAP, STALE_YEARS = 0.01, 45 / 365  # more than a dividend explains in that time
Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Surface:
    """``vols`` and ``status`` have one entry a row of the chain: the vol of the row's own mid, NaN unless ``OK``.

    ``slices`` ascend by expiry; ``problems`` are sentences about expiries left out and inputs assumed.
    """

    ticker: str
    quote_time: datetime
    spot: float
    rate: float
    slices: tuple[Smile, ...]
    vols: Floats
    status: Codes
    problems: tuple[str, ...]

    def vol(self, strike: ArrayLike, years: ArrayLike) -> Floats:
        """Vol at any strike and time: total variance linear in time at equal log-moneyness, flat vol outside.

        NaN without slices.
        """
        k, t = np.broadcast_arrays(np.asarray(strike, dtype=np.float64), np.asarray(years, dtype=np.float64))
        if not self.slices:
            return np.full(k.shape, np.nan)
        moneyness = log_moneyness(k, self.forward(t))
        return self._through_time(np.array([smile.vol_at(moneyness) for smile in self.slices]), t)

    def forward(self, years: ArrayLike) -> Floats:
        """Forward at any time: log growth linear between slices, from 0 now; at the last slice's pace beyond it."""
        t = np.asarray(years, dtype=np.float64)
        times = np.array([0.0, *(smile.years for smile in self.slices)])
        growth = np.log(np.array([self.spot, *(smile.forward for smile in self.slices)]) / self.spot)
        pace = growth[-1] / times[-1] if self.slices else self.rate
        within = np.interp(t, times, growth) + pace * np.maximum(t - times[-1], 0.0)
        return np.asarray(self.spot * np.exp(within))

    def at_days(self, days: float) -> float | None:
        """Vol at the forward, ``days`` calendar days ahead; None if there is no slice."""
        return self.between([smile.atm for smile in self.slices], days)

    def between(self, vols: list[float], days: float) -> float | None:
        """One vol a slice, read ``days`` ahead in total variance; None if there is no slice."""
        if not self.slices:
            return None
        return float(self._through_time(np.array(vols)[:, None], np.array([days / DAYS_A_YEAR]))[0])

    def slice_for(self, expiry: date) -> Smile | None:
        return next((smile for smile in self.slices if smile.expiry == expiry), None)

    def _through_time(self, vols: Floats, years: Floats) -> Floats:
        """Vols (slices first) at the slices' times, read at ``years`` in total variance."""
        times = np.array([smile.years for smile in self.slices])
        right = np.clip(np.searchsorted(times, years), 1, max(len(times) - 1, 1))
        left = right - 1
        right = np.minimum(right, len(times) - 1)
        pick = np.indices(years.shape)
        first, last = vols[(left, *pick)], vols[(right, *pick)]
        span = np.where(right > left, times[right] - times[left], 1.0)
        share = (years - times[left]) / span
        t = np.clip(years, times[0], times[-1])
        total = (1 - share) * first**2 * times[left] + share * last**2 * times[right]
        between = np.sqrt(np.maximum(total, 0.0) / t)
        return np.asarray(np.where(years <= times[0], vols[0], np.where(years >= times[-1], vols[-1], between)))


def fit_surface(chain: Chain, rate: float | None) -> Surface:
    """The surface at the chain's own ``quote_time``; ``rate`` decimal, continuously compounded, None counts as 0.

    Never raises on bad quotes: a row says by its status why it has no vol, and an expiry that is over or has fewer
    than three usable strikes is left out and named in ``problems``. Where several roots share an expiry (SPX and
    SPXW), the forward and the smile are those of the root with more two-sided quotes. Premiums in coin are read as
    dollars at their expiry's forward, which is undiscounted, so that no rate enters.
    """
    if chain.inverse:
        chain, rate = in_dollars(chain), 0.0
    years = row_years(chain)
    known_rate = rate if rate is not None and np.isfinite(rate) else 0.0
    discounts = np.exp(-known_rate * years)
    leading = _leading_roots(chain, years)
    forwards = _parity_forwards(chain, leading, years, known_rate)
    vols, status = implied_vol(chain.call, chain.mid, forwards, chain.strike, years, discounts)
    status = explain(status, chain.bid, chain.ask)
    fitted = []
    for expiry, rows in leading.items():
        keep = _smile_rows(chain, rows, forwards, vols, status)
        at = rows[0]
        forward, discount = float(forwards[at]), float(discounts[at])
        fitted.append(Smile(expiry, float(years[at]), forward, discount, chain.strike[keep], vols[keep]))
    slices = tuple(smile for smile in fitted if not _unfit(smile))
    problems = (*_doubts(chain, rate, slices), *(reason for smile in fitted if (reason := _unfit(smile))))
    return Surface(chain.ticker, chain.quote_time, chain.spot, known_rate, slices, vols, status, problems)


def row_years(chain: Chain) -> Floats:
    """Years from the chain's quotes to each row's own last moment; 0 or less when it is over, NaN without an expiry."""
    years = np.full(len(chain), np.nan)
    dated = ~np.isnat(chain.expiry)
    if chain.hours == "always":
        years[dated] = years_to_expiry_always(chain.expiry[dated], chain.quote_time)
        return years
    for root in np.unique(chain.root):
        rows = dated & (chain.root == root)
        years[rows] = years_to_expiry(chain.expiry[rows], chain.quote_time, str(root))
    return years


def iv30(surface: Surface) -> float | None:
    """Vol at the forward 30 calendar days ahead, decimal; None if the surface has no slice."""
    return surface.at_days(30)


def skew(surface: Surface, days: float = 30, delta: float = 0.25) -> float | None:
    """Put vol minus call vol at that forward delta, ``days`` ahead, decimal; None if the surface has no slice."""
    put = surface.between([smile.delta_vol(delta, call=False) for smile in surface.slices], days)
    call = surface.between([smile.delta_vol(delta, call=True) for smile in surface.slices], days)
    return None if put is None or call is None else put - call


def term(surface: Surface) -> tuple[tuple[date, float, float], ...]:
    """(expiry, days to it, vol at the forward) for every slice."""
    return tuple((smile.expiry, smile.years * DAYS_A_YEAR, smile.atm) for smile in surface.slices)


def _leading_roots(chain: Chain, years: Floats) -> dict[date, Rows]:
    """For every expiry, ascending, the rows of the living root with most two-sided quotes."""
    quoted = np.where(years > 0, chain.two_sided, -1.0)
    days = chain.expiry.astype("datetime64[D]")
    leading = {}
    for day in np.unique(days[~np.isnat(days)]):
        rows = np.flatnonzero(days == day)
        roots, inverse = np.unique(chain.root[rows], return_inverse=True)
        most = np.argmax(np.bincount(inverse, weights=quoted[rows], minlength=len(roots)))
        leading[day.item()] = rows[inverse == most]
    return leading


def _parity_forwards(chain: Chain, leading: dict[date, Rows], years: Floats, rate: float) -> Floats:
    """The forward of each row's expiry; NaN where there is none."""
    mid, days = chain.mid, chain.expiry.astype("datetime64[D]")
    forwards = np.full(len(chain), np.nan)
    for expiry, rows in leading.items():
        quoted, call = np.isfinite(mid[rows]), chain.call[rows]
        call_strikes, calls = _first_of_each(chain.strike, rows[quoted & call])
        put_strikes, puts = _first_of_each(chain.strike, rows[quoted & ~call])
        strikes, i, j = np.intersect1d(call_strikes, put_strikes, assume_unique=True, return_indices=True)
        at = float(years[rows[0]])
        forward, _ = implied_forward(strikes, mid[calls[i]], mid[puts[j]], chain.spot, at, rate)
        forwards[days == np.datetime64(expiry)] = forward
    return forwards


def _smile_rows(chain: Chain, rows: Rows, forwards: Floats, vols: Floats, status: Codes) -> Rows:
    """The quotes a smile is made of, one a strike, ascending: out of the money, solved, above a tick, not too wide."""
    mid, narrow = chain.mid, chain.bid >= chain.ask / WIDEST
    out_of_the_money = chain.call[rows] == (chain.strike[rows] >= forwards[rows])
    priced = (status[rows] == OK) & (mid[rows] > tick_size(chain.tick_class, 0.0, 1)) & narrow[rows]
    strikes, keep = _first_of_each(chain.strike, rows[out_of_the_money & priced])
    return keep[~stray(np.log(strikes), vols[keep])]


def _unfit(smile: Smile) -> str:
    """Why this cannot be a slice; empty if it can."""
    if not smile.years > 0:
        return f"{smile.expiry}: expired"
    if len(smile.strikes) < FEWEST_STRIKES:
        return f"{smile.expiry}: {len(smile.strikes)} usable strikes, {FEWEST_STRIKES} needed"
    return ""


def _doubts(chain: Chain, rate: float | None, slices: tuple[Smile, ...]) -> list[str]:
    """What had to be assumed, and a spot that the nearest options contradict (one of them is stale)."""
    doubts = [] if rate is not None and np.isfinite(rate) else ["no interest rate: 0 assumed"]
    if not 0 < chain.spot < np.inf:
        doubts.append(f"the spot {chain.spot} is no price: no vol can be had")
    elif slices and slices[0].years <= STALE_YEARS:
        near = slices[0].forward * slices[0].discount
        if not abs(near / chain.spot - 1) <= STALE_GAP:
            doubts.append(f"the spot is {chain.spot:g}, but the options of {slices[0].expiry} put it at {near:.2f}")
    return doubts


def _first_of_each(strike: Floats, rows: Rows) -> tuple[Floats, Rows]:
    """The distinct strikes among ``rows``, ascending, and the first row of each."""
    strikes, first = np.unique(strike[rows], return_index=True)
    return strikes, rows[first]
