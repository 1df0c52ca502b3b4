"""From the quotes of one chain to a volatility surface: European on the parity forward, one fitted smile an expiry."""

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from domain.chain import Chain
from quant.black import BAD_INPUT, Codes, explain, implied_vol
from quant.carry import Carry
from quant.coin import in_dollars
from quant.european import European, Listing, solve
from quant.normal import Floats
from quant.parity import Pairs
from quant.smile import Smile
from quant.smile_fit import fit_smiles
from quant.surface_model import DAYS_A_YEAR, Surface, iv30, skew, term
from quant.surface_rows import (
    FEWEST_STRIKES,
    Flags,
    Rows,
    adjusted_rows,
    leading_roots,
    pairs_of,
    parity_forwards,
    row_years,
    smile_rows,
)  # fmt: skip

__all__ = ["DAYS_A_YEAR", "Smile", "Surface", "fit_surface", "iv30", "row_years", "skew", "term"]

PASSES = 3  # looks at early exercise, each with the vols that the one before left
WEEK = 7 / 365
STILL = 0.004  # vol at the money: what exercise is worth does not change by more than a hundredth of a tick a point
STALE_GAP, STALE_YEARS = 0.01, 45 / 365  # more than a dividend explains in that time


@dataclass(frozen=True, eq=False)
class _Sides:
    """One entry a row: premiums as those of European options, the row's forward and discount."""

    bid: Floats
    mid: Floats
    ask: Floats
    forward: Floats
    discount: Floats


def fit_surface(chain: Chain, rate: float | None) -> Surface:
    """The surface at the chain's own ``quote_time``; ``rate`` decimal, continuously compounded. None: the rate that
    the chain's own put-call parity implies, 0 where it tells none.

    American premiums are read less what the right to exercise early is worth (``quant.european``); the smiles are SVI
    where six quotes allow it, without butterfly or calendar arbitrage. Never raises on bad quotes: a row says by its
    status why it has no vol, and an expiry that is over or has fewer than three usable strikes is left out and named
    in ``problems``. Where several roots share an expiry (SPX and SPXW), the forward and the smile are those of the root
    with more two-sided quotes; roots of adjusted contracts (XYZ1) deliver something else and have no vols. Premiums in
    coin are read as dollars at their expiry's forward, which is undiscounted, so that no rate enters.
    """
    if chain.inverse:
        chain, rate = in_dollars(chain), 0.0
    known = rate if rate is not None and np.isfinite(rate) else None
    years, adjusted = row_years(chain), adjusted_rows(chain)
    leading = leading_roots(chain, np.where(adjusted, np.nan, years))
    told = known or 0.0
    forwards = parity_forwards(chain, leading, years, told)
    sides = _Sides(chain.bid, chain.mid, chain.ask, forwards, np.exp(-told * years))
    vols, status = _vols(chain, years, sides)
    joined = _joined(chain, leading, years, sides, vols, status)
    european = None
    for _ in range(PASSES if chain.style == "american" else 1):
        smiles = tuple(smile for smile, _ in joined)
        if not smiles or (known is not None and chain.style != "american"):
            break
        european = _solved(chain, leading, smiles, known, european)
        sides = _without_exercise(chain, leading, smiles, years, sides, european)
        vols, status = _vols(chain, years, sides)
        joined = _joined(chain, leading, years, sides, vols, status)
        if _moved(smiles, tuple(smile for smile, _ in joined)) <= STILL:
            break
    smiles = _with_sides(chain, joined, years, sides)
    status[adjusted], vols[adjusted] = BAD_INPUT, np.nan
    status = explain(status, chain.bid, chain.ask)
    slices = fit_smiles(tuple(smile for smile in smiles if not _unfit(smile)))
    carries = _carries(european, smiles, slices)
    used = european.rate if european is not None else told
    problems = (
        *_doubts(chain, known, european, slices, adjusted),
        *(why for smile in smiles if (why := _unfit(smile))),
    )
    return Surface(
        chain.ticker, chain.quote_time, chain.spot, used, slices, vols, status, problems, chain.style, carries
    )  # fmt: skip


def _vols(chain: Chain, years: Floats, sides: _Sides) -> tuple[Floats, Codes]:
    return implied_vol(chain.call, sides.mid, sides.forward, chain.strike, years, sides.discount)


def _joined(
    chain: Chain, leading: dict[date, Rows], years: Floats, sides: _Sides, vols: Floats, status: Codes
) -> list[tuple[Smile, Rows]]:
    """One smile an expiry, of the out-of-the-money quotes (their rows); not fitted yet, those without a use too."""
    found = []
    for expiry, rows in leading.items():
        keep = smile_rows(chain, rows, sides.forward, vols, status)
        at = rows[0]
        forward, discount = float(sides.forward[at]), float(sides.discount[at])
        found.append((Smile(expiry, float(years[at]), forward, discount, chain.strike[keep], vols[keep]), keep))
    return found


