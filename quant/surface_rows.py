"""Which rows of a chain a surface is made of."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from domain.chain import Chain
from domain.session import years_to_expiry, years_to_expiry_always
from domain.tick import tick_size
from quant.black import OK, Codes
from quant.forward import implied_forward
from quant.normal import Floats
from quant.outliers import stray
from quant.parity import Pairs

FEWEST_STRIKES = 3
WIDEST = 3.0  # ask over bid; the mid of a wider quote says little
Rows = NDArray[np.intp]
Flags = NDArray[np.bool_]


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


def adjusted_rows(chain: Chain) -> Flags:
    """Classes that the OCC numbered after a corporate action (XYZ1) beside the ticker's own."""
    roots, inverse = np.unique(chain.root, return_inverse=True)
    odd = [str(root) != chain.ticker and str(root)[-1:].isdigit() for root in roots]
    return np.asarray(np.array(odd, dtype=bool)[inverse]) if len(chain) else np.zeros(0, dtype=bool)


def leading_roots(chain: Chain, years: Floats) -> dict[date, Rows]:
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


def parity_forwards(chain: Chain, leading: dict[date, Rows], years: Floats, rate: float) -> Floats:
    """The forward of each row's expiry, quotes read as European; NaN where there is none."""
    days = chain.expiry.astype("datetime64[D]")
    forwards, mid = np.full(len(chain), np.nan), chain.mid
    for expiry, rows in leading.items():
        pairs = pairs_of(chain, rows, float(years[rows[0]]))
        forward, _ = implied_forward(
            pairs.strike, mid[pairs.call_row], mid[pairs.put_row], chain.spot, pairs.years, rate
        )
        forwards[days == np.datetime64(expiry)] = forward
    return forwards


def pairs_of(chain: Chain, rows: Rows, years: float) -> Pairs:
    """Strikes at which both the call and the put among ``rows`` have a mid."""
    mid, call = chain.mid[rows], chain.call[rows]
    quoted = np.isfinite(mid)
    half = np.where(quoted, chain.ask[rows], 0.0) - np.where(quoted, mid, 0.0)
    call_strikes, calls = first_of_each(chain.strike[rows], np.flatnonzero(quoted & call))
    put_strikes, puts = first_of_each(chain.strike[rows], np.flatnonzero(quoted & ~call))
    strikes, i, j = np.intersect1d(call_strikes, put_strikes, assume_unique=True, return_indices=True)
    c, p = calls[i], puts[j]
    return Pairs(years, strikes, rows[c], rows[p], mid[c] - mid[p], np.hypot(half[c], half[p]))


def smile_rows(chain: Chain, rows: Rows, forwards: Floats, vols: Floats, status: Codes) -> Rows:
    """The quotes a smile is made of, one a strike, ascending: out of the money, solved, above a tick, not too wide."""
    mid, narrow = chain.mid[rows], chain.bid[rows] >= chain.ask[rows] / WIDEST
    out_of_the_money = chain.call[rows] == (chain.strike[rows] >= forwards[rows])
    priced = (status[rows] == OK) & (mid > tick_size(chain.tick_class, 0.0, 1)) & narrow
    strikes, keep = first_of_each(chain.strike, rows[out_of_the_money & priced])
    return keep[~stray(np.log(strikes), vols[keep])]


def first_of_each(strike: Floats, rows: Rows) -> tuple[Floats, Rows]:
    """The distinct strikes among ``rows``, ascending, and the first row of each."""
    strikes, first = np.unique(strike[rows], return_index=True)
    return strikes, rows[first]
