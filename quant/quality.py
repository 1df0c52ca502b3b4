"""How well fitted smiles meet their quotes, and what arbitrage they have left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from quant.black import price
from quant.normal import Floats
from quant.smile import Smile
from quant.smile_fit import WELL_KNOWN, left_out
from quant.svi import NONE_LEFT, crossing

TICKS = 5


@dataclass(frozen=True)
class SliceQuality:
    """One expiry. Counted are its quotes within three standard deviations of the forward.

    ``rmse_vol_points`` of fitted less quoted mid vols, in vol points; ``inside_bid_ask`` the share of fitted values
    between bid and ask, ``within_ticks`` that of those at most five ticks outside, ``held_out_inside`` the share inside
    when each quote is predicted by a fit that left it out. ``butterfly`` is how far Durrleman's g falls below 0,
    ``calendar`` how far total variance falls below the expiry before, as a share of it; 0 is none.
    """

    expiry: date
    years: float
    quotes: int
    rmse_vol_points: float
    inside_bid_ask: float
    within_ticks: float
    held_out_inside: float
    butterfly: float
    calendar: float

    @property
    def butterfly_free(self) -> bool:
        return self.butterfly <= NONE_LEFT

    @property
    def calendar_free(self) -> bool:
        return self.calendar <= NONE_LEFT


@dataclass(frozen=True)
class Quality:
    """All fitted expiries; shares and errors pooled over their quotes. ``joined`` are expiries too thin for a fit."""

    slices: tuple[SliceQuality, ...]
    joined: tuple[date, ...]

    @property
    def quotes(self) -> int:
        return sum(one.quotes for one in self.slices)

    @property
    def rmse_vol_points(self) -> float:
        return float(np.sqrt(sum(one.rmse_vol_points**2 * one.quotes for one in self.slices) / self.quotes))

    @property
    def inside_bid_ask(self) -> float:
        return sum(one.inside_bid_ask * one.quotes for one in self.slices) / self.quotes

    @property
    def within_ticks(self) -> float:
        return sum(one.within_ticks * one.quotes for one in self.slices) / self.quotes

    @property
    def held_out_inside(self) -> float:
        return sum(one.held_out_inside * one.quotes for one in self.slices) / self.quotes

    @property
    def butterfly_free(self) -> bool:
        return all(one.butterfly_free for one in self.slices)

    @property
    def calendar_free(self) -> bool:
        return all(one.calendar_free for one in self.slices)


def quality(smiles: Sequence[Smile], tick: float) -> Quality | None:
    """``smiles`` by expiry; ``tick`` is the price increment of their options. None if not one is fitted."""
    fitted = [smile for smile in smiles if smile.svi is not None]
    before = [None, *fitted]
    found = tuple(_of_slice(smile, last, tick) for smile, last in zip(fitted, before, strict=False))
    return Quality(found, tuple(smile.expiry for smile in smiles if smile.svi is None)) if found else None


def _of_slice(smile: Smile, last: Smile | None, tick: float) -> SliceQuality:
    assert smile.svi is not None
    counted = np.abs(np.log(smile.strikes / smile.forward)) <= WELL_KNOWN * smile.deviation
    fit, alone = smile.vol(smile.strikes)[counted], left_out(smile)[counted]
    low, high = sides(smile)
    inside = _between(fit, low[counted], high[counted])
    slack = TICKS * tick + 1e-9
    call, strikes = (smile.strikes >= smile.forward)[counted], smile.strikes[counted]
    worth, bid, ask = (
        price(call, smile.forward, strikes, smile.years, vol, smile.discount)
        for vol in (fit, low[counted], high[counted])
    )
    error = 100 * (fit - smile.vols[counted])
    return SliceQuality(
        smile.expiry, smile.years, len(fit), float(np.sqrt(np.mean(error**2))), float(np.mean(inside)),
        float(np.mean((worth >= bid - slack) & (worth <= ask + slack))),
        float(np.mean(_between(alone, low[counted], high[counted]))), smile.svi.butterfly(),
        0.0 if last is None or last.svi is None else crossing(last.svi, smile.svi),
    )  # fmt: skip


def sides(smile: Smile) -> tuple[Floats, Floats]:
    """Bid and ask vols; the mid's own where the two sides are not known."""
    low = smile.vols if smile.bid_vols is None else smile.bid_vols
    high = smile.vols if smile.ask_vols is None else np.where(np.isfinite(smile.ask_vols), smile.ask_vols, np.inf)
    return low, high


def _between(vol: Floats, low: Floats, high: Floats) -> Floats:
    return np.asarray((vol >= low - 1e-9) & (vol <= high + 1e-9))