def _with_sides(chain: Chain, joined: list[tuple[Smile, Rows]], years: Floats, sides: _Sides) -> tuple[Smile, ...]:
    """The smiles with the vols of their quotes' two sides."""
    every = np.concatenate([*(keep for _, keep in joined), np.empty(0, dtype=np.intp)])
    columns = [chain.call[every], sides.forward[every], chain.strike[every], years[every], sides.discount[every]]
    bids, _ = implied_vol(columns[0], sides.bid[every], *columns[1:])
    asks, _ = implied_vol(columns[0], sides.ask[every], *columns[1:])
    ends = np.cumsum([len(keep) for _, keep in joined])[:-1]
    split = zip(joined, np.split(np.nan_to_num(bids), ends), np.split(asks, ends), strict=True) if joined else ()
    return tuple(replace(smile, bid_vols=low, ask_vols=high) for (smile, _), low, high in split)


def _solved(
    chain: Chain, leading: dict[date, Rows], smiles: tuple[Smile, ...], rate: float | None, start: European | None
) -> European:
    """Every living expiry takes part, so that dividends are seen; one without a smile has the nearest one's vols."""
    usable = [smile for smile in smiles if not _unfit(smile)]
    nearest = [min(usable, key=lambda other: abs(other.years - one.years), default=None) for one in smiles]
    listings = []
    for smile, own in zip(smiles, nearest, strict=True):
        pairs = pairs_of(chain, leading[smile.expiry], smile.years)
        if own is None or not smile.years > 0:
            listings.append(Listing(Pairs.none(smile.years), np.zeros_like, smile.forward, np.nan))
        else:
            listings.append(Listing(pairs, own.vol, smile.forward, own.atm * float(np.sqrt(smile.years))))
    return solve(listings, chain.spot, rate, chain.style == "american", start)


def _without_exercise(
    chain: Chain, leading: dict[date, Rows], smiles: tuple[Smile, ...], years: Floats, sides: _Sides, european: European
) -> _Sides:
    premium, forward = np.zeros(len(chain)), sides.forward.copy()
    days = chain.expiry.astype("datetime64[D]")
    for i, smile in enumerate(smiles):
        rows = np.flatnonzero(days == np.datetime64(smile.expiry))
        found = european.forward(i, smile.years)
        if smile.years > 0 and np.isfinite(found):
            forward[rows] = found
        if len(smile.strikes) >= FEWEST_STRIKES:
            premium[rows] = european.premium(i, chain.call[rows], chain.strike[rows], smile.vol(chain.strike[rows]))
    bid = np.where(chain.bid > 0, np.maximum(chain.bid - premium, 0.0), chain.bid)
    return _Sides(bid, chain.mid - premium, chain.ask - premium, forward, np.exp(-european.rate * years))


def _moved(before: tuple[Smile, ...], after: tuple[Smile, ...]) -> float:
    """The largest change of a vol at the money, of expiries in which exercise is worth anything."""
    pairs = [(a, b) for a, b in zip(before, after, strict=True) if a.years > WEEK and not (_unfit(a) or _unfit(b))]
    return max((abs(a.atm - b.atm) for a, b in pairs), default=0.0)


def _carries(european: European | None, smiles: tuple[Smile, ...], slices: tuple[Smile, ...]) -> tuple[Carry, ...]:
    if european is None:
        return ()
    days = {smile.expiry for smile in slices}
    return tuple(carry for smile, carry in zip(smiles, european.carries, strict=True) if smile.expiry in days)


def _unfit(smile: Smile) -> str:
    """Why this cannot be a slice; empty if it can."""
    if not smile.years > 0:
        return f"{smile.expiry}: expired"
    if len(smile.strikes) < FEWEST_STRIKES:
        return f"{smile.expiry}: {len(smile.strikes)} usable strikes, {FEWEST_STRIKES} needed"
    return ""


def _doubts(
    chain: Chain, rate: float | None, european: European | None, slices: tuple[Smile, ...], adjusted: Flags
) -> list[str]:
    """What had to be assumed, and a spot that the nearest options contradict (one of them is stale)."""
    doubts = []
    if rate is None and not (european and european.rate_error is not None):
        doubts.append("no interest rate: 0 assumed")
    elif rate is None and european is not None and european.rate_error is not None:
        doubts.append(
            f"no interest rate: {100 * european.rate:.2f} % implied by put-call parity, "
            f"give or take {100 * european.rate_error:.2f}"
        )
    if not 0 < chain.spot < np.inf:
        doubts.append(f"the spot {chain.spot} is no price: no vol can be had")
    elif slices and slices[0].years <= STALE_YEARS:
        near = slices[0].forward * slices[0].discount
        if not abs(near / chain.spot - 1) <= STALE_GAP:
            doubts.append(f"the spot is {chain.spot:g}, but the options of {slices[0].expiry} put it at {near:.2f}")
    if adjusted.any():
        doubts.append(f"{int(adjusted.sum())} adjusted contracts left out: they deliver something else than the stock")
    return doubts
