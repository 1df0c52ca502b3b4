"""Chains of inverse options (premium in coin) read in dollars."""

from dataclasses import replace

import numpy as np

from domain.chain import Chain
from quant.normal import Floats

NEAREST_PAIRS = 7


def in_dollars(chain: Chain) -> Chain:
    """The chain with bid, ask and last in dollars: coins times the forward of the row's expiry.

    That is the undiscounted premium, what Black's formula with a discount of 1 prices. A chain in dollars comes back as
    it is; an expiry without a forward (``coin_forwards``) has NaN prices.
    """
    if not chain.inverse:
        return chain
    forwards = coin_forwards(chain)
    dollars = {name: getattr(chain, name) * forwards for name in ("bid", "ask", "last")}
    return replace(chain, inverse=False, forward=forwards, **dollars)


def coin_forwards(chain: Chain) -> Floats:
    """The forward of each row's expiry: the venue's own, else by parity in coin, else the spot.

    A call less a put of one strike is worth 1 - strike / forward coins, so forward = strike / (1 - call + put); the
    median of the strikes nearest the money counts.
    """
    told = np.full(len(chain), np.nan) if chain.forward is None else chain.forward
    found = np.where(told > 0, told, np.nan)
    for expiry in np.unique(chain.expiry[np.isnan(found) & ~np.isnat(chain.expiry)]):
        rows = chain.expiry == expiry
        known = found[rows][np.isfinite(found[rows])]
        forward = float(np.median(known)) if len(known) else _parity(chain, rows)
        found[rows & np.isnan(found)] = forward
    return found


def _parity(chain: Chain, rows: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> float:
    mid = chain.mid
    quoted = rows & np.isfinite(mid)
    calls, puts = quoted & chain.call, quoted & ~chain.call
    strikes, i, j = np.intersect1d(chain.strike[calls], chain.strike[puts], return_indices=True)
    gap = mid[calls][i] - mid[puts][j]
    usable = gap < 1
    if not usable.any():
        return chain.spot if chain.spot > 0 else float("nan")
    nearest = np.argsort(np.abs(gap[usable]), kind="stable")[:NEAREST_PAIRS]
    return float(np.median((strikes[usable] / (1 - gap[usable]))[nearest]))
