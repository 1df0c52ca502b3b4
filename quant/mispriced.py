"""Quotes that lie off the surface by more than it costs to trade them."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np

from domain.chain import Chain
from quant.black import price
from quant.normal import Floats
from quant.quality import sides
from quant.smile import Smile
from quant.smile_fit import WELL_KNOWN, left_out
from quant.surface_model import Surface

Side = Literal["buy", "sell"]
CERTAIN = 3.0  # edges of less than this many of the slice's own errors may be the fit's


@dataclass(frozen=True)
class Mispriced:
    """One quote against the fit of its expiry that left it out. Prices per unit of underlying.

    ``side`` is what to do with it: "buy" at the ``ask`` below ``fair``, "sell" at the ``bid`` above it. ``edge`` is
    what is left after the spread and the fee; ``edge_vol_points`` how far the side's vol lies from the fair one, in vol
    points; ``errors`` the same in root mean square errors of the slice.
    """

    occ_symbol: str
    expiry: date
    strike: float
    right: Literal["C", "P"]
    side: Side
    bid: float
    ask: float
    fair: float
    fair_vol: float
    edge: float
    edge_vol_points: float
    errors: float


def mispriced(chain: Chain, surface: Surface, fee: float) -> tuple[Mispriced, ...]:
    """Largest edge first. ``fee`` is that of one contract, account currency.

    Looked at are out-of-the-money quotes within three standard deviations in fitted expiries. A fit says nothing of a
    quote that it hangs on (leverage over 0.9), and an edge under three errors of the slice may be the fit's own:
    neither counts. What exercise is worth is in bid, ask and fair value alike.
    """
    found = [one for smile in surface.slices if smile.svi is not None for one in _of_slice(chain, smile, fee)]
    return tuple(sorted(found, key=lambda one: (-one.edge, one.occ_symbol)))


def _of_slice(chain: Chain, smile: Smile, fee: float) -> list[Mispriced]:
    fair, (low, high) = left_out(smile), sides(smile)
    inner = np.abs(np.log(smile.strikes / smile.forward)) <= WELL_KNOWN * smile.deviation
    error = float(np.sqrt(np.nanmean((fair - smile.vols)[inner] ** 2))) if np.isfinite(fair[inner]).any() else np.inf
    call = smile.strikes >= smile.forward
    value, bid, ask = (
        price(call, smile.forward, smile.strikes, smile.years, vol, smile.discount) for vol in (fair, low, high)
    )
    cost = fee / chain.multiplier
    buy, sell = value - ask - cost, np.where(low > 0, bid - value - cost, np.nan)
    found = []
    trades: tuple[tuple[Side, Floats, Floats], ...] = (("buy", buy, fair - high), ("sell", sell, low - fair))
    for side, edge, gap in trades:
        certain = inner & (np.nan_to_num(edge, nan=-1.0) > 0) & (np.nan_to_num(gap) >= CERTAIN * error)
        for i in np.flatnonzero(certain):
            row = _row(chain, smile, float(smile.strikes[i]), bool(call[i]))
            if row is not None:
                found.append(_told(chain, row, side, smile, int(i), fair, value, ask, edge, gap, error))
    return found


def _row(chain: Chain, smile: Smile, strike: float, call: bool) -> int | None:
    rows = np.flatnonzero(
        (chain.expiry == np.datetime64(smile.expiry)) & (chain.strike == strike) & (chain.call == call)
    )
    return int(rows[0]) if len(rows) else None


def _told(
    chain: Chain, row: int, side: Side, smile: Smile, i: int, fair: Floats, value: Floats,
    ask: Floats, edge: Floats, gap: Floats, error: float,
) -> Mispriced:  # fmt: skip
    option = chain.contract(row)
    early = float(chain.ask[row] - ask[i])  # what exercise is worth, in the quote and not in the European value
    return Mispriced(
        option.occ_symbol, smile.expiry, option.strike, option.right, side, float(chain.bid[row]),
        float(chain.ask[row]), float(value[i]) + early, float(fair[i]), float(edge[i]), 100 * float(gap[i]),
        float(gap[i]) / error,
    )  # fmt: skip
